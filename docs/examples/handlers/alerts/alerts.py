"""Tells of errors that another function logged. CloudWatch Logs compresses what it sends."""

import base64
import gzip
import json
import logging
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> None:
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    if data["messageType"] != "DATA_MESSAGE":  # a test whether the function can be reached
        return
    for logged in data["logEvents"]:
        # Not at the level that it reads: functions that read each other's errors must not go round in circles.
        logger.info("%s: %s", data["logGroup"], logged["message"].strip())
