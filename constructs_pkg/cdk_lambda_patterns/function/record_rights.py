"""The least with which a role can send records of invocations: to a queue, a topic or a bucket.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from aws_cdk import aws_iam as iam, aws_lambda as lambda_, aws_s3 as s3, aws_sns as sns, aws_sqs as sqs

from .acknowledgments import acknowledge_wildcard
from .keys import let_use

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import IConstruct

Sender: TypeAlias = lambda_.Function | iam.IRole | iam.Role
"""A function, or its role seen from another stack."""

_OBJECTS = "aws/lambda/*"
"""Lambda's keys: `aws/lambda/<mapping>/<shard>/<day>/...` and `aws/lambda/async/<function>/<day>/...`."""


def let_send(sender: Sender, target: sqs.QueueBase | sns.TopicBase | s3.BucketBase) -> str:
    """Let records be sent, also where a customer's key guards what they are sent to.

    Args:
        sender: Who sends them.
        target: Where they go.

    Returns:
        Its ARN.
    """
    if isinstance(target, s3.BucketBase):
        return _let_put(sender, target)
    if isinstance(target, sqs.QueueBase):
        action, arn, key = "sqs:SendMessage", target.queue_arn, target.encryption_master_key
    else:
        action, arn, key = "sns:Publish", target.topic_arn, target.master_key
    let_send_with(sender, action, arn, key)
    return arn


def let_send_with(sender: Sender, action: str, arn: str, key: kms.IKey | kms.Key | None) -> None:
    """Let records be sent to what is known already.

    Args:
        sender: Who sends them.
        action: As `sqs:SendMessage`.
        arn: Where they go.
        key: The customer's key of it.
    """
    iam.Grant.add_to_principal(grantee=cast("iam.IGrantable", sender), actions=[action], resource_arns=[arn])
    if key is not None:
        let_use(sender, key, "kms:Decrypt", "kms:GenerateDataKey")


def _let_put(sender: Sender, bucket: s3.BucketBase) -> str:
    """Let records be put, and only while the bucket is this account's: its name could become somebody else's."""
    account = {"StringEquals": {"s3:ResourceAccount": bucket.env.account}}
    arn, objects = bucket.bucket_arn, bucket.arn_for_objects(_OBJECTS)
    for action, resource in (("s3:PutObject", objects), ("s3:ListBucket", arn)):
        iam.Grant.add_to_principal(
            grantee=cast("iam.IGrantable", sender), actions=[action], resource_arns=[resource], conditions=account
        )
    role = sender.role if isinstance(sender, lambda_.Function) else sender
    acknowledge_wildcard(cast("IConstruct", role), objects, "Lambda chooses the names of the objects")
    key = bucket.encryption_key
    if key is not None:
        let_use(sender, key, "kms:GenerateDataKey")
    return arn
