"""The local cloud: deploy the same app to a process on this machine, send real events, see what landed where."""

from __future__ import annotations

from cdk_lambda_patterns.errors import LocalCloudError

from .cloud import LocalCloud, Recorded

__all__ = ["LocalCloud", "LocalCloudError", "Recorded"]
