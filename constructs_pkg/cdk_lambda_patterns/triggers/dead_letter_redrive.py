"""Sends what ended in a dead-letter queue back to where it came from, once the cause is repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_scheduler as scheduler, aws_sqs as sqs
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, has, require_type
from cdk_lambda_patterns.function.keys import let_into_closed, use_of
from cdk_lambda_patterns.function.policies import allow, policy_document
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.function.schedule_expressions import check_schedule, check_time_zone
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .sqs_trigger import SqsTrigger, dead_letter_queue_of

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

_TARGET = "scheduler:::aws-sdk:sqs:startMessageMoveTask"
_MOVE = (
    "sqs:StartMessageMoveTask",
    "sqs:ListMessageMoveTasks",
    "sqs:CancelMessageMoveTask",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
)


class DeadLetterRedrive(Construct):
    """Sends what ended in a dead-letter queue back to the queue that it came from.

    Defines a managed policy with the rights that it takes, for those who shall do it: `policy`. What they type is
    `command`; other code is let do it with `grant`. With a schedule it happens by itself.

    A message that comes back has all its tries again. SQS moves messages of dead-letter queues of queues only: what a
    function's own failure queue holds are records of failures, which no queue asked for.
    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """

    policy: iam.ManagedPolicy
    """The right to start, watch and cancel it, to attach to a role, a group, or a permission set."""

    command: str
    """What starts it, for the AWS command line."""

    schedule: scheduler.CfnSchedule | None
    """What starts it by itself. None without a schedule."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: SqsTrigger | sqs.IQueue,
        dead_letter_queue: sqs.IQueue | None = None,
        max_messages_per_second: int | None = None,
        schedule: str | None = None,
        time_zone: str = "UTC",
    ) -> None:
        """Define the redrive.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            queue: Where messages go: a trigger, or a queue.
            dead_letter_queue: Where they are.
                Default: - the dead-letter queue of the trigger, or of the queue.
            max_messages_per_second: How many are moved in a second, 1 to 500: what the function and what it calls can
                bear beside the day's work.
                Default: - as many as the queues allow.
                Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
            schedule: When it happens by itself: `rate(1 hour)`, `cron(0 3 * * ? *)`, or once,
                `at(2027-01-31T09:00:00)`. Only where messages fail for causes that pass: one that nothing can process
                comes back each time.
                Default: - when somebody starts it.
                Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
            time_zone: The time zone of cron and at, as `Europe/Zurich`.
                Default: UTC

        Raises:
            ValidationError: A queue whose dead-letter queue is not known, queues of two types, or a value outside the
                service's limits.
        """
        # 1 validate
        where = Where(scope, construct_id)
        target: sqs.IQueue = queue.queue if isinstance(queue, SqsTrigger) else queue
        require_type(where, "queue", target, "queue_arn", "SqsTrigger or aws_sqs.IQueue")
        expect_type(where, "dead_letter_queue", dead_letter_queue, "queue_arn", "aws_sqs.IQueue")
        where.within("max_messages_per_second", max_messages_per_second, quotas.QUEUE_MOVES)
        if schedule is not None and not is_token(schedule):
            check_schedule(where, schedule)
        check_time_zone(where, time_zone)

        # 2 derive
        source = _dead_letter_queue(where, queue) if dead_letter_queue is None else dead_letter_queue
        if source.fifo != target.fifo:
            where.refuse(
                "dead_letter_queue",
                "must be of the same type as 'queue'",
                got="a FIFO queue and a standard one",
                fix="move messages between queues of one type",
                code="QueueTypesDiffer",
            )
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        source_arn, target_arn = source.queue_arn, target.queue_arn
        self._keys = _keys(source.encryption_master_key, target.encryption_master_key)
        self._statements = [
            allow(_MOVE, source_arn),
            allow(("sqs:SendMessage",), target_arn),
            *(use_of(key, *actions) for key, actions in self._keys),
        ]

        # 3 define
        document = iam.PolicyDocument.from_json(policy_document(*self._statements))
        self.policy = iam.ManagedPolicy(
            self, "Policy", description="Sends messages of a dead-letter queue back to its queue", document=document
        )
        self.command = _command(source_arn, target_arn, max_messages_per_second)
        pace = {} if max_messages_per_second is None else {"MaxNumberOfMessagesPerSecond": max_messages_per_second}
        move = {"SourceArn": source_arn, "DestinationArn": target_arn, **pace}
        self.schedule = None if schedule is None else self._define_schedule(schedule, time_zone, move)

    def grant(self, grantee: iam.IGrantable) -> None:
        """Let something start, watch and cancel it: a function, a role.

        Args:
            grantee: What is let do it.
        """
        principal = grantee.grant_principal
        for statement in self._statements:
            principal.add_to_principal_policy(iam.PolicyStatement.from_json(statement))
        if has(principal, "role_arn"):
            self._let_use_keys(cast("iam.IRole", principal))

    def _let_use_keys(self, role: iam.IRole | iam.Role) -> None:
        for key, actions in self._keys:
            let_into_closed(role, key, *actions)

    def _define_schedule(self, schedule: str, time_zone: str, move: dict[str, Any]) -> scheduler.CfnSchedule:
        role = iam.Role(
            self,
            "Role",
            assumed_by=principals.service_in_account("scheduler.amazonaws.com"),
            inline_policies={"Move": iam.PolicyDocument.from_json(policy_document(*self._statements))},
        )
        self._let_use_keys(role)
        return scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression=schedule,
            schedule_expression_timezone=time_zone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=f"arn:{cdk.Aws.PARTITION}:{_TARGET}",
                role_arn=role.role_arn,
                input=cdk.Stack.of(self).to_json_string(move),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=practices.REDRIVE_RETRY_ATTEMPTS
                ),
            ),
        )


def _dead_letter_queue(where: Where, queue: SqsTrigger | sqs.IQueue) -> sqs.IQueue:
    if isinstance(queue, SqsTrigger):
        found = queue.dead_letter_queue
    else:
        found = dead_letter_queue_of(queue) if isinstance(queue, sqs.Queue) else None
    if found is None:
        where.refuse(
            "dead_letter_queue",
            "must be told where it cannot be seen from here",
            got="nothing",
            fix="give the queue that the messages are in",
            code="DeadLetterQueueUnknown",
        )
    return found


def _keys(source_key: kms.IKey | None, target_key: kms.IKey | None) -> list[tuple[kms.IKey, tuple[str, ...]]]:
    """The keys that it takes, and for what.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    keys: list[tuple[kms.IKey, tuple[str, ...]]] = []
    # Messages stay encrypted with the data key of the queue that they were sent to, until they are received.
    if source_key is not None and (target_key is None or reference(source_key) != reference(target_key)):
        keys.append((source_key, ("kms:Decrypt",)))
    if target_key is not None:
        keys.append((target_key, ("kms:Decrypt", "kms:GenerateDataKey")))
    return keys


def _command(source_arn: str, target_arn: str, per_second: int | None) -> str:
    pace = ""
    if per_second is not None:
        number = cdk.Tokenization.stringify_number(per_second) if is_token(per_second) else per_second
        pace = f" --max-number-of-messages-per-second {number}"
    return f"aws sqs start-message-move-task --source-arn {source_arn} --destination-arn {target_arn}{pace}"
