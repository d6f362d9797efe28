"""A function that AWS Config calls, deployed to the local cloud, which does not play AWS Config."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.examples import example_stack

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def test_a_caller_is_let_in_on_behalf_of_its_source_alone(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("service_trigger"))

    function = deployed.function("Owner").physical_id
    answer = local_cloud.client("lambda").get_policy(FunctionName=function, Qualifier="live")

    (statement,) = json.loads(answer["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "config.amazonaws.com"}
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"].endswith(f":{function}:live")
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceAccount": "000000000000"}}


def test_an_event_that_the_function_failed_on_is_kept(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("service_trigger"))
    event = {"invokingEvent": "{}", "resultToken": "myResultToken", "eventLeftScope": False}

    deployed.function("Owner").invoke_asynchronously(event, qualifier="live")

    deployed.alarm("Owner/FailureQueueAlarm").wait_for("ALARM", within=60)
    failure = deployed.queue("Owner/FailureQueue").receive(within=30).body
    assert failure["requestPayload"] == event
    assert failure["responsePayload"]["errorType"] == "KeyError"
    assert "OtherCallers" in {entry.id for entry in deployed.not_shown}
