"""Whether what is written is what is told of: prefixes, suffixes, patterns, events."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from cdk_lambda_patterns.checks.overlaps import Filtered, Keys, Notification, Pattern, Sent, continues, keys_meet


@pytest.mark.parametrize(
    ("pattern", "prefix", "suffix", "meets"),
    [
        ("*", "", "", True),
        ("*", "in/", ".csv", True),
        ("out/*", "in/", "", False),
        ("in/*", "in/", "", True),
        ("in/done/*", "in/", "", True),
        ("in*", "in/", "", True),
        ("i*", "in/", "", True),
        ("*.json", "", ".csv", False),
        ("*.csv", "in/", ".csv", True),
        ("in/a.csv", "in/", ".csv", True),
        ("in/a.json", "in/", ".csv", False),
        ("in/?", "in/", "x", True),
    ],
)
def test_keys_meet_a_notification(pattern: str, prefix: str, suffix: str, meets: bool) -> None:  # noqa: FBT001
    assert keys_meet(Keys(pattern), Notification(prefix, suffix)) is meets


SHORT = st.text(alphabet="ab/", max_size=4)


@given(st.text(alphabet="ab/*", max_size=6), SHORT, SHORT, SHORT)
def test_a_key_that_is_written_and_told_of_is_never_denied(pattern: str, prefix: str, middle: str, suffix: str) -> None:
    key = prefix + middle + suffix
    written = re.fullmatch("".join(".*" if c == "*" else re.escape(c) for c in pattern), key) is not None

    if written:
        assert keys_meet(Keys(pattern), Notification(prefix, suffix)) is True


def test_an_unknown_part_cannot_be_told() -> None:
    assert keys_meet(Keys("\0parameter X\0/*"), Notification("in/", "")) is None
    assert keys_meet(Keys("*"), Notification("\0parameter X\0", "")) is None
    assert keys_meet(Keys("out/\0parameter X\0"), Notification("in/", "")) is False


@pytest.mark.parametrize(
    ("actions", "events", "meets"),
    [
        ({"s3:putobject"}, ("s3:ObjectCreated:*",), True),
        ({"s3:putobject"}, ("s3:ObjectCreated:Put",), True),
        ({"s3:putobject"}, ("s3:ObjectRemoved:*",), False),
        ({"s3:deleteobject"}, ("s3:ObjectRemoved:*",), True),
        ({"s3:deleteobject"}, ("s3:ObjectCreated:*",), False),
        ({"s3:putobjecttagging"}, ("s3:ObjectTagging:*",), True),
    ],
)
def test_an_action_causes_its_events(actions: set[str], events: tuple[str, ...], meets: bool) -> None:  # noqa: FBT001
    assert keys_meet(Keys("*", frozenset(actions)), Notification(events=events)) is meets


def test_events_meet_where_sources_do() -> None:
    assert continues(Sent(("shop",)), Pattern(("shop",))) is True
    assert continues(Sent(("shop",)), Pattern(("payments",))) is False
    assert continues(Sent(("shop",), ("Paid",)), Pattern(("shop",), ("Shipped",))) is False
    assert continues(Sent(), Pattern(("shop",))) is None
    assert continues(Sent(), Pattern()) is True
    assert continues(Sent(), Pattern(("aws.s3",))) is False
    assert continues(Sent(("shop",)), Pattern(("shop",), exact=False)) is None


def test_a_filter_cannot_be_told() -> None:
    assert continues(None, Filtered("x")) is None
    assert continues(None, None) is True
