from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import PythonCode, SqsTrigger, VersionPruning, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class OrdersWithVersions(cdk.Stack):
    """The last ten releases of the function can be rolled back to; those before them go every night."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        process = WellArchitectedFunction(
            self,
            "Process",
            code=PythonCode.from_folder(HANDLERS / "orders"),
            handler="orders.handler",
            environment={"TABLE_NAME": "orders"},
        )
        SqsTrigger(self, "Orders", function=process)
        VersionPruning(
            self,
            "Pruning",
            functions=[process],
            keep=10,
            schedule="cron(0 3 * * ? *)",
            time_zone="Europe/Zurich",
        )
