"""Which services may put what they could not deliver into a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from cdk_lambda_patterns.function import principals

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs

_senders: set[tuple[str, str, str]] = set()


def let_send(queue: sqs.IQueue, service: str, source_arn: str) -> None:
    """Let a service send to a queue, once for all sources that the ARN stands for.

    A queue with a customer's key also needs the service among the key's users.

    Args:
        queue: The queue.
        service: As `events.amazonaws.com`.
        source_arn: On whose behalf the service sends, with wildcards for several.
    """
    queue_arn = queue.queue_arn
    if (queue_arn, service, source_arn) in _senders:
        return
    _senders.add((queue_arn, service, source_arn))
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sqs:SendMessage"],
            principals=[principals.service(service)],
            resources=[queue_arn],
            conditions={"ArnLike": {"aws:SourceArn": source_arn}},
        )
    )
    key = queue.encryption_master_key
    if key is not None:
        key.grant(principals.service(service), "kms:Decrypt", "kms:GenerateDataKey*")
