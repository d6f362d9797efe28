"""Indexes documents; sets aside those that it cannot read, since they would hold up all others."""

import json
import logging
import os
from typing import Any

import boto3

logger = logging.getLogger()
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> None:
    for change in (entry["event"] for entry in event["events"]):
        try:
            logger.info("%s of %s", change["operationType"], change["fullDocument"]["title"])
        except KeyError:
            sqs.send_message(QueueUrl=os.environ["SET_ASIDE_URL"], MessageBody=json.dumps(change))
