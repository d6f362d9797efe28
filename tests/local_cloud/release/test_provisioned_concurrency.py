"""What stands ready is deployed, and its alarm goes off on the metrics that Lambda publishes of `live`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aws_cdk import aws_sns as sns, aws_sns_subscriptions as subscriptions, aws_sqs as sqs

from cdk_lambda_patterns import ProvisionedConcurrency
from tests.examples import example_stack
from tests.local_cloud.triggers.reading import reader

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def warm(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "OnDuty")
    topic.add_subscription(subscriptions.SqsSubscription(sqs.Queue(stack, "Pager"), raw_message_delivery=True))
    function = reader(stack)
    function.alarm_actions.append(topic.topic_arn)
    ProvisionedConcurrency(stack, "Warm", function=function, concurrency=2)


def test_the_example_is_deployed_and_answers(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("provisioned_concurrency"))

    answer = deployed.function("Quotes").invoke({"body": json.dumps({"item": "tea", "number": 2})})

    assert answer.error is None, answer.log


def test_a_fixed_number_is_kept_on_the_alias(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(warm)

    name = deployed.function("Reader").physical_id
    config = local_cloud.client("lambda").get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")

    assert config["RequestedProvisionedConcurrentExecutions"] == 2


def test_somebody_is_called_when_none_is_ready_for_a_while(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(warm)
    name = deployed.function("Reader").physical_id
    dimensions = {"FunctionName": name, "Resource": f"{name}:live"}

    now = datetime.now(tz=UTC)
    local_cloud.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "ProvisionedConcurrencySpilloverInvocations",
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "Timestamp": now - timedelta(minutes=minutes),
                "Value": 1,
            }
            for minutes in range(7)
        ],
    )

    deployed.alarm("Warm/SpilloverAlarm").wait_for("ALARM", within=20)
    assert deployed.queue("Pager").receive(within=10).body["NewStateValue"] == "ALARM"
