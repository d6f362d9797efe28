"""Schedules: when they fire, and what EventBridge Scheduler sends to its target.

What the published emulator does: it looks for schedules that are due every ten seconds. It leaves context attributes
such as `<aws.scheduler.scheduled-time>` in the input as they are, and sends a `detail` that is an object where a
schedule has no input.

What AWS does: it fires within a second or so, and replaces context attributes; without an input, `detail` is the text
`{}`.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from .support.emulator import Record, around, module, replace_value

if TYPE_CHECKING:
    from collections.abc import Callable


_EVERY_SECONDS = 1


def apply() -> None:
    """Look more often, and write the target's input out before the emulator sends it."""
    eventbridge = module("services.eventbridge")
    for owner, name in (
        (eventbridge, "_SCHEDULER_TICK_INTERVAL"),
        (module("services.scheduler"), "_SCHEDULE_TICK_INTERVAL"),
    ):
        replace_value(owner, name, _EVERY_SECONDS)

    @around(eventbridge, "_invoke_target", "target, event, rule, view")
    def _invoke(
        original: Callable[..., None], target: Record, event: Record, rule: Record, view: object = None
    ) -> None:
        if event.get("Source") == "aws.scheduler":
            target = {**target, "Input": _input(target.get("Input"), event)}
        original(target, event, rule, view)


def _input(given: str | None, event: Record) -> str:
    eventbridge = module("services.eventbridge")
    if not given:
        return json.dumps({**eventbridge._pattern_event_view(event).envelope(), "detail": "{}"})
    for attribute, value in {
        "schedule-arn": event["Resources"][0],
        "scheduled-time": eventbridge._event_time_string(event),
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }.items():
        given = given.replace(f"<aws.scheduler.{attribute}>", value)
    return given
