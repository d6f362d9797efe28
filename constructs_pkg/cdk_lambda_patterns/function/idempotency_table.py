"""What lets a function run once for an event that comes twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, aws_dynamodb as dynamodb
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms, aws_lambda as lambda_

_ACTIONS = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


class IdempotencyTable(Construct):
    """A table in which functions remember what they have done, as Powertools for AWS Lambda writes it.

    Defines the table (on demand, encrypted, point-in-time recovery, records expire) and gives each function the four
    rights it needs and the table's name in `IDEMPOTENCY_TABLE`. In the handler:

        persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])

    Source: https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/
    """

    ENVIRONMENT_VARIABLE = "IDEMPOTENCY_TABLE"
    """The environment variable that holds the table's name."""

    table: dynamodb.TableV2
    """The table: partition key `id`, time to live `expiration`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        """Define the table and let a function use it.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function that remembers. More take part with `use_in`.
            encryption_key: A customer's key.
                Default: - DynamoDB's own key.
            removal_policy: What becomes of the table when the stack goes. Its records live for hours.
                Default: RemovalPolicy.DESTROY
        """
        super().__init__(scope, construct_id)
        encryption = dynamodb.TableEncryptionV2
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expiration",
            billing=dynamodb.Billing.on_demand(),
            encryption=encryption.dynamo_owned_key()
            if encryption_key is None
            else encryption.customer_managed_key(encryption_key),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=removal_policy,
        )
        self.use_in(function)

    def use_in(self, function: lambda_.Function) -> None:
        """Let a function use the table: the rights and its name in the environment.

        Args:
            function: The function.
        """
        self.table.grant(function, *_ACTIONS)
        function.add_environment(self.ENVIRONMENT_VARIABLE, self.table.table_name)
