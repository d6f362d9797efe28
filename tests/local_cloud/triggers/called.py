"""What the handlers of these tests do: they print the event, and fail on what has the word "bad" in it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import WellArchitectedFunction
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud
    from cdk_lambda_patterns.local_cloud.resources import Function

PRINTS = """
import base64, gzip, json

def text(event):
    logged = event.get("awslogs")
    return gzip.decompress(base64.b64decode(logged["data"])).decode() if logged else json.dumps(event)

def handler(event, context):
    print("EVENT " + json.dumps(event))
    if "bad" in text(event):
        raise ValueError("as told")
"""

ARN_OF_FUNCTION = re.compile(r"arn:aws:lambda:us-east-1:000000000000:function:[\w-]+:live")


def printer(scope: Construct, construct_id: str = "Printer") -> WellArchitectedFunction:
    """A function that prints what it gets."""
    return WellArchitectedFunction(
        scope,
        construct_id,
        code=lambda_.Code.from_inline(PRINTS),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )


def events_of(function: Function, count: int = 1, *, within: float = 15) -> list[dict[str, Any]]:
    """The events that a function got, in order, as soon as there are so many.

    Raises:
        TimeoutError: There are fewer.
    """

    def printed() -> list[dict[str, Any]]:
        found = [json.loads(line.partition("EVENT ")[2]) for line in function.logs() if line.startswith("EVENT ")]
        return found if len(found) >= count else []

    return eventually(printed, within=within)


def lines_of(function: Function, word: str, *, within: float = 15) -> list[str]:
    """All lines that a function logged, as soon as the word is in one of them.

    Raises:
        TimeoutError: It is in none.
    """

    def logged() -> list[str]:
        lines = function.logs()
        return lines if any(word in line for line in lines) else []

    return eventually(logged, within=within)


def failed(deployed: Deployment, construct: str = "Printer") -> dict[str, Any]:
    """The event that a function failed on, as its failure queue keeps it: Lambda's record, after three tries.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    record: dict[str, Any] = deployed.queue(f"{construct}/FailureQueue").receive(within=20).body
    context = record["requestContext"]
    assert ARN_OF_FUNCTION.fullmatch(context["functionArn"])
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 3)
    assert record["responsePayload"]["errorType"] == "ValueError"
    payload: dict[str, Any] = record["requestPayload"]
    return payload


def remove(cloud: LocalCloud, function: Function) -> None:
    """Take a function away from under its trigger, as somebody might by hand."""
    cloud.client("lambda").delete_function(FunctionName=function.physical_id)
