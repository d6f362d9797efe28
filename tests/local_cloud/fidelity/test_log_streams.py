"""What functions leave in their log groups."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

SPEAKS = """
def handler(event, context):
    print("first")
    if event:
        raise ValueError(event)
    return context.log_stream_name
"""


def streams(lab: Lab, group: str) -> dict[str, list[str]]:
    """The messages in each log stream of a group."""
    logs = lab.client("logs")
    names = [stream["logStreamName"] for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    return {
        name: [
            event["message"]
            for event in logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)["events"]
        ]
        for name in names
    }


def test_an_environment_writes_to_the_stream_that_its_context_names(faithful: Lab) -> None:
    name = faithful.function(SPEAKS)

    named = {faithful.invoke(name).payload for _ in range(2)}

    written = streams(faithful, f"/aws/lambda/{name}")
    assert {*written} == named
    (messages,) = written.values()
    assert [message.split(" ")[0] for message in messages] == ["START", "first", "END", "REPORT"] * 2


def test_the_published_emulator_opens_a_stream_for_each_invocation(stock: Lab) -> None:
    name = stock.function(SPEAKS)

    for _ in range(2):
        stock.invoke(name)

    assert len(streams(stock, f"/aws/lambda/{name}")) == 2


def test_an_error_with_its_stack_trace_is_one_event(faithful: Lab) -> None:
    name = faithful.function(SPEAKS)

    faithful.invoke(name, "as told")

    (messages,) = streams(faithful, f"/aws/lambda/{name}").values()
    _start, _first, error, _end, _report = messages
    assert error.startswith("[ERROR] ValueError: as told\nTraceback (most recent call last):\n")


@pytest.mark.parametrize(("level", "kinds"), [("INFO", ["platform.start", "platform.report"]), ("WARN", [])])
def test_the_platform_writes_json_where_the_function_does(faithful: Lab, level: str, kinds: list[str]) -> None:
    group = f"/{faithful.name()}"
    logging = {"LogFormat": "JSON", "LogGroup": group, "SystemLogLevel": level}
    name = faithful.function(SPEAKS, LoggingConfig=logging)

    faithful.invoke(name)

    (messages,) = streams(faithful, group).values()
    records = [json.loads(message) for message in messages if message != "first"]
    assert [record["type"] for record in records] == kinds
    assert [record["record"].get("status") for record in records] == [None, "success"][: len(kinds)]


def test_the_published_emulator_writes_text_whatever_the_format(stock: Lab) -> None:
    group = f"/{stock.name()}"
    name = stock.function(SPEAKS, LoggingConfig={"LogFormat": "JSON", "LogGroup": group})

    stock.invoke(name)

    (messages,) = streams(stock, group).values()
    assert messages[0].startswith("START")
