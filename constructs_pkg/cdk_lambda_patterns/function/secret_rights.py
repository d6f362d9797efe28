"""Who may read a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from aws_cdk import aws_iam as iam, aws_secretsmanager as secretsmanager

from .keys import let_use

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

Secret: TypeAlias = secretsmanager.ISecret | secretsmanager.Secret
"""The class stands beside the interface because pyright does not see that it implements it (aws/jsii#4541)."""


def let_read_secret(reader: lambda_.Function | iam.IRole | iam.Role, secret: Secret) -> None:
    """Let a function read a secret, and use its key.

    Not with the CDK's grant, which has the key's policy name the role: a key in another stack would then need the
    function's stack, which needs the secret. And of a key that is imported it says nothing.

    Args:
        reader: The function, or its role seen from another stack.
        secret: The secret.
    """
    full_arn = secret.secret_full_arn
    iam.Grant.add_to_principal_or_resource(
        grantee=cast("iam.IGrantable", reader),
        resource=cast("iam.IResourceWithPolicy", secret),
        actions=["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        # Where the six characters at its end are not known, as the CDK writes it.
        resource_arns=[f"{secret.secret_arn}-??????" if full_arn is None else full_arn],
    )
    key = secret.encryption_key
    if key is not None:
        let_use(reader, key, "kms:Decrypt")
