"""Log groups, and the one of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_logs as logs

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.validation import is_number

from .retention import check_removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct, IConstruct

    from cdk_lambda_patterns.validation import Where

_DAYS: dict[logs.RetentionDays, int | None] = {
    **dict(zip(logs.RetentionDays, quotas.LOG_RETENTION_DAYS, strict=False)),
    logs.RetentionDays.INFINITE: None,
}
_RETENTION = next(retention for retention, days in _DAYS.items() if days == practices.LOG_RETENTION_DAYS)


def check_log_options(
    where: Where,
    log_group: logs.ILogGroup | None,
    retention: logs.RetentionDays | None,
    removal_policy: cdk.RemovalPolicy | None,
) -> None:
    """Refuse options for a log group that the user has made, and what is no retention.

    Args:
        where: The function.
        log_group: The user's log group.
        retention: How long the function's own is kept.
        removal_policy: What becomes of it.
    """
    for name, option in (("log_retention", retention), ("log_removal_policy", removal_policy)):
        if log_group is not None and option is not None:
            where.refuse(
                name,
                "must be left out where 'log_group' is given",
                got=str(option),
                fix="set it on the log group",
                code="LogOptionsConflict",
            )
    check_log_retention(where, "log_retention", retention)
    check_removal_policy(where, "log_removal_policy", removal_policy)


def check_log_retention(where: Where, prop: str, retention: object) -> None:
    """Refuse what is no retention of CloudWatch Logs, as a number of days. None passes.

    Args:
        where: The construct.
        prop: The property.
        retention: The retention.
    """
    if retention is None or isinstance(retention, logs.RetentionDays):
        return
    wanted = cast("float", retention) if is_number(retention) else practices.LOG_RETENTION_DAYS
    member = next(member for member, days in _DAYS.items() if days is None or days >= wanted)
    instead = member.name if _DAYS[member] == wanted else f"{member.name}, the next longer one"
    where.refuse(
        prop,
        "must be a member of aws_logs.RetentionDays",
        got=repr(retention),
        fix=f"write it as aws_logs.RetentionDays.{instead}",
        code="LogRetentionInvalid",
    )


def define_log_group(
    scope: Construct,
    construct_id: str,
    *,
    retention: logs.RetentionDays | None,
    removal_policy: cdk.RemovalPolicy | None,
    encryption_key: kms.IKey | kms.Key | None = None,
) -> logs.LogGroup:
    """A log group; None is this library's default.

    Args:
        scope: What it is part of.
        construct_id: Its name there.
        retention: How long events are kept.
        removal_policy: What becomes of it when it goes.
        encryption_key: A customer's key.
    """
    return logs.LogGroup(
        scope,
        construct_id,
        retention=_RETENTION if retention is None else retention,
        removal_policy=cdk.RemovalPolicy.RETAIN if removal_policy is None else removal_policy,
        encryption_key=cast("kms.IKey | None", encryption_key),
    )


def define_log_group_of(
    function: lambda_.Function,
    parts: Sequence[IConstruct],
    *,
    retention: logs.RetentionDays | None,
    removal_policy: cdk.RemovalPolicy | None,
) -> logs.LogGroup:
    """A function's own log group, or the one that the CDK has made for it, with these options.

    Args:
        function: The function.
        parts: What is in it.
        retention: How long events are kept.
        removal_policy: What becomes of it when the function goes.
    """
    managed = next((part for part in parts if isinstance(part, logs.LogGroup)), None)
    if managed is None:
        return define_log_group(function, "LogGroup", retention=retention, removal_policy=removal_policy)
    # With the flag useCdkManagedLogGroup the CDK has made one, named after the function: the role could not name it
    # then without a cycle.
    resource = next(part for part in parts if isinstance(part, logs.CfnLogGroup))
    resource.log_group_name = None
    resource.retention_in_days = _DAYS[_RETENTION if retention is None else retention]
    managed.apply_removal_policy(cdk.RemovalPolicy.RETAIN if removal_policy is None else removal_policy)
    return managed


def logging_config(props: Mapping[str, Any], log_group: str) -> lambda_.CfnFunction.LoggingConfigProperty:
    """The logging options as the resource has them, with the function's own group.

    Args:
        props: The options of `aws_lambda.Function`.
        log_group: The group's name.
    """

    def value(name: str) -> str | None:
        option = props.get(name)
        return None if option is None else str(option.value)

    return lambda_.CfnFunction.LoggingConfigProperty(
        log_format=value("logging_format"),
        application_log_level=value("application_log_level_v2"),
        system_log_level=value("system_log_level_v2"),
        log_group=log_group,
    )
