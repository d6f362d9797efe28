"""The documentation's releases, with versions that are good and versions that are not."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import GradualRelease, SmokeTestHook, WellArchitectedFunction
from cdk_lambda_patterns.local_cloud import LocalCloud, LocalCloudError
from tests.examples import EXAMPLES, example_stack
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdk_lambda_patterns.local_cloud.resources import Function, Invocation

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]

TEA = {"body": json.dumps({"item": "tea", "number": 2})}


class Copy:
    """The files of an example, to be changed, and the stack that is made of them."""

    def __init__(self, example: str, setting: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stack: type[cdk.Stack] = example_stack(example)
        module = sys.modules[self.stack.__module__]
        original: Path = getattr(module, setting)
        for part in ("handlers/quotes", "smoke_tests"):
            shutil.copytree(EXAMPLES / part, folder / part)
        monkeypatch.setattr(module, setting, folder / original.relative_to(EXAMPLES))
        self._handler = folder / "handlers" / "quotes" / "quotes.py"

    def edit(self, before: str, after: str) -> None:
        """Change the function's code."""
        text = self._handler.read_text()
        assert before in text
        self._handler.write_text(text.replace(before, after))


@contextmanager
def callers(function: Function) -> Iterator[list[Invocation]]:
    """Call `live` over and over, and note what came of it."""
    calls: list[Invocation] = []
    over = threading.Event()

    def call() -> None:
        while not over.wait(0.01):
            calls.append(function.invoke(TEA))

    calling = threading.Thread(target=call)
    calling.start()
    try:
        yield calls
    finally:
        over.set()
        calling.join(10)


def test_a_version_that_fails_is_sent_back_by_the_release_s_own_alarm(
    local_cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Copy("gradual_release", "HANDLERS", tmp_path, monkeypatch)
    deployed = local_cloud.deploy(example.stack)
    quote = deployed.function("Quote")
    example.edit('order["number"]', 'order["amount"]')

    with callers(quote) as calls, pytest.raises(LocalCloudError, match=r"Activated alarms: <.*-release-2>"):
        local_cloud.deploy(example.stack)

    served = {(call.version, call.error) for call in calls}
    assert served == {("1", None), ("2", "Unhandled")}
    failed = [call.version for call in calls].count("2")
    assert failed < len(calls) / 2, "most callers have not met the bad version"
    assert quote.invoke(TEA).version == "1"
    (alarm,) = (name for name in alarms_of(local_cloud) if "-release-" in name)
    assert alarm.endswith("-release-1"), "the alarm on the bad version has gone with it"


def alarms_of(cloud: LocalCloud) -> list[str]:
    return [alarm["AlarmName"] for alarm in cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]]


def test_a_version_that_the_smoke_test_disapproves_of_gets_no_traffic_and_a_good_one_all(
    local_cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Copy("smoke_test_hook", "HERE", tmp_path, monkeypatch)
    deployed = local_cloud.deploy(example.stack)
    quote, smoke_test = deployed.function("Quote"), deployed.function("SmokeTest")
    assert passed(smoke_test) == ["a_quote_is_made", "what_is_not_sold_is_not_found"], "the first version, too"

    example.edit('"tea": 4.5', '"tea": 5')
    with callers(quote) as calls, pytest.raises(LocalCloudError, match="lifecycle event validation functions failed"):
        local_cloud.deploy(example.stack)

    assert {call.version for call in calls} == {"1"}
    disapproval = "a_quote_is_made: $.body.total must be 9, got 10"
    with suppress(TimeoutError):
        eventually(lambda: disapproval in "\n".join(smoke_test.logs()))
    assert disapproval in "\n".join(smoke_test.logs())

    example.edit('"tea": 5', '"tea": 4.5, "cake": 3')
    with callers(quote) as calls:
        local_cloud.deploy(example.stack)

    assert {(call.version, call.error) for call in calls} == {("1", None), ("3", None)}
    assert quote.invoke(TEA).version == "3"
    # Of the bad version one test has passed, and of the good one both.
    assert len(passed(smoke_test)) == 2 + 1 + 2


def passed(smoke_test: Function) -> list[str]:
    """The tests that passed, by name, in the order in which they were made."""
    lines = [json.loads(line).get("message", "") for line in smoke_test.logs() if line.startswith("{")]
    return [message.partition(" passed in ")[0] for message in lines if " passed in " in message]


def test_a_first_version_that_the_smoke_test_disapproves_of_is_never_live(
    local_cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Copy("smoke_test_hook", "HERE", tmp_path, monkeypatch)
    example.edit('"tea": 4.5', '"tea": 5')

    with pytest.raises(LocalCloudError, match=r"total must be 9, got 10"):
        local_cloud.deploy(example.stack)

    cloudformation = local_cloud.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=example.stack.__name__)["Stacks"]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=stack["StackName"])["StackEvents"]
    aliases = {event["LogicalResourceId"] for event in events if event["ResourceType"] == "AWS::Lambda::Alias"}
    assert not [alias for alias in aliases if alias.startswith("QuoteAliaslive")]
    assert local_cloud.client("codedeploy").list_deployments()["deployments"] == []


class Sleeper(cdk.Stack):
    """A function whose versions sleep before they reply, longer than their smoke test may take."""

    def __init__(self, scope: cdk.App, construct_id: str, *, seconds: int) -> None:
        super().__init__(scope, construct_id)
        code = f"import time\ndef handler(event, context):\n    time.sleep({seconds})\n    return {seconds}"
        function = WellArchitectedFunction(
            self,
            "Sleeper",
            code=lambda_.Code.from_inline(code),
            handler="index.handler",
            timeout=cdk.Duration.seconds(120),
        )
        smoke_test = SmokeTestHook(self, "SmokeTest", payloads=[{"payload": {}}], timeout=cdk.Duration.seconds(20))
        GradualRelease(self, "Release", function=function, smoke_test=smoke_test)


def test_a_version_that_never_replies_is_refused_by_the_smoke_test_in_its_time(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(Sleeper, seconds=0)
    began = time.monotonic()

    with pytest.raises(LocalCloudError, match="lifecycle event validation functions failed"):
        local_cloud.deploy(Sleeper, seconds=100)

    assert time.monotonic() - began < 90, "the hook has not waited for the reply"
    logs = deployed.function("SmokeTest").logs
    eventually(lambda: "test 1: no reply came in the 5 s that were left" in "\n".join(logs()))
    assert deployed.function("Sleeper").invoke({}).version == "1"
