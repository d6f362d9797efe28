"""Functions that read queues: large batches, batching windows, partial failures.

What the published emulator does: a batch never has more than 10 messages, whatever the mapping says; the batching
window is ignored; a partial batch response that names unknown messages, or none, counts as success; message attributes
lack their lists, which are always empty.

What AWS does: batches of a standard queue have up to 10,000 messages where the mapping has a batching window, and the
poller waits until a batch is full or its window over. A response that does not name messages of the batch makes the
whole batch fail.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from .support.batching_window import BatchingWindows
from .support.emulator import Record, around, module, part
from .support.partial_batch import reported_failures

if TYPE_CHECKING:
    from collections.abc import Callable

_FIFO_BATCH = 10
_AFTER_ERROR_SECONDS = 0.2
# Where one does not want to wait for the visibility timeout: what passes until a failed message can be received again.
_RETRY_SECONDS = os.environ.get("LOCAL_CLOUD_QUEUE_RETRY_SECONDS")


def apply() -> None:
    """Gather whole batches, and read partial responses as Lambda does."""
    lambda_svc = module("services.lambda_svc")
    sqs = module("services.sqs")
    windows = BatchingWindows()

    @around(lambda_svc, "_sqs_esm_concurrency", "esm, func_rec, config, queue")
    def _concurrency(
        original: Callable[..., int], esm: Record, func_rec: Record, config: Record, queue: Record | None = None
    ) -> int:
        # The emulator asks how many batches may be on their way just before it takes messages for another one.
        window = float(esm.get("MaximumBatchingWindowInSeconds") or 0)
        now = time.time()
        visible = sum(1 for message in part(queue).get("messages", ()) if message["visible_at"] <= now)
        if window and not windows.is_over(esm["UUID"], window, pending=visible, size=int(esm["BatchSize"])):
            return 0
        return original(esm, func_rec, config, queue)

    @around(sqs, "_receive_messages_for_esm", "queue_url, max_number")
    def _receive(original: object, queue_url: str, max_number: int) -> list[Record]:
        del original
        with sqs._queues_lock:
            queue = sqs._get_q(queue_url)
            size = min(int(max_number or _FIFO_BATCH), _FIFO_BATCH) if queue["is_fifo"] else int(max_number or 1)
            sqs._expire_retained(queue)
            sqs._dlq_sweep(queue)
            messages: list[Record] = sqs._collect_msgs(
                queue, size, int(queue["attributes"].get("VisibilityTimeout", "30"))
            )
            return messages

    @around(lambda_svc, "_run_sqs_batch", "esm, func_rec, event, batch, queue_url, queue_name")
    def _run(
        original: object,
        esm: Record,
        func_rec: Record,
        event: Record,
        batch: list[Record],
        queue_url: str,
        queue_name: str,
    ) -> None:
        del original, queue_name
        for record in event["Records"]:
            for attribute in record["messageAttributes"].values():
                attribute |= {"stringListValues": [], "binaryListValues": []}
        result: Record = lambda_svc._execute_function(func_rec, event)
        if result.get("error"):
            # A queue without a visibility timeout would give the same messages again at once, and again.
            lambda_svc._esm_backoff_until[esm["UUID"]] = time.time() + _AFTER_ERROR_SECONDS
        processed = [] if result.get("error") else _processed(esm, result, batch, event)
        handles = {message["receipt_handle"] for message in processed}
        sqs._delete_messages_for_esm(queue_url, handles)
        if _RETRY_SECONDS:
            with sqs._queues_lock:
                for message in batch:
                    message["visible_at"] = min(message["visible_at"], time.time() + float(_RETRY_SECONDS))
        esm["LastProcessingResult"] = "OK" if len(processed) == len(batch) else "PROBLEM: Function call failed"


def _processed(mapping: Record, result: Record, batch: list[Record], event: Record) -> list[Record]:
    """The messages to delete: those that the handler did not report, and those that its filter did not want."""
    delivered = frozenset(str(record["messageId"]) for record in event["Records"])
    failed = reported_failures(mapping, result.get("body"), delivered)
    if failed is None:
        failed = delivered
    return [message for message in batch if message["id"] not in failed]
