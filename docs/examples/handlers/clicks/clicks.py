"""Counts clicks; reports the first record that it cannot read: those before it are done."""

import base64
import json
import logging
from collections import Counter
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    pages: Counter[str] = Counter()
    for record in event["Records"]:
        try:
            click = json.loads(base64.b64decode(record["kinesis"]["data"]))
            pages[click["page"]] += 1
        except (KeyError, ValueError):
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
    logger.info("%s", pages)
    return {"batchItemFailures": []}
