"""Who is told of objects in a bucket that hold what failed: a queue, by way of EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import jsii
from aws_cdk import aws_cloudwatch as cloudwatch, aws_events as events, aws_s3 as s3, aws_sqs as sqs
from constructs import IValidation

from cdk_lambda_patterns.function.alarms import queue_not_empty_alarm
from cdk_lambda_patterns.function.queues import define_dead_letter_queue

from .buckets import keep_reporting, report_to_event_bridge
from .senders import events_lost_alarm, let_send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


class FailedObjects(NamedTuple):
    """What was defined."""

    queue: sqs.IQueue
    alarms: dict[str, cloudwatch.CfnAlarm]


def tell_of_objects(
    scope: Construct, function: WellArchitectedFunction, bucket: s3.Bucket, prefixes: Sequence[str], *, reports: bool
) -> FailedObjects:
    """Have a queue told of each object that is put under one of the prefixes.

    Args:
        scope: The trigger.
        function: The function, whose alarms tell the same people.
        bucket: The bucket, of this app.
        prefixes: What the keys begin with.
        reports: Whether the bucket reports to EventBridge already, and nobody else configures it.
    """
    if not reports:
        report_to_event_bridge(bucket)
        scope.node.add_validation(cast("IValidation", _KeepReporting(bucket)))
    queue = define_dead_letter_queue(scope, construct_id="FailureQueue")
    queue_arn = queue.queue_arn
    rule = events.CfnRule(
        scope,
        "FailureRule",
        event_pattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [bucket.bucket_name]},
                "object": {"key": [{"prefix": prefix} for prefix in prefixes]},
            },
        },
        targets=[
            events.CfnRule.TargetProperty(
                id="FailureQueue",
                arn=queue_arn,
                # So that what never arrives is counted.
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=queue_arn),
            )
        ],
    )
    let_send(queue, "events.amazonaws.com", rule.attr_arn)
    alarms = {
        "FailureQueue": queue_not_empty_alarm(scope, queue.queue_name, function.alarm_actions),
        "EventsLost": events_lost_alarm(
            scope,
            function,
            metric=("AWS/Events", "InvocationsFailedToBeSentToDlq"),
            dimensions={"RuleName": rule.ref},
        ),
    }
    return FailedObjects(queue, alarms)


@jsii.implements(IValidation)
class _KeepReporting:
    """Somebody else may come to configure the bucket: only seen when everything is defined."""

    def __init__(self, bucket: s3.Bucket) -> None:
        self._bucket = bucket

    def validate(self) -> list[str]:
        keep_reporting(self._bucket)
        return []
