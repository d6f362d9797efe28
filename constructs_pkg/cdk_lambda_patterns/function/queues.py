"""Queues: encrypted, TLS only; and those where failures end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_sqs as sqs

from cdk_lambda_patterns import practices

from .acknowledgments import acknowledge_end_of_failures
from .durations import seconds
from .queue_policy import TlsOnlyQueue

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from constructs import Construct


def define_queue(
    scope: Construct,
    construct_id: str,
    *,
    fifo: bool,
    encryption_key: kms.IKey | kms.Key | None,
    stack: cdk.Stack | None = None,
    **options: Any,  # noqa: ANN401 - options of aws_sqs.Queue
) -> sqs.Queue:
    """A queue that is encrypted, with a customer's key if one is given, and that refuses plain connections.

    Args:
        scope: The construct that this one is part of.
        construct_id: Its name there.
        fifo: Whether it is a FIFO queue.
        encryption_key: The customer's key.
        stack: The stack that it is in, where that is known: who asks pays a message to Node.
        **options: Other options of `aws_sqs.Queue`.
    """
    if encryption_key is None:
        options["encryption"] = sqs.QueueEncryption.SQS_MANAGED
    else:
        options["encryption_master_key"] = encryption_key
    if fifo:
        # Only when true: CloudFormation refuses the property on a standard queue.
        options["fifo"] = True
    return TlsOnlyQueue(scope, construct_id, stack=stack, **options)


def define_dead_letter_queue(
    scope: Construct,
    *,
    fifo: bool = False,
    encryption_key: kms.IKey | kms.Key | None = None,
    construct_id: str = "DeadLetterQueue",
    stack: cdk.Stack | None = None,
) -> sqs.Queue:
    """A queue for what could not be delivered or processed, kept for as long as SQS keeps anything.

    Args:
        scope: The construct that this one is part of.
        fifo: Whether it is a FIFO queue, as the dead-letter queue of a FIFO queue must be.
        encryption_key: The customer's key.
        construct_id: Its name in the scope.
        stack: The stack that it is in, where that is known.
    """
    queue = define_queue(
        scope,
        construct_id,
        fifo=fifo,
        encryption_key=encryption_key,
        stack=stack,
        retention_period=seconds(practices.FAILURE_QUEUE_RETENTION_SECONDS),
    )
    acknowledge_end_of_failures(queue)
    return queue
