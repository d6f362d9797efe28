"""Where reading a stream begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function.cdk_refusals import expect_type

if TYPE_CHECKING:
    from datetime import datetime

    from cdk_lambda_patterns.validation import Where


class Start(NamedTuple):
    """As the mapping wants it."""

    position: str
    timestamp: float | None = None
    """Seconds since 1970."""


def check_start(where: Where, position: lambda_.StartingPosition | None, timestamp: datetime | None) -> Start:
    """Where reading begins; the oldest record if nothing is said.

    Args:
        where: The trigger.
        position: The position.
        timestamp: The moment, which is enough to say.

    Raises:
        ValidationError: One without the other, or a moment without a time zone.
    """
    at_timestamp = lambda_.StartingPosition.AT_TIMESTAMP
    expect_type(where, "starting_position", position, "AT_TIMESTAMP", "aws_lambda.StartingPosition")
    expect_type(where, "starting_position_timestamp", timestamp, "isoformat", "datetime")
    if timestamp is None:
        if position is at_timestamp:
            where.refuse(
                "starting_position",
                "must come with 'starting_position_timestamp'",
                got="AT_TIMESTAMP alone",
                fix="say from what moment on",
                code="TimestampMissing",
            )
        return Start(practices.STREAM_STARTING_POSITION if position is None else position.value)
    if position not in {None, at_timestamp}:
        where.refuse(
            "starting_position_timestamp",
            "must be left out unless reading begins AT_TIMESTAMP",
            got=timestamp.isoformat(),
            fix="leave one of the two out",
            code="TimestampUnused",
        )
    if timestamp.tzinfo is None:
        where.refuse(
            "starting_position_timestamp",
            "must have a time zone",
            got=timestamp.isoformat(),
            fix="write datetime(..., tzinfo=UTC)",
            code="TimestampWithoutZone",
        )
    return Start(at_timestamp.value, timestamp.timestamp())
