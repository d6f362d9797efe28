import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_s3 as s3
from constructs import Construct

from cdk_lambda_patterns import WellArchitectedFunction


class Released(cdk.Stack):
    """A function whose package was built elsewhere: one version of one object, and no other."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        artifacts = s3.Bucket.from_bucket_name(self, "Artifacts", "example-release-artifacts")

        WellArchitectedFunction(
            self,
            "Process",
            code=lambda_.Code.from_bucket_v2(
                artifacts, "process/package.zip", object_version="3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
            ),
            handler="process.handler",
        )
