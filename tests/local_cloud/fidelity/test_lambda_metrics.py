"""Lambda's metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

FAILS_ON_REQUEST = (
    "def handler(event, context):\n    print('\"called\"')\n    if event == 'fail': raise ValueError(event)\n"
)


def test_an_invocation_of_an_alias_counts_under_every_dimension(faithful: Lab) -> None:
    name = faithful.function(FAILS_ON_REQUEST)
    live = faithful.alias(name, faithful.publish(name))

    for event in ("", "fail"):
        faithful.invoke(live, event)
    faithful.invoke(name, "fail")

    function = {"FunctionName": name}
    alias = {**function, "Resource": live}
    for dimensions, invocations, errors in (
        (function, 3, 2),
        ({**function, "Resource": name}, 1, 1),
        (alias, 2, 1),
        ({**alias, "ExecutedVersion": "1"}, 2, 1),
    ):
        assert faithful.metric("AWS/Lambda", "Invocations", dimensions) == invocations
        assert faithful.metric("AWS/Lambda", "Errors", dimensions) == errors
    assert faithful.metric("AWS/Lambda", "Duration", alias, statistic="SampleCount") == 2
    assert faithful.metric("AWS/Lambda", "ConcurrentExecutions", alias, statistic="Maximum") == 1


def test_the_published_emulator_knows_no_alias(stock: Lab) -> None:
    name = stock.function(FAILS_ON_REQUEST)
    live = stock.alias(name, stock.publish(name))

    stock.invoke(live)

    assert stock.metric("AWS/Lambda", "Invocations", {"FunctionName": name}) == 1
    assert stock.metric("AWS/Lambda", "Invocations", {"FunctionName": name, "Resource": live}, within=0.3) is None


def invoke_by_queue(lab: Lab) -> str:
    queue, name = lab.queue(), lab.function(FAILS_ON_REQUEST)
    lab.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=queue.arn)
    queue.send("now")
    return name


def test_an_invocation_by_a_queue_counts(faithful: Lab) -> None:
    name = invoke_by_queue(faithful)

    assert faithful.metric("AWS/Lambda", "Invocations", {"FunctionName": name}) == 1


def test_the_published_emulator_does_not_count_it(stock: Lab) -> None:
    name = invoke_by_queue(stock)

    assert stock.printed(name) == ["called"]
    assert stock.metric("AWS/Lambda", "Invocations", {"FunctionName": name}, within=0.3) is None


def test_a_throttled_request_is_no_invocation(faithful: Lab) -> None:
    functions = faithful.client("lambda")
    name = faithful.function(FAILS_ON_REQUEST)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)

    with pytest.raises(functions.exceptions.TooManyRequestsException):
        faithful.invoke(name)

    assert faithful.metric("AWS/Lambda", "Throttles", {"FunctionName": name}) == 1
    assert faithful.metric("AWS/Lambda", "Invocations", {"FunctionName": name}, within=0.3) is None
