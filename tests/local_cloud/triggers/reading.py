"""What the handlers of these tests do: they print the event, and fail on the records whose content is "bad"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, aws_lambda as lambda_

from cdk_lambda_patterns import WellArchitectedFunction
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.local_cloud.resources import Function

READS = """
import base64, json

def content(record):
    if "body" in record:
        return record["body"]
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    return record["dynamodb"]["Keys"]["id"]["S"]

def identifier(record):
    return record.get("messageId") or record.get("kinesis", record.get("dynamodb")).get(
        "sequenceNumber", record.get("dynamodb", {}).get("SequenceNumber"))

def reports(event, context):
    print("EVENT " + json.dumps(event))
    failed = [record for record in event["Records"] if "bad" in content(record)]
    return {"batchItemFailures": [{"itemIdentifier": identifier(record)} for record in failed]}

def raises(event, context):
    print("EVENT " + json.dumps(event))
    contents = [content(record) for record in event["Records"]]
    if any("bad" in text for text in contents):
        raise ValueError(contents)
"""


def reader(scope: Construct, construct_id: str = "Reader", *, handler: str = "reports") -> WellArchitectedFunction:
    """A function that reports or raises on what is bad, and whose queues hide messages for six seconds."""
    return WellArchitectedFunction(
        scope,
        construct_id,
        code=lambda_.Code.from_inline(READS),
        handler=f"index.{handler}",
        runtime=lambda_.Runtime.PYTHON_3_13,
        timeout=Duration.seconds(1),
    )


def records_of(function: Function, count: int, *, within: float = 10) -> list[dict[str, Any]]:
    """The records that a function has been given, in order, as soon as there are so many.

    Raises:
        TimeoutError: There are fewer.
    """

    def records() -> list[dict[str, Any]]:
        events = [json.loads(line.partition("EVENT ")[2]) for line in function.logs() if line.startswith("EVENT ")]
        found = [record for event in events for record in event["Records"]]
        return found if len(found) >= count else []

    return eventually(records, within=within)
