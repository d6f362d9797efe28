"""A function that starts when a workbook is put into a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import PythonCode, S3Trigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Workbooks(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        convert = WellArchitectedFunction(
            self, "Convert", code=PythonCode.from_folder(HANDLERS / "convert"), handler="convert.handler"
        )

        workbooks = S3Trigger(self, "Workbooks", function=convert, prefix="incoming/", suffix=".xlsx")

        objects = workbooks.bucket.arn_for_objects("incoming/*")
        convert.add_to_role_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects]))

        bucket = self.get_logical_id(workbooks.bucket.node.default_child)
        for construct, finding, reason in (
            (workbooks.bucket, "AwsSolutions-S1", "CloudTrail's data events tell who read and wrote, sooner than logs"),
            (convert, f"AwsSolutions-IAM5[Resource::<{bucket}.Arn>/incoming/*]", "users choose the workbooks' names"),
        ):
            cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))
