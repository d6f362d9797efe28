from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_lambda as lambda_, aws_sqs as sqs

from cdk_lambda_patterns import IotTrigger
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import granted, logical_id

SQL = "SELECT * FROM 'devices/+/readings'"


def trigger(stack: cdk.Stack, **options: Any) -> IotTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"sql": SQL, **options}
    given.setdefault("function", None)
    given["function"] = given["function"] or define(stack)
    return IotTrigger(stack, "Readings", **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: trigger(stack, **options), code, got, path="Stack/Readings")


def payload(stack: cdk.Stack) -> dict[str, Any]:
    found: dict[str, Any] = only(synthesize(stack), "AWS::IoT::TopicRule")["TopicRulePayload"]
    return found


class TestRule:
    def test_starts_the_live_alias_with_what_it_selects(self, stack: cdk.Stack) -> None:
        function = define(stack)

        trigger(stack, function=function)

        rule = payload(stack)
        assert rule["Sql"] == SQL
        assert rule["AwsIotSqlVersion"] == "2016-03-23"
        assert rule["RuleDisabled"] is False
        assert rule["Actions"] == [{"Lambda": {"FunctionArn": {"Ref": logical_id(function.live)}}}]

    def test_may_begin_disabled(self, stack: cdk.Stack) -> None:
        trigger(stack, enabled=False)

        assert payload(stack)["RuleDisabled"] is True

    def test_may_call_the_function_and_no_other_rule_may(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        permission = only(synthesize(stack), "AWS::Lambda::Permission")
        assert permission["Principal"] == "iot.amazonaws.com"
        assert permission["SourceArn"] == {"Fn::GetAtt": [logical_id(defined.rule), "Arn"]}


class TestSql:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT * FROM '#'",
            "SELECT * FROM '+'",
            "SELECT * FROM 'devices/#'",
            "select temperature as t from 'devices/+/readings'",
            "SELECT *,\n  topic(2) AS device\nFROM 'devices/+/readings'\nWHERE temperature > 30",
            "SELECT (SELECT VALUE color FROM lights) AS colors FROM 'house/lights'",
            "SELECT * FROM 'a' WHERE kind = 'taken FROM elsewhere'",
            SQL.replace("devices/+/readings", "a/a/a/a/a/a/a/a"),
            SQL.replace("devices/+/readings", 256 * "a"),
        ],
    )
    def test_may_select_and_filter(self, stack: cdk.Stack, sql: str) -> None:
        trigger(stack, sql=sql)

        assert payload(stack)["Sql"] == sql

    def test_may_only_be_known_at_deployment(self, stack: cdk.Stack) -> None:
        trigger(stack, sql=cdk.Fn.import_value("Sql"))

        assert payload(stack)["Sql"] == {"Fn::ImportValue": "Sql"}

    @pytest.mark.parametrize(
        "sql",
        [
            "",
            "SELECT *",
            "FROM 'devices/#'",
            "SELECT * FROM devices",
            'SELECT * FROM "devices/#"',
            "SELECT FROM 'devices/#'",
            "SELECT * FROM 'devices/#' temperature > 30",
            "SELECT * FROM 'devices/#' WHERE",
            "DELETE FROM 'devices/#'",
        ],
    )
    def test_fails_when_it_has_another_form(self, stack: cdk.Stack, sql: str) -> None:
        refused(stack, "IotSqlInvalid", repr(sql), sql=sql)

    @pytest.mark.parametrize("topic", ["#/readings", "devices/a+/readings", "devices/+a", "devices/a#", "a/#/b", "++"])
    def test_fails_when_a_wildcard_is_no_level(self, stack: cdk.Stack, topic: str) -> None:
        refused(stack, "IotTopicInvalid", repr(topic), sql=SQL.replace("devices/+/readings", topic))

    @pytest.mark.parametrize(("topic", "got"), [("", "0"), (257 * "a", "257"), (129 * "é", "258")])
    def test_fails_when_a_topic_filter_is_empty_or_too_long(self, stack: cdk.Stack, topic: str, got: str) -> None:
        refused(stack, "IotTopicLength", got, sql=SQL.replace("devices/+/readings", topic))

    def test_fails_when_a_topic_filter_has_too_many_levels(self, stack: cdk.Stack) -> None:
        refused(stack, "IotTopicSlashes", "8", sql=SQL.replace("devices/+/readings", "a/a/a/a/a/a/a/a/a"))


class TestFailures:
    def test_go_to_the_functions_failure_queue_with_a_role_for_just_that(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        template = synthesize(stack)
        assert defined.dead_letter_queue is function.failure_queue
        queue = logical_id(function.failure_queue)
        assert payload(stack)["ErrorAction"] == {
            "Sqs": {
                "QueueUrl": {"Ref": queue},
                "RoleArn": {"Fn::GetAtt": [logical_id(defined.role), "Arn"]},
                "UseBase64": False,
            }
        }
        role = resources(template, "AWS::IAM::Role")[logical_id(defined.role)]
        (policy,) = role["Policies"]
        assert policy["PolicyDocument"]["Statement"] == [
            {"Action": "sqs:SendMessage", "Effect": "Allow", "Resource": {"Fn::GetAtt": [queue, "Arn"]}}
        ]
        assert role["AssumeRolePolicyDocument"]["Statement"] == [
            {
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                "Effect": "Allow",
                "Principal": {"Service": "iot.amazonaws.com"},
            }
        ]

    def test_of_the_function_itself_are_kept_too(self, stack: cdk.Stack) -> None:
        trigger(stack)

        assert "OnFailure" in only(synthesize(stack), "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]

    def test_go_to_a_queue_of_ones_own_with_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        queue = sqs.Queue(stack, "Queue", encryption_master_key=key)

        defined = trigger(stack, dead_letter_queue=queue)

        template = synthesize(stack)
        assert defined.dead_letter_queue is queue
        assert payload(stack)["ErrorAction"]["Sqs"]["QueueUrl"] == {"Ref": logical_id(queue)}
        assert granted(template, to=logical_id(defined.role)) == {
            logical_id(key): ["kms:Decrypt", "kms:GenerateDataKey*"]
        }
        assert set(defined.alarms) == {"DeadLetterQueue", "EventsLost"}

    def test_go_to_an_own_queue_where_the_function_stands_elsewhere(self, app: cdk.App, stack: cdk.Stack) -> None:
        function = define(cdk.Stack(app, "Functions"))

        defined = trigger(stack, function=function)

        assert defined.dead_letter_queue is not function.failure_queue
        assert payload(stack)["ErrorAction"]["Sqs"]["QueueUrl"] == {"Ref": logical_id(defined.dead_letter_queue)}
        assert set(defined.alarms) == {"DeadLetterQueue", "EventsLost"}

    def test_that_are_lost_are_told_of(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        alarm = resources(template, "AWS::CloudWatch::Alarm")[logical_id(defined.alarms["EventsLost"])]
        (query,) = alarm["Metrics"]
        assert query["Expression"]["Fn::Join"][1] == [
            'SELECT SUM(ErrorActionFailure) FROM "AWS/IoT" WHERE RuleName = \'',
            {"Ref": logical_id(defined.rule)},
            "'",
        ]
        assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")
        assert set(defined.alarms) == {"EventsLost"}

    def test_fails_when_the_queue_is_a_fifo_queue(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue", fifo=True)

        refused(stack, "DeadLetterQueueFifo", "Stack/Queue", dead_letter_queue=queue)

    def test_fails_when_the_queue_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", dead_letter_queue="failures")


def test_two_rules_may_start_one_function(stack: cdk.Stack) -> None:
    function = define(stack)

    IotTrigger(stack, "Warm", function=function, sql="SELECT * FROM 'a'")
    IotTrigger(stack, "Cold", function=function, sql="SELECT * FROM 'b'")

    assert len(resources(synthesize(stack), "AWS::Lambda::Permission")) == 2


def test_fails_when_the_function_is_a_plain_one(stack: cdk.Stack) -> None:
    plain = lambda_.Function(
        stack,
        "Plain",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )

    refused(stack, "TypeMismatch", "aws_lambda.Function", function=plain)
