"""Puts the first items into a table. Items that were there before stay when the resource goes."""

from typing import Any

import boto3


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    properties = event["ResourceProperties"]
    if event["RequestType"] != "Delete":
        table = boto3.resource("dynamodb").Table(properties["Table"])
        for plan in properties["Plans"]:
            table.put_item(Item={"id": plan})
    return {"PhysicalResourceId": properties["Table"], "Data": {"Count": len(properties["Plans"])}}
