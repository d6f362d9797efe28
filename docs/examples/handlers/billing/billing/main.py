"""Sends what is overdue to a queue."""

import json
from typing import Any

import boto3

from .settings import Settings

SETTINGS = Settings.load()


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    boto3.resource("dynamodb").Table(SETTINGS.invoices).put_item(Item={"id": event["id"], "paid": event["paid"]})
    overdue = not event["paid"] and event["age_days"] > SETTINGS.grace_days
    if overdue:
        reminder = {"id": event["id"], "amount": event["amount"], "currency": SETTINGS.currency}
        boto3.client("sqs").send_message(QueueUrl=SETTINGS.overdue, MessageBody=json.dumps(reminder))
    return {"overdue": overdue, "signed": len(SETTINGS.api_key.value()) > 0}
