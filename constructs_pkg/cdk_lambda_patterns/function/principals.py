"""AWS services as IAM principals, made once a process: each one costs a message to Node."""

from __future__ import annotations

from functools import cache
from typing import cast

from aws_cdk import aws_iam as iam


@cache
def service(name: str) -> iam.IPrincipal:
    """The principal of a service.

    Args:
        name: As in `events.amazonaws.com`.
    """
    return cast("iam.IPrincipal", iam.ServicePrincipal(name))
