"""Functions that read Kinesis and DynamoDB streams.

What the published emulator does: it retries a failing batch forever, whatever the mapping says, and every other mapping
waits meanwhile; partial batch responses of Kinesis are taken for success, so that failed records are lost; batching
windows and parallelization are ignored.

What AWS does: it splits, retries and gives up batches as the mapping says, sends a record of what it gave up to a
queue, topic or bucket, and resumes at the first record that a handler reports as failed. A shard has one batch on its
way at a time, or as many as the parallelization factor says, and shards do not wait for each other.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..support.batching_window import BatchingWindows
from ..support.emulator import Record, around, module
from .batch import Batch
from .shards import dynamodb_shards, kinesis_shards, start_reading_kinesis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .shards import Shard

_DEFAULT_BATCH_SIZE = 100


def apply() -> None:
    """Read streams with readers of our own, driven by the emulator's loop."""
    lambda_svc = module("services.lambda_svc")
    readers = Readers()

    @around(lambda_svc, "_poll_kinesis", "")
    def _poll_kinesis(original: object) -> bool:
        del original
        return readers.poll(kinesis_shards)

    @around(lambda_svc, "_poll_dynamodb_streams", "")
    def _poll_dynamodb(original: object) -> bool:
        del original
        return readers.poll(dynamodb_shards)

    @around(lambda_svc, "_ensure_poller", "")
    def _mapping_created(original: Callable[..., None]) -> None:
        original()
        # Without mappings the emulator's loop sleeps for seconds.
        module("core.concurrency").esm_wake.set()

    @around(lambda_svc, "_init_stream_position", "esm_id, source_arn, starting")
    def _start_reading(original: Callable[..., None], esm_id: str, source_arn: str, starting: str) -> None:
        original(esm_id, source_arn, starting)
        start_reading_kinesis(esm_id, source_arn, starting)


class Readers:
    """Which shards have a batch on its way, and which gather one."""

    def __init__(self) -> None:
        self._busy: set[tuple[str, str]] = set()
        self._windows = BatchingWindows()
        self._lock = threading.Lock()

    def poll(self, shards_of: Callable[[Record], Iterator[Shard]]) -> bool:
        """Start a batch for every shard that has one ready.

        Returns:
            False: the emulator's loop waits until something wakes it.
        """
        lambda_svc = module("services.lambda_svc")
        for account, region, mapping in lambda_svc._iter_all_esms():
            if not mapping.get("Enabled", True):
                continue
            with module("core.responses").request_scope(account, region):
                for shard in shards_of(mapping):
                    self._start_if_ready(shard)
        return False

    def _start_if_ready(self, shard: Shard) -> None:
        key = (str(shard.mapping["UUID"]), shard.shard_id)
        with self._lock:
            if key in self._busy:
                return
        size = int(shard.mapping.get("BatchSize") or _DEFAULT_BATCH_SIZE)
        factor = int(shard.mapping.get("ParallelizationFactor") or 1)
        records = shard.pending(size * factor)
        window = float(shard.mapping.get("MaximumBatchingWindowInSeconds") or 0)
        if not self._windows.is_over(key, window, pending=len(records), size=size):
            return
        with self._lock:
            self._busy.add(key)
        module("core.concurrency").spawn_background(self._process, key, shard, records, thread_name="stream-batch")

    def _process(self, key: tuple[str, str], shard: Shard, records: list[Record]) -> None:
        try:
            Batch(shard, records).process()
        finally:
            with self._lock:
                self._busy.discard(key)
            module("core.concurrency").esm_wake.set()
