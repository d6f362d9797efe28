"""Counts what waits in a queue."""

from typing import Any

import boto3

sqs = boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=event["queue"], AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])
