"""The metrics of queues."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab, Queue

pytestmark = pytest.mark.local_cloud


def maximum(queue: Queue, name: str, at_least: float) -> float:
    return _statistic(queue, name, "Maximum", at_least)


def total(queue: Queue, name: str, at_least: float) -> float:
    """What is counted is published each second: it may come in parts."""
    return _statistic(queue, name, "Sum", at_least)


def _statistic(queue: Queue, name: str, statistic: str, at_least: float) -> float:
    def seen() -> float | None:
        value = queue.lab.metric("AWS/SQS", name, {"QueueName": queue.name}, statistic=statistic, within=0)
        return value if value is not None and value >= at_least else None

    return eventually(seen, within=8)


def test_the_state_of_a_queue_is_published(faithful: Lab) -> None:
    queue = faithful.queue()
    for body in ("a", "b", "c"):
        queue.send(body)
    assert maximum(queue, "ApproximateNumberOfMessagesVisible", 3) == 3

    faithful.client("sqs").receive_message(QueueUrl=queue.url)

    assert maximum(queue, "ApproximateNumberOfMessagesNotVisible", 1) == 1
    assert 1 <= maximum(queue, "ApproximateAgeOfOldestMessage", 1) < 60


def test_what_happens_to_messages_is_counted(faithful: Lab) -> None:
    queue = faithful.queue()
    entries = [{"Id": str(number), "MessageBody": "x"} for number in range(3)]
    faithful.client("sqs").send_message_batch(QueueUrl=queue.url, Entries=entries)
    queue.send("y")

    queue.messages(4)

    for name in ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted"):
        assert total(queue, name, 4) == 4, name


def test_messages_of_topics_and_those_that_functions_take_count_too(faithful: Lab) -> None:
    queue, topic = faithful.queue(), faithful.topic()
    faithful.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    name = faithful.function("def handler(event, context): pass")
    faithful.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=queue.arn)

    faithful.client("sns").publish(TopicArn=topic, Message="x")

    for metric in ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted"):
        assert faithful.metric("AWS/SQS", metric, {"QueueName": queue.name}) == 1, metric


def test_the_published_emulator_publishes_nothing(stock: Lab) -> None:
    queue = stock.queue()
    queue.send("a")
    time.sleep(1.2)

    metrics = stock.client("cloudwatch").list_metrics(Namespace="AWS/SQS")["Metrics"]

    assert metrics == []
