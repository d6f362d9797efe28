"""Messages of dead-letter queues are sent back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab, Queue

pytestmark = pytest.mark.local_cloud


def with_failures(lab: Lab) -> tuple[Queue, Queue]:
    """A queue, and its dead-letter queue with two messages that were received once each."""
    queue, failures = lab.queue(), lab.queue()
    policy = json.dumps({"deadLetterTargetArn": failures.arn, "maxReceiveCount": "1"})
    lab.client("sqs").set_queue_attributes(
        QueueUrl=queue.url, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    )
    for body in ("one", "two"):
        queue.send(body)
    for _ in range(2):
        lab.client("sqs").receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10)
    return queue, failures


@pytest.mark.parametrize("named", [True, False], ids=["named", "where they came from"])
def test_messages_are_moved_as_new_ones(faithful: Lab, named: bool) -> None:  # noqa: FBT001
    queue, failures = with_failures(faithful)
    sqs = faithful.client("sqs")

    destination = {"DestinationArn": queue.arn} if named else {}
    started = sqs.start_message_move_task(SourceArn=failures.arn, MaxNumberOfMessagesPerSecond=500, **destination)

    assert started["TaskHandle"]
    (task,) = sqs.list_message_move_tasks(SourceArn=failures.arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    received = sqs.receive_message(
        QueueUrl=queue.url, MaxNumberOfMessages=10, VisibilityTimeout=60, MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert sorted(message["Body"] for message in received) == ["one", "two"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in received} == {"1"}
    assert failures.messages(within=0.2) == []


def test_only_dead_letter_queues_of_queues_are_sent_back(faithful: Lab) -> None:
    failures = faithful.queue()
    sqs = faithful.client("sqs")

    with pytest.raises(sqs.exceptions.ClientError, match="must be configured as a Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=failures.arn)


def test_fails_when_it_shall_be_faster_than_sqs_is(faithful: Lab) -> None:
    _, failures = with_failures(faithful)
    sqs = faithful.client("sqs")

    with pytest.raises(sqs.exceptions.ClientError, match="MaxNumberOfMessagesPerSecond"):
        sqs.start_message_move_task(SourceArn=failures.arn, MaxNumberOfMessagesPerSecond=501)


def test_a_task_that_is_over_cannot_be_cancelled(faithful: Lab) -> None:
    _, failures = with_failures(faithful)
    sqs = faithful.client("sqs")
    handle = sqs.start_message_move_task(SourceArn=failures.arn)["TaskHandle"]

    with pytest.raises(sqs.exceptions.ClientError, match="not running"):
        sqs.cancel_message_move_task(TaskHandle=handle)
    with pytest.raises(sqs.exceptions.ClientError, match="does not exist"):
        sqs.cancel_message_move_task(TaskHandle="none")


def test_the_published_emulator_does_not_know_how(stock: Lab) -> None:
    _, failures = with_failures(stock)
    sqs = stock.client("sqs")

    with pytest.raises(sqs.exceptions.ClientError, match="not valid"):
        sqs.start_message_move_task(SourceArn=failures.arn)
