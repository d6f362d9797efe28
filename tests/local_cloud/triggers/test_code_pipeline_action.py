"""A job of CodePipeline, sent to the example on the local cloud, which has no pipelines that could be told its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.examples import example_stack

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.description import Deployment

pytestmark = pytest.mark.local_cloud

JOB = {
    "CodePipeline.job": {
        "id": "11111111-abcd-1111-abcd-111111abcdef",
        "accountId": "111111111111",
        "data": {
            "actionConfiguration": {
                "configuration": {
                    "FunctionName": "releases:live",
                    "UserParameters": json.dumps({"url": "http://127.0.0.1:9", "text": "version 2"}),
                }
            },
            "inputArtifacts": [],
            "outputArtifacts": [],
            "artifactCredentials": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
        },
    }
}


@pytest.fixture
def deployed(local_cloud: LocalCloud) -> Deployment:
    return local_cloud.deploy(example_stack("code_pipeline_action"))


def test_a_job_whose_end_could_not_be_told_is_kept(deployed: Deployment) -> None:
    deployed.function("Check").invoke_asynchronously(JOB, qualifier="live")

    failure = deployed.queue("Check/FailureQueue").receive(within=60).body
    assert failure["requestPayload"] == JOB
    assert failure["requestContext"]["approximateInvokeCount"] == 3
    assert failure["requestContext"]["functionArn"].endswith(":live")
    assert failure["responsePayload"]["errorType"] in {"ClientError", "InternalFailureException"}


def test_the_pipeline_is_only_a_record_and_says_so(deployed: Deployment) -> None:
    assert "AWS::CodePipeline::Pipeline" in {resource.type for resource in deployed.recorded}
    assert "OtherCallers" in {entry.id for entry in deployed.not_shown}
