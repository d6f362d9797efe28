"""Policies as plain JSON: one message to Node, where a statement object each would be one more."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import aws_cdk as cdk

if TYPE_CHECKING:
    from collections.abc import Sequence

Statement: TypeAlias = dict[str, Any]


def allow(actions: str | Sequence[str], resources: str | Sequence[str]) -> Statement:
    """A statement that allows actions on resources.

    Args:
        actions: The actions.
        resources: The ARNs.
    """
    return {"Effect": "Allow", "Action": _listed(actions), "Resource": _listed(resources)}


def policy_document(*statements: Statement) -> dict[str, Any]:
    """A policy of these statements.

    Args:
        *statements: The statements.
    """
    return {"Version": "2012-10-17", "Statement": list(statements)}


def arn_here(service: str, resource: str) -> str:
    """The ARN of a resource of this account and Region.

    Args:
        service: The service, as ARNs name it.
        resource: What comes after the account.
    """
    return f"{_of_service(service)}:{resource}"


@cache  # each of the three is a message to Node
def _of_service(service: str) -> str:
    return f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"


def _listed(value: str | Sequence[str]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)
