from __future__ import annotations

from typing import Any

import pytest

from sample_app.handlers.document_conversion.converter.document import Document
from sample_app.handlers.document_conversion.converter.errors import UnexpectedEventError


def test_reads_the_event_of_a_bucket_with_versions() -> None:
    event = {
        "detail": {
            "bucket": {"name": "documents"},
            "object": {"key": "a b/Zürich 100%.xlsx", "version-id": "v7", "etag": "e", "sequencer": "00"},
        }
    }

    assert Document.from_event(event) == Document(bucket="documents", key="a b/Zürich 100%.xlsx", version="v7")


def test_takes_the_entity_tag_where_there_are_no_versions() -> None:
    event = {"detail": {"bucket": {"name": "documents"}, "object": {"key": "a.xlsx", "etag": "e"}}}

    assert Document.from_event(event).version == "e"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"detail": None},
        {"detail": {"bucket": {"name": "b"}, "object": {"etag": "e"}}},
        {"detail": {"bucket": {"name": "b"}, "object": {"key": "k.xlsx"}}},
        {"detail": {"bucket": "b", "object": {"key": "k.xlsx", "etag": "e"}}},
        {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "k.xlsx", "eTag": "e"}}}]},
    ],
)
def test_fails_when_the_event_is_not_of_this_kind(event: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedEventError, match=r"expected an 'Object Created' event of S3") as failure:
        Document.from_event(event)

    assert repr(event) in str(failure.value)


@pytest.mark.parametrize(
    ("key", "stem"),
    [("a.xlsx", "a"), ("a.b/c.xlsx", "a.b/c"), ("a.b/c", "a.b/c"), ("A.XLSX", "A"), ("x/.xlsx", "x/.xlsx")],
)
def test_the_stem_is_the_key_without_the_extension(key: str, stem: str) -> None:
    assert Document(bucket="b", key=key, version="v").stem == stem
