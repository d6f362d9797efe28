"""Records that a function reads from a Kinesis stream, deployed to the local cloud."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_kinesis as kinesis, aws_s3 as s3

from cdk_lambda_patterns import KinesisTrigger
from tests.local_cloud.fidelity.lab import eventually
from tests.local_cloud.triggers.reading import reader, records_of

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud

SHARD = "shardId-000000000000"


def clicks(stack: cdk.Stack, *, handler: str = "raises", **options: Any) -> None:  # noqa: ANN401
    """A stream with one shard: all of its records come in order."""
    stream = kinesis.Stream(stack, "Stream", shard_count=1)
    KinesisTrigger(stack, "Clicks", function=reader(stack, handler=handler), stream=stream, retry_attempts=1, **options)


def reported(stack: cdk.Stack) -> None:
    clicks(stack, handler="reports")


def kept(stack: cdk.Stack) -> None:
    clicks(stack, on_failure=s3.Bucket(stack, "Failures"))


def filtered(stack: cdk.Stack) -> None:
    clicks(stack, filters=[{"data": {"kind": ["click"]}}])


def payload_of(failure: dict[str, Any]) -> dict[str, Any]:
    """The event, as an object or as its text: AWS's documentation shows only a placeholder."""
    payload = failure["payload"]
    return json.loads(payload) if isinstance(payload, str) else payload  # type: ignore[no-any-return]


def data(record: dict[str, Any]) -> str:
    return base64.b64decode(record["kinesis"]["data"]).decode()


@pytest.mark.parametrize("define", [clicks, reported], ids=["raising", "reporting"])
def test_a_bad_record_is_isolated_and_reported_and_the_others_are_processed(
    local_cloud: LocalCloud,
    define: Any,  # noqa: ANN401
) -> None:
    deployed = local_cloud.deploy(define)

    deployed.stream("Stream").put("one", "two", "bad", "three")

    deployed.alarm("Clicks/FailureQueueAlarm").wait_for("ALARM", within=30)
    failure = deployed.queue("Clicks/FailureQueue").receive(within=30).body
    records = records_of(deployed.function("Reader"), 5)
    (bad,) = {record["kinesis"]["sequenceNumber"] for record in records if data(record) == "bad"}
    batch = failure["KinesisBatchInfo"]
    assert (batch["startSequenceNumber"], batch["endSequenceNumber"], batch["batchSize"]) == (bad, bad, 1)
    assert {data(record) for record in records} == {"one", "two", "bad", "three"}


def test_the_record_of_a_failure_has_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html."""
    deployed = local_cloud.deploy(clicks)

    deployed.stream("Stream").put("bad")

    failure = deployed.queue("Clicks/FailureQueue").receive(within=30).body
    assert failure.keys() == {"requestContext", "responseContext", "version", "timestamp", "KinesisBatchInfo"}
    context = failure["requestContext"]
    assert context.pop("requestId")
    assert context.pop("functionArn").endswith(":live")
    assert context == {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2}
    assert failure["responseContext"].pop("executedVersion") == "1"
    assert failure["responseContext"] == {"statusCode": 200, "functionError": "Unhandled"}
    batch = failure["KinesisBatchInfo"]
    assert batch.keys() == {
        "shardId",
        "startSequenceNumber",
        "endSequenceNumber",
        "approximateArrivalOfFirstRecord",
        "approximateArrivalOfLastRecord",
        "batchSize",
        "streamArn",
    }
    assert batch["shardId"] == SHARD
    assert batch["streamArn"].startswith("arn:aws:kinesis:us-east-1:000000000000:stream/")


def test_a_bucket_keeps_the_bad_record_itself(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(kept)
    bucket, function = deployed.bucket("Failures"), deployed.function("Reader")

    deployed.stream("Stream").put("one", "bad")
    records_of(function, 5, within=30)

    (key,) = eventually(bucket.keys)
    assert key.startswith("aws/lambda/")
    assert f"/{SHARD}/" in key
    (record,) = payload_of(json.loads(bucket.get(key)))["Records"]
    assert data(record) == "bad"


def test_a_filter_looks_into_the_data(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(filtered)

    deployed.stream("Stream").put({"kind": "test"}, {"kind": "click"})

    (record,) = records_of(deployed.function("Reader"), 1)
    assert data(record) == '{"kind": "click"}'


def test_records_have_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#services-kinesis-event-example."""
    deployed = local_cloud.deploy(clicks)

    deployed.stream("Stream").put("hello", partition_key="a")

    (record,) = records_of(deployed.function("Reader"), 1)
    content = record.pop("kinesis")
    assert record.pop("eventID") == f"{SHARD}:{content['sequenceNumber']}"
    assert record.pop("eventSourceARN").startswith("arn:aws:kinesis:us-east-1:000000000000:stream/")
    assert record.pop("invokeIdentityArn").startswith("arn:aws:iam::000000000000:role/")
    assert record == {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventName": "aws:kinesis:record",
        "awsRegion": "us-east-1",
    }
    assert isinstance(content.pop("approximateArrivalTimestamp"), float)
    assert content.pop("sequenceNumber").isdigit()
    assert content == {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": "a",
        "data": base64.b64encode(b"hello").decode(),
    }
