"""The buckets that triggers define: encrypted, TLS only, versioned, closed to the public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_s3 as s3

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function.durations import seconds

if TYPE_CHECKING:
    from constructs import Construct


def define_bucket(scope: Construct) -> s3.Bucket:
    """A bucket that stays when the stack goes, and forgets parts of uploads that were never finished.

    Args:
        scope: The construct that it is part of, as `Bucket`.
    """
    return s3.Bucket(
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
