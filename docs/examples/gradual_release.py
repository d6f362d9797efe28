from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import GradualRelease, PythonCode, ReleasePlan, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Quotes(cdk.Stack):
    """A new version gets a fifth of the traffic more every two minutes, and none if it fails."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        quote = WellArchitectedFunction(
            self, "Quote", code=PythonCode.from_folder(HANDLERS / "quotes"), handler="quotes.handler"
        )
        plan = ReleasePlan.linear(percent=20, interval=cdk.Duration.minutes(2))
        GradualRelease(self, "Release", function=quote, plan=plan)

        # Callers are given `live`, never the function itself.
        cdk.CfnOutput(self, "Function", value=quote.live.function_name)
