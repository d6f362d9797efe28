"""Messages of devices that start a function, deployed to the local cloud."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Duration, aws_lambda as lambda_

from cdk_lambda_patterns import IotTrigger, WellArchitectedFunction
from tests.examples import example_stack
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.resources import Function

pytestmark = pytest.mark.local_cloud

SQL = "SELECT temperature, topic(2) AS device FROM 'devices/+/readings' WHERE temperature > 30"
PRINTS = """
import json
import re

def handler(event, context):
    print("EVENT " + json.dumps(event))
    if event["device"] == "broken":
        raise ValueError("broken")
"""


def readings(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(
        stack,
        "Reader",
        code=lambda_.Code.from_inline(PRINTS),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        timeout=Duration.seconds(5),
    )
    IotTrigger(stack, "Readings", function=function, sql=SQL)


def publish(cloud: LocalCloud, topic: str, message: object) -> None:
    cloud.client("iot-data").publish(topic=topic, payload=json.dumps(message))


def events_of(function: Function) -> list[Any]:
    lines = [line.partition("EVENT ")[2] for line in function.logs() if line.startswith("EVENT ")]
    return [json.loads(line) for line in lines]


def test_the_statement_selects_messages_and_what_of_them_comes(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-iot.html: the event is what the statement selects."""
    deployed = local_cloud.deploy(readings)

    publish(local_cloud, "devices/one/readings", {"temperature": 20, "secret": 1})
    publish(local_cloud, "devices/two/others", {"temperature": 40, "secret": 1})
    publish(local_cloud, "devices/three/readings", {"temperature": 40, "secret": 1})

    function = deployed.function("Reader")
    assert eventually(lambda: events_of(function)) == [{"temperature": 40, "device": "three"}]


def test_a_message_that_the_function_fails_on_ends_in_its_failure_queue(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(readings)

    publish(local_cloud, "devices/broken/readings", {"temperature": 31})

    record = deployed.queue("Reader/FailureQueue").receive(within=30).body
    assert record["requestPayload"] == {"temperature": 31, "device": "broken"}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["functionArn"].endswith(":live")


def test_a_message_that_does_not_reach_the_function_ends_there_too(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html."""
    deployed = local_cloud.deploy(readings)
    function = deployed.function("Reader")
    policy = local_cloud.client("lambda").get_policy(FunctionName=function.physical_id, Qualifier="live")["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    local_cloud.client("lambda").remove_permission(
        FunctionName=function.physical_id, Qualifier="live", StatementId=statement["Sid"]
    )

    publish(local_cloud, "devices/one/readings", {"temperature": 31})

    deployed.alarm("Reader/FailureQueueAlarm").wait_for("ALARM", within=30)
    message = deployed.queue("Reader/FailureQueue").receive(within=10).body
    assert message.keys() == {
        "ruleName",
        "topic",
        "cloudwatchTraceId",
        "clientId",
        "sourceIp",
        "base64OriginalPayload",
        "failures",
    }
    assert message["topic"] == "devices/one/readings"
    assert json.loads(base64.b64decode(message["base64OriginalPayload"])) == {"temperature": 31}
    (failure,) = message["failures"]
    assert failure["failedAction"] == "LambdaAction"
    assert failure["failedResource"].endswith(":live")
    assert events_of(function) == []


def test_the_example_warns(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("iot_trigger"))

    publish(local_cloud, "devices/cellar/readings", {"temperature": 31})

    function = deployed.function("Warn")
    assert eventually(lambda: [function.last_logged] if function.last_logged else []) == ["cellar has 31.0 degrees"]


def test_the_alarm_on_lost_messages_is_recorded(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(readings)

    alarm = deployed.alarm("Readings/EventsLostAlarm")

    (reason,) = [entry.reason for entry in local_cloud.recorded() if entry.type == "AWS::CloudWatch::Alarm.Metrics"]
    assert re.fullmatch(r"SELECT SUM\(ErrorActionFailure\).* is not evaluated", reason)
    assert alarm.state == "INSUFFICIENT_DATA"
