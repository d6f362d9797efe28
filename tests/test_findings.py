"""The instruments that the examples are measured with do find something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs

from tests.findings import cfn_lint_findings, synthesis_findings

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct


class Bare(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        queue = sqs.Queue(self, "Queue")
        cdk.Validations.of(queue).acknowledge(cdk.Acknowledgment(id="AwsSolutions-SQS3", reason="it is one itself"))


class Broken(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        cdk.CfnResource(self, "Queue", type="AWS::SQS::Queue", properties={"DelaySeconds": 901})


def test_cdk_nag_finds_what_is_not_acknowledged(tmp_path: Path) -> None:
    assert synthesis_findings(Bare, tmp_path) == [
        "AwsSolutions-SQS4 Bare/Queue/Resource: The SQS queue does not require requests to use SSL."
    ]


def test_the_cdk_finds_what_cloudformation_would_refuse(tmp_path: Path) -> None:
    assert any("901" in finding for finding in synthesis_findings(Broken, tmp_path))


def test_cfn_lint_finds_what_cloudformation_would_refuse() -> None:
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 901}}}}

    assert any("901" in finding for finding in cfn_lint_findings(template))
