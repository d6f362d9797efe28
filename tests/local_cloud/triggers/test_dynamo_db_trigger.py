"""Changes that a function reads from a table's stream, deployed to the local cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_dynamodb as dynamodb

from cdk_lambda_patterns import DynamoDbTrigger
from tests.local_cloud.triggers.reading import reader, records_of

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def changes(stack: cdk.Stack, *, handler: str = "raises", **options: Any) -> None:  # noqa: ANN401
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    table = dynamodb.TableV2(stack, "Table", partition_key=key)
    DynamoDbTrigger(stack, "Changes", function=reader(stack, handler=handler), table=table, retry_attempts=1, **options)


def reported(stack: cdk.Stack) -> None:
    changes(stack, handler="reports")


def filtered(stack: cdk.Stack) -> None:
    changes(stack, filters=[{"eventName": ["MODIFY"]}])


def name(record: dict[str, Any]) -> str:
    found: str = record["dynamodb"]["Keys"]["id"]["S"]
    return found


@pytest.mark.parametrize("define", [changes, reported], ids=["raising", "reporting"])
def test_a_bad_record_is_isolated_and_reported_and_the_others_are_processed(
    local_cloud: LocalCloud,
    define: Any,  # noqa: ANN401
) -> None:
    deployed = local_cloud.deploy(define)
    table = deployed.table("Table")

    for key in ("one", "two", "bad", "three"):
        table.put(id=key)

    failure = deployed.queue("Changes/FailureQueue").receive(within=30).body
    records = records_of(deployed.function("Reader"), 5)
    (bad,) = {record["dynamodb"]["SequenceNumber"] for record in records if name(record) == "bad"}
    batch = failure["DDBStreamBatchInfo"]
    assert (batch["startSequenceNumber"], batch["endSequenceNumber"], batch["batchSize"]) == (bad, bad, 1)
    assert {name(record) for record in records} == {"one", "two", "bad", "three"}


def test_the_record_of_a_failure_has_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html."""
    deployed = local_cloud.deploy(changes)

    deployed.table("Table").put(id="bad")

    failure = deployed.queue("Changes/FailureQueue").receive(within=30).body
    assert failure.keys() == {"requestContext", "responseContext", "version", "timestamp", "DDBStreamBatchInfo"}
    context = failure["requestContext"]
    assert context.pop("requestId")
    assert context.pop("functionArn").endswith(":live")
    assert context == {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2}
    assert failure["responseContext"] == {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"}
    batch = failure["DDBStreamBatchInfo"]
    assert batch.keys() == {
        "shardId",
        "startSequenceNumber",
        "endSequenceNumber",
        "approximateArrivalOfFirstRecord",
        "approximateArrivalOfLastRecord",
        "batchSize",
        "streamArn",
    }
    assert "/stream/" in batch["streamArn"]


def test_a_filter_looks_at_what_happened(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(filtered)
    table = deployed.table("Table")

    table.put(id="one", total=1)
    table.put(id="one", total=2)

    (record,) = records_of(deployed.function("Reader"), 1)
    assert record["dynamodb"]["NewImage"]["total"] == {"N": "2"}
    assert record["dynamodb"]["OldImage"]["total"] == {"N": "1"}


def test_records_have_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-sample-dynamodb."""
    deployed = local_cloud.deploy(changes)

    deployed.table("Table").put(id="one", total=7)

    (record,) = records_of(deployed.function("Reader"), 1)
    content = record.pop("dynamodb")
    assert record.pop("eventID")
    assert "/stream/" in record.pop("eventSourceARN")
    assert record.pop("eventVersion") in {"1.0", "1.1"}
    assert record == {"eventName": "INSERT", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1"}
    assert content.pop("SequenceNumber").isdigit()
    assert isinstance(content.pop("SizeBytes"), int)
    assert isinstance(content.pop("ApproximateCreationDateTime"), (int, float))
    assert content == {
        "Keys": {"id": {"S": "one"}},
        "NewImage": {"id": {"S": "one"}, "total": {"N": "7"}},
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
