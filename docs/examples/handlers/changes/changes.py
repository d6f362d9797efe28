"""Confirms new orders; reports the first one without a customer: those before it are done."""

import logging
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for record in event["Records"]:
        order = record["dynamodb"]["NewImage"]
        if "customer" not in order:
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        logger.info("%s is confirmed to %s", order["id"]["S"], order["customer"]["S"])
    return {"batchItemFailures": []}
