from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_logs as logs

from cdk_lambda_patterns import LogsTrigger
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import CODE, define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import alarm, logical_id


def trigger(stack: cdk.Stack, **options: Any) -> LogsTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"function": None, "log_group": None, **options}
    given["function"] = given["function"] or define(stack)
    given["log_group"] = given["log_group"] or logs.LogGroup(stack, "Group")
    return LogsTrigger(stack, "Errors", **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> str:  # noqa: ANN401
    return str(refusal(lambda: trigger(stack, **options), code, got, path="Stack/Errors"))


class TestFilter:
    def test_starts_live_which_lets_the_group_do_so_before(self, stack: cdk.Stack) -> None:
        function, group = define(stack), logs.LogGroup(stack, "Group")

        defined = trigger(stack, function=function, log_group=group)

        template = synthesize(stack)
        assert only(template, "AWS::Logs::SubscriptionFilter") == {
            "DestinationArn": {"Ref": logical_id(function.live)},
            "FilterPattern": "",
            "LogGroupName": {"Ref": logical_id(group)},
        }
        assert only(template, "AWS::Lambda::Permission") == {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": logical_id(function.live)},
            "Principal": "logs.amazonaws.com",
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": {"Fn::GetAtt": [logical_id(group), "Arn"]},
        }
        (permission,) = resources(template, "AWS::Lambda::Permission")
        assert template["Resources"][logical_id(defined.subscription_filter)]["DependsOn"] == [permission]

    def test_what_the_function_fails_on_is_kept(self, stack: cdk.Stack) -> None:
        function = define(stack)

        trigger(stack, function=function)

        assert function.failure_queue is not None
        destination = only(synthesize(stack), "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]["OnFailure"]
        assert destination == {"Destination": {"Fn::GetAtt": [logical_id(function.failure_queue), "Arn"]}}

    def test_what_does_not_arrive_is_told(self, stack: cdk.Stack) -> None:
        group = logs.LogGroup(stack, "Group")

        defined = trigger(stack, log_group=group)

        found = alarm(synthesize(stack), "DeliveryErrors")
        assert found["Namespace"] == "AWS/Logs"
        assert found["Dimensions"] == [
            {"Name": "LogGroupName", "Value": {"Ref": logical_id(group)}},
            {"Name": "DestinationType", "Value": "Lambda"},
            {"Name": "FilterName", "Value": {"Ref": logical_id(defined.subscription_filter)}},
        ]
        assert (found["Statistic"], found["Threshold"]) == ("Sum", 1)
        assert set(defined.alarms) == {"DeliveryErrors"}

    @pytest.mark.parametrize("text", ["ERROR", '{ $.level = "ERROR" }', "x" * 1_024])
    def test_has_a_pattern(self, stack: cdk.Stack, text: str) -> None:
        trigger(stack, filter_pattern=text)

        assert only(synthesize(stack), "AWS::Logs::SubscriptionFilter")["FilterPattern"] == text

    def test_has_a_pattern_of_the_cdk(self, stack: cdk.Stack) -> None:
        trigger(stack, filter_pattern=logs.FilterPattern.string_value("$.level", "=", "ERROR"))

        pattern = only(synthesize(stack), "AWS::Logs::SubscriptionFilter")["FilterPattern"]
        assert pattern == '{ $.level = "ERROR" }'

    def test_has_a_pattern_that_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        trigger(stack, filter_pattern=cdk.Fn.ref("Pattern"))

        assert only(synthesize(stack), "AWS::Logs::SubscriptionFilter")["FilterPattern"] == {"Ref": "Pattern"}

    def test_fails_when_its_pattern_is_too_long(self, stack: cdk.Stack) -> None:
        refused(stack, "LogFilterPatternLength", "1,025", filter_pattern="x" * 1_025)

    def test_fails_when_its_pattern_is_none(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "dict", filter_pattern={"level": ["ERROR"]})


class TestLogGroup:
    def test_may_be_another_functions(self, stack: cdk.Stack) -> None:
        shop = define(stack, "Shop")

        trigger(stack, log_group=shop.log_group)

        name = only(synthesize(stack), "AWS::Logs::SubscriptionFilter")["LogGroupName"]
        assert name == {"Ref": logical_id(shop.log_group)}

    def test_may_be_from_outside(self, stack: cdk.Stack) -> None:
        trigger(stack, log_group=logs.LogGroup.from_log_group_name(stack, "Group", "/shop"))

        template = synthesize(stack)
        assert only(template, "AWS::Logs::SubscriptionFilter")["LogGroupName"] == "/shop"
        source = only(template, "AWS::Lambda::Permission")["SourceArn"]["Fn::Join"][1]
        assert source[-1] == ":log-group:/shop:*"

    def test_may_stand_in_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        trigger(stack, log_group=logs.LogGroup(cdk.Stack(app, "Groups"), "Group"))

        name = only(synthesize(stack), "AWS::Logs::SubscriptionFilter")["LogGroupName"]
        assert "Fn::ImportValue" in name

    def test_fails_when_it_is_the_functions_own(self, stack: cdk.Stack) -> None:
        """Each run logs, at the least that it ran, and would start the next."""
        function = define(stack)

        refused(
            stack,
            "LogGroupOfFunction",
            "the log group of Stack/Function",
            function=function,
            log_group=function.log_group,
        )

    def test_fails_when_it_is_the_functions_own_by_another_name(self, stack: cdk.Stack) -> None:
        group = logs.LogGroup.from_log_group_name(stack, "Group", "/shop")
        again = logs.LogGroup.from_log_group_arn(
            stack, "Again", "arn:aws:logs:us-east-1:123456789012:log-group:/shop:*"
        )

        function = define(stack, log_group=group)

        refused(stack, "LogGroupOfFunction", "the log group of Stack/Function", function=function, log_group=again)

    @pytest.mark.parametrize("kept_as", [None, logs.LogGroupClass.STANDARD])
    def test_may_say_that_it_is_standard(self, stack: cdk.Stack, kept_as: logs.LogGroupClass | None) -> None:
        trigger(stack, log_group=logs.LogGroup(stack, "Group", log_group_class=kept_as))

        assert only(synthesize(stack), "AWS::Logs::SubscriptionFilter")

    def test_fails_when_its_class_has_no_subscriptions(self, stack: cdk.Stack) -> None:
        group = logs.LogGroup(stack, "Group", log_group_class=logs.LogGroupClass.INFREQUENT_ACCESS)

        refused(stack, "LogGroupClass", "INFREQUENT_ACCESS", log_group=group)

    def test_fails_when_a_name_stands_for_it(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", log_group="/shop")

    def test_has_two_filters(self, stack: cdk.Stack) -> None:
        group, function = logs.LogGroup(stack, "Group"), define(stack)

        for name in ("One", "Two"):
            LogsTrigger(stack, name, function=function, log_group=group, filter_pattern=name)

        template = synthesize(stack)
        assert len(resources(template, "AWS::Logs::SubscriptionFilter")) == 2
        assert len(resources(template, "AWS::Lambda::Permission")) == 1, "the two share it"

    def test_fails_when_it_has_two_filters_already(self, stack: cdk.Stack) -> None:
        group = logs.LogGroup(stack, "Group")
        for name in ("One", "Two"):
            LogsTrigger(stack, name, function=define(stack, f"{name}Function"), log_group=group)

        refused(stack, "LogGroupFilters", "3", log_group=group)

    def test_from_outside_is_counted_by_its_name_and_for_each_app(self, stack: cdk.Stack) -> None:
        other = cdk.Stack(cdk.App(), "Other")
        for name in ("One", "Two"):
            for scope in (stack, other):
                group = logs.LogGroup.from_log_group_name(scope, f"{name}Group", "/counted")
                LogsTrigger(scope, name, function=define(scope, f"{name}Function"), log_group=group)

        refused(stack, "LogGroupFilters", "3", log_group=logs.LogGroup.from_log_group_name(stack, "G", "/counted"))

    @pytest.mark.parametrize("by", ["stage", "region"])
    def test_from_outside_is_another_one_in_each(self, by: str, app: cdk.App) -> None:
        for region in ("eu-central-1", "eu-west-1", "us-east-1"):
            in_stage = by == "stage"
            scope = cdk.Stage(app, region) if in_stage else app
            env = None if in_stage else cdk.Environment(account="111111111111", region=region)
            stack = cdk.Stack(scope, f"Stack-{region}", env=env)
            group = logs.LogGroup.from_log_group_name(stack, "Group", "/counted")

            LogsTrigger(stack, "Trigger", function=define(stack), log_group=group)


def test_fails_when_the_function_is_a_plain_one(stack: cdk.Stack) -> None:
    plain = lambda_.Function(
        stack,
        "Plain",
        code=lambda_.Code.from_inline(CODE),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )

    assert "'function'" in refused(stack, "TypeMismatch", "aws_lambda.Function", function=plain)
