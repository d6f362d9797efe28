"""Whether messages outlive the queue that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from constructs import Construct


def retention_of(queue: sqs.CfnQueue) -> float | None:
    """How many seconds a queue keeps messages. None where only the deployment knows.

    Args:
        queue: The queue.
    """
    period = queue.message_retention_period
    if period is None:
        return quotas.QUEUE_DEFAULT_RETENTION_SECONDS
    return None if is_token(period) else period


def warn_of_lost_messages(scope: Construct, tries: float, retention: float | None) -> None:
    """Warn of messages that their queue deletes before they are given up: they vanish without a trace.

    Args:
        scope: What the warning is about.
        tries: Seconds that all tries of a message take.
        retention: Seconds that the queue keeps it. None where that is not known.
    """
    if retention is None or tries < retention:
        return
    cdk.Annotations.of(scope).add_warning_v2(
        "cdk-lambda-patterns:triesBeyondRetention",
        f"all tries of a message take {tries:,.12g} seconds, and the queue keeps it {retention:,.12g}: it is deleted "
        "before it reaches the dead-letter queue. Let the queue keep messages longer, or try them less often",
    )


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
    kept, source = retention_of(given), retention_of(queue)
    if kept is None or source is None or kept > source:
        return
    cdk.Annotations.of(scope).add_warning_v2(
        "cdk-lambda-patterns:deadLetterRetention",
        f"the dead-letter queue keeps messages {kept:,.12g} seconds, the queue before it {source:,.12g}: a message "
        "keeps its age when it moves, so a late failure is deleted soon after. Let the queue keep less, or its "
        "dead-letter queue more (up to 14 days)",
    )
