"""Starts a function from what is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function, require_type
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.validation import Where

from .trigger_checks import check_account, check_region

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_STANDARD = "STANDARD"

_filters: dict[tuple[str, str, str], set[str]] = {}
"""The triggers of each log group: by stage and environment, since imports of one are several objects, and its name."""


class LogsTrigger(Construct):
    """Starts a function's `live` alias with what is written to a log group.

    Defines a subscription filter and the permission that it needs. What the function fails to process ends in its
    failure queue; an alarm tells of events that did not reach the function, which nothing keeps but the log group
    itself. The event is compressed: Powertools' `CloudWatchLogsEvent` reads it.
    """

    subscription_filter: logs.CfnSubscriptionFilter
    """The log group's subscription filter."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `DeliveryErrors`."""

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
            log_group: The log group, of the standard class and not the function's own. It has at most two subscription
                filters.
                Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
            filter_pattern: Which events: text such as `ERROR` or `{ $.level = "ERROR" }`, up to 1,024 characters, or a
                pattern of `aws_logs.FilterPattern`.
                Default: - all.
                Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

        Raises:
            ValidationError: The function's own log group, one of a class without subscriptions, a third filter on one
                group, or a pattern that is too long.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_type(where, "log_group", log_group, "log_group_name", "aws_logs.ILogGroup")
        check_region(
            where,
            "log_group",
            log_group,
            "must be of the trigger's Region, where its subscription filter is",
            fix="define the function and its trigger there",
            code="LogGroupRegion",
        )
        check_account(
            where,
            "log_group",
            log_group,
            "must be of the trigger's account, where its subscription filter is",
            fix="send the group to a Kinesis stream of this account and use KinesisTrigger",
            code="LogGroupAccount",
        )
        pattern = _text(where, filter_pattern)
        name = log_group.log_group_name
        if name == function.log_group.log_group_name:
            where.refuse(
                "log_group",
                "must not be the function's own: each run would start the next",
                got=f"the log group of {function.node.path}",
                fix="have another function read it",
                code="LogGroupOfFunction",
            )
        _check_class(where, log_group)
        _count_filter(where, scope, name)
        with cdk_refusals(where):
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
            filter_pattern=pattern,
            destination_arn=function.live.function_arn,
        )
        # CloudWatch Logs tries the function when the filter is made.
        self.subscription_filter.add_resource_dependency(permission)
        self.alarms = {"DeliveryErrors": _delivery_errors_alarm(self, function, name)}


def _text(where: Where, pattern: str | logs.IFilterPattern) -> str:
    if not isinstance(pattern, str):
        require_type(where, "filter_pattern", pattern, "log_pattern_string", "aws_logs.IFilterPattern, or text")
        pattern = pattern.log_pattern_string
    where.size("filter_pattern", pattern, quotas.LOG_FILTER_PATTERN_LENGTH)
    return pattern


def _check_class(where: Where, log_group: logs.ILogGroup) -> None:
    resource = log_group.node.default_child
    kept_as = resource.log_group_class if isinstance(resource, logs.CfnLogGroup) else None
    if kept_as not in (None, _STANDARD):
        where.refuse(
            "log_group",
            "must be of the standard class: others have no subscription filters",
            got=kept_as,
            fix="choose LogGroupClass.STANDARD; the class of an existing group cannot be changed",
            code="LogGroupClass",
        )


def _count_filter(where: Where, scope: Construct, log_group: str) -> None:
    # A name says which group it is within a stage and an environment: others have groups of that name too.
    place = (reference(cdk.Stage.of(scope)), cdk.Stack.of(scope).environment)
    paths = _filters.setdefault((*place, log_group), set())
    paths.add(where.path)
    if len(paths) > quotas.SUBSCRIPTION_FILTERS_PER_LOG_GROUP:
        where.refuse(
            "log_group",
            f"may have {quotas.SUBSCRIPTION_FILTERS_PER_LOG_GROUP} subscription filters at most",
            got=len(paths),
            fix="let one function pass events on, or send the group to a Kinesis stream and use KinesisTrigger",
            code="LogGroupFilters",
        )


def _delivery_errors_alarm(
    trigger: LogsTrigger, function: WellArchitectedFunction, log_group: str
) -> cloudwatch.CfnAlarm:
    return define_alarm(
        trigger,
        "DeliveryErrorsAlarm",
        metric=("AWS/Logs", "DeliveryErrors", "Sum"),
        dimensions={
            "LogGroupName": log_group,
            "DestinationType": "Lambda",
            "FilterName": trigger.subscription_filter.ref,
        },
        threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
        text="Log events did not reach the function. Look for a permission that is gone and for throttles; "
        "the log group still has the events.",
        actions=function.alarm_actions,
    )
