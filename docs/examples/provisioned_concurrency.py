from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import (
    ConcurrencyBudget,
    ProvisionedConcurrency,
    PythonCode,
    Season,
    WellArchitectedFunction,
    Workload,
)

HANDLERS = Path(__file__).parent / "handlers"


class Shop(cdk.Stack):
    """Quotes stand ready, more of them in office hours; reports may start cold, but never take the quotes' place."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        quotes = WellArchitectedFunction(
            self,
            "Quotes",
            code=PythonCode.from_folder(HANDLERS / "quotes"),
            handler="quotes.handler",
            reserved_concurrent_executions=100,
        )
        reports = WellArchitectedFunction(
            self,
            "Reports",
            code=PythonCode.from_folder(HANDLERS / "summary"),
            handler="summary.handler",
            reserved_concurrent_executions=5,
        )

        ProvisionedConcurrency(
            self,
            "Warm",
            function=quotes,
            minimum=2,
            maximum=20,
            seasons=[
                Season(schedule="cron(45 7 ? * MON-FRI *)", minimum=20, maximum=80),
                Season(schedule="cron(0 19 ? * MON-FRI *)", minimum=2, maximum=20),
            ],
            time_zone="Europe/Zurich",
        )
        ConcurrencyBudget(
            self,
            "Concurrency",
            workloads={
                quotes: Workload(requests_per_second=400, duration=cdk.Duration.millis(120)),
                reports: Workload(requests_per_second=0.1, duration=cdk.Duration.seconds(20)),
            },
        )
