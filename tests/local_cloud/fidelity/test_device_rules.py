"""Rules of AWS IoT: permissions and error actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab, Queue

pytestmark = pytest.mark.local_cloud

PRINTS = "import json\ndef handler(event, context): print(json.dumps('invoked'))"


def rule_to(lab: Lab, function: str, name: str) -> Queue:
    """The queue of a rule's error action, after a message."""
    failures = lab.queue()
    role = f"arn:aws:iam::{lab.account}:role/x"
    lab.client("iot").create_topic_rule(
        ruleName=name,
        topicRulePayload={
            "sql": f"SELECT * FROM '{name}'",  # noqa: S608 - of AWS IoT
            "actions": [{"lambda": {"functionArn": lab.function_arn(function)}}],
            "errorAction": {"sqs": {"queueUrl": failures.url, "roleArn": role, "useBase64": False}},
        },
    )
    lab.client("iot-data").publish(topic=name, payload=b"{}")
    return failures


def permit(lab: Lab, function: str, rule: str) -> None:
    lab.client("lambda").add_permission(
        FunctionName=function,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="iot.amazonaws.com",
        SourceArn=lab.arn("iot", f"rule/{rule}"),
    )


def test_a_rule_invokes_a_function_that_permits_it(faithful: Lab) -> None:
    function, name = faithful.function(PRINTS), faithful.name()
    permit(faithful, function, name)

    failures = rule_to(faithful, function, name)

    assert faithful.printed(function) == ["invoked"]
    assert failures.messages(within=0.1) == []


def test_a_rule_without_permission_has_its_error_action(faithful: Lab) -> None:
    function, name = faithful.function(PRINTS), faithful.name()
    permit(faithful, function, "another")

    failure = rule_to(faithful, function, name).body()

    assert failure["ruleName"] == name
    assert [entry["failedAction"] for entry in failure["failures"]] == ["LambdaAction"]
    assert "403" in failure["failures"][0]["errorMessage"]
    assert faithful.printed(function, within=0.3) == []


def test_the_published_emulator_asks_nobody_for_permission(stock: Lab) -> None:
    function = stock.function(PRINTS)

    rule_to(stock, function, stock.name())

    assert stock.printed(function) == ["invoked"]
