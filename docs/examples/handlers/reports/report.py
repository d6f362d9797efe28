"""Makes a report."""

from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"month": event["month"], "total": sum(event["amounts"])}
