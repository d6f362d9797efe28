"""Durations as the CDK wants them, made once a process: each one costs a message to Node."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, cast

from aws_cdk import Duration

from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from cdk_lambda_patterns.quotas import Quota
    from cdk_lambda_patterns.validation import Where

_AMOUNT = re.compile(r"\d+(\.\d+)?")


@cache
def seconds(amount: int) -> Duration:
    """A duration of whole seconds, shared: durations never change."""
    return Duration.seconds(amount)


def in_seconds(duration: Duration | None) -> float | None:
    """The duration in seconds; None where it is left out or only known at deployment."""
    if duration is None or duration.is_unresolved():
        return None
    value = duration.to_seconds(integral=False)
    return None if is_token(value) else float(value)


def duration_within(
    where: Where, prop: str, duration: Duration | None, quota: Quota, *, unit: str = "seconds"
) -> float | None:
    """Refuse what is no duration within a quota in seconds. None and tokens pass.

    Args:
        where: The construct.
        prop: The property, as the user typed it.
        duration: The duration.
        quota: Its limit.
        unit: What CloudFormation counts it in: nothing converts a token.

    Returns:
        The duration in seconds; None where it is left out or only known at deployment.
    """
    if duration is None:
        return None
    if not isinstance(cast("object", duration), Duration):
        where.refuse(
            prop,
            "must be an aws_cdk.Duration",
            got=repr(duration),
            fix=f"write Duration.seconds({duration if _AMOUNT.fullmatch(str(duration)) else '...'})",
            code="DurationExpected",
        )
    amount = in_seconds(duration)
    if amount is None and (given := duration.unit_label()) != unit:
        where.refuse(
            prop,
            f"must be in {unit} where only the deployment knows how many",
            got=f"a token in {given}",
            fix=f"write Duration.{unit}(...)",
            code="DurationUnit",
        )
    where.within(prop, amount, quota)
    return amount


def as_seconds(duration: Duration | None, known: float | None) -> float | None:
    """The duration as a plain resource wants it: in seconds, or the token that will be them.

    Args:
        duration: The duration.
        known: What `duration_within` or `in_seconds` said of it.
    """
    return known if duration is None or known is not None else duration.to_seconds()
