"""What a function needs to read from brokers and clusters in a VPC: Kafka, Amazon MQ, DocumentDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_lambda as lambda_

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.tokens import is_token

from .event_source_mappings import role_of
from .trigger_checks import check_same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_cloudwatch as cloudwatch
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where

    from .event_source_mappings import Reader

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


def waiting_alarm(
    scope: Construct,
    construct_id: str,
    function: WellArchitectedFunction,
    *,
    metric: tuple[str, str],
    dimensions: Mapping[str, str],
    batch_size: int | None,
    text: str,
) -> cloudwatch.CfnAlarm:
    """ALARM when a hundred batches have waited for a while.

    Args:
        scope: The trigger.
        construct_id: The alarm's name there.
        function: The function, whose alarms tell the same people.
        metric: Namespace and name of the metric that counts what waits.
        dimensions: Its dimensions.
        batch_size: How many are taken at once; what only the deployment knows counts for Lambda's own default.
        text: What it means and what to do.
    """
    size = practices.STREAM_BATCH_SIZE if batch_size is None or is_token(batch_size) else batch_size
    namespace, name = metric
    return define_alarm(
        scope,
        construct_id,
        metric=(namespace, name, "Maximum"),
        dimensions=dimensions,
        threshold=practices.WAITING_ALARM_BATCHES * size,
        periods=practices.WAITING_ALARM_PERIODS,
        text=text,
        actions=function.alarm_actions,
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


def check_arn(where: Where, prop: str, arn: str, resource: str) -> None:
    """Refuse what is not the ARN of a service's resource, or of one in another Region. Tokens pass.

    Args:
        where: The trigger.
        prop: The property.
        arn: The ARN.
        resource: The service as it stands in the ARN, and the kind of resource: `kafka:cluster`.
    """
    service, _, kind = resource.partition(":")
    if is_token(arn):
        return
    where.matches(
        prop,
        arn,
        rf"arn:[a-z-]+:{service}:[a-z0-9-]+:\d{{12}}:{kind}[:/].+",
        rule=f"must be the ARN of a {service} {kind}",
        fix=f"write arn:aws:{service}:<region>:<account>:{kind}...",
        code="ArnInvalid",
    )
    check_same(
        where,
        prop,
        arn.split(":")[3],
        cdk.Stack.of(where.scope).region,
        "must be of the trigger's Region, where Lambda polls",
        fix="define the function and its trigger there",
        code="SourceRegion",
    )
