"""Sends the invoice of an order, which is in a table, to be printed."""

import json
import os
from typing import Any

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> None:
    order = table.get_item(Key={"id": event["order"]})["Item"]
    invoice = {"to": order["customer"], "total": str(order["total"])}
    sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps(invoice))
