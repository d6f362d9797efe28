from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from cdk_lambda_patterns import PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Orders(cdk.Stack):
    """A function that reads orders from a table."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
        )

        read = WellArchitectedFunction(
            self,
            "Read",
            code=PythonCode.from_folder(HANDLERS / "orders"),
            handler="read.handler",
            timeout=cdk.Duration.seconds(10),
            environment={"TABLE_NAME": table.table_name},
        )
        table.grants.actions(read, "dynamodb:GetItem")

        # Callers are given `live`, never the function itself.
        cdk.CfnOutput(self, "Function", value=read.live.function_name)
