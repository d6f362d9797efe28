from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb, aws_secretsmanager as secretsmanager
from constructs import Construct
from handlers.billing.billing.settings import Settings

from cdk_lambda_patterns import PythonCode, SqsTrigger, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Billing(cdk.Stack):
    """A function whose settings class says what it needs: variables, grants and the secret follow from it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        invoices = dynamodb.TableV2(
            self,
            "Invoices",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
        remind = WellArchitectedFunction(
            self, "Remind", code=PythonCode.from_folder(HANDLERS / "reminders"), handler="reminders.handler"
        )
        overdue = SqsTrigger(self, "Overdue", function=remind).queue
        api_key = secretsmanager.Secret.from_secret_name_v2(self, "ApiKey", "billing/api-key")

        bill = WellArchitectedFunction(
            self, "Bill", code=PythonCode.from_folder(HANDLERS / "billing"), handler="billing.main.handler"
        )
        bill.configure(Settings, invoices=invoices, overdue=overdue, api_key=api_key, grace_days=30)
