"""Reads one order."""

import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any] | None:
    item = table.get_item(Key={"id": event["id"]}).get("Item")
    return None if item is None else dict(item)
