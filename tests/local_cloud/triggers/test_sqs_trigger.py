"""Messages that a function reads from a queue, deployed to the local cloud."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import SqsTrigger
from tests.local_cloud.triggers.reading import reader, records_of

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def orders(stack: cdk.Stack) -> None:
    SqsTrigger(stack, "Orders", function=reader(stack), max_receive_count=2, batch_size=10)


def ordered(stack: cdk.Stack) -> None:
    SqsTrigger(stack, "Orders", function=reader(stack), max_receive_count=2, fifo=True)


def filtered(stack: cdk.Stack) -> None:
    SqsTrigger(stack, "Orders", function=reader(stack), filters=[{"body": {"kind": ["order"]}}])


def test_a_poisoned_message_and_only_it_ends_in_the_dead_letter_queue(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(orders)
    queue, behind = deployed.queue("Orders/Queue"), deployed.queue("Orders/DeadLetterQueue")

    for body in ("one", "bad", "two", "three"):
        queue.send(body)

    deployed.alarm("Orders/DeadLetterQueueAlarm").wait_for("ALARM", within=30)
    failed = behind.receive(within=30)
    assert failed.text == "bad"
    assert failed.attributes["DeadLetterQueueSourceArn"].endswith(queue.physical_id.rpartition("/")[2])
    bodies = [record["body"] for record in records_of(deployed.function("Reader"), 5)]
    assert sorted(bodies) == ["bad", "bad", "one", "three", "two"], "the others once, the bad one twice"
    assert sum(behind.depth()) == sum(queue.depth()) == 0


def test_a_fifo_queue_keeps_the_order_of_each_group_around_a_poisoned_message(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(ordered)
    queue, behind = deployed.queue("Orders/Queue"), deployed.queue("Orders/DeadLetterQueue")

    for number in range(3):
        queue.send(f"a{number}", group="a")
        queue.send(f"b{number} bad" if number == 1 else f"b{number}", group="b")

    assert behind.receive(within=30).text == "b1 bad"
    bodies = [record["body"] for record in records_of(deployed.function("Reader"), 7, within=15)]
    first = list(dict.fromkeys(bodies))
    assert [body for body in first if body.startswith("a")] == ["a0", "a1", "a2"]
    assert [body for body in first if body.startswith("b")] == ["b0", "b1 bad", "b2"]
    assert sum(queue.depth()) == 0


def test_what_a_filter_does_not_match_is_deleted_without_starting_the_function(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(filtered)
    queue = deployed.queue("Orders/Queue")

    queue.send({"kind": "test"})
    queue.send({"kind": "order"})

    (record,) = records_of(deployed.function("Reader"), 1)
    assert record["body"] == '{"kind": "order"}'
    assert sum(queue.depth()) == 0


def test_records_have_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event."""
    deployed = local_cloud.deploy(ordered)

    message_id = deployed.queue("Orders/Queue").send(
        "hello", group="a", deduplication_id="once", attributes={"kind": "order"}
    )

    (record,) = records_of(deployed.function("Reader"), 1)
    attributes = record.pop("attributes")
    assert record.pop("receiptHandle")
    assert record.pop("eventSourceARN").startswith("arn:aws:sqs:us-east-1:000000000000:")
    assert record == {
        "messageId": message_id,
        "body": "hello",
        "messageAttributes": {
            "kind": {"stringValue": "order", "stringListValues": [], "binaryListValues": [], "dataType": "String"}
        },
        "md5OfBody": hashlib.md5(b"hello", usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "awsRegion": "us-east-1",
    }
    assert attributes.keys() == {
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SentTimestamp",
        "SequenceNumber",
        "MessageGroupId",
        "SenderId",
        "MessageDeduplicationId",
    }
    assert (attributes["MessageGroupId"], attributes["MessageDeduplicationId"]) == ("a", "once")
    assert attributes["ApproximateReceiveCount"] == "1"
