"""Events of buckets on the default event bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab, Queue

pytestmark = pytest.mark.local_cloud

KEY = "orders/März 2026/list + more.xlsx"


def bucket_with_events(lab: Lab) -> str:
    bucket = lab.bucket()
    lab.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    lab.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return bucket


def events_of(lab: Lab, bucket: str, **detail: Any) -> Queue:  # noqa: ANN401 - any pattern
    """A queue that gets the bucket's events."""
    queue, events = lab.queue(), lab.client("events")
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}, **detail}}
    events.put_rule(Name=queue.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=queue.name, Targets=[{"Id": "queue", "Arn": queue.arn}])
    return queue


def test_the_event_of_a_new_object_is_as_documented(faithful: Lab) -> None:
    bucket = bucket_with_events(faithful)
    queue = events_of(faithful, bucket)

    put = faithful.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"hello")

    event = queue.body()
    detail = event["detail"]
    assert len(detail["object"].pop("sequencer")) == 16
    assert len(detail.pop("request-id")) == 16
    assert len(event.pop("id")) == 36
    assert len(event["time"]) == len("2021-11-12T00:00:00Z")
    assert event == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": faithful.account,
        "time": event["time"],
        "region": faithful.region,
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": KEY,
                "size": 5,
                "etag": "5d41402abc4b2a76b9719d911017c592",
                "version-id": put["VersionId"],
            },
            "requester": faithful.account,
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }


def test_the_event_of_a_deleted_object_has_no_size(faithful: Lab) -> None:
    bucket = bucket_with_events(faithful)
    faithful.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"hello")
    queue = events_of(faithful, bucket, reason=["DeleteObject"])

    faithful.client("s3").delete_object(Bucket=bucket, Key=KEY)

    event = queue.body()
    assert event["detail-type"] == "Object Deleted"
    assert "size" not in event["detail"]["object"]
    assert event["detail"]["deletion-type"] == "Delete Marker Created"


def test_the_published_emulator_leaves_the_version_out(stock: Lab) -> None:
    bucket = bucket_with_events(stock)
    queue = events_of(stock, bucket)

    stock.client("s3").put_object(Bucket=bucket, Key=KEY, Body=b"hello")

    detail = queue.body()["detail"]
    assert "version-id" not in detail["object"]
    assert "event-version" in detail


@pytest.mark.parametrize(
    "wanted",
    [
        [{"prefix": "orders/März"}],
        [{"suffix": ".xlsx"}],
        [{"wildcard": "orders/*/list*.xlsx"}],
        [{"anything-but": {"prefix": "archive/"}}],
        [{"equals-ignore-case": KEY.upper()}],
    ],
    ids=lambda wanted: next(iter(wanted[0])),
)
def test_rules_select_objects_by_their_key(faithful: Lab, wanted: list[Any]) -> None:
    bucket = bucket_with_events(faithful)
    queue = events_of(faithful, bucket, object={"key": wanted})

    for key in ("archive/old.txt", KEY):
        faithful.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")

    assert queue.body()["detail"]["object"]["key"] == KEY
    assert queue.messages(within=0.2) == []
