"""Invocations through an alias."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

TELLS = "def handler(event, context): return [context.function_version, context.invoked_function_arn]"
PRINTS = "import json\ndef handler(event, context): print(json.dumps(context.invoked_function_arn))"


def invoked_versions(lab: Lab) -> tuple[Counter[str], str, bool]:
    """How often each of two versions runs behind an alias, the ARN invoked, and if the response names the version."""
    name = lab.function(TELLS)
    first, second = lab.publish(name), lab.publish(name)
    live = lab.alias(name, first, {second: 0.5})
    answers = [lab.invoke(live) for _ in range(30)]
    arns = {answer.payload[1] for answer in answers}
    assert len(arns) == 1
    counted = Counter(answer.payload[0] for answer in answers)
    return counted, arns.pop(), all(answer.payload[0] == answer.version for answer in answers)


def test_a_weighted_alias_sends_invocations_to_both_versions(faithful: Lab) -> None:
    counted, arn, named = invoked_versions(faithful)

    assert set(counted) == {"1", "2"}
    assert 4 < counted["1"] < 26
    assert arn.endswith(":live")
    assert named


def test_the_published_emulator_sends_all_to_one_version(stock: Lab) -> None:
    counted, _arn, _named = invoked_versions(stock)

    assert counted == {"1": 30}


def arn_seen_by_function_of_queue(lab: Lab) -> str:
    """What a function reads as the invoked ARN when a queue invokes its alias."""
    source, name = lab.queue(), lab.function(PRINTS)
    live = lab.alias(name, lab.publish(name))
    mapping = lab.client("lambda").create_event_source_mapping(FunctionName=live, EventSourceArn=source.arn)
    source.send("now")
    (arn,) = lab.printed(name)
    lab.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    return str(arn)


def test_a_function_that_a_queue_invokes_sees_its_alias(faithful: Lab) -> None:
    assert arn_seen_by_function_of_queue(faithful).endswith(":live")


def test_the_published_emulator_shows_the_version_instead(stock: Lab) -> None:
    assert arn_seen_by_function_of_queue(stock).endswith(":1")


def test_all_weight_on_the_new_version_leaves_nothing_for_the_old_one(faithful: Lab) -> None:
    name = faithful.function(TELLS)
    first, second = faithful.publish(name), faithful.publish(name)
    live = faithful.alias(name, first, {second: 1.0})

    assert {faithful.invoke(live).payload[0] for _ in range(10)} == {second}


def test_reading_an_alias_gives_its_own_version_whatever_the_weights(faithful: Lab) -> None:
    name = faithful.function(TELLS)
    first, second = faithful.publish(name), faithful.publish(name)
    faithful.alias(name, first, {second: 0.9})
    functions = faithful.client("lambda")

    versions = {functions.get_function_configuration(FunctionName=name, Qualifier="live")["Version"] for _ in range(10)}

    assert versions == {first}
    alias = functions.get_alias(FunctionName=name, Name="live")
    assert json.loads(json.dumps(alias["RoutingConfig"])) == {"AdditionalVersionWeights": {second: 0.9}}
