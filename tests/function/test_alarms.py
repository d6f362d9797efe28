from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms, aws_sns as sns

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.triggers.polling import warnings

if TYPE_CHECKING:
    from cdk_lambda_patterns.testing import Template


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms by metric."""
    return {alarm["MetricName"]: alarm for alarm in resources(template, "AWS::CloudWatch::Alarm").values()}


def publish_statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for s in document["Statement"] if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]


def test_a_function_has_alarms_on_errors_and_throttles_of_live(stack: cdk.Stack) -> None:
    function = define(stack)

    template = synthesize(stack)
    (name,) = resources(template, "AWS::Lambda::Function")
    assert alarms(template).keys() == {"Errors", "Throttles"}
    assert function.alarms.keys() == {"Errors", "Throttles"}
    for alarm in alarms(template).values():
        assert alarm["Namespace"] == "AWS/Lambda"
        assert alarm["Dimensions"] == [
            {"Name": "FunctionName", "Value": {"Ref": name}},
            {"Name": "Resource", "Value": {"Fn::Join": ["", [{"Ref": name}, ":live"]]}},
        ]


def test_the_alarms_of_the_failure_path_come_with_it(stack: cdk.Stack) -> None:
    function = define(stack)
    function.invoked_asynchronously()

    template = synthesize(stack)
    (queue,) = resources(template, "AWS::SQS::Queue")
    assert function.alarms.keys() == {"Errors", "Throttles", "DeliveryFailures", "FailureQueue"}
    assert alarms(template)["DestinationDeliveryFailures"]["Dimensions"] == alarms(template)["Errors"]["Dimensions"]
    visible = alarms(template)["ApproximateNumberOfMessagesVisible"]
    assert visible["Namespace"] == "AWS/SQS"
    assert visible["Statistic"] == "Maximum"
    assert visible["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]


def test_a_destination_of_the_users_has_an_alarm_on_lost_records_and_none_on_a_queue(stack: cdk.Stack) -> None:
    function = define(stack, on_failure=sns.Topic(stack, "Failed"))

    assert function.alarms.keys() == {"Errors", "Throttles", "DeliveryFailures"}


def test_thresholds_and_periods_are_the_practices(stack: cdk.Stack) -> None:
    define(stack).invoked_asynchronously()

    found = alarms(synthesize(stack))
    assert {metric: (alarm["Threshold"], alarm["EvaluationPeriods"]) for metric, alarm in found.items()} == {
        "Errors": (practices.ERRORS_ALARM_THRESHOLD, 1),
        "Throttles": (practices.THROTTLES_ALARM_THRESHOLD, practices.THROTTLES_ALARM_PERIODS),
        "DestinationDeliveryFailures": (practices.FAILURE_QUEUE_ALARM_THRESHOLD, 1),
        "ApproximateNumberOfMessagesVisible": (practices.FAILURE_QUEUE_ALARM_THRESHOLD, 1),
    }
    for alarm in found.values():
        assert alarm["Period"] == practices.ALARM_PERIOD_SECONDS
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["TreatMissingData"] == "notBreaching", "a function that is not called is in order"


def test_each_alarm_says_what_to_do(stack: cdk.Stack) -> None:
    define(stack).invoked_asynchronously()

    for alarm in alarms(synthesize(stack)).values():
        assert 80 < len(alarm["AlarmDescription"]) <= 1024


def test_without_a_topic_alarms_tell_nobody(stack: cdk.Stack) -> None:
    function = define(stack)

    assert function.alarm_actions == []
    assert all("AlarmActions" not in alarm for alarm in alarms(synthesize(stack)).values())


def test_alarms_notify_the_topic_also_those_that_come_later(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Topic")

    function = define(stack, notify=topic)
    function.invoked_asynchronously()

    template = synthesize(stack)
    (name,) = resources(template, "AWS::SNS::Topic")
    assert [alarm["AlarmActions"] for alarm in alarms(template).values()] == [[{"Ref": name}]] * 4


def test_a_topic_that_demands_tls_still_takes_from_alarms(stack: cdk.Stack) -> None:
    """With a policy of its own, a topic has lost the default one that lets the account's alarms publish."""
    define(stack, notify=sns.Topic(stack, "Topic", enforce_ssl=True))

    template = synthesize(stack)
    (name,) = resources(template, "AWS::SNS::Topic")
    assert publish_statements(only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]) == [
        {
            "Action": "sns:Publish",
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Resource": {"Ref": name},
            "Sid": "AlarmsPublish",
        }
    ]


def test_of_a_topics_key_from_outside_is_warned(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/1")

    define(stack, notify=sns.Topic(stack, "Topic", master_key=key))

    ((path, text),) = warnings(stack)
    assert path == "/Stack/Topic"
    assert "see that it lets cloudwatch.amazonaws.com do kms:Decrypt and kms:GenerateDataKey*" in text


def test_a_topic_under_a_customers_key_still_takes_from_alarms(stack: cdk.Stack) -> None:
    define(stack, notify=sns.Topic(stack, "Topic", master_key=kms.Key(stack, "Key")))

    assert publish_statements(only(synthesize(stack), "AWS::KMS::Key")["KeyPolicy"]) == [
        {
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Resource": "*",
            "Sid": "AlarmsPublish",
        }
    ]


def test_functions_that_share_a_topic_share_the_statements(stack: cdk.Stack) -> None:
    """Two statements of one id in a policy are refused at deployment."""
    topic = sns.Topic(stack, "Topic", master_key=kms.Key(stack, "Key"))
    for name in ("One", "Two", "Three"):
        define(stack, name, notify=topic)

    template = synthesize(stack)
    assert len(publish_statements(only(template, "AWS::SNS::TopicPolicy")["PolicyDocument"])) == 1
    assert len(publish_statements(only(template, "AWS::KMS::Key")["KeyPolicy"])) == 1


def test_an_imported_topic_is_notified_and_left_as_it_is(stack: cdk.Stack) -> None:
    arn = "arn:aws:sns:eu-west-1:111111111111:orders"

    define(stack, notify=sns.Topic.from_topic_arn(stack, "Topic", arn))

    template = synthesize(stack)
    assert resources(template, "AWS::SNS::TopicPolicy") == {}
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms(template).values()} == {(arn,)}


def test_the_topic_may_stand_in_another_stack(app: cdk.App) -> None:
    operations, stack = cdk.Stack(app, "Operations"), cdk.Stack(app, "Stack")

    define(stack, notify=sns.Topic(operations, "Topic", master_key=kms.Key(operations, "Key")))

    synthesize(stack)
    assert stack.dependencies == [operations]
    assert operations.dependencies == []
