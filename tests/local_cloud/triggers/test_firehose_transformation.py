"""Records that a function transforms on their way through Firehose, deployed to the local cloud."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import CfnOutput, Duration, aws_lambda as lambda_

from cdk_lambda_patterns import FirehoseTransformation, WellArchitectedFunction
from tests.examples import example_stack
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.resources import Bucket

pytestmark = pytest.mark.local_cloud

FAILS = """
import json

def handler(event, context):
    print("EVENT " + json.dumps(event))
    raise ValueError("cannot")
"""


def failing(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(
        stack,
        "Clean",
        code=lambda_.Code.from_inline(FAILS),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        timeout=Duration.seconds(5),
    )
    views = FirehoseTransformation(
        stack, "Views", function=function, prefix="views/", retry_attempts=1, keep_source=True
    )
    CfnOutput(stack, "StreamName", value=views.stream.ref)


def put(cloud: LocalCloud, stream: str, *records: bytes) -> None:
    cloud.client("firehose").put_record_batch(
        DeliveryStreamName=stream, Records=[{"Data": record} for record in records]
    )


def contents(bucket: Bucket, prefix: str) -> list[bytes]:
    return [bucket.get(key) for key in eventually(lambda: bucket.keys(prefix))]


def test_the_example_cleans_views_leaves_out_robots_and_keeps_apart_what_is_no_view(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("firehose_transformation"))
    views = [{"page": "/", "robot": False, "address": "192.0.2.1"}, {"page": "/", "robot": True}]

    put(local_cloud, deployed.outputs["StreamName"], *(json.dumps(view).encode() for view in views), b"no view")

    bucket = deployed.bucket("Views/Bucket")
    assert contents(bucket, "views/") == [b'{"page": "/", "robot": false}\n']
    (failed,) = contents(bucket, "failed/processing-failed/")
    assert base64.b64decode(json.loads(failed)["rawData"]) == b"no view"
    deployed.alarm("Views/FailureQueueAlarm").wait_for("ALARM", within=30)
    told = deployed.queue("Views/FailureQueue").receive(within=10).body
    assert told["detail"]["object"]["key"].startswith("failed/processing-failed/")


def test_records_that_the_function_fails_on_are_kept_with_the_reason_and_as_they_came(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html."""
    deployed = local_cloud.deploy(failing)

    put(local_cloud, deployed.outputs["StreamName"], b"one", b"two")

    bucket = deployed.bucket("Views/Bucket")
    (object_,) = contents(bucket, "failed/processing-failed/")
    lines = [json.loads(line) for line in object_.splitlines()]
    assert [base64.b64decode(line.pop("rawData")) for line in lines] == [b"one", b"two"]
    for line in lines:
        assert line.pop("lambdaArn").endswith(":live")
        assert line.pop("attemptEndingTimestamp") >= line.pop("arrivalTimestamp")
        assert line == {
            "attemptsMade": 2,
            "errorCode": "Lambda.FunctionError",
            "errorMessage": "The Lambda function was successfully invoked but it returned an error result.",
        }
    assert b"".join(contents(bucket, "source/")) == b"onetwo"
    assert bucket.keys("views/") == []
    deployed.alarm("Views/ErrorsAlarm").wait_for("ALARM", within=30)


def test_events_have_the_shape_that_aws_documents(local_cloud: LocalCloud) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html."""
    deployed = local_cloud.deploy(failing)

    put(local_cloud, deployed.outputs["StreamName"], b"one", b"two")

    function = deployed.function("Clean")
    event: dict[str, Any] = eventually(
        lambda: [json.loads(line.partition("EVENT ")[2]) for line in function.logs() if line.startswith("EVENT ")]
    )[0]
    assert event.pop("invocationId")
    assert event.pop("deliveryStreamArn").startswith("arn:aws:firehose:us-east-1:000000000000:deliverystream/")
    assert event.pop("region") == "us-east-1"
    records = event.pop("records")
    assert event == {}
    assert [base64.b64decode(record.pop("data")) for record in records] == [b"one", b"two"]
    for record in records:
        assert isinstance(record.pop("recordId"), str)
        assert isinstance(record.pop("approximateArrivalTimestamp"), int)
        assert record == {}
