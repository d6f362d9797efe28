from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_secretsmanager as secretsmanager, aws_sns as sns

from cdk_lambda_patterns import MqTrigger, ValidationError, practices
from cdk_lambda_patterns.testing import synthesize
from tests.findings import cfn_lint_findings
from tests.function.support import define, resources, statements
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, alarm, granted, logical_id, the_mapping
from tests.triggers.sources import define_broker

BROKER = "arn:aws:mq:us-east-1:123456789012:broker:letters:b-0000-1"
ALARM = "AWS::CloudWatch::Alarm"


def trigger(stack: cdk.Stack, construct_id: str = "Letters", **options: Any) -> MqTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"broker": BROKER, "queue": "letters", **options}
    if "function" not in given:
        given["function"] = define(stack, f"{construct_id}Function")
    if "secret" not in given:
        given["secret"] = secretsmanager.Secret(stack, "User")
    return MqTrigger(stack, construct_id, **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got, path="Stack/Letters")


def test_starts_the_live_alias_with_the_messages_of_a_queue(stack: cdk.Stack) -> None:
    function, user = define(stack), secretsmanager.Secret(stack, "User")

    defined = trigger(stack, function=function, secret=user)

    template = synthesize(stack)
    assert the_mapping(template) == {
        "BatchSize": practices.STREAM_BATCH_SIZE,
        "Enabled": True,
        "EventSourceArn": BROKER,
        "FunctionName": {"Ref": logical_id(function.live)},
        "Queues": ["letters"],
        "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": {"Ref": logical_id(user)}}],
    }
    assert defined.alarms == {}
    grants = granted(template)
    assert grants[BROKER] == ["mq:DescribeBroker"]
    assert "secretsmanager:GetSecretValue" in grants[logical_id(user)]
    assert grants["*"] == [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
    ]


def test_everything_may_be_said_otherwise(stack: cdk.Stack) -> None:
    trigger(
        stack,
        virtual_host="/mail",
        batch_size=10_000,
        max_batching_window=cdk.Duration.seconds(300),
        filters=[{"data": {"kind": ["letter"]}}],
        enabled=False,
    )

    mapping = the_mapping(synthesize(stack))
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"], mapping["Enabled"]) == (10_000, 300, False)
    assert mapping["FilterCriteria"] == {"Filters": [{"Pattern": '{"data":{"kind":["letter"]}}'}]}
    assert mapping["SourceAccessConfigurations"][1] == {"Type": "VIRTUAL_HOST", "URI": "/mail"}


@pytest.mark.parametrize(("queue", "host"), [("q", "v"), ("q" * 1_000, "v" * 200)])
def test_names_may_be_as_short_and_as_long_as_lambda_takes(stack: cdk.Stack, queue: str, host: str) -> None:
    trigger(stack, queue=queue, virtual_host=host)

    mapping = the_mapping(synthesize(stack))
    assert mapping["Queues"] == [queue]
    assert mapping["SourceAccessConfigurations"][1] == {"Type": "VIRTUAL_HOST", "URI": host}


def test_the_key_of_the_secret_may_be_used(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")

    trigger(stack, secret=secretsmanager.Secret(stack, "User", encryption_key=key))

    policies = str(resources(synthesize(stack), "AWS::KMS::Key")) + str(granted(synthesize(stack)))
    assert "kms:Decrypt" in policies


def test_a_secret_may_be_named_without_its_last_characters(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Imported", "orders")

    trigger(stack, secret=secret)

    (resource,) = [
        statement["Resource"]
        for statement in statements(synthesize(stack))
        if "secretsmanager:GetSecretValue" in statement["Action"]
    ]
    assert resource["Fn::Join"][1][-1] == ":secret:orders-??????"


class TestRabbitMq:
    def test_of_the_app_is_read_at_its_default_host(self, stack: cdk.Stack) -> None:
        broker = define_broker(stack, "RabbitMQ")

        trigger(stack, broker=broker)

        mapping = the_mapping(synthesize(stack))
        assert mapping["EventSourceArn"] == {"Fn::GetAtt": [logical_id(broker), "Arn"]}
        assert mapping["SourceAccessConfigurations"][1] == {"Type": "VIRTUAL_HOST", "URI": "/"}

    def test_tells_of_messages_that_wait(self, stack: cdk.Stack) -> None:
        topic = sns.Topic(stack, "Team")

        defined = trigger(stack, function=define(stack, notify=topic), virtual_host="/mail", batch_size=10)

        found = alarm(synthesize(stack), "MessageReadyCount")
        assert list(defined.alarms) == ["MessagesWaiting"]
        assert found["Namespace"] == "AWS/AmazonMQ"
        assert found["Dimensions"] == [
            {"Name": "Broker", "Value": "letters"},
            {"Name": "VirtualHost", "Value": "/mail"},
            {"Name": "Queue", "Value": "letters"},
        ]
        assert (found["Threshold"], found["EvaluationPeriods"]) == (1_000, practices.WAITING_ALARM_PERIODS)
        assert found["AlarmActions"] == [{"Ref": logical_id(topic)}]

    def test_is_named_in_the_alarm_where_only_the_deployment_knows_it(self, stack: cdk.Stack) -> None:
        arn = cdk.Token.as_string({"Ref": "BrokerArn"})

        trigger(stack, broker=arn, virtual_host="/", batch_size=NUMBER)

        found = alarm(synthesize(stack), "MessageReadyCount")
        assert found["Dimensions"][0]["Value"] == {"Fn::Select": [6, {"Fn::Split": [":", {"Ref": "BrokerArn"}]}]}
        assert found["Threshold"] == 10_000


class TestActiveMq:
    def test_of_the_app_has_no_host(self, stack: cdk.Stack) -> None:
        trigger(stack, broker=define_broker(stack, "ACTIVEMQ"))

        assert len(the_mapping(synthesize(stack))["SourceAccessConfigurations"]) == 1

    def test_fails_when_it_is_given_one(self, stack: cdk.Stack) -> None:
        refused(
            stack, "VirtualHostOfActiveMq", "'/mail'", broker=define_broker(stack, "ActiveMQ"), virtual_host="/mail"
        )


@pytest.mark.parametrize(
    ("options", "code", "got"),
    [
        ({"batch_size": 0}, "BatchSizeOutOfRange", "0"),
        ({"batch_size": 10_001}, "BatchSizeOutOfRange", "10,001"),
        ({"max_batching_window": cdk.Duration.seconds(301)}, "BatchingWindowOutOfRange", "301"),
        ({"queue": ""}, "QueueNameLength", "0"),
        ({"queue": "q" * 1_001}, "QueueNameLength", "1,001"),
        ({"virtual_host": ""}, "VirtualHostLength", "0"),
        ({"virtual_host": "v" * 201}, "VirtualHostLength", "201"),
        ({"broker": "letters"}, "ArnInvalid", "'letters'"),
        ({"secret": "me"}, "TypeMismatch", "str"),
        ({"function": "sort"}, "TypeMismatch", "str"),
        ({"filters": [{"kind": ["letter"]}]}, "FilterFieldUnknown", "'kind'"),
    ],
)
def test_fails_when_a_value_is_out_of_range(stack: cdk.Stack, options: dict[str, Any], code: str, got: str) -> None:
    refused(stack, code, got, **options)


def test_fails_when_the_broker_is_something_else(stack: cdk.Stack) -> None:
    refused(stack, "TypeMismatch", "aws_secretsmanager.Secret", broker=secretsmanager.Secret(stack, "Secret"))


def test_fails_when_the_function_runs_longer_than_lambda_lets_it(stack: cdk.Stack) -> None:
    function = define(stack, timeout=cdk.Duration.minutes(15))

    refused(stack, "BrokerFunctionTimeout", "900", function=function)


@pytest.mark.slow
@pytest.mark.parametrize("host", [None, "/mail"], ids=["ActiveMQ", "RabbitMQ"])
def test_mappings_keep_to_cloudformations_schema(stack: cdk.Stack, host: str | None) -> None:
    trigger(stack, virtual_host=host, max_batching_window=cdk.Duration.seconds(5), filters=[{"data": ["x"]}])

    assert cfn_lint_findings(synthesize(stack)) == []
