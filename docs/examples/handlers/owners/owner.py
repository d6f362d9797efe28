"""Tells AWS Config which functions have an owner."""

import json
from typing import Any

import boto3

config = boto3.client("config")


def handler(event: dict[str, Any], _context: object) -> None:
    item = json.loads(event["invokingEvent"])["configurationItem"]
    gone = event["eventLeftScope"] or item["configurationItemStatus"] == "ResourceDeleted"
    evaluation = {
        "ComplianceResourceType": item["resourceType"],
        "ComplianceResourceId": item["resourceId"],
        "ComplianceType": "NOT_APPLICABLE" if gone else compliance_of(item["tags"]),
        "OrderingTimestamp": item["configurationItemCaptureTime"],
    }
    config.put_evaluations(Evaluations=[evaluation], ResultToken=event["resultToken"])


def compliance_of(tags: dict[str, str]) -> str:
    return "COMPLIANT" if tags.get("owner") else "NON_COMPLIANT"
