"""The alarms that every function has.

Plain resources: one message to Node each, where a metric and an alarm would be three.

Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch, aws_iam as iam, aws_sns as sns

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function import principals

from .keys import let_service_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

_LAMBDA = "AWS/Lambda"
_SQS = "AWS/SQS"
_CLOUD_WATCH = "cloudwatch.amazonaws.com"


def errors_alarm(scope: Construct, dimensions: Mapping[str, str], actions: Sequence[str]) -> cloudwatch.CfnAlarm:
    """ALARM when the function fails."""
    return define_alarm(
        scope,
        "ErrorsAlarm",
        metric=(_LAMBDA, "Errors", "Sum"),
        dimensions=dimensions,
        threshold=practices.ERRORS_ALARM_THRESHOLD,
        text="The function failed. Look at its log group for the error. Events that failed after all retries "
        "are in its failure queue, where it has one.",
        actions=actions,
    )


def throttles_alarm(scope: Construct, dimensions: Mapping[str, str], actions: Sequence[str]) -> cloudwatch.CfnAlarm:
    """ALARM when invocations have been refused for a while."""
    return define_alarm(
        scope,
        "ThrottlesAlarm",
        metric=(_LAMBDA, "Throttles", "Sum"),
        dimensions=dimensions,
        threshold=practices.THROTTLES_ALARM_THRESHOLD,
        periods=practices.THROTTLES_ALARM_PERIODS,
        text="Invocations are refused. Compare its concurrency with what is reserved and with the account's limit.",
        actions=actions,
    )


def delivery_failures_alarm(
    scope: Construct, dimensions: Mapping[str, str], actions: Sequence[str]
) -> cloudwatch.CfnAlarm:
    """ALARM when a failure could not be recorded."""
    return define_alarm(
        scope,
        "DeliveryFailuresAlarm",
        metric=(_LAMBDA, "DestinationDeliveryFailures", "Sum"),
        dimensions=dimensions,
        threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
        text="A record could not be sent to its destination and is lost. Check the rights of the role and of the key, "
        "and the size (256 KB for SNS).",
        actions=actions,
    )


def queue_not_empty_alarm(
    scope: Construct, queue_name: str, actions: Sequence[str], *, construct_id: str = "FailureQueueAlarm"
) -> cloudwatch.CfnAlarm:
    """ALARM when a queue of failures holds anything."""
    return define_alarm(
        scope,
        construct_id,
        metric=(_SQS, "ApproximateNumberOfMessagesVisible", "Maximum"),
        dimensions={"QueueName": queue_name},
        threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
        text="Work was left undone. Each message says what was asked and why it failed: repair the cause, "
        "then send the events again.",
        actions=actions,
    )


def let_alarms_publish(topic: sns.ITopic | sns.TopicBase) -> None:
    """Let alarms of the account publish to the topic, also where its policy or its key would not.

    A topic whose policy only demands TLS has lost the default policy, and with it the alarms' right to publish. A
    customer's key must let CloudWatch use it; AWS's own key for SNS cannot, and its policy cannot be changed.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    alarms = [principals.service(_CLOUD_WATCH)]
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsPublish",
            actions=["sns:Publish"],
            principals=alarms,
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
    )
    key = topic.master_key
    if key is not None:
        statement = iam.PolicyStatement(
            sid="AlarmsPublish",
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            principals=alarms,
            # AWS documents no condition here: a key that refuses an alarm is noticed when it is too late.
            resources=["*"],
        )
        let_service_use(topic, key, statement, service=_CLOUD_WATCH, otherwise="alarms reach nobody")


def define_alarm(
    scope: Construct,
    construct_id: str,
    *,
    metric: tuple[str, str, str],
    dimensions: Mapping[str, str],
    threshold: float,
    text: str,
    actions: Sequence[str],
    periods: int = 1,
    name: str | None = None,
) -> cloudwatch.CfnAlarm:
    """An alarm on one metric, at or above a threshold; missing data is no breach.

    Args:
        scope: The construct that this one is part of.
        construct_id: Its name there.
        metric: Namespace, name and statistic.
        dimensions: The metric's dimensions.
        threshold: From what value on.
        text: What it means and what to do, for whoever is called.
        actions: The ARNs of what it notifies.
        periods: For how many periods of `practices.ALARM_PERIOD_SECONDS` in a row.
        name: Its name in the account.
            Default: - CloudFormation makes one.
    """
    namespace, metric_name, statistic = metric
    return cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_name=name,
        alarm_description=text,
        namespace=namespace,
        metric_name=metric_name,
        statistic=statistic,
        dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value) for key, value in dimensions.items()],
        period=practices.ALARM_PERIOD_SECONDS,
        evaluation_periods=periods,
        threshold=threshold,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=list(actions) or None,
    )


def define_query_alarm(
    scope: Construct, construct_id: str, *, query: str, threshold: float, text: str, actions: Sequence[str]
) -> cloudwatch.CfnAlarm:
    """An alarm on a query of CloudWatch Metrics Insights: for metrics with a dimension that AWS does not document.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-alarm-create.html

    Args:
        scope: The construct that this one is part of.
        construct_id: Its name there.
        query: As `SELECT SUM(Failure) FROM "AWS/IoT" WHERE RuleName = 'orders'`.
        threshold: From what value on.
        text: What it means and what to do, for whoever is called.
        actions: The ARNs of what it notifies.
    """
    return cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_description=text,
        metrics=[
            cloudwatch.CfnAlarm.MetricDataQueryProperty(
                id="query", expression=query, period=practices.ALARM_PERIOD_SECONDS, return_data=True
            )
        ],
        evaluation_periods=1,
        threshold=threshold,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=list(actions) or None,
    )
