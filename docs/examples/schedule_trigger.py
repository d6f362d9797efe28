from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import PythonCode, ScheduleTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Nightly(cdk.Stack):
    """A summary each night at three o'clock in Zurich, in summer and in winter, or up to a quarter of an hour later."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        sum_up = WellArchitectedFunction(
            self, "SumUp", code=PythonCode.from_folder(HANDLERS / "summary"), handler="summary.handler"
        )
        ScheduleTrigger(
            self,
            "AtThree",
            function=sum_up,
            schedule="cron(0 3 * * ? *)",
            time_zone="Europe/Zurich",
            flexible_window=cdk.Duration.minutes(15),
            payload={"scheduled": "<aws.scheduler.scheduled-time>"},
        )
