"""The queues that triggers define: encrypted, TLS only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.acknowledgments import acknowledge_end_of_failures
from cdk_lambda_patterns.function.durations import seconds
from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct


def define_queue(
    scope: Construct,
    construct_id: str,
    *,
    fifo: bool,
    encryption_key: kms.IKey | kms.Key | None,
    **options: Any,  # noqa: ANN401 - options of aws_sqs.Queue
) -> sqs.Queue:
    """A queue that is encrypted, with a customer's key if one is given, and that refuses plain connections.

    Args:
        scope: The construct that this one is part of.
        construct_id: Its name there.
        fifo: Whether it is a FIFO queue.
        encryption_key: The customer's key.
        **options: Other options of `aws_sqs.Queue`.
    """
    if encryption_key is None:
        options["encryption"] = sqs.QueueEncryption.SQS_MANAGED
    else:
        options["encryption_master_key"] = encryption_key
    if fifo:
        # Only when true: CloudFormation refuses the property on a standard queue.
        options["fifo"] = True
    return sqs.Queue(scope, construct_id, enforce_ssl=True, **options)


def check_retentions(scope: Construct, queue: sqs.CfnQueue, dead_letter_queue: sqs.IQueue) -> None:
    """Warn of a dead-letter queue in which messages do not outlive their source.

    A message of a standard queue keeps its age when it moves: what has waited 13 days in the source is deleted after
    one more in a dead-letter queue that keeps 14. A FIFO queue's message begins anew.
    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

    Args:
        scope: What the warning is about.
        queue: The source.
        dead_letter_queue: Its dead-letter queue.
    """
    given = dead_letter_queue.node.default_child
    if queue.fifo_queue is True or not isinstance(given, sqs.CfnQueue):
        return
    kept, source = (
        quotas.QUEUE_DEFAULT_RETENTION_SECONDS if period is None else period
        for period in (given.message_retention_period, queue.message_retention_period)
    )
    if is_token(kept) or is_token(source) or kept > source:
        return
    cdk.Annotations.of(scope).add_warning_v2(
        "cdk-lambda-patterns:deadLetterRetention",
        f"the dead-letter queue keeps messages {kept:,.12g} seconds, the queue before it {source:,.12g}: a message "
        "keeps its age when it moves, so a late failure is deleted soon after. Let the queue keep less, or its "
        "dead-letter queue more (up to 14 days)",
    )


def define_dead_letter_queue(
    scope: Construct,
    *,
    fifo: bool = False,
    encryption_key: kms.IKey | kms.Key | None = None,
    construct_id: str = "DeadLetterQueue",
) -> sqs.Queue:
    """A queue for what could not be delivered or processed, kept for as long as SQS keeps anything.

    Args:
        scope: The construct that this one is part of.
        fifo: Whether it is a FIFO queue, as the dead-letter queue of a FIFO queue must be.
        encryption_key: The customer's key.
        construct_id: Its name in the scope.
    """
    queue = define_queue(
        scope,
        construct_id,
        fifo=fifo,
        encryption_key=encryption_key,
        retention_period=seconds(practices.FAILURE_QUEUE_RETENTION_SECONDS),
    )
    acknowledge_end_of_failures(queue)
    return queue
