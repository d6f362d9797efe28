"""Starts a function from what is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_filters: dict[tuple[str, str], set[str]] = {}


class LogsTrigger(Construct):
    """Starts a function's `live` alias with what is written to a log group.

    Defines a subscription filter and the permission that it needs. What the function fails to process ends in its
    failure queue. The event is compressed: Powertools' `CloudWatchLogsEvent` reads it.
    """

    subscription_filter: logs.CfnSubscriptionFilter
    """The log group's subscription filter."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        log_group: logs.ILogGroup,
        filter_pattern: str | logs.IFilterPattern = "",
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            log_group: The log group, not the function's own. It has at most two subscription filters.
                Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
            filter_pattern: Which events: text such as `ERROR` or `{ $.level = "ERROR" }`, up to 1,024 characters, or a
                pattern of `aws_logs.FilterPattern`.
                Default: - all.
                Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

        Raises:
            ValidationError: The function's own log group, a third filter on one group, or a pattern that is too long.
        """
        # 1 validate
        where = Where(scope, construct_id)
        text = filter_pattern if isinstance(filter_pattern, str) else filter_pattern.log_pattern_string
        where.size("filter_pattern", text, quotas.LOG_FILTER_PATTERN_LENGTH)
        name = log_group.log_group_name
        if name == function.log_group.log_group_name:
            where.refuse(
                "log_group",
                "must not be the function's own: each run would start the next",
                got=f"the log group of {function.node.path}",
                fix="have another function read it",
                code="LogGroupOfFunction",
            )
        _count_filter(where, scope, name)
        super().__init__(scope, construct_id)

        # 2 define
        function.invoked_asynchronously()
        permission = function.callers.allow(
            self,
            "Permission",
            principal="logs.amazonaws.com",
            source_arn=log_group.log_group_arn,
            source_account=cdk.Aws.ACCOUNT_ID,
        )
        self.subscription_filter = logs.CfnSubscriptionFilter(
            self,
            "Filter",
            log_group_name=name,
            filter_pattern=text,
            destination_arn=function.live.function_arn,
        )
        # CloudWatch Logs tries the function when the filter is made.
        self.subscription_filter.add_resource_dependency(permission)


def _count_filter(where: Where, scope: Construct, log_group: str) -> None:
    # A literal name means another group in another app.
    root = str(getattr(scope.node.root, "__jsii_ref__").ref)  # noqa: B009 - the name would be mangled
    paths = _filters.setdefault((root, log_group), set())
    paths.add(where.path)
    if len(paths) > quotas.SUBSCRIPTION_FILTERS_PER_LOG_GROUP:
        where.refuse(
            "log_group",
            f"may have {quotas.SUBSCRIPTION_FILTERS_PER_LOG_GROUP} subscription filters at most",
            got=len(paths),
            fix="let one function pass events on, or send the group to a Kinesis stream and use KinesisTrigger",
            code="LogGroupFilters",
        )
