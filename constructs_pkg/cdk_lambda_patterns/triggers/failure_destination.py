"""Where the records go that a function could not process: the destination of an event source mapping.

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from aws_cdk import (
    aws_cloudwatch as cloudwatch,
    aws_lambda as lambda_,
    aws_s3 as s3,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns.function.alarms import delivery_failures_alarm, queue_not_empty_alarm
from cdk_lambda_patterns.function.queues import define_dead_letter_queue
from cdk_lambda_patterns.function.record_rights import let_send, let_send_with
from cdk_lambda_patterns.validation import type_name

from .trigger_checks import check_unused

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where

    from .event_source_mappings import Reader

FailureDestination: TypeAlias = sqs.IQueue | sns.ITopic | sns.TopicBase | s3.IBucket
"""A standard queue or topic, which are told where in the source the records are; or a bucket, which gets them whole."""


class FailurePath(NamedTuple):
    """What was defined so that no record is lost."""

    config: lambda_.CfnEventSourceMapping.DestinationConfigProperty
    queue: sqs.IQueue | None
    alarms: dict[str, cloudwatch.CfnAlarm]


def check_failure_destination(where: Where, target: FailureDestination | None) -> None:
    """Refuse what cannot take records.

    Args:
        where: The trigger.
        target: What the user gave.

    Raises:
        ValidationError: A FIFO queue or topic, or no queue, topic or bucket.
    """
    if target is None or isinstance(target, s3.BucketBase):
        return
    if not isinstance(target, (sqs.QueueBase, sns.TopicBase)):
        where.refuse(
            "on_failure",
            "must be a queue, topic or bucket",
            got=type_name(target),
            fix="give the resource itself",
            code="DestinationInvalid",
        )
    if target.fifo is True:
        where.refuse(
            "on_failure",
            "must not be a FIFO queue or topic: Lambda sends its records to standard ones only",
            got=target.node.path,
            fix="give a standard one; single failures have no order",
            code="DestinationFifo",
        )


def check_failure_key(where: Where, encryption_key: kms.IKey | kms.Key | None, target: object) -> None:
    """Refuse a key for a queue that is not defined.

    Args:
        where: The trigger.
        encryption_key: The key.
        target: What the user gave in the queue's place.

    Raises:
        ValidationError: Both are given.
    """
    check_unused(
        where,
        {"encryption_key": None if target is None else encryption_key},
        "must be left out where 'on_failure' is given: nothing is defined that it could encrypt",
        fix="set it on the destination",
        code="EncryptionKeyUnused",
    )


def define_failure_path(
    scope: Construct,
    function: WellArchitectedFunction,
    reader: Reader,
    target: FailureDestination | str | None,
    *,
    encryption_key: kms.IKey | kms.Key | None = None,
) -> FailurePath:
    """Where failures go, with the rights to send them there, and the alarms.

    Args:
        scope: The trigger.
        function: The function.
        reader: Who sends them: the function, or its role seen from another stack.
        target: Where they go; text as the mapping wants it, for a Kafka topic. None defines a queue.
        encryption_key: A customer's key for that queue.
    """
    alarms = {"DeliveryFailures": delivery_failures_alarm(scope, function.live_dimensions, function.alarm_actions)}
    queue: sqs.Queue | None = None
    if isinstance(target, str):
        destination = target
    elif target is not None:
        destination = let_send(reader, cast("sqs.QueueBase | sns.TopicBase | s3.BucketBase", target))
    else:
        queue = define_dead_letter_queue(scope, encryption_key=encryption_key, construct_id="FailureQueue")
        alarms["FailureQueue"] = queue_not_empty_alarm(scope, queue.queue_name, function.alarm_actions)
        destination = queue.queue_arn
        let_send_with(reader, "sqs:SendMessage", destination, encryption_key)
    mapping = lambda_.CfnEventSourceMapping
    failed = mapping.OnFailureProperty(destination=destination)
    return FailurePath(mapping.DestinationConfigProperty(on_failure=failed), queue, alarms)
