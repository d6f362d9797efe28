"""Schedules: when they fire, and what EventBridge Scheduler sends to its target."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud


def sent(lab: Lab, **target: str) -> Any:  # noqa: ANN401 - any JSON
    """What a schedule that is due sends to a queue."""
    queue = lab.queue()
    due = datetime.now(UTC) - timedelta(seconds=1)
    lab.client("scheduler").create_schedule(
        Name=queue.name,
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue.arn, "RoleArn": f"arn:aws:iam::{lab.account}:role/x", **target},
    )
    return queue.body(within=12)


INPUT = json.dumps({"when": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>", "x": "<kept>"})


def test_a_schedule_that_is_due_fires_soon_with_its_context_in_the_input(faithful: Lab) -> None:
    started = time.monotonic()

    body = sent(faithful, Input=INPUT)

    assert time.monotonic() - started < 4

    assert datetime.fromisoformat(body["when"]) <= datetime.now(UTC)
    assert body["when"].endswith("Z")
    assert body["by"].startswith(f"arn:aws:scheduler:us-east-1:{faithful.account}:schedule/default/")
    assert body["x"] == "<kept>"


def test_without_an_input_the_detail_is_a_text(faithful: Lab) -> None:
    body = sent(faithful)

    assert (body["source"], body["detail-type"], body["detail"]) == ("aws.scheduler", "Scheduled Event", "{}")


def test_the_published_emulator_leaves_context_attributes_as_they_are(stock: Lab) -> None:
    assert sent(stock, Input=INPUT)["when"] == "<aws.scheduler.scheduled-time>"
