from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import FirehoseTransformation, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Views(cdk.Stack):
    """Page views on their way to a bucket, without the visitors' addresses."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        clean = WellArchitectedFunction(
            self,
            "Clean",
            code=PythonCode.from_folder(HANDLERS / "views"),
            handler="views.handler",
            timeout=cdk.Duration.minutes(1),
        )

        views = FirehoseTransformation(self, "Views", function=clean, prefix="views/")

        cdk.CfnOutput(self, "StreamName", value=views.stream.ref)
        acknowledgment = cdk.Acknowledgment(id="AwsSolutions-S1", reason="CloudTrail tells who read the objects")
        cdk.Validations.of(views.bucket).acknowledge(acknowledgment)
