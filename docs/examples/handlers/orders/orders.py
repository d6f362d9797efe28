"""Stores orders; reports those that it cannot read, so that only these come again."""

import json
import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    failed = []
    for record in event["Records"]:
        try:
            table.put_item(Item=json.loads(record["body"]))
        except ValueError:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
