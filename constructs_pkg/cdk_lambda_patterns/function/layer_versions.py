"""A function's version changes with the content of its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns.tokens import is_token

from .function_checks import member

if TYPE_CHECKING:
    from collections.abc import Iterable

_FLAG = "@aws-cdk/aws-lambda:recognizeLayerVersion"


def follow_layers(function: lambda_.Function, layers: Iterable[lambda_.ILayerVersion]) -> None:
    """Have a new version published when a layer has other content.

    The CDK does so under a feature flag that `cdk init` turns on. Without the flag the version, and with it the alias,
    would stay on the old layer.
    Source: https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cx-api/FEATURE_FLAGS.md

    Args:
        function: The function.
        layers: Its layers. Those from outside of this app are named by their versions, which change by themselves.
    """
    if cdk.FeatureFlags.of(function).is_enabled(_FLAG):
        return
    for layer in layers:
        resource = layer.node.default_child
        if isinstance(resource, lambda_.CfnLayerVersion):
            key = member(resource.content, "s3_key")
            if isinstance(key, str) and not is_token(key):
                function.invalidate_version_based_on(key)
