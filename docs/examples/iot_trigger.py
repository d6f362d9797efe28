from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import IotTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Readings(cdk.Stack):
    """A function that starts when a device reports that it is too warm."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        warn = WellArchitectedFunction(
            self, "Warn", code=PythonCode.from_folder(HANDLERS / "readings"), handler="readings.handler"
        )
        IotTrigger(
            self,
            "TooWarm",
            function=warn,
            sql="SELECT *, topic(2) AS device FROM 'devices/+/readings' WHERE temperature > 30",
        )
