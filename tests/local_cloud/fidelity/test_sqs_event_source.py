"""Functions that read queues."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab, Queue

pytestmark = pytest.mark.local_cloud

READS = """
import json, os
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    if bodies:
        print(json.dumps(bodies))
    answer = os.environ.get("ANSWER")
    if answer == "bad ones":
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
    return json.loads(answer) if answer else None
"""


def reader(lab: Lab, source: Queue, answer: str = "", **settings: Any) -> str:  # noqa: ANN401 - any of the API's
    """A function that reads a queue and prints its batches.

    It has started before: while a cold start takes, a message is visible again, whatever the answer will be.
    """
    name = lab.function(READS, Environment={"Variables": {"ANSWER": answer}})
    lab.invoke(name, {"Records": []})
    lab.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=source.arn, **settings)
    return name


def fill(queue: Queue, count: int) -> None:
    for start in range(0, count, 10):
        numbers = range(start, min(start + 10, count))
        entries = [{"Id": str(number), "MessageBody": str(number)} for number in numbers]
        queue.lab.client("sqs").send_message_batch(QueueUrl=queue.url, Entries=entries)


def test_a_batch_gathers_over_its_window_beyond_ten_messages(faithful: Lab) -> None:
    source = faithful.queue()
    name = reader(faithful, source, BatchSize=100, MaximumBatchingWindowInSeconds=1)

    fill(source, 25)

    (batch,) = faithful.printed(name)
    assert len(batch) == 25


def test_the_published_emulator_takes_ten_at_once_and_does_not_wait(stock: Lab) -> None:
    source = stock.queue()
    name = reader(stock, source, BatchSize=100, MaximumBatchingWindowInSeconds=1)

    fill(source, 25)

    assert max(len(batch) for batch in stock.printed(name, 3)) <= 10


def test_a_full_batch_does_not_wait_for_its_window(faithful: Lab) -> None:
    source = faithful.queue()
    fill(source, 20)

    started = time.monotonic()
    name = reader(faithful, source, BatchSize=20, MaximumBatchingWindowInSeconds=20)

    (batch,) = faithful.printed(name)
    assert len(batch) == 20
    assert time.monotonic() - started < 10


def test_only_what_is_reported_as_failed_comes_again(faithful: Lab) -> None:
    source = faithful.queue(VisibilityTimeout="1")
    fill(source, 2)
    source.send("bad")

    name = reader(
        faithful,
        source,
        "bad ones",
        MaximumBatchingWindowInSeconds=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )

    first, second = faithful.printed(name, 2)[:2]
    assert sorted(first) == ["0", "1", "bad"]
    assert second == ["bad"]


UNKNOWN = '{"batchItemFailures": [{"itemIdentifier": "unknown"}]}'


def comes_again(lab: Lab, answer: str, wait: float) -> bool:
    """Whether a message comes again after such an answer."""
    source = lab.queue(VisibilityTimeout="1")
    source.send("x")
    name = reader(lab, source, answer, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert lab.printed(name)
    return len(lab.printed(name, 2, within=wait)) > 1


def test_an_answer_that_names_no_message_fails_the_whole_batch(faithful: Lab) -> None:
    answers = (
        UNKNOWN,
        '{"batchItemFailures": [{"itemIdentifier": ""}]}',
        '{"batchItemFailures": [{"id": "x"}]}',
        '"no"',
    )

    with ThreadPoolExecutor() as pool:
        again = pool.map(lambda answer: comes_again(faithful, answer, wait=10), answers)

    assert list(again) == [True] * len(answers)


def test_the_published_emulator_takes_an_unknown_message_for_success(stock: Lab) -> None:
    assert not comes_again(stock, UNKNOWN, wait=2)


def test_an_empty_answer_is_success(faithful: Lab) -> None:
    answers = ('{"batchItemFailures": []}', '{"batchItemFailures": null}', "{}", "null")

    with ThreadPoolExecutor() as pool:
        again = pool.map(lambda answer: comes_again(faithful, answer, wait=2), answers)

    assert list(again) == [False] * len(answers)
