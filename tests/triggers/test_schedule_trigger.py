from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import ScheduleTrigger, ValidationError, quotas
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import CODE, define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, alarm, logical_id


def trigger(stack: cdk.Stack, **options: Any) -> ScheduleTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"schedule": "rate(5 minutes)", "function": None, **options}
    given["function"] = given["function"] or define(stack)
    return ScheduleTrigger(stack, "Nightly", **given)


def the_schedule(stack: cdk.Stack) -> dict[str, Any]:
    return only(synthesize(stack), "AWS::Scheduler::Schedule")


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> str:  # noqa: ANN401
    return str(refusal(lambda: trigger(stack, **options), code, got, path="Stack/Nightly"))


class TestSchedule:
    def test_starts_live_and_keeps_what_does_not_start(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        assert the_schedule(stack) == {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "GroupName": {"Ref": logical_id(defined.group)},
            "ScheduleExpression": "rate(5 minutes)",
            "ScheduleExpressionTimezone": "UTC",
            "State": "ENABLED",
            "Target": {
                "Arn": {"Ref": logical_id(function.live)},
                "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "Arn"]}},
                "RoleArn": {"Fn::GetAtt": [logical_id(defined.role), "Arn"]},
            },
        }

    @pytest.mark.parametrize("expression", ["cron(0 3 * * ? *)", "rate(1 hour)", "at(2027-01-31T09:00:00)"])
    def test_is_regular_or_once(self, stack: cdk.Stack, expression: str) -> None:
        trigger(stack, schedule=expression, time_zone="Europe/Zurich")

        found = the_schedule(stack)
        assert found["ScheduleExpression"] == expression
        assert found["ScheduleExpressionTimezone"] == "Europe/Zurich"

    def test_may_be_known_at_deployment_only(self, stack: cdk.Stack) -> None:
        trigger(stack, schedule=cdk.Fn.ref("When"), time_zone=cdk.Fn.ref("Zone"))

        found = the_schedule(stack)
        assert found["ScheduleExpression"] == {"Ref": "When"}
        assert found["ScheduleExpressionTimezone"] == {"Ref": "Zone"}

    @pytest.mark.parametrize(("enabled", "state"), [(True, "ENABLED"), (False, "DISABLED")])
    def test_may_wait(self, stack: cdk.Stack, state: str, *, enabled: bool) -> None:
        trigger(stack, enabled=enabled)

        assert the_schedule(stack)["State"] == state

    def test_fails_when_it_is_none(self, stack: cdk.Stack) -> None:
        refused(stack, "ScheduleInvalid", "cron(0 3 * * *)", schedule="cron(0 3 * * *)")

    def test_fails_when_there_is_no_such_time_zone(self, stack: cdk.Stack) -> None:
        refused(stack, "TimeZoneUnknown", "'Zurich'", time_zone="Zurich")

    def test_fails_when_the_function_is_a_plain_one(self, stack: cdk.Stack) -> None:
        plain = lambda_.Function(
            stack,
            "Plain",
            code=lambda_.Code.from_inline(CODE),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )

        assert "'function'" in refused(stack, "TypeMismatch", "aws_lambda.Function", function=plain)


class TestRole:
    def test_may_start_live_and_keep_what_does_not_start_and_nothing_else(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        role = resources(synthesize(stack), "AWS::IAM::Role")[logical_id(defined.role)]
        (policy,) = role["Policies"]
        assert policy["PolicyDocument"]["Statement"] == [
            {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": {"Ref": logical_id(function.live)}},
            {
                "Action": "sqs:SendMessage",
                "Effect": "Allow",
                "Resource": {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "Arn"]},
            },
        ]
        assert role.keys() == {"AssumeRolePolicyDocument", "Policies"}

    def test_is_for_this_groups_schedules_of_this_account(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        role = resources(synthesize(stack), "AWS::IAM::Role")[logical_id(defined.role)]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {
                "aws:SourceAccount": {"Ref": "AWS::AccountId"},
                "aws:SourceArn": {"Fn::GetAtt": [logical_id(defined.group), "Arn"]},
            }
        }

    def test_is_all_that_the_function_needs(self, stack: cdk.Stack) -> None:
        trigger(stack)

        assert resources(synthesize(stack), "AWS::Lambda::Permission") == {}

    def test_is_each_schedules_own(self, stack: cdk.Stack) -> None:
        function = define(stack)

        for name in ("One", "Two"):
            ScheduleTrigger(stack, name, function=function, schedule="rate(1 hour)")

        schedules = resources(synthesize(stack), "AWS::Scheduler::Schedule").values()
        assert len({str(each["Target"]["RoleArn"]) for each in schedules}) == 2
        assert len({str(each["GroupName"]) for each in schedules}) == 2


class TestWindow:
    @pytest.mark.parametrize(("window", "minutes"), [(cdk.Duration.seconds(60), 1), (cdk.Duration.days(1), 1_440)])
    def test_spreads_the_load(self, stack: cdk.Stack, window: cdk.Duration, minutes: int) -> None:
        trigger(stack, flexible_window=window)

        assert the_schedule(stack)["FlexibleTimeWindow"] == {"MaximumWindowInMinutes": minutes, "Mode": "FLEXIBLE"}

    def test_may_be_known_at_deployment_only(self, stack: cdk.Stack) -> None:
        trigger(stack, flexible_window=cdk.Duration.minutes(NUMBER))

        assert the_schedule(stack)["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == {"Ref": "Number"}

    @pytest.mark.parametrize(
        ("window", "code", "got"),
        [
            (cdk.Duration.minutes(0), "FlexibleWindowOutOfRange", "0"),
            (cdk.Duration.seconds(59), "FlexibleWindowOutOfRange", "0.983333333333"),
            (cdk.Duration.seconds(90), "FlexibleWindowOutOfRange", "1.5"),
            (cdk.Duration.minutes(1_441), "FlexibleWindowOutOfRange", "1,441"),
        ],
    )
    def test_fails_when_there_is_none_so_long(self, stack: cdk.Stack, window: Any, code: str, got: str) -> None:  # noqa: ANN401
        refused(stack, code, got, flexible_window=window)

    def test_fails_with_minutes_when_it_is_a_bare_number(self, stack: cdk.Stack) -> None:
        assert "; write Duration.minutes(15) [" in str(refused(stack, "DurationExpected", "15", flexible_window=15))

    def test_fails_when_only_the_deployment_knows_its_seconds(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValidationError, match=r"\[Stack/Nightly\]"):
            trigger(stack, flexible_window=cdk.Duration.seconds(NUMBER))


class TestDelivery:
    def test_may_be_tried_as_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        trigger(stack, max_event_age=cdk.Duration.seconds(NUMBER))

        assert the_schedule(stack)["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": {"Ref": "Number"}}

    def test_what_is_lost_is_told(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        found = alarm(synthesize(stack), "InvocationsFailedToBeSentToDeadLetterCount")
        assert found["Namespace"] == "AWS/Scheduler"
        assert found["Dimensions"] == [{"Name": "ScheduleGroup", "Value": {"Ref": logical_id(defined.group)}}]
        assert (found["Statistic"], found["Threshold"]) == ("Sum", 1)


class TestPayload:
    @pytest.mark.parametrize(
        "payload", [{"at": "<aws.scheduler.scheduled-time>", "n": 7, "ü": [True, None]}, [], "text", 0, False]
    )
    def test_is_given_as_json(self, stack: cdk.Stack, payload: Any) -> None:  # noqa: ANN401
        trigger(stack, payload=payload)

        assert json.loads(the_schedule(stack)["Target"]["Input"]) == payload

    def test_may_be_known_at_deployment_only(self, stack: cdk.Stack) -> None:
        trigger(stack, payload={"account": cdk.Aws.ACCOUNT_ID, "n": NUMBER})

        assert the_schedule(stack)["Target"]["Input"] == {
            "Fn::Join": ["", ['{"account":"', {"Ref": "AWS::AccountId"}, '","n":', {"Ref": "Number"}, "}"]]
        }

    @pytest.mark.parametrize(
        ("payload", "got"),
        [
            ({1, 2}, "set (Object of type set is not JSON serializable)"),
            (float("nan"), "float (Out of range float values are not JSON compliant"),
            ({"when": cdk.Duration.days(1)}, "dict (Object of type Duration is not JSON serializable)"),
        ],
    )
    def test_fails_when_it_is_no_json(self, stack: cdk.Stack, payload: Any, got: str) -> None:  # noqa: ANN401
        with pytest.raises(ValidationError) as caught:
            trigger(stack, payload=payload)

        assert caught.value.code == "PayloadInvalid"
        assert f"got {got}" in str(caught.value)

    def test_is_no_longer_than_the_scheduler_takes(self, stack: cdk.Stack) -> None:
        longest = "ü" * ((int(quotas.SCHEDULE_INPUT_SIZE.maximum) - 2) // 2)

        trigger(stack, payload=longest)

        assert json.loads(the_schedule(stack)["Target"]["Input"]) == longest
        refused(cdk.Stack(cdk.App(), "Stack"), "PayloadTooLong", "262,145", payload=f"{longest}x")
