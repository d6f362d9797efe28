"""Resources that stay when they leave the stack, also where all of an app is to be removed with it.

`RemovalPolicies.of(stage).destroy()`, as for a stage that people try things in, is about data. It must not take away
what is still in use after a deployment: the version that an execution runs on, the policy that a queue got meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_lambda_patterns.validation import shown

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from cdk_lambda_patterns.validation import Where

LATE = 900
"""After aspects that change resources (200) and those that do not say what they do (500), before those that read
(1,000)."""


def check_removal_policy(where: Where, prop: str, policy: object) -> None:
    """Refuse what CloudFormation does not do with log groups and files. None passes.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html

    Args:
        where: The construct.
        prop: The property.
        policy: What the user gave.

    Raises:
        ValidationError: A snapshot, which is for other resources, or no removal policy.
    """
    if policy is not None and (not isinstance(policy, cdk.RemovalPolicy) or policy is cdk.RemovalPolicy.SNAPSHOT):
        where.refuse(
            prop,
            "must be RETAIN, RETAIN_ON_UPDATE_OR_DELETE or DESTROY of aws_cdk.RemovalPolicy",
            got=policy.name if isinstance(policy, cdk.RemovalPolicy) else shown(policy),
            fix="choose one of them, or leave it out",
            code="RemovalPolicyInvalid",
        )


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
