from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Events(cdk.Stack):
    """A function in a language that Lambda has no runtime for: here a shell script."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        WellArchitectedFunction(
            self,
            "Echo",
            runtime=lambda_.Runtime.PROVIDED_AL2023,
            # The folder must hold an executable file `bootstrap`.
            code=lambda_.Code.from_asset(str(HANDLERS / "events")),
            handler="echo",
        )
