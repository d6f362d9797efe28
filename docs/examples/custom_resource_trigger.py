from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from cdk_lambda_patterns import CustomResourceTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Plans(cdk.Stack):
    """A table that is there with its first items."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        recovery = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
        table = dynamodb.TableV2(self, "Table", partition_key=key, point_in_time_recovery_specification=recovery)
        seed = WellArchitectedFunction(
            self, "Seed", code=PythonCode.from_folder(HANDLERS / "seed"), handler="seed.handler"
        )
        table.grant(seed, "dynamodb:PutItem")

        plans = CustomResourceTrigger(
            self,
            "Plans",
            function=seed,
            resource_type="Custom::Plans",
            properties={"Table": table.table_name, "Plans": ["free", "team"]},
        )

        cdk.CfnOutput(self, "Count", value=plans.resource.get_att_string("Count"))
