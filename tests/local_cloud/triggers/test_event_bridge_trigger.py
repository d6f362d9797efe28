"""Events that a function gets from an event bus, deployed to the local cloud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import EventBridgeTrigger, event_patterns
from tests.docs.test_examples import the_stack_of
from tests.local_cloud.triggers.called import events_of, failed, lines_of, printer, remove

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud

pytestmark = pytest.mark.local_cloud


class DefaultBus(cdk.Stack):
    """A rule on the account's default bus."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        EventBridgeTrigger(self, "Orders", function=printer(self), pattern={"source": ["shop"]})


class ClosedRule(cdk.Stack):
    """A rule whose function goes away."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        EventBridgeTrigger(self, "Orders", function=printer(self), pattern={"source": ["closed"]}, retry_attempts=0)


@pytest.fixture(scope="module")
def deployed(shared_local_cloud: LocalCloud) -> Deployment:
    return shared_local_cloud.deploy(DefaultBus)


def put(cloud: LocalCloud, source: str, **detail: Any) -> None:  # noqa: ANN401
    entry = {"Source": source, "DetailType": "Order Placed", "Detail": json.dumps(detail)}
    cloud.client("events").put_events(Entries=[entry])


def test_the_example_gets_what_its_pattern_selects_on_its_bus_as_its_input_says(shared_local_cloud: LocalCloud) -> None:
    example = shared_local_cloud.deploy(the_stack_of("event_bridge_trigger"))
    bus = example.event_bus("Shop")

    bus.put(source="shop.web", detail_type="Order Placed", detail={"id": "unpaid", "paid": False, "total": 7})
    bus.put(source="shop.web", detail_type="Order Placed", detail={"id": "free", "paid": True, "total": 0})
    bus.put(source="shop.web", detail_type="Order Seen", detail={"id": "seen", "paid": True, "total": 7})
    bus.put(source="warehouse", detail_type="Order Placed", detail={"id": "other", "paid": True, "total": 7})
    put(shared_local_cloud, "shop.web", id="on-another-bus", paid=True, total=7)
    bus.put(source="shop.web", detail_type="Order Placed", detail={"id": "A-7", "paid": True, "total": 7})

    lines = lines_of(example.function("Ship"), "order A-7 of 20")
    assert sum("order " in line for line in lines) == 1


def test_an_event_has_the_shape_that_aws_documents(shared_local_cloud: LocalCloud, deployed: Deployment) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html."""
    put(shared_local_cloud, "another", id=1)
    put(shared_local_cloud, "shop", id=7)

    event = events_of(deployed.function("Printer"))[0]
    assert event.pop("id")
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0",
        "detail-type": "Order Placed",
        "source": "shop",
        "account": "000000000000",
        "region": "us-east-1",
        "resources": [],
        "detail": {"id": 7},
    }


def test_what_the_function_fails_on_ends_in_its_failure_queue(
    shared_local_cloud: LocalCloud, deployed: Deployment
) -> None:
    put(shared_local_cloud, "shop", id="bad")

    assert failed(deployed)["detail"] == {"id": "bad"}


def test_what_does_not_reach_the_function_ends_there_as_the_event(shared_local_cloud: LocalCloud) -> None:
    gone = shared_local_cloud.deploy(ClosedRule)
    remove(shared_local_cloud, gone.function("Printer"))

    put(shared_local_cloud, "closed", id=7)

    gone.alarm("Printer/FailureQueueAlarm").wait_for("ALARM", within=20)
    message = gone.queue("Printer/FailureQueue").receive(within=10)
    assert message.body["detail"] == {"id": 7}
    assert {"ERROR_CODE", "ERROR_MESSAGE", "RULE_ARN", "TARGET_ARN"} <= message.message_attributes.keys()
    assert message.message_attributes["TARGET_ARN"].endswith(":live")


# The examples of each service's own documentation, without the parts that no pattern looks at.
DOCUMENTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html": (
        event_patterns.codepipeline_state_change(pipelines=["myPipeline"], states=["FAILED"]),
        {
            "detail-type": "CodePipeline Pipeline Execution State Change",
            "source": "aws.codepipeline",
            "detail": {
                "pipeline": "myPipeline",
                "execution-id": "12345678-1234-5678-abcd-12345678abcd",
                "start-time": "2023-10-26T13:49:39.208Z",
                "state": "FAILED",
                "version": 4.0,
                "pipeline-execution-attempt": 1.0,
            },
        },
    ),
    "https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html": (
        event_patterns.codecommit_reference_change(repositories=["MyDemoRepo"], branches=["myBranch"]),
        {
            "detail-type": "CodeCommit Repository State Change",
            "source": "aws.codecommit",
            "detail": {
                "event": "referenceUpdated",
                "repositoryName": "MyDemoRepo",
                "repositoryId": "12345678-1234-5678-abcd-12345678abcd",
                "referenceType": "branch",
                "referenceName": "myBranch",
                "referenceFullName": "refs/heads/myBranch",
                "commitId": "7f0103fMERGE",
                "oldCommitId": "3e5983DESTINATION",
            },
        },
    ),
    "https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html": (
        event_patterns.config_compliance_change(rules=["required-tags"]),
        {
            "detail-type": "Config Rules Compliance Change",
            "source": "aws.config",
            "detail": {
                "messageType": "ComplianceChangeNotification",
                "configRuleName": "required-tags",
                "resourceType": "AWS::S3::Bucket",
                "resourceId": "orders",
                "newEvaluationResult": {"complianceType": "NON_COMPLIANT"},
                "oldEvaluationResult": {"complianceType": "COMPLIANT"},
            },
        },
    ),
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html": (
        event_patterns.alarm_state_change(alarms=["ServerCpuTooHigh"]),
        {
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "detail": {
                "alarmName": "ServerCpuTooHigh",
                "state": {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2019-10-02T17:04:40.989+0000"},
                "previousState": {"value": "OK", "timestamp": "2019-10-02T17:03:28.001+0000"},
            },
        },
    ),
    "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html": (
        event_patterns.cloudtrail_api_call("ec2", actions=["RunInstances"]),
        {
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.ec2",
            "detail": {
                "eventSource": "ec2.amazonaws.com",
                "eventName": "RunInstances",
                "awsRegion": "us-east-1",
                "sourceIPAddress": "203.0.113.7",
            },
        },
    ),
}


@pytest.mark.parametrize("page", DOCUMENTED)
def test_a_ready_pattern_matches_the_event_that_the_service_documents(
    shared_local_cloud: LocalCloud, page: str
) -> None:
    pattern, documented = DOCUMENTED[page]
    around = {"id": "7", "account": "123456789012", "time": "2026-11-21T12:00:00Z", "region": "eu-west-1"}
    events = shared_local_cloud.client("events")

    def matches(event: dict[str, Any]) -> bool:
        answer = events.test_event_pattern(
            EventPattern=json.dumps(pattern), Event=json.dumps({**around, "resources": [], "version": "0", **event})
        )
        return bool(answer["Result"])

    assert matches(documented)
    assert not matches({**documented, "source": "shop"})
    for name in pattern["detail"]:
        assert not matches({**documented, "detail": {**documented["detail"], name: "another"}}), name
