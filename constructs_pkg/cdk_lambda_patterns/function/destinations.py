"""Where the record of an asynchronous invocation goes: a queue, topic, function, bus or bucket.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import aws_cdk as cdk
from aws_cdk import (
    aws_events as events,
    aws_lambda as lambda_,
    aws_lambda_destinations as destinations,
    aws_s3 as s3,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns.validation import type_name

from .cdk_refusals import cdk_refusals, has
from .record_rights import let_send

if TYPE_CHECKING:
    from cdk_lambda_patterns.validation import Where

# The concrete classes stand beside the interfaces because pyright does not see that they implement them
# (aws/jsii#4541).
Destination: TypeAlias = (
    sqs.IQueue
    | sns.ITopic
    | sns.TopicBase
    | lambda_.IFunction
    | lambda_.FunctionBase
    | events.IEventBus
    | events.EventBus
    | s3.IBucket
    | lambda_.IDestination
    | destinations.SqsDestination
    | destinations.SnsDestination
    | destinations.LambdaDestination
    | destinations.EventBridgeDestination
    | destinations.S3Destination
)
"""What a record can be sent to. A bucket takes failures only."""

_TYPES = {"on_failure": lambda_.DestinationType.FAILURE, "on_success": lambda_.DestinationType.SUCCESS}


def bind_destination(where: Where, prop: str, target: Destination, function: lambda_.Function) -> str:
    """Let a function send records to what the user gave.

    Args:
        where: The construct.
        prop: `on_failure` or `on_success`.
        target: What the user gave.
        function: The function.

    Returns:
        The ARN of where they go.

    Raises:
        ValidationError: A FIFO queue or topic, a bucket for successes, or something that cannot take records.
    """
    if isinstance(target, (sqs.QueueBase, sns.TopicBase)):
        _refuse_fifo(where, prop, target.fifo, target)
        return let_send(function, target)
    if isinstance(target, s3.BucketBase):
        _refuse_bucket_for_success(where, prop)
        return let_send(function, target)
    destination = _wrapped(where, prop, target)
    with cdk_refusals(where):
        arn = destination.bind(function, cast("lambda_.IFunction", function), type=_TYPES[prop]).destination
    if destination is target:
        # A destination of the CDK does not show what it leads to; the ARN does.
        _refuse_fifo_behind(where, prop, arn)
    return arn


def _wrapped(where: Where, prop: str, target: Destination) -> lambda_.IDestination:
    """The CDK's destination for what the user gave. A function is called through its `live` alias if it has one."""
    wrapped: Any = None
    if has(target, "function_arn") and has(target, "grant_invoke"):
        live = getattr(target, "live", target)
        if live is not target:
            # The record is an event like any other: what the destination fails at must be kept too.
            cast("Any", target).invoked_asynchronously()
        wrapped = destinations.LambdaDestination(cast("lambda_.IFunction", live))
    elif isinstance(target, destinations.S3Destination):
        _refuse_bucket_for_success(where, prop)
        wrapped = target
    elif hasattr(target, "event_bus_arn"):
        wrapped = destinations.EventBridgeDestination(cast("events.IEventBus", target))
    elif _is_destination(target):
        wrapped = target
    else:
        where.refuse(
            prop,
            "must be a queue, topic, function, event bus or bucket",
            got=type_name(target),
            fix="give the resource itself, or a destination of aws_lambda_destinations",
            code="DestinationInvalid",
        )
    return cast("lambda_.IDestination", wrapped)


def _is_destination(target: object) -> bool:
    """Whether it is bound as a destination is: much else of the CDK is bound otherwise."""
    bind = getattr(target, "bind", None)
    return callable(bind) and "type" in signature(bind).parameters


def _refuse_fifo_behind(where: Where, prop: str, arn: str) -> None:
    token = cdk.Tokenization.reverse_string(arn).first_token
    target = token.target if isinstance(token, cdk.Reference) else None
    if isinstance(target, sqs.CfnQueue):
        _refuse_fifo(where, prop, target.fifo_queue, target)
    elif isinstance(target, sns.CfnTopic):
        _refuse_fifo(where, prop, target.fifo_topic, target)
    elif arn.endswith(".fifo"):
        _refuse_fifo(where, prop, True, arn)


def _refuse_bucket_for_success(where: Where, prop: str) -> None:
    if prop == "on_success":
        where.refuse(
            prop,
            "must not be a bucket: Lambda writes only failures to S3",
            got="a bucket",
            fix="send successes to a queue, topic, function or event bus",
            code="DestinationBucketForSuccess",
        )


def _refuse_fifo(
    where: Where, prop: str, fifo: object, target: sqs.QueueBase | sns.TopicBase | cdk.CfnResource | str
) -> None:
    if fifo is True:
        where.refuse(
            prop,
            "must not be a FIFO queue or topic: Lambda sends its records to standard ones only",
            got=target if isinstance(target, str) else target.node.path,
            fix="give a standard one; single failures have no order",
            code="DestinationFifo",
        )
