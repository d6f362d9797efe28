from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_lambda as lambda_, aws_sns as sns

from cdk_lambda_patterns import SnsTrigger, quotas
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import CODE, define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import alarm, logical_id
from tests.triggers.undelivered import senders

OUTSIDE = "arn:aws:sns:us-east-1:123456789012:orders"


def trigger(stack: cdk.Stack, **options: Any) -> SnsTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"function": None, **options}
    given["function"] = given["function"] or define(stack)
    return SnsTrigger(stack, "Orders", **given)


def the_subscription(stack: cdk.Stack) -> dict[str, Any]:
    return only(synthesize(stack), "AWS::SNS::Subscription")


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> str:  # noqa: ANN401
    return str(refusal(lambda: trigger(stack, **options), code, got, path="Stack/Orders"))


class TestTopic:
    def test_is_defined_and_takes_messages_over_tls_only(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        assert only(template, "AWS::SNS::Topic") == {}
        (statement,) = only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert isinstance(defined.topic, sns.Topic)

    def test_is_encrypted_with_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        trigger(stack, encryption_key=key)

        assert only(synthesize(stack), "AWS::SNS::Topic") == {
            "KmsMasterKeyId": {"Fn::GetAtt": [logical_id(key), "Arn"]}
        }

    def test_may_be_the_users(self, stack: cdk.Stack) -> None:
        topic = sns.Topic(stack, "Topic")

        defined = trigger(stack, topic=topic)

        template = synthesize(stack)
        assert defined.topic is topic
        assert only(template, "AWS::SNS::Subscription")["TopicArn"] == {"Ref": logical_id(topic)}

    def test_may_be_one_from_outside(self, stack: cdk.Stack) -> None:
        defined = trigger(stack, topic=sns.Topic.from_topic_arn(stack, "Topic", OUTSIDE))

        template = synthesize(stack)
        assert only(template, "AWS::SNS::Subscription")["TopicArn"] == OUTSIDE
        assert only(template, "AWS::Lambda::Permission")["SourceArn"] == OUTSIDE
        assert senders(template) == [(logical_id(defined.dead_letter_queue), "sns.amazonaws.com", OUTSIDE)]
        found = alarm(template, "NumberOfNotificationsFailedToRedriveToDlq")
        assert found["Dimensions"] == [{"Name": "TopicName", "Value": "orders"}]

    def test_may_stand_in_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        topic = sns.Topic(cdk.Stack(app, "Topics"), "Topic")

        trigger(stack, topic=topic)

        assert "Fn::ImportValue" in the_subscription(stack)["TopicArn"]

    def test_may_be_of_the_same_region(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="us-east-1"))

        trigger(stack, topic=sns.Topic.from_topic_arn(stack, "Topic", OUTSIDE))

        assert the_subscription(stack)["TopicArn"] == OUTSIDE

    def test_fails_when_it_is_of_another_region(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="eu-west-1"))
        topic = sns.Topic.from_topic_arn(stack, "Topic", OUTSIDE)

        refused(stack, "TopicRegion", "us-east-1 and not eu-west-1", topic=topic)

    def test_fails_when_it_keeps_order(self, stack: cdk.Stack) -> None:
        refused(stack, "TopicFifo", "Stack/Topic", topic=sns.Topic(stack, "Topic", fifo=True))

    def test_fails_when_it_keeps_order_outside(self, stack: cdk.Stack) -> None:
        topic = sns.Topic.from_topic_arn(stack, "Topic", f"{OUTSIDE}.fifo")

        refused(stack, "TopicFifo", "Stack/Topic", topic=topic)

    def test_fails_when_it_is_given_with_a_key(self, stack: cdk.Stack) -> None:
        options = {"topic": sns.Topic(stack, "Topic"), "encryption_key": kms.Key(stack, "Key")}

        refused(stack, "TopicOptionsConflict", "aws_kms.Key", **options)

    def test_fails_when_it_is_an_address(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", topic=OUTSIDE)

    def test_fails_when_it_starts_the_function_already(self, stack: cdk.Stack) -> None:
        """SNS has one subscription for a topic and an endpoint, and refuses a second one with another filter."""
        topic, function = sns.Topic(stack, "Topic"), define(stack)
        SnsTrigger(stack, "First", function=function, topic=topic, filter_policy={"kind": ["order"]})

        refused(stack, "TopicSubscribed", "Stack/Topic", function=function, topic=topic)
        SnsTrigger(stack, "Second", function=define(stack, "Other"), topic=topic)

    def test_fails_when_it_starts_the_function_already_though_its_own(self, stack: cdk.Stack) -> None:
        function = define(stack)
        topic = SnsTrigger(stack, "First", function=function).topic

        refused(stack, "TopicSubscribed", "Stack/First/Topic", function=function, topic=topic)


class TestSubscription:
    def test_starts_live_and_keeps_what_is_not_delivered(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        template = synthesize(stack)
        topic = {"Ref": logical_id(defined.topic)}
        assert only(template, "AWS::SNS::Subscription") == {
            "Endpoint": {"Ref": logical_id(function.live)},
            "Protocol": "lambda",
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "Arn"]}},
            "TopicArn": topic,
        }
        assert only(template, "AWS::Lambda::Permission") == {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": logical_id(function.live)},
            "Principal": "sns.amazonaws.com",
            "SourceArn": topic,
        }
        assert senders(template) == [(logical_id(defined.dead_letter_queue), "sns.amazonaws.com", topic)]

    def test_what_is_lost_is_told(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        found = alarm(synthesize(stack), "NumberOfNotificationsFailedToRedriveToDlq")
        assert found["Namespace"] == "AWS/SNS"
        name = {"Fn::GetAtt": [logical_id(defined.topic), "TopicName"]}
        assert found["Dimensions"] == [{"Name": "TopicName", "Value": name}]
        assert (found["Statistic"], found["Threshold"]) == ("Sum", 1)

    def test_fails_when_the_function_is_a_plain_one(self, stack: cdk.Stack) -> None:
        plain = lambda_.Function(
            stack,
            "Plain",
            code=lambda_.Code.from_inline(CODE),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )

        assert "'function'" in refused(stack, "TypeMismatch", "aws_lambda.Function", function=plain)


POLICIES: list[tuple[str, dict[str, Any]]] = [
    ("MessageAttributes", {"kind": ["order", {"prefix": "or"}], "total": [{"numeric": [">", 0, "<=", 5]}]}),
    ("MessageAttributes", {"source_ip": [{"cidr": "10.0.0.0/24"}], "test": [{"exists": False}]}),
    ("MessageAttributes", {"kind": [{"anything-but": ["trial"]}, {"suffix": "x"}, {"equals-ignore-case": "a"}]}),
    ("MessageBody", {"order": {"lines": {"kind": ["book"]}}, "total": [7, True]}),
    ("MessageBody", {"$or": [{"kind": ["order"]}, {"order": {"paid": [True]}}]}),
]


class TestFilter:
    @pytest.mark.parametrize(("scope", "policy"), POLICIES)
    def test_is_the_subscriptions(self, stack: cdk.Stack, scope: str, policy: dict[str, Any]) -> None:
        trigger(stack, filter_policy=policy, filter_policy_scope=scope)

        subscription = the_subscription(stack)
        assert subscription["FilterPolicy"] == policy
        assert subscription["FilterPolicyScope"] == scope

    def test_looks_at_attributes_if_nothing_else_is_said(self, stack: cdk.Stack) -> None:
        trigger(stack, filter_policy={"kind": ["order"]})

        assert the_subscription(stack)["FilterPolicyScope"] == "MessageAttributes"

    def test_may_be_known_at_deployment_only(self, stack: cdk.Stack) -> None:
        trigger(stack, filter_policy={"account": [cdk.Aws.ACCOUNT_ID]})

        assert the_subscription(stack)["FilterPolicy"] == {"account": [{"Ref": "AWS::AccountId"}]}

    @pytest.mark.parametrize(
        ("policy", "code", "got"),
        [
            ({}, "FilterPatternInvalid", "{}"),
            ({"kind": "order"}, "FilterPatternInvalid", '"order"'),
            ({"kind": []}, "FilterPatternInvalid", "[]"),
            ({"kind": [None]}, "FilterPatternInvalid", "None"),
            ({"kind": [{"starts-with": "o"}]}, "FilterPatternInvalid", '"starts-with"'),
            ({"order": {"kind": ["book"]}}, "FilterPolicyNested", "an object at order"),
            ({f"field{number}": ["x"] for number in range(6)}, "FilterPolicyFields", "6"),
            ({"a": list(range(151))}, "FilterPolicyCombinations", "151"),
            ({"a": list(range(15)), "b": list(range(11))}, "FilterPolicyCombinations", "165"),
            ({"a": ["x" * (262_145 - len('{"a":[""]}'))]}, "FilterPolicyTooLong", "262,145"),
        ],
    )
    def test_fails_when_it_is_none(self, stack: cdk.Stack, policy: dict[str, Any], code: str, got: str) -> None:
        refused(stack, code, got, filter_policy=policy)

    def test_fails_when_it_is_text(self, stack: cdk.Stack) -> None:
        message = refused(stack, "FilterPatternInvalid", '"online"', filter_policy="online")

        assert '; write a dict, as {"store": ["online"]} [' in message

    def test_has_no_more_fields_and_combinations_than_sns_takes(self, stack: cdk.Stack) -> None:
        policy = {"a": list(range(15)), "b": list(range(10)), "c": [1], "d": [1], "e": [1]}

        trigger(stack, filter_policy=policy)

        assert the_subscription(stack)["FilterPolicy"] == policy
        assert len(policy) == quotas.FILTER_POLICY_FIELDS.maximum
        assert quotas.FILTER_POLICY_COMBINATIONS.maximum == 15 * 10

    def test_may_be_as_long_as_sns_takes(self, stack: cdk.Stack) -> None:
        longest = "x" * (262_144 - len('{"a":[""]}'))

        trigger(stack, filter_policy={"a": [longest]})

        assert the_subscription(stack)["FilterPolicy"] == {"a": [longest]}

    def test_counts_values_in_the_body_by_their_depth(self, stack: cdk.Stack) -> None:
        """https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html."""
        documented = {
            "key_a": {"key_b": {"key_c": ["value_one", "value_two", "value_three", "value_four"]}},
            "key_d": {"key_e": ["value_one", "value_two", "value_three"]},
            "key_f": ["value_one", "value_two"],
        }
        options = {"filter_policy": documented, "filter_policy_scope": "MessageBody"}

        trigger(stack, **options)

        documented["key_f"].append("value_three")  # type: ignore[attr-defined]
        refused(cdk.Stack(cdk.App(), "Stack"), "FilterPolicyCombinations", "216", **options)

    def test_fails_when_its_scope_does_not_exist(self, stack: cdk.Stack) -> None:
        options = {"filter_policy": {"kind": ["order"]}, "filter_policy_scope": "Body"}

        assert "MessageAttributes or MessageBody" in refused(stack, "FilterPolicyScope", "'Body'", **options)

    def test_fails_when_there_is_only_its_scope(self, stack: cdk.Stack) -> None:
        refused(stack, "FilterPolicyMissing", "'MessageBody'", filter_policy_scope="MessageBody")


def test_two_topics_may_start_one_function(stack: cdk.Stack) -> None:
    function = define(stack)

    for name in ("One", "Two"):
        SnsTrigger(stack, name, function=function)

    template = synthesize(stack)
    assert len(resources(template, "AWS::SNS::Subscription")) == 2
    assert len(resources(template, "AWS::Lambda::Permission")) == 2
    assert len(resources(template, "AWS::SQS::Queue")) == 1
