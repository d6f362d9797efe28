"""Metric filters and subscription filters."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

LOGS = "import json\ndef handler(event, context):\n    for line in event: print(json.dumps(line))\n"
RECEIVES = """
import base64, gzip, json
def handler(event, context):
    print(gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode())
    if context.function_version == "1": raise ValueError("as told")
"""
LINES = [
    {"level": "ERROR", "took": 7, "shop": "a"},
    {"level": "INFO", "took": 1},
    {"level": "ERROR", "took": 5, "shop": "b"},
]


def slow_orders(lab: Lab, **transformation: Any) -> str:  # noqa: ANN401 - any of the API's
    """A function with a metric filter on its log; the name of both the function and the metric's namespace."""
    name = lab.function(LOGS)
    group = f"/aws/lambda/{name}"
    lab.client("logs").create_log_group(logGroupName=group)
    lab.client("logs").put_metric_filter(
        logGroupName=group,
        filterName="slow",
        filterPattern='{ $.level = "ERROR" && $.took > 4 }',
        metricTransformations=[{"metricNamespace": name, "metricName": "Slow", "metricValue": "1", **transformation}],
    )
    return name


def test_a_metric_filter_counts_matching_events(faithful: Lab) -> None:
    name = slow_orders(faithful)

    faithful.invoke(name, LINES)

    assert faithful.metric(name, "Slow", {}) == 2


def test_the_published_emulator_publishes_nothing_for_metric_filters(stock: Lab) -> None:
    name = slow_orders(stock)

    stock.invoke(name, LINES)

    assert stock.metric(name, "Slow", {}, within=0.5) is None


def test_a_metric_filter_takes_value_and_dimensions_from_the_event(faithful: Lab) -> None:
    name = slow_orders(faithful, metricValue="$.took", dimensions={"Shop": "$.shop"})

    faithful.invoke(name, LINES)

    assert faithful.metric(name, "Slow", {"Shop": "a"}) == 7
    assert faithful.metric(name, "Slow", {"Shop": "b"}) == 5


def test_a_default_value_is_published_where_nothing_matches(faithful: Lab) -> None:
    name = slow_orders(faithful, defaultValue=0.0)

    faithful.invoke(name, [{"level": "INFO"}])

    assert faithful.metric(name, "Slow", {}) == 0


def subscribed(lab: Lab, pattern: str, count: int = 2) -> list[Any]:
    """What arrives at a function whose alias is subscribed to the log of another one: it fails each time."""
    name, receiver = lab.function(LOGS), lab.function(RECEIVES)
    live = lab.alias(receiver, lab.publish(receiver))
    group = f"/aws/lambda/{name}"
    lab.client("logs").create_log_group(logGroupName=group)
    lab.client("logs").put_subscription_filter(
        logGroupName=group, filterName="errors", filterPattern=pattern, destinationArn=lab.permit(live, "logs")
    )
    lab.invoke(name, LINES)
    return lab.printed(receiver, count, within=1.5 if count > 1 else 0.8)


def test_a_subscription_filter_sends_what_its_pattern_selects(faithful: Lab) -> None:
    record = subscribed(faithful, "{ $.took > 6 }", 1)[0]

    assert record["messageType"] == "DATA_MESSAGE"
    assert record["subscriptionFilters"] == ["errors"]
    assert [json.loads(event["message"])["took"] for event in record["logEvents"]] == [7]


def test_the_published_emulator_reads_a_json_pattern_as_words(stock: Lab) -> None:
    assert subscribed(stock, "{ $.took > 6 }", 1) == []


def test_a_function_that_is_subscribed_is_tried_again(faithful: Lab) -> None:
    assert len(subscribed(faithful, "ERROR", 3)) == 3


def test_a_stream_can_be_subscribed(faithful: Lab) -> None:
    kinesis, name, stream = faithful.client("kinesis"), faithful.function(LOGS), faithful.name()
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    group = f"/aws/lambda/{name}"
    faithful.client("logs").create_log_group(logGroupName=group)
    faithful.client("logs").put_subscription_filter(
        logGroupName=group,
        filterName="all",
        filterPattern="ERROR",
        destinationArn=faithful.arn("kinesis", f"stream/{stream}"),
    )

    faithful.invoke(name, LINES)

    (record,) = read(faithful, stream)
    sent = json.loads(gzip.decompress(record))
    assert len(sent["logEvents"]) == 2


def read(lab: Lab, stream: str) -> list[bytes]:
    from tests.local_cloud.fidelity.lab import eventually  # noqa: PLC0415

    kinesis = lab.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = eventually(lambda: kinesis.get_records(ShardIterator=iterator)["Records"])
    return [
        record["Data"] if isinstance(record["Data"], bytes) else base64.b64decode(record["Data"]) for record in records
    ]
