"""Starts a function at times."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_scheduler as scheduler
from constructs import Construct

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function
from cdk_lambda_patterns.function.durations import refuse_number
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.function.policies import allow, policy_document
from cdk_lambda_patterns.function.schedule_expressions import check_schedule, check_time_zone
from cdk_lambda_patterns.tokens import is_token, without_tokens
from cdk_lambda_patterns.validation import Where

from .rule_target import check_dead_letter_queue, check_retries, dead_letter_queue_for
from .senders import events_lost_alarm

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


class ScheduleTrigger(Construct):
    """Starts a function's `live` alias at times, through EventBridge Scheduler.

    Defines the schedule, a group of its own, by which its metrics and its role are told from others', and the role,
    which may start this function and nothing else. A start that does not succeed ends in the function's failure queue,
    as does a run that fails; an alarm tells if even that queue cannot be reached.
    """

    schedule: scheduler.CfnSchedule
    """The schedule."""

    group: scheduler.CfnScheduleGroup
    """The schedule's group."""

    role: iam.Role
    """The schedule's role."""

    dead_letter_queue: sqs.IQueue
    """Where starts go that did not reach the function: the one given, its failure queue, or else an own one."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `EventsLost`, and `DeadLetterQueue` where that queue is not the function's own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        schedule: str,
        time_zone: str = "UTC",
        flexible_window: cdk.Duration | None = None,
        payload: object = None,
        retry_attempts: int | None = None,
        max_event_age: cdk.Duration | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            schedule: When: `cron(0 3 * * ? *)` (minutes, hours, day of month, month, day of week, year),
                `rate(5 minutes)`, or once, `at(2027-01-31T09:00:00)`.
                Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
            time_zone: The time zone of cron and at, as `Europe/Zurich`; daylight saving is followed.
                Default: UTC
            flexible_window: Within what time after the moment the function may start, in whole minutes, 1 minute to 24
                hours: load is spread.
                Default: - at the moment, within a minute.
                Source:
                https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
            payload: What the function gets, as JSON, up to 256 KB. `<aws.scheduler.scheduled-time>` becomes the moment.
                Default: - an event that names the schedule and the moment.
                Source:
                https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
            retry_attempts: How often a start is tried again, 0 to 185.
                Default: - 185.
                Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
            max_event_age: How long a start is tried, 1 minute to 24 hours.
                Default: - 24 hours.
                Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
            dead_letter_queue: A standard queue for starts that do not reach the function. The schedule's role may send
                to it, and use its key.
                Default: - the function's failure queue.
                Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
            enabled: Whether the schedule runs at once.
                Default: True

        Raises:
            ValidationError: A schedule or time zone that does not exist, a payload that is no JSON, a queue that cannot
                keep starts, or a value outside the service's limits.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        where.true_or_false(enabled=enabled)
        check_schedule(where, schedule)
        check_time_zone(where, time_zone)
        window = _window(where, flexible_window)
        retries = check_retries(where, retry_attempts, max_event_age)
        text = _payload(where, payload)
        check_dead_letter_queue(where, dead_letter_queue)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        self.alarms = {}
        self.dead_letter_queue = dead_letter_queue_for(self, function, given=dead_letter_queue, alarms=self.alarms)
        self.group = scheduler.CfnScheduleGroup(self, "Group")
        group_name = self.group.ref
        function_arn, queue_arn = function.live.function_arn, self.dead_letter_queue.queue_arn
        rights = policy_document(allow("lambda:InvokeFunction", function_arn), allow("sqs:SendMessage", queue_arn))
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=_scheduler_for(self.group.attr_arn),
            inline_policies={"Start": iam.PolicyDocument.from_json(rights)},
        )
        encryption_key = self.dead_letter_queue.encryption_master_key
        if encryption_key is not None:
            let_use(self.role, encryption_key, "kms:Decrypt", "kms:GenerateDataKey*")
        self.schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            group_name=group_name,
            schedule_expression=schedule,
            schedule_expression_timezone=time_zone,
            state="ENABLED" if enabled else "DISABLED",
            flexible_time_window=_flexible(window),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function_arn,
                role_arn=self.role.role_arn,
                # The CDK's way keeps tokens, but drops null.
                input=cdk.Stack.of(self).to_json_string(payload) if _has_token(payload) else text,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=queue_arn),
                retry_policy=None
                if retries is None
                else scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=retries.attempts, maximum_event_age_in_seconds=retries.age
                ),
            ),
        )

        # 3 watch
        self.alarms["EventsLost"] = events_lost_alarm(
            self,
            function,
            metric=("AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount"),
            dimensions={"ScheduleGroup": group_name},
        )


def _window(where: Where, window: cdk.Duration | None) -> float | None:
    """The window in minutes."""
    if window is None:
        return None
    if not isinstance(cast("object", window), cdk.Duration):
        refuse_number(where, "flexible_window", window, unit="minutes")
    with cdk_refusals(where):
        minutes = window.to_minutes(integral=False)
    where.within("flexible_window", minutes, quotas.FLEXIBLE_WINDOW)
    return minutes


def _payload(where: Where, payload: object) -> str | None:
    if payload is None:
        return None
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        size = without_tokens(text).encode()
    except (TypeError, ValueError) as error:
        where.refuse(
            "payload",
            "must be JSON",
            got=f"{type(payload).__name__} ({error})",
            fix="give plain values",
            code="PayloadInvalid",
        )
    where.size("payload", size, quotas.SCHEDULE_INPUT_SIZE)
    return text


def _has_token(value: object) -> bool:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return any(is_token(name) or _has_token(inner) for name, inner in fields.items())
    if isinstance(value, (list, tuple)):
        return any(_has_token(inner) for inner in cast("list[object]", value))
    return is_token(value)


def _flexible(window: float | None) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    if window is None:
        return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF")
    return scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="FLEXIBLE", maximum_window_in_minutes=window)


def _scheduler_for(group_arn: str) -> iam.IPrincipal:
    """The Scheduler, when it acts for this group: nobody else's schedules can borrow the role.

    Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    condition = {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID, "aws:SourceArn": group_arn}
    principal = iam.ServicePrincipal("scheduler.amazonaws.com", conditions={"StringEquals": condition})
    return cast("iam.IPrincipal", principal)
