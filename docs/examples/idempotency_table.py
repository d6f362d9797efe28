from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb, aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import EventBridgeTrigger, IdempotencyTable, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Charges(cdk.Stack):
    """Orders are charged once, although EventBridge delivers an event at least once, and a sender may repeat it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        accounts = dynamodb.TableV2(
            self,
            "Accounts",
            partition_key=dynamodb.Attribute(name="customer", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )
        charge = WellArchitectedFunction(
            self,
            "Charge",
            code=PythonCode.from_requirements(HANDLERS / "charges" / "requirements.txt", exclude=["*.in"]),
            handler="charge.handler",
            environment={"ACCOUNTS_TABLE": accounts.table_name},
        )
        charge.add_to_role_policy(iam.PolicyStatement(actions=["dynamodb:UpdateItem"], resources=[accounts.table_arn]))
        EventBridgeTrigger(
            self, "Orders", function=charge, pattern={"source": ["shop"], "detail-type": ["Order Placed"]}
        )

        IdempotencyTable(self, "Charged", function=charge)
