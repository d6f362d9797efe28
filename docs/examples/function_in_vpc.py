from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import FunctionVpc, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Inventory(cdk.Stack):
    """A function in a VPC, which reaches a service of AWS without the internet."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        WellArchitectedFunction(
            self,
            "Count",
            code=PythonCode.from_folder(HANDLERS / "inventory"),
            handler="count.handler",
            vpc=FunctionVpc(self, "Vpc", endpoints=["sqs"]),
        )
