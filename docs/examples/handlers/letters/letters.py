"""Sorts letters; sets aside those that it cannot read, since they would hold up all others."""

import base64
import json
import logging
import os
from typing import Any

import boto3

logger = logging.getLogger()
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> None:
    for messages in event["rmqMessagesByQueue"].values():
        for message in messages:
            try:
                letter = json.loads(base64.b64decode(message["data"]))
                logger.info("a letter to %s", letter["to"])
            except (KeyError, ValueError):
                sqs.send_message(QueueUrl=os.environ["SET_ASIDE_URL"], MessageBody=json.dumps(message))
