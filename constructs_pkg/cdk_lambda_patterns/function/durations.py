"""Durations as the CDK wants them, made once a process: each one costs a message to Node."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NoReturn, cast

from aws_cdk import Duration

from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from cdk_lambda_patterns.quotas import Quota
    from cdk_lambda_patterns.validation import Where

_AMOUNT = re.compile(r"\d+(\.\d+)?")
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}


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
        refuse_number(where, prop, duration, unit=_meant(duration, quota, unit))
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


def refuse_number(where: Where, prop: str, value: object, *, unit: str) -> NoReturn:
    """Refuse what is no duration: a bare number above all.

    Args:
        where: The construct.
        prop: The property, as the user typed it.
        value: The value.
        unit: What a number is probably meant in.
    """
    where.refuse(
        prop,
        "must be an aws_cdk.Duration",
        got=repr(value),
        fix=f"write Duration.{unit}({value if _AMOUNT.fullmatch(str(value)) else '...'})",
        code="DurationExpected",
    )


def _meant(value: object, quota: Quota, unit: str) -> str:
    """The unit in which the quota admits a number: what CloudFormation counts in, if that does, else the shortest."""
    amount = float(str(value)) if _AMOUNT.fullmatch(str(value)) else 0
    return next((name for name in (unit, *_SECONDS) if quota.admits(amount * _SECONDS[name])), unit)


def as_seconds(duration: Duration | None, known: float | None) -> float | None:
    """The duration as a plain resource wants it: in seconds, or the token that will be them.

    Args:
        duration: The duration.
        known: What `duration_within` or `in_seconds` said of it.
    """
    return known if duration is None or known is not None else duration.to_seconds()
