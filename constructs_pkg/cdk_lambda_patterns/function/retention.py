"""Resources that stay when they leave the stack, also where all of an app is to be removed with it.

`RemovalPolicies.of(stage).destroy()`, as for a stage that people try things in, is about data. It must not take away
what is still in use after a deployment: the version that an execution runs on, the policy that a queue got meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

LATE = 900
"""After aspects that change resources (200) and those that do not say what they do (500), before those that read
(1,000)."""


def keep(resource: cdk.CfnResource | cdk.Resource, policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN) -> None:
    """Let a resource stay until what it belongs to goes.

    Args:
        resource: The resource.
        policy: How it stays.
    """
    resource.apply_removal_policy(policy)
    cdk.RemovalPolicies.of(resource).apply(policy, priority=LATE)


def keep_versions(version: lambda_.Version) -> None:
    """Let the versions of a function stay when there is a new one. They go with the function.

    Args:
        version: The current one.
    """
    keep(version, cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
