"""What S3 Batch Operations sends to a function, answered by the example's handler on the local cloud.

The local cloud runs no jobs: the test sends the events that AWS documents, over objects that are there.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import example_stack

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.description import Deployment

pytestmark = pytest.mark.local_cloud

INVOCATION = base64.b64encode(b"an invocation").decode()


@pytest.fixture
def deployed(local_cloud: LocalCloud) -> Deployment:
    return local_cloud.deploy(example_stack("s3_batch_operations"))


def event(bucket: str, key: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html."""
    return {
        "invocationSchemaVersion": "2.0",
        "invocationId": INVOCATION,
        "job": {"id": "f3cc4f60-61f6-4a2b-8a21-d07600c373ce", "userArguments": {"owner": "marketing"}},
        "tasks": [{"taskId": "dGFza2lkZ29lc2hlcmUK", "s3Key": key, "s3VersionId": None, "s3Bucket": bucket}],
    }


def answer(deployed: Deployment, key: str) -> dict[str, Any]:
    bucket = deployed.bucket("Photos")
    invocation = deployed.function("Label").invoke(event(bucket.physical_id, key), qualifier="live")
    assert invocation.error is None, invocation
    answered: dict[str, Any] = invocation.payload
    return answered


def tags(deployed: Deployment, local_cloud: LocalCloud, key: str) -> list[dict[str, str]]:
    bucket = deployed.bucket("Photos").physical_id
    found: list[dict[str, str]] = local_cloud.client("s3").get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    return found


def test_an_object_is_worked_on_and_the_answer_has_the_shape_that_aws_documents(
    deployed: Deployment, local_cloud: LocalCloud
) -> None:
    deployed.bucket("Photos").put("photos/a cat.jpg", "a photo")

    answered = answer(deployed, "photos/a+cat.jpg")

    assert answered == {
        "invocationSchemaVersion": "2.0",
        "treatMissingKeysAs": "PermanentFailure",
        "invocationId": INVOCATION,
        "results": [
            {
                "taskId": "dGFza2lkZ29lc2hlcmUK",
                "resultCode": "Succeeded",
                "resultString": "belongs to marketing",
            }
        ],
    }
    assert tags(deployed, local_cloud, "photos/a cat.jpg") == [{"Key": "owner", "Value": "marketing"}]


def test_an_object_that_is_gone_stands_in_the_report(deployed: Deployment) -> None:
    (result,) = answer(deployed, "photos/gone.jpg")["results"]

    assert (result["resultCode"], result["resultString"]) == ("PermanentFailure", "NoSuchKey")


def test_the_job_that_the_stack_puts_out_names_what_was_deployed(deployed: Deployment) -> None:
    job = json.loads(deployed.outputs["Job"])

    invoke = job["Operation"]["LambdaInvoke"]
    assert invoke["FunctionArn"].endswith(f":{deployed.function('Label').physical_id}:live")
    assert invoke["UserArguments"] == {"owner": "marketing"}
    assert job["Report"]["Bucket"] == f"arn:aws:s3:::{deployed.bucket('Photos').physical_id}"
    assert job["RoleArn"].startswith("arn:aws:iam::")
