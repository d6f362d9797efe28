"""What lets a function run once for an event that comes twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import RemovalPolicy, aws_dynamodb as dynamodb, aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns.validation import Where

from .cdk_refusals import cdk_refusals, require_type
from .environment import check_environment
from .keys import let_into_closed, use_of
from .references import reference

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms, aws_lambda as lambda_

_REMEMBER = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_USE_KEY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)

_owners: dict[tuple[str, str], Where] = {}


class IdempotencyTable(Construct):
    """A table in which functions remember what they have done, as Powertools for AWS Lambda writes it.

    Defines the table (on demand, encrypted, point-in-time recovery, records that expire) and gives each function the
    four rights that it needs and the table's name in `IDEMPOTENCY_TABLE`. The handler then says what is done once:

        once = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])

        @idempotent(persistence_store=once, config=IdempotencyConfig(event_key_jmespath="detail.order"))
        def handler(event, context): ...

    Source: https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/
    """

    ENVIRONMENT_VARIABLE = "IDEMPOTENCY_TABLE"
    """The environment variable that holds the table's name, unless another is chosen."""

    table: dynamodb.Table
    """The table: partition key `id`, time to live `expiration`, Powertools' own names."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        environment_variable: str = ENVIRONMENT_VARIABLE,
        encryption_key: kms.IKey | kms.Key | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        """Define the table and let a function use it.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function that remembers. More take part with `use_in`; each remembers for itself, since
                Powertools puts the function's name before the key.
            environment_variable: The environment variable that gets the table's name.
                Default: IDEMPOTENCY_TABLE
            encryption_key: A customer's key.
                Default: - DynamoDB's own key.
            removal_policy: What becomes of the table when the stack goes. Its records are worth something for an hour,
                or as long as the handler says in `expires_after_seconds`.
                Default: RemovalPolicy.DESTROY

        Raises:
            ValidationError: Not a function that the app defines, one that has another table in this variable, or a name
                that Lambda refuses.
        """
        self._where = Where(scope, construct_id)
        self._variable = environment_variable
        check_environment(self._where, {environment_variable: ""})
        self._claim(function)
        with cdk_refusals(self._where):
            super().__init__(scope, construct_id)
        self._key = cast("kms.IKey | None", encryption_key)  # aws/jsii#4541: pyright does not see that a Key is one
        # Not TableV2, which takes a customer's key only in a stack whose Region is known.
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expiration",
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption_key=self._key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=removal_policy,
        )
        self.use_in(function)

    def use_in(self, function: lambda_.Function) -> None:
        """Let a function use the table: the rights, and the table's name in its environment.

        Args:
            function: The function.

        Raises:
            ValidationError: Not a function that the app defines, or one that has another table in this variable.
        """
        self._claim(function)
        table = self.table
        iam.Grant.add_to_principal(grantee=function, actions=list(_REMEMBER), resource_arns=[table.table_arn])
        if self._key is not None:
            # DynamoDB uses the key on behalf of whoever reads and writes.
            statement = use_of(self._key, *_USE_KEY)
            through = {"StringEquals": {"kms:ViaService": f"dynamodb.{cdk.Aws.REGION}.amazonaws.com"}}
            statement["Condition"] = {**statement.get("Condition", {}), **through}
            function.add_to_role_policy(iam.PolicyStatement.from_json(statement))
            let_into_closed(function, self._key, *_USE_KEY)
        function.add_environment(self._variable, table.table_name)

    def _claim(self, function: lambda_.Function) -> None:
        """Refuse what has no environment, and a variable that would silently name another table."""
        require_type(self._where, "function", function, "add_environment", "aws_lambda.Function")
        owner = _owners.setdefault((reference(function), self._variable), self._where)
        if owner is not self._where:
            self._where.refuse(
                "function",
                f"must have one table in {self._variable!r}",
                got=f"a function with that of {owner.path}",
                fix="use that one, or choose another 'environment_variable'",
                code="IdempotencyTableTaken",
            )
