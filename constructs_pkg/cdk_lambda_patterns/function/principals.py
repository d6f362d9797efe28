"""AWS services as IAM principals, made once a process: each one costs a message to Node."""

from __future__ import annotations

from functools import cache
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam


@cache
def service_in_account(name: str) -> iam.IPrincipal:
    """The principal of a service, when it acts for this account: nobody else's resources can borrow the right.

    Args:
        name: As in `scheduler.amazonaws.com`.
    """
    conditions = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
    return cast("iam.IPrincipal", iam.ServicePrincipal(name, conditions=conditions))


@cache
def service(name: str) -> iam.IPrincipal:
    """The principal of a service.

    Args:
        name: As in `events.amazonaws.com`.
    """
    return cast("iam.IPrincipal", iam.ServicePrincipal(name))
