from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events, aws_sns as sns
from constructs import Construct

from cdk_lambda_patterns import PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Reports(cdk.Stack):
    """A function that is called asynchronously: what it did goes to one place, what failed to another."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        operators = sns.Topic(self, "Operators", enforce_ssl=True)
        done = events.EventBus(self, "Done")

        WellArchitectedFunction(
            self,
            "Report",
            code=PythonCode.from_folder(HANDLERS / "reports"),
            handler="report.handler",
            timeout=cdk.Duration.minutes(2),
            # Asked for an hour ago, nobody waits for it any more.
            max_event_age=cdk.Duration.hours(1),
            retry_attempts=1,
            # What still fails needs no `on_failure`: it is kept in a queue, with an alarm on it.
            on_success=done,
            notify=operators,
        )
