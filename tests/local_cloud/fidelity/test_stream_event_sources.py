"""Functions that read Kinesis and DynamoDB streams."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

READS = """
import base64, json, os, time
def value(record):
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    return record["dynamodb"]["Keys"]["id"]["S"]
def number(record):
    return record.get("kinesis", {}).get("sequenceNumber") or record["dynamodb"]["SequenceNumber"]
def handler(event, context):
    values = [value(record) for record in event["Records"]]
    print(json.dumps(values))
    if os.environ.get("SLOW"):
        time.sleep(float(os.environ["SLOW"]))
    failed = [record for record in event["Records"] if value(record).startswith("bad")]
    if os.environ.get("REPORT"):
        return {"batchItemFailures": [{"itemIdentifier": number(record)} for record in failed]}
    if failed:
        raise ValueError(values)
"""


class Reader:
    """A function that reads a stream, and what it has seen."""

    def __init__(self, lab: Lab, stream_arn: str, variables: dict[str, str] | None = None, **settings: Any) -> None:  # noqa: ANN401 - any of the API's
        self.lab = lab
        self.function = lab.function(READS, Environment={"Variables": variables or {}})
        mapping = lab.client("lambda").create_event_source_mapping(
            FunctionName=self.function, EventSourceArn=stream_arn, **{"StartingPosition": "TRIM_HORIZON", **settings}
        )
        self.mapping = mapping["UUID"]

    def batches(self, count: int = 1, within: float = 10) -> list[list[str]]:
        """The batches that it has been given."""
        return self.lab.printed(self.function, count, within)

    def stop(self) -> None:
        self.lab.client("lambda").delete_event_source_mapping(UUID=self.mapping)


def kinesis_stream(lab: Lab, values: Iterable[str] = (), shards: int = 1) -> str:
    name, kinesis = lab.name(), lab.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    eventually(
        lambda: kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
    )
    put(lab, name, values)
    return lab.arn("kinesis", f"stream/{name}")


def put(lab: Lab, stream: str, values: Iterable[str]) -> None:
    records = [{"Data": value.encode(), "PartitionKey": value[-1]} for value in values]
    if records:
        lab.client("kinesis").put_records(StreamName=stream.rpartition("/")[2], Records=records)


def table_stream(lab: Lab) -> tuple[str, str]:
    name, dynamodb = lab.name(), lab.client("dynamodb")
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return name, table["TableDescription"]["LatestStreamArn"]


def failing_to(arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


def test_a_batch_is_split_until_the_bad_record_is_alone(faithful: Lab) -> None:
    failed, stream = faithful.queue(), kinesis_stream(faithful, ("a", "b", "bad", "c"))

    reader = Reader(
        faithful,
        stream,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        BatchSize=10,
        **failing_to(failed.arn),
    )

    record = failed.body()
    put(faithful, stream, ["z"])
    assert reader.batches(7) == [["a", "b", "bad", "c"], ["a", "b"], ["bad", "c"], ["bad"], ["bad"], ["c"], ["z"]]
    reader.stop()
    info = record.pop("KinesisBatchInfo")
    assert info["startSequenceNumber"] == info.pop("endSequenceNumber")
    assert info.pop("approximateArrivalOfFirstRecord") == info.pop("approximateArrivalOfLastRecord")
    assert info.pop("startSequenceNumber")
    assert info == {"shardId": "shardId-000000000000", "batchSize": 1, "streamArn": stream}
    assert record == {
        "version": "1.0",
        "timestamp": record["timestamp"],
        "requestContext": {
            "requestId": record["requestContext"]["requestId"],
            "functionArn": faithful.function_arn(reader.function),
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
    }


def test_the_published_emulator_tries_the_same_batch_forever(stock: Lab) -> None:
    failed, stream = stock.queue(), kinesis_stream(stock, ("a", "bad"))

    reader = Reader(stock, stream, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, **failing_to(failed.arn))

    assert reader.batches(3, within=6)[:3] == [["a", "bad"]] * 3
    reader.stop()
    assert failed.messages(within=0) == []


def test_reading_resumes_at_the_first_record_that_is_reported_as_failed(faithful: Lab) -> None:
    failed, stream = faithful.queue(), kinesis_stream(faithful, ("a", "bad", "c"))

    reader = Reader(
        faithful,
        stream,
        {"REPORT": "1"},
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        **failing_to(failed.arn),
    )

    assert failed.body()["KinesisBatchInfo"]["batchSize"] == 2
    assert reader.batches(3, within=0.4) == [["a", "bad", "c"], ["bad", "c"]]
    reader.stop()


def test_the_published_emulator_loses_records_that_are_reported_as_failed(stock: Lab) -> None:
    stream = kinesis_stream(stock, ("a", "bad", "c"))

    reader = Reader(stock, stream, {"REPORT": "1"}, FunctionResponseTypes=["ReportBatchItemFailures"])

    assert reader.batches() == [["a", "bad", "c"]]
    assert reader.batches(2, within=1.3) == [["a", "bad", "c"]]
    reader.stop()


def test_a_failing_batch_of_a_table_goes_to_a_bucket_with_its_records(faithful: Lab) -> None:
    bucket, (table, stream) = faithful.bucket(), table_stream(faithful)
    reader = Reader(
        faithful,
        stream,
        StartingPosition="LATEST",
        MaximumRetryAttempts=0,
        BatchSize=1,
        **failing_to(f"arn:aws:s3:::{bucket}"),
    )

    for id_ in ("a", "bad", "c"):
        faithful.client("dynamodb").put_item(TableName=table, Item={"id": {"S": id_}})

    assert reader.batches(3) == [["a"], ["bad"], ["c"]]
    s3 = faithful.client("s3")
    (written,) = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    reader.stop()
    assert written["Key"].startswith(f"aws/lambda/{reader.mapping}/shardId-")
    record = json.loads(s3.get_object(Bucket=bucket, Key=written["Key"])["Body"].read())
    assert record["DDBStreamBatchInfo"]["batchSize"] == 1
    assert record["DDBStreamBatchInfo"]["streamArn"] == stream
    (given_up,) = json.loads(record["payload"])["Records"]
    assert given_up["dynamodb"]["Keys"] == {"id": {"S": "bad"}}


def test_records_that_are_too_old_are_given_up_without_an_invocation(faithful: Lab) -> None:
    failed, stream = faithful.queue(), kinesis_stream(faithful, ("a", "b"))
    time.sleep(1.1)

    # The API takes nothing below 60; what a template says is passed on as it is.
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": faithful.function(READS),
            "EventSourceArn": stream,
            "StartingPosition": "TRIM_HORIZON",
            "MaximumRecordAgeInSeconds": 1,
            **failing_to(failed.arn),
        },
    }
    faithful.deploy({"Mapping": mapping})

    record = failed.body()
    assert record["requestContext"]["condition"] == "RecordAgeExceeded"
    assert record["KinesisBatchInfo"]["batchSize"] == 2


def test_a_slow_shard_does_not_make_other_mappings_wait(faithful: Lab) -> None:
    slow = Reader(faithful, kinesis_stream(faithful, ("a",)), {"SLOW": "3"})
    assert faithful.metric("AWS/Lambda", "ConcurrentExecutions", {"FunctionName": slow.function}) == 1

    started = time.monotonic()
    quick = Reader(faithful, kinesis_stream(faithful, ("b",)))

    assert quick.batches() == [["b"]]
    assert time.monotonic() - started < 2.5
    assert slow.batches(within=0) == []
    slow.stop()
    quick.stop()


def test_partitions_are_processed_in_parallel_and_in_order(faithful: Lab) -> None:
    stream = kinesis_stream(faithful, ("1a", "1b", "1c", "2a", "2b", "2c"))

    reader = Reader(faithful, stream, {"SLOW": "0.3"}, ParallelizationFactor=3, BatchSize=10)

    batches = eventually(lambda: seen if sum(map(len, seen := reader.batches(within=0))) == 6 else None)
    reader.stop()
    assert 1 < len(batches) <= 3
    for key in "abc":
        (batch,) = [batch for batch in batches if f"1{key}" in batch]
        assert batch.index(f"1{key}") < batch.index(f"2{key}")


def test_a_batch_gathers_over_its_window(faithful: Lab) -> None:
    stream = kinesis_stream(faithful)
    reader = Reader(faithful, stream, MaximumBatchingWindowInSeconds=1)

    for value in ("a", "b"):
        put(faithful, stream, [value])
        time.sleep(0.2)

    assert reader.batches(1, within=4) == [["a", "b"]]
    reader.stop()


def test_the_age_of_what_is_read_is_published(faithful: Lab) -> None:
    reader = Reader(faithful, kinesis_stream(faithful, ("a",)))

    age = faithful.metric("AWS/Lambda", "IteratorAge", {"FunctionName": reader.function}, statistic="Maximum")

    reader.stop()
    assert age is not None
    assert age < 60_000
