"""Buckets behind distributions.

What the published emulator does: it asks a bucket's policy for a distribution as if the distribution came without TLS,
and a policy that denies this, as every good one does, answers 403 to every visitor.

What AWS does: CloudFront signs its requests to a bucket and sends them over TLS.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .support.emulator import around, module

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Let distributions come over TLS."""
    iam = module("core.iam_evaluator")

    @around(module("services.s3"), "_cloudfront_origin_allows", "owner, bucket_name, key, source_arn, oai_id")
    def _allows(original: Callable[..., bool], *args: str) -> bool:
        address, _ = iam._request_origin.get()
        token = iam._request_origin.set((address, True))
        try:
            return original(*args)
        finally:
            iam._request_origin.reset(token)
