from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import KinesisTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Clicks(cdk.Stack):
    """Clicks in order for each visitor, ten batches of a shard at once, kept for a week."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        count = WellArchitectedFunction(
            self, "Count", code=PythonCode.from_folder(HANDLERS / "clicks"), handler="clicks.handler"
        )
        clicks = KinesisTrigger(
            self, "Clicks", function=count, parallelization_factor=10, retention_period=cdk.Duration.days(7)
        )
        cdk.CfnOutput(self, "StreamName", value=clicks.stream.stream_name)
