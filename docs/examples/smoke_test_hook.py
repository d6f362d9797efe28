from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import GradualRelease, PythonCode, SmokeTestHook, WellArchitectedFunction

HERE = Path(__file__).parent


class TestedQuotes(cdk.Stack):
    """Each version, the first one too, makes a quote before it gets traffic."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        quote = WellArchitectedFunction(
            self, "Quote", code=PythonCode.from_folder(HERE / "handlers" / "quotes"), handler="quotes.handler"
        )
        smoke_test = SmokeTestHook(self, "SmokeTest", payloads=HERE / "smoke_tests")
        GradualRelease(self, "Release", function=quote, smoke_test=smoke_test)

        # Callers are given `live`, never the function itself.
        cdk.CfnOutput(self, "Function", value=quote.live.function_name)
