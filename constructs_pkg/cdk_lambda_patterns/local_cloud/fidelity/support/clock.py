"""Times as AWS writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(epoch: float | None = None) -> str:
    """A time with milliseconds in UTC, for example `2019-11-14T18:16:05.568Z`; now if none is given."""
    when = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(epoch, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"
