"""Where an event or a message goes that its target does not take."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import delivery
from .emulator import Record, module, part, parts

if TYPE_CHECKING:
    from collections.abc import Generator

_logger = logging.getLogger("fidelity.undelivered")


@dataclass(frozen=True)
class Undelivered:
    """An event that a target did not take."""

    payload: str
    code: str
    """Why, as EventBridge's dead-letter queues name it."""
    message: str


_collected: ContextVar[list[Undelivered] | None] = ContextVar("undelivered", default=None)


@contextmanager
def collecting() -> Generator[list[Undelivered]]:
    """Collect what is given up meanwhile."""
    collected: list[Undelivered] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)


def give_up(event: Undelivered) -> None:
    """Give an event up: it is lost, unless somebody collects."""
    collected = _collected.get()
    if collected is not None:
        collected.append(event)


def redrive(topic_arn: str, endpoint: str, envelope: str) -> None:
    """Send a message to the dead-letter queue of the subscription that did not take it; without one, it is lost."""
    topic: Record | None = module("services.sns")._topics.get(topic_arn)
    for subscription in parts(topic, "subscriptions"):
        policy = part(subscription, "attributes").get("RedrivePolicy")
        if subscription.get("endpoint") == endpoint and policy:
            send_later(json.loads(policy)["deadLetterTargetArn"], envelope, {})


def send_later(queue_arn: str, body: str, attributes: Record) -> None:
    """Send to a queue from a thread of its own: whoever delivers events may be serving a request."""

    def send() -> None:
        try:
            delivery.send_to_queue(queue_arn, body, attributes)
        except Exception:
            _logger.exception("what was not delivered could not be sent to %s", queue_arn)

    module("core.concurrency").spawn_background(send, thread_name="dead-letter")
