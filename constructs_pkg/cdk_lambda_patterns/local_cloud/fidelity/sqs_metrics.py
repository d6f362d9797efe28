"""The metrics of queues.

What the published emulator does: queues publish no metrics, so that an alarm on a dead-letter queue never goes off.

What AWS does: every active queue publishes how many messages it holds, how many are in flight, how old the oldest one
is, and how many were sent, received and deleted.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from .support import metrics
from .support.emulator import Record, around, module

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_SECONDS = 1.0
_UNCHANGED_SECONDS = 5.0

_Queue: TypeAlias = tuple[str, str, str]
"""Account, Region and name."""


class _Counts:
    """What has happened to messages since it was published. Requests and the publisher are in threads of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[_Queue, str]] = Counter()

    def add(self, queue: Record, metric: str, by: int = 1) -> None:
        *_, region, account, name = queue["attributes"]["QueueArn"].split(":")
        with self._lock:
            self._counts[(account, region, name), metric] += by

    def take(self) -> Counter[tuple[_Queue, str]]:
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return +taken  # without zeros


def apply() -> None:
    """Count what happens to messages, and publish it with the state of each queue every second."""
    counts = _Counts()
    _count_sent(counts)
    _count_received_and_deleted(counts)
    threading.Thread(target=_publish, args=(counts,), daemon=True, name="sqs-metrics").start()


def _count_sent(counts: _Counts) -> None:
    sqs = module("services.sqs")

    @around(sqs, "_act_send_message", "data, qurl")  # batches come here too
    def _send(original: Callable[..., object], data: Record, qurl: str) -> object:
        answer = original(data, qurl)
        counts.add(sqs._get_q(data.get("QueueUrl", qurl)), "NumberOfMessagesSent")
        return answer

    sqs._HANDLERS["SendMessage"] = sqs._act_send_message

    for service, deliver, parameters in (
        ("eventbridge", "_dispatch_to_sqs", "spec, payload, sqs_parameters"),
        (
            "sns",
            "_deliver_to_sqs",
            "endpoint, envelope, raw, raw_message, message_group_id, message_dedup_id, message_attributes, topic_arn",
        ),
        ("s3", "_deliver_event_to_sqs", "arn, event_payload, bucket_region, bucket_name"),
    ):

        @around(module(f"services.{service}"), deliver, parameters)
        def _deliver(original: Callable[..., object], target: object, *args: object, **kwargs: object) -> object:
            queue = sqs._queue_by_arn(str(target))
            before = len(queue["messages"]) if queue else 0
            answer = original(target, *args, **kwargs)
            if queue and len(queue["messages"]) > before:
                counts.add(queue, "NumberOfMessagesSent")
            return answer


def _count_received_and_deleted(counts: _Counts) -> None:
    sqs = module("services.sqs")

    @around(sqs, "_collect_msgs", "q, max_n, vis_timeout")
    def _receive(original: Callable[..., list[Record]], q: Record, *args: object) -> list[Record]:
        messages = original(q, *args)
        counts.add(q, "NumberOfMessagesReceived", len(messages))
        return messages

    @around(sqs._HANDLERS, "DeleteMessage", "data, qurl")
    def _delete(original: Callable[..., object], data: Record, qurl: str) -> object:
        answer = original(data, qurl)
        counts.add(sqs._get_q(data.get("QueueUrl", qurl)), "NumberOfMessagesDeleted")
        return answer

    @around(sqs._HANDLERS, "DeleteMessageBatch", "data, qurl")
    def _delete_batch(original: Callable[..., Record], data: Record, qurl: str) -> Record:
        answer = original(data, qurl)
        counts.add(sqs._get_q(data.get("QueueUrl", qurl)), "NumberOfMessagesDeleted", len(answer["Successful"]))
        return answer

    @around(sqs, "_delete_messages_for_esm", "queue_url, receipt_handles")
    def _delete_for_function(original: Callable[..., object], queue_url: str, receipt_handles: set[str]) -> object:
        counts.add(sqs._get_q(queue_url), "NumberOfMessagesDeleted", len(receipt_handles))
        return original(queue_url, receipt_handles)


def _publish(counts: _Counts) -> None:
    sqs = module("services.sqs")
    published: dict[str, tuple[tuple[int, ...], float]] = {}
    while True:
        time.sleep(_EVERY_SECONDS)
        for ((account, region, name), metric), value in counts.take().items():
            with module("core.responses").request_scope(account, region):
                metrics.put("AWS/SQS", metric, value, "Count", {"QueueName": name})
        for queue in list(sqs._queues._data.values()):
            arn = queue["attributes"]["QueueArn"]
            counted, when = published.get(arn, ((), 0.0))
            now_counted = _counted(queue)
            if now_counted != counted or time.monotonic() - when >= _UNCHANGED_SECONDS:
                published[arn] = now_counted, time.monotonic()
                _publish_state(queue, now_counted)


def _counted(queue: Record) -> tuple[int, int, int]:
    """Messages that are visible, delayed, and in flight."""
    now = time.time()
    visible = delayed = in_flight = 0
    for message in list(queue["messages"]):
        if message["visible_at"] <= now:
            visible += 1
        elif message.get("receive_count"):
            in_flight += 1
        else:
            delayed += 1
    return visible, delayed, in_flight


def _publish_state(queue: Record, counted: tuple[int, int, int]) -> None:
    *_, region, account, name = queue["attributes"]["QueueArn"].split(":")
    visible, delayed, in_flight = counted
    oldest = min((message["sent_at"] for message in list(queue["messages"])), default=None)
    with module("core.responses").request_scope(account, region):
        for metric, value, unit in (
            ("ApproximateNumberOfMessagesVisible", visible, "Count"),
            ("ApproximateNumberOfMessagesDelayed", delayed, "Count"),
            ("ApproximateNumberOfMessagesNotVisible", in_flight, "Count"),
            ("ApproximateAgeOfOldestMessage", 0.0 if oldest is None else time.time() - oldest, "Seconds"),
        ):
            metrics.put("AWS/SQS", metric, value, unit, {"QueueName": name})
