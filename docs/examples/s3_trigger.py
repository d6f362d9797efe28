from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import PythonCode, S3Trigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Workbooks(cdk.Stack):
    """A function that starts when a workbook is put into a bucket."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        convert = WellArchitectedFunction(
            self, "Convert", code=PythonCode.from_folder(HANDLERS / "convert"), handler="convert.handler"
        )

        workbooks = S3Trigger(self, "Workbooks", function=convert, prefix="incoming/", suffix=".xlsx")

        objects = workbooks.bucket.arn_for_objects("incoming/*")
        convert.add_to_role_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects]))

        for construct, finding, reason in (
            (workbooks.bucket, "S1", "CloudTrail's data events tell who read and wrote, sooner than logs"),
            (convert, "IAM5[Resource::<WorkbooksBucket2F2DCE8A.Arn>/incoming/*]", "users choose the workbooks' names"),
        ):
            acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
            cdk.Validations.of(construct).acknowledge(acknowledgment)
