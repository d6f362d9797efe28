"""Messages that a function gets from a topic, deployed to the local cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import SnsTrigger
from tests.docs.test_examples import the_stack_of
from tests.local_cloud.triggers.called import events_of, failed, lines_of, printer, remove

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud

pytestmark = pytest.mark.local_cloud


class Messages(cdk.Stack):
    """A topic for everything, and one of whose messages large orders are selected."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        SnsTrigger(self, "All", function=printer(self))
        SnsTrigger(
            self,
            "Large",
            function=printer(self, "Selective"),
            filter_policy={"order": {"total": [{"numeric": [">", 100]}]}},
            filter_policy_scope="MessageBody",
        )


class ClosedTopic(cdk.Stack):
    """A topic whose function goes away."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        SnsTrigger(self, "All", function=printer(self))


@pytest.fixture(scope="module")
def deployed(shared_local_cloud: LocalCloud) -> Deployment:
    return shared_local_cloud.deploy(Messages)


def test_the_example_gets_the_messages_that_its_filter_selects(shared_local_cloud: LocalCloud) -> None:
    example = shared_local_cloud.deploy(the_stack_of("sns_trigger"))
    topic = example.topic("Messages/Topic")

    topic.publish({"number": "not-an-invoice", "total": 1}, attributes={"kind": "offer"})
    topic.publish({"number": "without-a-kind", "total": 1})
    topic.publish({"number": "2026-7", "total": 120}, attributes={"kind": "invoice"})

    lines = lines_of(example.function("Book"), "2026-7")
    assert not any("not-an-invoice" in line or "without-a-kind" in line for line in lines)


def test_a_filter_looks_into_the_message(deployed: Deployment) -> None:
    topic = deployed.topic("Large/Topic")

    topic.publish({"order": {"total": 7}})
    topic.publish("no JSON")
    topic.publish({"order": {"total": 120}})

    (event,) = events_of(deployed.function("Selective"))
    assert event["Records"][0]["Sns"]["Message"] == '{"order": {"total": 120}}'


def test_a_message_has_the_shape_that_aws_documents(deployed: Deployment) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html#sns-sample-event."""
    topic = deployed.topic("All/Topic")

    topic.publish("Hello from SNS!", attributes={"Test": "TestString"})

    event = events_of(deployed.function("Printer"))[0]
    (record,) = event.pop("Records")
    assert event == {}
    message = record.pop("Sns")
    assert record.pop("EventSubscriptionArn").startswith(f"{topic.physical_id}:")
    assert record == {"EventVersion": "1.0", "EventSource": "aws:sns"}
    for name in ("Timestamp", "Signature", "SigningCertUrl", "MessageId", "UnsubscribeUrl"):
        assert message.pop(name), name
    assert message.pop("SignatureVersion") in {"1", "2"}
    assert message == {
        "Message": "Hello from SNS!",
        "MessageAttributes": {"Test": {"Type": "String", "Value": "TestString"}},
        "Type": "Notification",
        "TopicArn": topic.physical_id,
        "Subject": None,
    }


def test_what_the_function_fails_on_ends_in_its_failure_queue(deployed: Deployment) -> None:
    deployed.topic("All/Topic").publish("bad")

    event = failed(deployed)
    assert event["Records"][0]["Sns"]["Message"] == "bad"


def test_what_does_not_reach_the_function_ends_there_as_the_message(shared_local_cloud: LocalCloud) -> None:
    gone = shared_local_cloud.deploy(ClosedTopic)
    remove(shared_local_cloud, gone.function("Printer"))

    gone.topic("All/Topic").publish("nobody is there")

    gone.alarm("Printer/FailureQueueAlarm").wait_for("ALARM", within=20)
    assert gone.queue("Printer/FailureQueue").receive(within=10).body["Message"] == "nobody is there"
