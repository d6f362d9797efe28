"""What is logged starts a function, deployed to the local cloud."""

from __future__ import annotations

import base64
import gzip
import json
import time
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import CfnOutput, aws_logs as logs

from cdk_lambda_patterns import LogsTrigger
from tests.docs.test_examples import the_stack_of
from tests.local_cloud.fidelity.lab import eventually
from tests.local_cloud.triggers.called import events_of, failed, lines_of, printer

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud

pytestmark = pytest.mark.local_cloud


class ShopLogs(cdk.Stack):
    """A log group with two filters."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        group = logs.LogGroup(self, "Group")
        LogsTrigger(self, "Errors", function=printer(self), log_group=group, filter_pattern="ERROR -test")
        slow = logs.FilterPattern.number_value("$.took", ">", 1_000)
        LogsTrigger(self, "Slow", function=printer(self, "Selective"), log_group=group, filter_pattern=slow)
        CfnOutput(self, "GroupName", value=group.log_group_name)


@pytest.fixture(scope="module")
def deployed(shared_local_cloud: LocalCloud) -> Deployment:
    found = shared_local_cloud.deploy(ShopLogs)
    shared_local_cloud.client("logs").create_log_stream(logGroupName=found.outputs["GroupName"], logStreamName="web")
    return found


def log(cloud: LocalCloud, deployed: Deployment, *messages: str) -> None:
    now = int(time.time() * 1000)
    cloud.client("logs").put_log_events(
        logGroupName=deployed.outputs["GroupName"],
        logStreamName="web",
        logEvents=[{"timestamp": now, "message": message} for message in messages],
    )


def data(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    return found


def test_the_example_tells_of_what_another_function_logs_as_an_error(shared_local_cloud: LocalCloud) -> None:
    example = shared_local_cloud.deploy(the_stack_of("logs_trigger"))
    report = example.function("Report")

    assert report.invoke({"month": "May", "amounts": [1, 2]}).payload == {"month": "May", "total": 3}
    assert report.invoke({"month": "June"}).error is not None

    lines = lines_of(example.function("Alert"), "KeyError")
    assert sum(report.log_group in line for line in lines) == 1, "what went well is not told of"


def test_only_what_matches_arrives_in_the_shape_that_aws_documents(
    shared_local_cloud: LocalCloud, deployed: Deployment
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html."""
    log(shared_local_cloud, deployed, "INFO all is well", "ERROR only a test", "ERROR no stock", "ERROR no price")

    function = deployed.function("Printer")
    (event,) = eventually(lambda: [event for event in events_of(function) if "no stock" in str(data(event))])
    assert event.keys() == {"awslogs"}
    assert event["awslogs"].keys() == {"data"}
    content = data(event)
    logged = content.pop("logEvents")
    (subscription,) = content.pop("subscriptionFilters")
    assert subscription
    assert content == {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": deployed.outputs["GroupName"],
        "logStream": "web",
    }
    assert [each["message"] for each in logged] == ["ERROR no stock", "ERROR no price"]
    for each in logged:
        assert each.keys() == {"id", "timestamp", "message"}
        assert isinstance(each["timestamp"], int)


def test_the_two_filters_of_a_group_select_on_their_own(shared_local_cloud: LocalCloud, deployed: Deployment) -> None:
    log(shared_local_cloud, deployed, '{"took": 7}', "no JSON", '{"took": 1200}')

    (event,) = events_of(deployed.function("Selective"))
    assert [each["message"] for each in data(event)["logEvents"]] == ['{"took": 1200}']


def test_what_the_function_fails_on_ends_in_its_failure_queue(
    shared_local_cloud: LocalCloud, deployed: Deployment
) -> None:
    log(shared_local_cloud, deployed, "ERROR bad")

    (logged,) = data(failed(deployed))["logEvents"]
    assert logged["message"] == "ERROR bad"
