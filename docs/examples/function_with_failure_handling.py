"""A function that is called asynchronously: what it did goes to one place, what failed to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events, aws_sns as sns
from constructs import Construct

from cdk_lambda_patterns import PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Reports(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        operators = sns.Topic(self, "Operators", enforce_ssl=True)
        done = events.EventBus(self, "Done")

        report = WellArchitectedFunction(
            self,
            "Report",
            code=PythonCode.from_folder(HANDLERS / "reports"),
            handler="report.handler",
            timeout=cdk.Duration.minutes(2),
            # Asked for an hour ago, nobody waits for it any more.
            max_event_age=cdk.Duration.hours(1),
            retry_attempts=1,
            on_success=done,
            notify=operators,
        )

        # Without `on_failure`, what still fails is kept in a queue, with an alarm on it.
        assert report.failure_queue is not None
        cdk.CfnOutput(self, "Failures", value=report.failure_queue.queue_url)
