from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam, aws_kms as kms, aws_sqs as sqs

from cdk_lambda_patterns import DeadLetterRedrive, SqsTrigger, ValidationError
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, granted, logical_id

OUTSIDE = "arn:aws:sqs:us-east-1:123456789012"
MOVE = [
    "sqs:StartMessageMoveTask",
    "sqs:ListMessageMoveTasks",
    "sqs:CancelMessageMoveTask",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
]


def orders(stack: cdk.Stack, **options: Any) -> SqsTrigger:  # noqa: ANN401
    return SqsTrigger(stack, "Orders", function=define(stack), **options)


def redrive(stack: cdk.Stack, **options: Any) -> DeadLetterRedrive:  # noqa: ANN401
    return DeadLetterRedrive(stack, "Redrive", **options)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: redrive(stack, **options), code, got, path="Stack/Redrive")


def arn(queue: object) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id(queue), "Arn"]}


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


class TestPolicy:
    def test_lets_people_move_messages_of_this_queue_to_that_one(self, stack: cdk.Stack) -> None:
        trigger = orders(stack)

        redrive(stack, queue=trigger)

        assert statements(only(synthesize(stack), "AWS::IAM::ManagedPolicy")) == [
            {"Effect": "Allow", "Action": MOVE, "Resource": arn(trigger.dead_letter_queue)},
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn(trigger.queue)},
        ]

    def test_lets_people_use_the_keys(self, stack: cdk.Stack) -> None:
        first, second = kms.Key(stack, "First"), kms.Key(stack, "Second")
        behind = sqs.Queue(stack, "Failures", encryption_master_key=first)
        queue = sqs.Queue(
            stack,
            "Queue",
            encryption_master_key=second,
            dead_letter_queue=sqs.DeadLetterQueue(queue=behind, max_receive_count=3),
        )

        redrive(stack, queue=queue)

        found = statements(only(synthesize(stack), "AWS::IAM::ManagedPolicy"))
        assert found[0]["Resource"] == arn(behind)
        assert found[2:] == [
            {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": arn(first)},
            {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": arn(second)},
        ]

    def test_is_granted_to_code(self, stack: cdk.Stack) -> None:
        trigger = orders(stack)
        repair = define(stack, "Repair")

        redrive(stack, queue=trigger).grant(repair)

        template = synthesize(stack)
        role = logical_id(repair.role)
        assert granted(template, to=role)[logical_id(trigger.dead_letter_queue)] == MOVE
        assert granted(template, to=role)[logical_id(trigger.queue)] == ["sqs:SendMessage"]

    def test_is_granted_to_a_role(self, stack: cdk.Stack) -> None:
        role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())

        redrive(stack, queue=orders(stack)).grant(role)

        assert granted(synthesize(stack), to=logical_id(role)) != {}

    def test_comes_with_a_place_in_keys_that_leave_nothing_to_roles(self, stack: cdk.Stack) -> None:
        owner = iam.PolicyStatement(
            actions=["kms:*"], principals=[iam.ArnPrincipal("arn:aws:iam::123456789012:role/owner")], resources=["*"]
        )
        key = kms.Key(stack, "Key", policy=iam.PolicyDocument(statements=[owner]))
        repairer = define(stack, "Repairer")
        user = iam.User(stack, "User")

        defined = redrive(stack, queue=orders(stack, encryption_key=key), schedule="rate(1 hour)")
        defined.grant(repairer)
        defined.grant(user)

        template = synthesize(stack)
        (policy,) = (found["KeyPolicy"] for found in resources(template, "AWS::KMS::Key").values())
        let_in = [
            statement["Principal"]["AWS"]
            for statement in policy["Statement"]
            if statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
        ]
        scheduled = next(
            name
            for name, role in resources(template, "AWS::IAM::Role").items()
            if "scheduler.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])
        )
        assert let_in == [{"Fn::GetAtt": [scheduled, "Arn"]}, arn(repairer.role)]


class TestQueues:
    def test_may_have_got_its_dead_letter_queue_from_a_trigger(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue")
        trigger = orders(stack, queue=queue)

        redrive(stack, queue=queue)

        move = statements(only(synthesize(stack), "AWS::IAM::ManagedPolicy"))[0]
        assert move["Resource"] == arn(trigger.dead_letter_queue)

    def test_may_be_from_outside(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue.from_queue_arn(stack, "Queue", f"{OUTSIDE}:orders")
        behind = sqs.Queue.from_queue_arn(stack, "Failures", f"{OUTSIDE}:failures")

        defined = redrive(stack, queue=queue, dead_letter_queue=behind)

        assert defined.command == (
            f"aws sqs start-message-move-task --source-arn {OUTSIDE}:failures --destination-arn {OUTSIDE}:orders"
        )

    def test_may_be_others_than_the_triggers(self, stack: cdk.Stack) -> None:
        quarantine = sqs.Queue(stack, "Quarantine")

        redrive(stack, queue=orders(stack), dead_letter_queue=quarantine)

        found = statements(only(synthesize(stack), "AWS::IAM::ManagedPolicy"))
        assert found[0]["Resource"] == arn(quarantine)

    def test_fails_when_the_dead_letter_queue_of_a_queue_is_not_known(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue.from_queue_arn(stack, "Queue", f"{OUTSIDE}:orders")

        refused(stack, "DeadLetterQueueUnknown", "nothing", queue=queue)

    def test_fails_when_a_queue_has_none(self, stack: cdk.Stack) -> None:
        refused(stack, "DeadLetterQueueUnknown", "nothing", queue=sqs.Queue(stack, "Queue"))

    def test_fails_when_the_trigger_does_not_know_its_own(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue.from_queue_arn(stack, "Queue", f"{OUTSIDE}:orders")
        trigger = orders(stack, queue=queue, visibility_timeout=cdk.Duration.minutes(3))

        refused(stack, "DeadLetterQueueUnknown", "nothing", queue=trigger)

    def test_fails_when_they_are_of_two_types(self, stack: cdk.Stack) -> None:
        trigger, fifo = orders(stack), sqs.Queue(stack, "Fifo", fifo=True)

        refused(stack, "QueueTypesDiffer", "a FIFO queue and a standard one", queue=trigger, dead_letter_queue=fifo)

    def test_may_both_be_fifo(self, stack: cdk.Stack) -> None:
        redrive(stack, queue=orders(stack, fifo=True))

        assert len(resources(synthesize(stack), "AWS::IAM::ManagedPolicy")) == 1

    @pytest.mark.parametrize("option", ["queue", "dead_letter_queue"])
    def test_fails_when_one_is_an_address(self, stack: cdk.Stack, option: str) -> None:
        refused(stack, "TypeMismatch", "str", **{"queue": sqs.Queue(stack, "Queue"), option: f"{OUTSIDE}:orders"})


class TestPace:
    @pytest.mark.parametrize("pace", [1, 500])
    def test_is_limited(self, stack: cdk.Stack, pace: int) -> None:
        trigger = orders(stack)

        defined = redrive(stack, queue=trigger, max_messages_per_second=pace)

        assert stack.resolve(defined.command)["Fn::Join"][1] == [
            "aws sqs start-message-move-task --source-arn ",
            arn(trigger.dead_letter_queue),
            " --destination-arn ",
            arn(trigger.queue),
            f" --max-number-of-messages-per-second {pace}",
        ]

    def test_may_be_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        defined = redrive(stack, queue=orders(stack), max_messages_per_second=NUMBER)

        assert stack.resolve(defined.command)["Fn::Join"][1][-1] == {"Ref": "Number"}

    @pytest.mark.parametrize(("pace", "got"), [(0, "0"), (1.5, "1.5"), (501, "501")])
    def test_fails_when_it_is_out_of_range(self, stack: cdk.Stack, pace: float, got: str) -> None:
        refused(stack, "MovesOutOfRange", got, queue=orders(stack), max_messages_per_second=pace)


class TestSchedule:
    def test_is_none_unless_given(self, stack: cdk.Stack) -> None:
        defined = redrive(stack, queue=orders(stack))

        assert defined.schedule is None
        assert resources(synthesize(stack), "AWS::Scheduler::Schedule") == {}

    def test_starts_it_with_a_role_that_may_do_nothing_else(self, stack: cdk.Stack) -> None:
        trigger = orders(stack)

        redrive(
            stack,
            queue=trigger,
            schedule="cron(0 3 * * ? *)",
            time_zone="Europe/Zurich",
            max_messages_per_second=NUMBER,
        )

        template = synthesize(stack)
        schedule = only(template, "AWS::Scheduler::Schedule")
        assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
        assert schedule["ScheduleExpressionTimezone"] == "Europe/Zurich"
        target = schedule["Target"]
        assert target["Arn"] == {
            "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":scheduler:::aws-sdk:sqs:startMessageMoveTask"]]
        }
        sent = "".join(part if isinstance(part, str) else "7" for part in target["Input"]["Fn::Join"][1])
        assert json.loads(sent) == {"SourceArn": "7", "DestinationArn": "7", "MaxNumberOfMessagesPerSecond": 7}
        role = template["Resources"][target["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        (inline,) = role["Policies"]
        assert statements(inline) == statements(only(template, "AWS::IAM::ManagedPolicy"))

    def test_fails_when_there_is_no_such_time(self, stack: cdk.Stack) -> None:
        refused(stack, "ScheduleInvalid", "rate(1 hours)", queue=orders(stack), schedule="rate(1 hours)")

    def test_fails_when_there_is_no_such_time_zone(self, stack: cdk.Stack) -> None:
        refused(stack, "TimeZoneUnknown", "'CEST'", queue=orders(stack), schedule="rate(1 hour)", time_zone="CEST")
