"""Who may call a function: permissions that share a source, and the bytes that they take."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events, aws_sns as sns
from constructs import Construct

from cdk_lambda_patterns import EventBridgeTrigger, ValidationError, WellArchitectedFunction, quotas
from cdk_lambda_patterns.function.resource_policy import rules_of
from cdk_lambda_patterns.testing import Template, synthesize
from tests.function.support import define, only, resources
from tests.refusals import check_refusal
from tests.triggers.polling import logical_id

LIMIT = int(quotas.RESOURCE_POLICY_SIZE.maximum)
NAMES = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    """A stack with a name of an ordinary length."""
    return cdk.Stack(app, "ShopOrders")


@pytest.fixture
def function(stack: cdk.Stack) -> WellArchitectedFunction:
    return define(stack)


def permissions(template: Template) -> list[dict[str, Any]]:
    return list(resources(template, "AWS::Lambda::Permission").values())


def deployed(value: Any) -> str:  # noqa: ANN401 - a template holds anything
    """A value as it would be in an account: names like those that CloudFormation makes."""
    match value:
        case str():
            return value
        case {"Ref": name} if name in NAMES:
            return NAMES[name]
        case {"Ref": name} if name.startswith("FunctionAliaslive"):
            return "arn:aws:lambda:us-east-1:123456789012:function:ShopOrders-Function76856677-a1B2c3D4e5F6:live"
        case {"Ref": name}:
            return f"arn:aws:sns:us-east-1:123456789012:ShopOrders-{name}-a1B2c3D4e5F6"
        case {"Fn::GetAtt": [name, "Arn"]}:
            return f"arn:aws:events:us-east-1:123456789012:rule/ShopOrders-{name}-A1B2C3D4E5F6"
        case {"Fn::Join": ["", parts]}:
            return "".join(deployed(part) for part in parts)
        case _:
            raise AssertionError(value)


def the_policy(template: Template) -> str:
    """The policy as Lambda's GetPolicy shows it."""
    statements = []
    for name, permission in resources(template, "AWS::Lambda::Permission").items():
        condition = {}
        if "SourceArn" in permission:
            condition["ArnLike"] = {"AWS:SourceArn": deployed(permission["SourceArn"])}
        equal = {
            "AWS:SourceAccount": permission.get("SourceAccount"),
            "lambda:EventSourceToken": permission.get("EventSourceToken"),
        }
        if any(equal.values()):
            condition["StringEquals"] = {key: deployed(value) for key, value in equal.items() if value}
        statements.append(
            {
                "Sid": f"ShopOrders-{name}-A1B2C3D4E5F6",
                "Effect": "Allow",
                "Principal": {"Service": permission["Principal"]},
                "Action": permission["Action"],
                "Resource": deployed(permission["FunctionName"]),
                "Condition": condition,
            }
        )
    policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return json.dumps(policy, separators=(",", ":"))


def call_from_topics(function: WellArchitectedFunction, count: int) -> None:
    for number in range(count):
        scope = Construct(cdk.Stack.of(function), f"Topic{number}")
        arn = f"arn:aws:sns:us-east-1:123456789012:orders-{number}"
        function.callers.allow(scope, "Permission", principal="sns.amazonaws.com", source_arn=arn)


class TestSharing:
    def test_callers_with_one_source_share_a_permission(
        self, stack: cdk.Stack, function: WellArchitectedFunction
    ) -> None:
        arn = "arn:aws:sns:us-east-1:123456789012:orders"

        first = function.callers.allow(stack, "First", principal="sns.amazonaws.com", source_arn=arn)
        size = function.callers.size
        second = function.callers.allow(stack, "Second", principal="sns.amazonaws.com", source_arn=arn)

        assert first is second
        assert function.callers.size == size
        assert only(synthesize(stack), "AWS::Lambda::Permission")["SourceArn"] == arn

    @pytest.mark.parametrize(
        "other",
        [
            {"principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::a"},
            {"principal": "sns.amazonaws.com", "source_arn": "arn:aws:s3:::b"},
            {"principal": "sns.amazonaws.com", "source_arn": "arn:aws:s3:::a", "source_account": "123456789012"},
            {"principal": "sns.amazonaws.com", "source_arn": "arn:aws:s3:::a", "event_source_token": "amzn1"},
        ],
    )
    def test_what_differs_in_anything_has_its_own(
        self, stack: cdk.Stack, function: WellArchitectedFunction, other: dict[str, str]
    ) -> None:
        function.callers.allow(stack, "First", principal="sns.amazonaws.com", source_arn="arn:aws:s3:::a")
        function.callers.allow(stack, "Second", **other)

        assert len(permissions(synthesize(stack))) == 2

    def test_a_permission_stands_beside_its_source(self, app: cdk.App, function: WellArchitectedFunction) -> None:
        """So that the stack of the source depends on that of the function, and not the other way round."""
        other = cdk.Stack(app, "Other")
        topic = sns.Topic(other, "Topic")

        function.callers.allow(other, "Permission", principal="sns.amazonaws.com", source_arn=topic.topic_arn)

        (permission,) = permissions(synthesize(other))
        assert permission["SourceArn"] == {"Ref": logical_id(topic)}
        assert "Fn::ImportValue" in permission["FunctionName"]
        assert permissions(synthesize(cdk.Stack.of(function))) == []

    def test_functions_share_nothing(self, stack: cdk.Stack) -> None:
        for name in ("One", "Two"):
            define(stack, name).callers.allow(
                stack, f"{name}Topic", principal="sns.amazonaws.com", source_arn="arn:aws:sns:us-east-1:123456789012:a"
            )

        assert len(permissions(synthesize(stack))) == 2

    def test_a_permission_is_on_the_alias(self, stack: cdk.Stack, function: WellArchitectedFunction) -> None:
        function.callers.allow(stack, "One", principal="sns.amazonaws.com", source_account="123456789012")

        assert only(synthesize(stack), "AWS::Lambda::Permission") == {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": logical_id(function.live)},
            "Principal": "sns.amazonaws.com",
            "SourceAccount": "123456789012",
        }

    def test_a_hundred_rules_of_a_stack_share_one(self, stack: cdk.Stack, function: WellArchitectedFunction) -> None:
        for number in range(100):
            EventBridgeTrigger(stack, f"Rule{number}", function=function, pattern={"source": [f"shop{number}"]})

        template = synthesize(stack)
        assert len(resources(template, "AWS::Events::Rule")) == 100
        assert deployed(only(template, "AWS::Lambda::Permission")["SourceArn"]) == (
            "arn:aws:events:us-east-1:123456789012:rule/ShopOrders-*"
        )

    def test_rules_of_another_bus_have_their_own(self, stack: cdk.Stack, function: WellArchitectedFunction) -> None:
        bus = events.EventBus(stack, "Bus", event_bus_name="shop")
        for number, where in enumerate((None, bus, bus)):
            EventBridgeTrigger(stack, f"Rule{number}", function=function, event_bus=where, pattern={"source": ["shop"]})

        assert len(permissions(synthesize(stack))) == 2


class TestRulesOf:
    def named(self, name: str, **options: Any) -> str:  # noqa: ANN401
        stack = cdk.Stack(cdk.App(), "Id", stack_name=name)
        return deployed(stack.resolve(rules_of(stack, **options)))

    @pytest.mark.parametrize(
        ("name", "rules"),
        [
            ("Shop", "Shop-*"),
            ("A" * 20, "A" * 20 + "-*"),
            ("A" * 21, "A" * 20 + "*"),
        ],
    )
    def test_begin_with_the_stacks_name_as_far_as_cloudformation_keeps_it(self, name: str, rules: str) -> None:
        assert self.named(name) == f"arn:aws:events:us-east-1:123456789012:rule/{rules}"

    def test_of_another_bus_have_its_name_first(self) -> None:
        assert self.named("Shop", bus_name="orders").endswith(":rule/orders/Shop-*")

    def test_of_a_nested_stack_begin_with_the_name_of_the_stack_around_it(self, stack: cdk.Stack) -> None:
        """CloudFormation names a nested stack after the one around it, its logical id and some letters."""
        nested = cdk.NestedStack(cdk.NestedStack(stack, "Outer"), "Inner")

        assert deployed(stack.resolve(rules_of(nested))).endswith(":rule/ShopOrders-*")


class TestSize:
    @pytest.mark.parametrize("kind", ["topics", "rules", "literal", "accounts", "skills"])
    def test_is_that_of_the_policy_within_a_tenth(
        self, stack: cdk.Stack, function: WellArchitectedFunction, kind: str
    ) -> None:
        for number in range(20):
            name = f"Caller{number}"
            topic = sns.Topic(stack, f"Topic{number}").topic_arn if kind == "topics" else ""
            source: dict[str, str] = {
                "topics": {"principal": "sns.amazonaws.com", "source_arn": topic},
                "rules": {
                    "principal": "events.amazonaws.com",
                    "source_arn": rules_of(stack, bus_name=f"orders-{number}"),
                },
                "literal": {
                    "principal": "s3.amazonaws.com",
                    "source_arn": f"arn:aws:s3:::photos-of-{number}",
                    "source_account": cdk.Aws.ACCOUNT_ID,
                },
                "accounts": {"principal": f"service{number}.amazonaws.com", "source_account": "123456789012"},
                "skills": {
                    "principal": "alexa-appkit.amazon.com",
                    "event_source_token": f"amzn1.ask.skill.00000000-0000-0000-0000-0000000000{number:02}",
                },
            }[kind]
            function.callers.allow(Construct(stack, name), "Permission", **source)

        actual = len(the_policy(synthesize(stack)))

        assert function.callers.size == pytest.approx(actual, rel=0.1)

    def test_is_not_more_than_lambda_keeps(self, stack: cdk.Stack, function: WellArchitectedFunction) -> None:
        with pytest.raises(ValidationError) as caught:
            call_from_topics(function, 1_000)

        template = synthesize(stack)
        fitting = len(permissions(template))
        assert function.callers.size <= LIMIT
        assert 0.9 * LIMIT < len(the_policy(template)) <= LIMIT
        size = int(str(caught.value).partition("got about ")[2].split()[0].replace(",", ""))
        assert LIMIT < size < LIMIT + 500
        check_refusal(caught.value, "ResourcePolicyTooLarge", f"about {size:,} with {fitting + 1} callers")
        assert caught.value.path == "ShopOrders/Function"

    def test_may_be_exactly_what_lambda_keeps(self, stack: cdk.Stack, function: WellArchitectedFunction) -> None:
        callers = function.callers
        callers.allow(stack, "First", principal="sns.amazonaws.com", source_arn="")
        of_one = callers.size
        callers.allow(stack, "Second", principal="sns.amazonaws.com", source_arn="x")
        arn = "x" * (LIMIT - callers.size - (callers.size - of_one - 1))

        with pytest.raises(ValidationError, match="ResourcePolicyTooLarge"):
            callers.allow(stack, "TooLong", principal="sns.amazonaws.com", source_arn=f"{arn}x")
        callers.allow(stack, "Third", principal="sns.amazonaws.com", source_arn=arn)

        assert callers.size == LIMIT
