from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import DeadLetterRedrive, PythonCode, SqsTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class OrdersRedrive(cdk.Stack):
    """Who is on duty may send failed orders back; what fails for a passing cause is sent back every night."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        process = WellArchitectedFunction(
            self,
            "Process",
            code=PythonCode.from_folder(HANDLERS / "orders"),
            handler="orders.handler",
            environment={"TABLE_NAME": "orders"},
        )
        orders = SqsTrigger(self, "Orders", function=process)
        redrive = DeadLetterRedrive(
            self,
            "Redrive",
            queue=orders,
            max_messages_per_second=10,
            schedule="cron(0 3 * * ? *)",
            time_zone="Europe/Zurich",
        )
        on_duty = iam.Group(self, "OnDuty")
        on_duty.add_managed_policy(redrive.policy)
        cdk.CfnOutput(self, "RedriveCommand", value=redrive.command)
