from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb, aws_s3 as s3
from constructs import Construct

from cdk_lambda_patterns import DynamoDbTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class NewOrders(cdk.Stack):
    """New orders start a function; what it cannot process is kept whole in a bucket."""

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
        failures = s3.Bucket(
            self,
            "Failures",
            enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(90))],
        )
        confirm = WellArchitectedFunction(
            self, "Confirm", code=PythonCode.from_folder(HANDLERS / "changes"), handler="changes.handler"
        )
        DynamoDbTrigger(
            self, "Changes", function=confirm, table=table, on_failure=failures, filters=[{"eventName": ["INSERT"]}]
        )
        cdk.Validations.of(failures).acknowledge(
            cdk.Acknowledgment(id="AwsSolutions-S1", reason="only Lambda writes here: CloudTrail tells who read")
        )
