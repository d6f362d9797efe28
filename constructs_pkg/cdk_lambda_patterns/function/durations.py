"""Durations as the CDK wants them, made once a process: each one costs a message to Node."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aws_cdk import Duration

from ..tokens import is_token

if TYPE_CHECKING:
    from ..quotas import Quota
    from ..validation import Where


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


def duration_within(where: Where, prop: str, duration: Duration | None, quota: Quota) -> None:
    """Refuse a duration outside a quota in seconds. None and tokens pass."""
    where.within(prop, in_seconds(duration), quota)
