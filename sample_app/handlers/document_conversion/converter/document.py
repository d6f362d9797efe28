"""Which object is to be converted, as the event says it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from .errors import UnexpectedEventError


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An object in a bucket, in one of its versions."""

    bucket: str
    key: str
    """The object's key as it is: EventBridge does not URL-encode it, unlike S3's own notifications."""
    version: str
    """The version id or, in a bucket without versions, the entity tag: new content is a new document."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Document:
        """Read an 'Object Created' event of S3.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html

        Raises:
            UnexpectedEventError: The event does not name a bucket, a key and a version or entity tag.
        """
        detail = event.get("detail")
        bucket = _text(detail, "bucket", "name")
        key = _text(detail, "object", "key")
        version = _text(detail, "object", "version-id") or _text(detail, "object", "etag")
        if not (bucket and key and version):
            raise UnexpectedEventError(
                "expected an 'Object Created' event of S3 through EventBridge, with detail.bucket.name, "
                f"detail.object.key and detail.object.etag, got {event!r}"
            )
        return cls(bucket=bucket, key=key, version=version)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def stem(self) -> str:
        """The key without the file's extension: CSV files go under the same name."""
        return posixpath.splitext(self.key)[0]


def _text(detail: object, part: str, name: str) -> str:
    """`detail.part.name` if it is there and is text, else nothing."""
    for step in (part, name):
        if not isinstance(detail, Mapping):
            return ""
        detail = cast("Mapping[str, object]", detail).get(step)
    return detail if isinstance(detail, str) else ""
