"""Pays back two weeks after a parcel came back. After the wait the code is replayed: what is done is not done again."""

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution  # type: ignore[import-not-found]
from aws_durable_execution_sdk_python.config import Duration  # type: ignore[import-not-found]


def refund(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    parcel = context.step(lambda _: {"order": event["order"], "state": "received"}, name="receive")
    context.wait(Duration.from_days(14), name="let the customer complain")
    return dict(context.step(lambda _: {**parcel, "state": "paid back"}, name="pay back"))


handler = durable_execution(refund)
