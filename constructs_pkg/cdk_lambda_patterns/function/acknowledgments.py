"""Findings of cdk-nag that are none here, acknowledged so that nobody has to.

Only where cdk-nag is imported before the construct is defined: each costs messages to Node.
Source: https://github.com/cdklabs/cdk-nag
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import IConstruct


def is_wanted() -> bool:
    """Whether the app uses cdk-nag."""
    return "cdk_nag" in sys.modules


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Acknowledge a finding of the pack AwsSolutions.

    Args:
        construct: What it is found in.
        finding: Its id without the pack, as in `SQS3` or `IAM5[Resource::*]`.
        reason: Why it is none.
    """
    if is_wanted():
        acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
        cdk.Validations.of(construct).acknowledge(acknowledgment)


def acknowledge_end_of_failures(queue: IConstruct) -> None:
    """Acknowledge that a queue of failures has no dead-letter queue itself."""
    acknowledge(queue, "SQS3", "failures end here: an alarm says so as soon as it holds anything")


def acknowledge_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """Acknowledge a resource of a policy that has a wildcard. Others pass.

    Args:
        construct: The policy, or the role with it.
        resource: The resource, as the statement has it.
        reason: Why it is needed.
    """
    if is_wanted() and "*" in resource:
        shown = _as_cdk_nag_writes(cdk.Stack.of(construct).resolve(resource))
        acknowledge(construct, f"IAM5[Resource::{shown}]", reason)


def _as_cdk_nag_writes(resource: Any) -> str:  # noqa: ANN401 (intrinsic functions)
    """An ARN with its references in angle brackets."""
    match resource:
        case str():
            return resource
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(_as_cdk_nag_writes(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case _:
            return "*"
