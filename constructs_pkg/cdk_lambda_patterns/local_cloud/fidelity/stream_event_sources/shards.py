"""Shards of the two streams that functions read: what comes next in them, and how far a mapping has come."""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ..support.emulator import Record, module, part

if TYPE_CHECKING:
    from collections.abc import Iterator


class Shard(ABC):
    """A sequence of records, read from one mapping's position."""

    batch_info_key: str
    """What the failure record calls the description of a batch."""

    def __init__(self, mapping: Record, shard_id: str) -> None:
        self.mapping = mapping
        self.shard_id = shard_id

    @abstractmethod
    def pending(self, count: int) -> list[Record]:
        """The next records as the handler gets them, without moving on."""

    @abstractmethod
    def advance(self, count: int) -> None:
        """Move on past records that are done with."""

    @staticmethod
    @abstractmethod
    def sequence_number(record: Record) -> str:
        """The record's place in the stream; what a handler reports as failed."""

    @staticmethod
    @abstractmethod
    def arrival(record: Record) -> float:
        """When the record came, in seconds since 1970."""

    @staticmethod
    @abstractmethod
    def partition(record: Record) -> str:
        """What records are kept in order by."""


class KinesisShard(Shard):
    """A shard of a Kinesis data stream."""

    batch_info_key = "KinesisBatchInfo"

    def __init__(self, mapping: Record, shard_id: str, records: list[Record], positions: dict[str, int]) -> None:
        super().__init__(mapping, shard_id)
        self._records = records
        self._positions = positions

    def pending(self, count: int) -> list[Record]:
        """The next records as the handler gets them, without moving on."""
        position = self._positions[self.shard_id]
        return [self._event(record) for record in self._records[position : position + count]]

    def advance(self, count: int) -> None:
        """Move on past records that are done with."""
        self._positions[self.shard_id] += count

    @staticmethod
    def sequence_number(record: Record) -> str:
        """The record's place in the stream."""
        return str(record["kinesis"]["sequenceNumber"])

    @staticmethod
    def arrival(record: Record) -> float:
        """When the record came."""
        return float(record["kinesis"]["approximateArrivalTimestamp"])

    @staticmethod
    def partition(record: Record) -> str:
        """The partition key."""
        return str(record["kinesis"]["partitionKey"])

    def _event(self, record: Record) -> Record:
        region = module("core.responses").get_region()
        function: Record | None = module("services.lambda_svc")._functions.get(self.mapping["FunctionName"])
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": _base64(record["Data"]),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.shard_id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": part(function, "config").get("Role", ""),
            "awsRegion": region,
            "eventSourceARN": self.mapping["EventSourceArn"],
        }


class DynamoDbShard(Shard):
    """The one shard that the emulator has for a table's stream."""

    batch_info_key = "DDBStreamBatchInfo"

    def __init__(self, mapping: Record, table: str) -> None:
        super().__init__(mapping, str(module("services.dynamodb_streams")._DEFAULT_SHARD_ID))
        self._table = table

    def pending(self, count: int) -> list[Record]:
        """The next records as the handler gets them, without moving on."""
        dynamodb = module("services.dynamodb")
        # Records are gone a day after they came.
        position = max(self._position(), dynamodb.stream_start_position(self._table))
        self._move_to(position)
        records: list[Record] = dynamodb.stream_records_since(self._table, position, count)
        return records

    def advance(self, count: int) -> None:
        """Move on past records that are done with."""
        self._move_to(self._position() + count)

    @staticmethod
    def sequence_number(record: Record) -> str:
        """The record's place in the stream."""
        return str(record["dynamodb"]["SequenceNumber"])

    @staticmethod
    def arrival(record: Record) -> float:
        """When the change was made."""
        return float(record["dynamodb"]["ApproximateCreationDateTime"])

    @staticmethod
    def partition(record: Record) -> str:
        """The item's key."""
        return str(record["dynamodb"]["Keys"])

    def _position(self) -> int:
        positions = module("services.lambda_svc")._dynamodb_stream_positions
        return int(positions[self.mapping["UUID"]])

    def _move_to(self, position: int) -> None:
        lambda_svc = module("services.lambda_svc")
        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[self.mapping["UUID"]] = position


def kinesis_shards(mapping: Record) -> Iterator[KinesisShard]:
    """The shards of the mapping's stream; none if it reads another kind of source, or the stream is not there."""
    lambda_svc = module("services.lambda_svc")
    stream = _kinesis_stream(mapping["EventSourceArn"])
    if stream is None:
        return
    positions = lambda_svc._kinesis_positions.get(mapping["UUID"])
    if positions is None:
        start_reading_kinesis(mapping["UUID"], mapping["EventSourceArn"], mapping.get("StartingPosition", "LATEST"))
        positions = lambda_svc._kinesis_positions[mapping["UUID"]]
    for shard_id, shard in stream["shards"].items():
        # A shard that came later, by resharding, is read from its beginning.
        positions.setdefault(shard_id, 0)
        yield KinesisShard(mapping, shard_id, shard["records"], positions)


def start_reading_kinesis(mapping_id: str, stream_arn: str, starting_position: str) -> None:
    """Take the position in each shard at the moment that the mapping is created."""
    stream = _kinesis_stream(stream_arn)
    if stream is None:
        return
    latest = starting_position == "LATEST"
    positions = {shard_id: len(shard["records"]) if latest else 0 for shard_id, shard in stream["shards"].items()}
    module("services.lambda_svc")._kinesis_positions.setdefault(mapping_id, positions)


def dynamodb_shards(mapping: Record) -> Iterator[DynamoDbShard]:
    """The shard of the mapping's table; none if it reads another kind of source, or the stream is not there."""
    lambda_svc = module("services.lambda_svc")
    arn = str(mapping["EventSourceArn"])
    if not arn.startswith("arn:aws:dynamodb:"):
        return
    table_name = arn.split("/stream/", maxsplit=1)[0].rpartition("/")[2]
    table = module("services.dynamodb")._tables.get(table_name)
    if not table or table.get("LatestStreamArn") != arn:
        return
    lambda_svc._init_stream_position(mapping["UUID"], arn, mapping.get("StartingPosition", "LATEST"))
    yield DynamoDbShard(mapping, table_name)


def _kinesis_stream(arn: str) -> Record | None:
    if not arn.startswith("arn:aws:kinesis:"):
        return None
    *_, region, account, resource = arn.split(":")
    streams = module("services.kinesis")._streams
    stream: Record | None = streams.get_scoped(account, region, resource.partition("/")[2])
    return stream if stream and stream["StreamStatus"] == "ACTIVE" else None


def _base64(data: Any) -> str:  # noqa: ANN401 - the emulator keeps bytes or text
    if isinstance(data, str):
        try:
            base64.b64decode(data, validate=True)
        except binascii.Error:
            data = data.encode()
        else:
            return data
    return base64.b64encode(data).decode()
