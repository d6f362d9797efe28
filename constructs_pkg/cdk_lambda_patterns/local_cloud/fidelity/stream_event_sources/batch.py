"""One batch of a shard on its way through a function: until every record is processed or given up."""

from __future__ import annotations

import json
import logging
import time
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..support import delivery, metrics
from ..support.clock import iso
from ..support.emulator import Record, module, part
from ..support.functions import Invoked
from ..support.partial_batch import reported_failures

if TYPE_CHECKING:
    from .shards import Shard

_logger = logging.getLogger("fidelity.stream_event_sources")
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 1.0


class Batch:
    """The records that are processed together, and the settings that say how."""

    def __init__(self, shard: Shard, records: list[Record]) -> None:
        self._shard = shard
        self._mapping = shard.mapping
        self._records = records

    def process(self) -> None:
        """Process the records, then move on; without effect if the mapping is gone meanwhile."""
        lambda_svc = module("services.lambda_svc")
        wanted: list[Record] = lambda_svc._apply_filter_criteria(self._records, self._mapping)
        parts = self._parts(wanted)
        if len(parts) == 1:
            self._process(parts[0])
        elif parts:
            with ThreadPoolExecutor(len(parts)) as pool:
                for future in [pool.submit(copy_context().run, self._process, part) for part in parts]:
                    future.result()
        if self._is_wanted():
            self._shard.advance(len(self._records))
            self._mapping["LastProcessingResult"] = f"OK - {len(self._records)} records"

    def _parts(self, records: list[Record]) -> list[list[Record]]:
        """As many parts as the mapping processes at once, with all records of a partition in one of them."""
        lanes = int(self._mapping.get("ParallelizationFactor") or 1)
        parts: dict[int, list[Record]] = {}
        for record in records:
            # Not hash(): it differs between processes.
            lane = zlib.crc32(self._shard.partition(record).encode()) % lanes
            parts.setdefault(lane, []).append(record)
        return list(parts.values())

    def _process(self, records: list[Record]) -> None:
        attempts = 0
        while records and self._is_wanted():
            if self._too_old(records[0]):
                self._give_up(
                    [record for record in records if self._too_old(record)], "RecordAgeExceeded", attempts, None
                )
                records = [record for record in records if not self._too_old(record)]
                attempts = 0
                continue
            result = self._execute(records)
            left = records if result.get("error") else self._from_first_failure(records, result)
            if not left:
                return
            self._mapping["LastProcessingResult"] = "PROBLEM: Function call failed"
            if result.get("throttle"):
                time.sleep(_LONGEST_WAIT_SECONDS)
                continue
            attempts = 1 if len(left) < len(records) else attempts + 1
            records = left
            if self._mapping.get("BisectBatchOnFunctionError") and len(records) > 1:
                # "Splitting a batch does not count toward the retry quota."
                middle = len(records) // 2
                self._process(records[:middle])
                records = records[middle:]
                attempts = 0
            elif self._retries_are_used_up(attempts):
                self._give_up(records, "RetryAttemptsExhausted", attempts, result)
                return
            else:
                time.sleep(min(_FIRST_WAIT_SECONDS * 2 ** min(attempts, 10), _LONGEST_WAIT_SECONDS))

    def _is_wanted(self) -> bool:
        """Whether the mapping still is there and enabled: a batch that fails forever ends with it."""
        mapping = module("services.lambda_svc")._esms.get(self._mapping["UUID"])
        return mapping is not None and bool(mapping.get("Enabled", True))

    def _function(self) -> Record | None:
        function: Record | None
        function, _config = module("services.lambda_svc")._get_func_record_for_qualifier(
            self._mapping["FunctionName"], self._mapping.get("Qualifier")
        )
        return function

    def _execute(self, records: list[Record]) -> Record:
        function = self._function()
        if function is None:
            return {"error": True, "throttle": True}
        age_ms = max(0.0, time.time() - self._shard.arrival(records[-1])) * 1000
        metrics.put_lambda(function["config"], "IteratorAge", age_ms, "Milliseconds")
        result: Record = module("services.lambda_svc")._execute_function(function, {"Records": records})
        return result

    def _from_first_failure(self, records: list[Record], result: Record) -> list[Record]:
        """What is left to do: everything from the first record on that the handler reports as failed."""
        numbers = [self._shard.sequence_number(record) for record in records]
        failed = reported_failures(self._mapping, result.get("body"), frozenset(numbers))
        if failed is None:
            return records
        first = next((index for index, number in enumerate(numbers) if number in failed), len(records))
        return records[first:]

    def _retries_are_used_up(self, attempts: int) -> bool:
        maximum = self._mapping.get("MaximumRetryAttempts")
        return maximum is not None and 0 <= int(maximum) < attempts

    def _too_old(self, record: Record) -> bool:
        maximum = self._mapping.get("MaximumRecordAgeInSeconds")
        return maximum is not None and 0 <= int(maximum) < time.time() - self._shard.arrival(record)

    def _give_up(self, records: list[Record], condition: str, attempts: int, result: Record | None) -> None:
        """Send a record of the batch to the mapping's destination.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html,
        https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
        """
        arn = part(self._mapping, "DestinationConfig", "OnFailure").get("Destination")
        function = self._function()
        if not arn or function is None:
            return
        try:
            self._send(arn, self._failure_record(function, records, condition, attempts, result), records)
        except Exception:
            _logger.exception("the failure record of %s could not be sent to %s", self._mapping["UUID"], arn)
            metrics.put_lambda(function["config"], "DestinationDeliveryFailures", 1)

    def _failure_record(
        self, function: Record, records: list[Record], condition: str, attempts: int, result: Record | None
    ) -> Record:
        version = part(result).get("executed_version") or function["config"].get("Version", "$LATEST")
        invoked = Invoked.of(function["config"])
        record: Record = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": invoked.arn if invoked.qualifier else function["config"]["FunctionArn"],
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {"statusCode": 200, "executedVersion": version, "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": iso(),
            self._shard.batch_info_key: {
                "shardId": self._shard.shard_id,
                "startSequenceNumber": self._shard.sequence_number(records[0]),
                "endSequenceNumber": self._shard.sequence_number(records[-1]),
                "approximateArrivalOfFirstRecord": iso(self._shard.arrival(records[0])),
                "approximateArrivalOfLastRecord": iso(self._shard.arrival(records[-1])),
                "batchSize": len(records),
                "streamArn": self._mapping["EventSourceArn"],
            },
        }
        if result is None:
            del record["responseContext"]
        return record

    def _send(self, arn: str, record: Record, records: list[Record]) -> None:
        service = arn.split(":")[2]
        if service == "sqs":
            delivery.send_to_queue(arn, json.dumps(record))
        elif service == "sns":
            delivery.publish(arn, json.dumps(record))
        elif service == "s3":
            # Only a bucket has room for the batch itself.
            now = datetime.now(UTC)
            key = f"aws/lambda/{self._mapping['UUID']}/{self._shard.shard_id}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
            delivery.put_object(arn, key, json.dumps({**record, "payload": json.dumps({"Records": records})}))
        else:
            raise ValueError(f"not a destination: {arn}")
