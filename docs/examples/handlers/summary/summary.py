"""Sums up a day. It is told for which moment it runs: when it is tried again that is still the same day."""

import logging
from datetime import datetime, timedelta
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> dict[str, str]:
    day = datetime.fromisoformat(event["scheduled"]).date() - timedelta(days=1)
    logger.info("summing up %s", day)
    return {"day": day.isoformat()}
