"""Adds up sales. A batch that it cannot read is tried again, and then reported to the failure queue."""

import base64
import json
import logging
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> None:
    total = 0
    for records in event["records"].values():
        for record in records:
            total += json.loads(base64.b64decode(record["value"]))["amount"]
    logger.info("sold for %s", total)
