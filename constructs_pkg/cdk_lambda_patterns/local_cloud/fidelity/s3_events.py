"""Events of buckets on the default event bus.

What the published emulator does: it sends them in nearly the documented shape, with a field that AWS does not send,
without the object's version, with a size for deleted objects, and with one id for both the event and the request.

What AWS does: see its documentation. The object's key is as it is, unlike in a notification, where it is URL-encoded.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import json
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .support.emulator import Record, around, module

if TYPE_CHECKING:
    from collections.abc import Callable

_SEQUENCER_DIGITS = 16

_version: ContextVar[str | None] = ContextVar("object_version", default=None)
"""The version of the object that the current thread sends events about."""


def apply() -> None:
    """Bring the event into its documented shape on its way to the bus."""
    s3 = module("services.s3")
    eventbridge = module("services.eventbridge")

    @around(
        s3,
        "_fire_s3_event",
        "bucket_name, key, event_name, size, etag, deletion_type, restore_event_data, version_id, sequencer, "
        "object_extra, record_extra",
    )
    def _fire(original: Callable[..., None], *args: object, version_id: str | None = None, **kwargs: object) -> None:
        token = _version.set(version_id)
        try:
            original(*args, version_id=version_id, **kwargs)
        finally:
            _version.reset(token)

    @around(eventbridge, "_dispatch_event", "event, view")
    def _dispatch(original: Callable[..., None], event: Record, view: object = None) -> None:
        if event.get("Source") == "aws.s3" and view is None:
            event = {
                **event,
                "EventId": str(uuid.uuid4()),
                "Time": f"{str(event['Time']).partition('.')[0].rstrip('Z')}Z",
                "Detail": json.dumps(_as_documented(event)),
            }
        original(event, view)


def _as_documented(event: Record) -> Record:
    detail: Record = json.loads(event["Detail"])
    detail.pop("event-version", None)
    told: Record = detail["object"]
    about: Record = {"key": told["key"]}
    if event["DetailType"] != "Object Deleted":
        about["size"] = told["size"]
    about["etag"] = told["etag"]
    version = _version.get()
    if version is not None:
        about["version-id"] = version
    about["sequencer"] = str(told["sequencer"])[-_SEQUENCER_DIGITS:]
    return {**detail, "object": about, "request-id": uuid.uuid4().hex[:16].upper()}
