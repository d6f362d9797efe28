"""Books invoices. The record is SNS's: the publisher's text is in its message, also where it is JSON."""

import json
import logging
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> None:
    for record in event["Records"]:  # always one
        message = record["Sns"]
        invoice = json.loads(message["Message"])
        logger.info("%s: %s %s", message["MessageId"], invoice["number"], invoice["total"])
