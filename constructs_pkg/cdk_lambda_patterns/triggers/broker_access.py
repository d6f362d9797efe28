"""What a function needs to read from brokers and clusters in a VPC: Kafka, Amazon MQ, DocumentDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aws_cdk import aws_iam as iam, aws_lambda as lambda_, aws_secretsmanager as secretsmanager

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.tokens import is_token

from .event_source_mappings import role_of

if TYPE_CHECKING:
    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where

    from .event_source_mappings import Reader

# The class stands beside the interface because pyright does not see that it implements it (aws/jsii#4541).
Secret: TypeAlias = secretsmanager.ISecret | secretsmanager.Secret
"""A secret with what a broker wants to know of its readers."""

Access: TypeAlias = lambda_.CfnEventSourceMapping.SourceAccessConfigurationProperty

_ANY = "*"
_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


def check_timeout(where: Where, function: WellArchitectedFunction) -> None:
    """Refuse a function that runs longer than Lambda lets it for these sources.

    Args:
        where: The trigger.
        function: The function.

    Raises:
        ValidationError: Its timeout is above 14 minutes.
    """
    quota, timeout = quotas.BROKER_FUNCTION_TIMEOUT, function.timeout_seconds
    if timeout is not None and not quota.admits(timeout):
        where.refuse(
            "function",
            f"must have a timeout of {quota.range}",
            got=f"{timeout:g}",
            fix=quota.fix,
            code=quota.code,
        )


def access(kind: str, uri: str) -> Access:
    """One way into a source.

    Args:
        kind: As `BASIC_AUTH` or `VPC_SUBNET`.
        uri: A secret's ARN, a subnet, a name.
    """
    return lambda_.CfnEventSourceMapping.SourceAccessConfigurationProperty(type=kind, uri=uri)


def let_enter_vpc(reader: Reader) -> None:
    """Let Lambda put the interfaces of its pollers into the source's VPC, on behalf of the function.

    These actions cannot be limited to a resource: interfaces do not exist before they are made.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html

    Args:
        reader: The function, or its role seen from another stack.
    """
    iam.Grant.add_to_principal(grantee=reader, actions=[*_INTERFACES], resource_arns=[_ANY])
    acknowledge_wildcard(role_of(reader), _ANY, "network interfaces of the pollers cannot be named before they exist")


def check_arn(where: Where, prop: str, arn: str, service: str) -> None:
    """Refuse what is not the ARN of a service's resource. Tokens pass.

    Args:
        where: The trigger.
        prop: The property.
        arn: The ARN.
        service: As it stands in the ARN, with the kind of resource: `kafka:cluster`.
    """
    name, _, kind = service.partition(":")
    if is_token(arn):
        return
    where.matches(
        prop,
        arn,
        rf"arn:[a-z-]+:{name}:[a-z0-9-]+:\d{{12}}:{kind}[:/].+",
        rule=f"must be the ARN of a {name} {kind}",
        fix=f"write arn:aws:{name}:<region>:<account>:{kind}...",
        code="ArnInvalid",
    )
