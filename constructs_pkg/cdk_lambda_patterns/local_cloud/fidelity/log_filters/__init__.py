"""Metric filters and subscription filters of log groups.

What the published emulator does: metric filters are stored and never publish anything. Subscription filters match plain
words only, invoke the function and not its alias, without retries, and deliver to functions alone.

What AWS does: a metric filter publishes a data point for each matching event. A subscription filter invokes a function
asynchronously, or puts into a stream, what matches the pattern: words, JSON selectors, regular expressions.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import base64
import functools
import gzip
import json
import logging
import uuid
from typing import TYPE_CHECKING

from ..support import delivery, metrics, recorded
from ..support.emulator import Record, around, module, part
from .pattern import Pattern, UnsupportedPatternError, select

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger("fidelity.log_filters")


def apply() -> None:
    """Run both kinds of filters wherever log events are written."""
    logs = module("services.cloudwatch_logs")

    @around(logs, "_fanout_to_subscription_filters", "group_name, stream_name, events")
    def _written(original: object, group_name: str, stream_name: str, events: list[Record]) -> None:
        del original
        for (group, _name), metric_filter in logs._metric_filters.items():
            if group == group_name:
                _publish(metric_filter, events)
        for subscription in part(logs._log_groups.get(group_name), "subscriptionFilters").values():
            _forward(subscription, group_name, stream_name, events)

    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    for type_ in ("AWS::Logs::MetricFilter", "AWS::Logs::SubscriptionFilter"):

        @around(handlers[type_], "create", "logical_id, props, stack_name")
        def _create(
            original: Callable[..., object], logical_id: str, props: Record, stack_name: str, type_: str = type_
        ) -> object:
            if _pattern(str(props.get("FilterPattern", ""))) is None:
                recorded.note(stack_name, logical_id, f"{type_}.FilterPattern", "columns of events are not matched")
            return original(logical_id, props, stack_name)


@functools.cache
def _pattern(text: str) -> Pattern | None:
    try:
        return Pattern(text)
    except UnsupportedPatternError:
        return None


def _matching(filter_: Record, events: list[Record]) -> list[Record]:
    pattern = _pattern(str(filter_.get("filterPattern") or ""))
    return [event for event in events if pattern is not None and pattern.matches(event["message"])]


def _publish(metric_filter: Record, events: list[Record]) -> None:
    matching = _matching(metric_filter, events)
    for transformation in metric_filter["metricTransformations"]:
        put = functools.partial(
            metrics.put,
            transformation["metricNamespace"],
            transformation["metricName"],
            unit=transformation.get("unit", "None"),
        )
        for event in matching:
            value = _value(str(transformation["metricValue"]), event["message"])
            if value is not None:
                named = part(transformation, "dimensions")
                found = {name: select(event["message"], selector) for name, selector in named.items()}
                put(value=value, dimensions={name: str(text) for name, text in found.items() if text is not None})
        default = transformation.get("defaultValue")
        if default is not None and not matching:
            put(value=float(default), dimensions={})


def _value(text: str, message: str) -> float | None:
    """A number, or what a selector finds where that is one."""
    found = select(message, text) if text.startswith("$") else text
    try:
        return float(found)
    except (TypeError, ValueError):
        return None


def _forward(subscription: Record, group_name: str, stream_name: str, events: list[Record]) -> None:
    destination = str(subscription.get("destinationArn", ""))
    # A function that logs what it is sent of its own log would never end.
    own = destination.partition(":function:")[2].partition(":")[0]
    matching = _matching(subscription, events)
    if not matching or group_name == f"/aws/lambda/{own}":
        return
    payload = {
        "messageType": "DATA_MESSAGE",
        "owner": module("core.responses").get_account_id(),
        "logGroup": group_name,
        "logStream": stream_name,
        "subscriptionFilters": [subscription.get("filterName", "")],
        "logEvents": [
            {"id": uuid.uuid4().hex, "timestamp": event["timestamp"], "message": event["message"]} for event in matching
        ],
    }
    module("core.concurrency").spawn_background(
        _deliver,
        destination,
        gzip.compress(json.dumps(payload).encode()),
        stream_name,
        thread_name="subscription-filter",
    )


def _deliver(destination: str, data: bytes, stream_name: str) -> None:
    service, name = destination.split(":")[2], destination.rpartition("/")[2]
    try:
        if service == "lambda":
            delivery.invoke_asynchronously(destination, {"awslogs": {"data": base64.b64encode(data).decode()}})
        elif service == "kinesis":
            delivery.client("kinesis").put_record(StreamName=name, Data=data, PartitionKey=stream_name)
        elif service == "firehose":
            delivery.client("firehose").put_record(DeliveryStreamName=name, Record={"Data": data})
    except Exception:
        _logger.exception("log events could not be sent to %s", destination)
