from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import LogsTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Alerts(cdk.Stack):
    """A function that reads what another one logs as errors."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        report = WellArchitectedFunction(
            self, "Report", code=PythonCode.from_folder(HANDLERS / "reports"), handler="report.handler"
        )
        alert = WellArchitectedFunction(
            self, "Alert", code=PythonCode.from_folder(HANDLERS / "alerts"), handler="alerts.handler"
        )
        LogsTrigger(self, "Errors", function=alert, log_group=report.log_group, filter_pattern='{ $.level = "ERROR" }')
