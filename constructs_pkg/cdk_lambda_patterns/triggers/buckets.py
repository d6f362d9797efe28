"""The buckets that triggers define: encrypted, TLS only, versioned, closed to the public; and what they report."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_s3 as s3

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function.durations import seconds

if TYPE_CHECKING:
    from constructs import Construct

_REPORTING = s3.CfnBucket.NotificationConfigurationProperty(
    event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
)


def define_bucket(scope: Construct, *, reporting: bool = False) -> s3.Bucket:
    """A bucket that stays when the stack goes, and forgets parts of uploads that were never finished.

    Args:
        scope: The construct that it is part of, as `Bucket`.
        reporting: Whether it reports to EventBridge.
    """
    bucket = s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=practices.MINIMUM_TLS_VERSION,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=seconds(practices.ABORT_MULTIPART_UPLOAD_SECONDS),
            )
        ],
    )
    if reporting:
        cast("s3.CfnBucket", bucket.node.default_child).notification_configuration = _REPORTING
    return bucket


def report_to_event_bridge(bucket: s3.Bucket) -> None:
    """Have a bucket report to EventBridge, natively where that is possible.

    Args:
        bucket: A bucket of this app.
    """
    if _is_configured_by_cdk(bucket):
        bucket.enable_event_bridge_notification()
        return
    resource = cast("s3.CfnBucket", bucket.node.default_child)
    if resource.notification_configuration is None:
        resource.notification_configuration = _REPORTING
    else:
        resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)


def keep_reporting(bucket: s3.IBucket) -> None:
    """At synthesis: have a bucket go on reporting, though the CDK has come to configure it since.

    Args:
        bucket: A bucket that was made to report.
    """
    if isinstance(bucket, s3.Bucket) and _is_configured_by_cdk(bucket):
        bucket.enable_event_bridge_notification()


def _is_configured_by_cdk(bucket: s3.Bucket) -> bool:
    """Whether the CDK's custom resource owns the bucket's whole configuration, and would overwrite ours."""
    return bucket.node.try_find_child("Notifications") is not None
