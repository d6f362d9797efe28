"""Events that a rule, a schedule or a topic cannot deliver."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab, Queue

pytestmark = pytest.mark.local_cloud


def rule_with_lost_target(lab: Lab, target: str) -> Queue:
    """The dead-letter queue of a rule whose target is not there, after an event."""
    lost, events = lab.queue(), lab.client("events")
    events.put_rule(Name=lost.name, EventPattern=json.dumps({"source": [lost.name]}))
    events.put_targets(Rule=lost.name, Targets=[{"Id": "target", "Arn": target, "DeadLetterConfig": {"Arn": lost.arn}}])
    events.put_events(Entries=[{"Source": lost.name, "DetailType": "order", "Detail": '{"id": 7}'}])
    return lost


@pytest.mark.parametrize(
    ("service", "resource"), [("lambda", "function:gone"), ("lambda", "function:gone:live"), ("sqs", "gone")]
)
def test_the_dead_letter_queue_of_a_rule_gets_what_cannot_be_delivered(
    faithful: Lab, service: str, resource: str
) -> None:
    target = faithful.arn(service, resource)

    (message,) = rule_with_lost_target(faithful, target).messages()

    assert json.loads(message["Body"])["detail"] == {"id": 7}
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert attributes["TARGET_ARN"] == target
    assert attributes["RULE_ARN"].startswith("arn:aws:events:")
    assert attributes["ERROR_CODE"] == "NO_RESOURCE"


def test_the_published_emulator_loses_the_event(stock: Lab) -> None:
    lost = rule_with_lost_target(stock, stock.arn("lambda", "function:gone"))

    assert lost.messages(within=0.7) == []


def subscription_that_lost_its_queue(lab: Lab) -> Queue:
    lost, gone, topic = lab.queue(), lab.queue(), lab.topic()
    lab.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=gone.arn,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": lost.arn})},
    )
    lab.client("sqs").delete_queue(QueueUrl=gone.url)
    lab.client("sns").publish(TopicArn=topic, Message="order 7")
    return lost


def test_the_dead_letter_queue_of_a_subscription_gets_the_message(faithful: Lab) -> None:
    assert subscription_that_lost_its_queue(faithful).body()["Message"] == "order 7"


def test_the_published_emulator_loses_the_message(stock: Lab) -> None:
    assert subscription_that_lost_its_queue(stock).messages(within=0.7) == []


def test_what_can_be_delivered_is_not_dead(faithful: Lab) -> None:
    target = faithful.queue()

    lost = rule_with_lost_target(faithful, target.arn)

    assert target.body()["detail"] == {"id": 7}
    assert lost.messages(within=0.3) == []
