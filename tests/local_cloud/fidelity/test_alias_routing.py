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


def versions_of_two_kinds(lab: Lab, **change: object) -> tuple[str, str, str]:
    """A function, and two versions of it between which something has changed."""
    name = lab.function(TELLS)
    first = lab.publish(name)
    lab.client("lambda").update_function_configuration(FunctionName=name, **change)
    return name, first, lab.publish(name)


OTHER_ROLE = {"Role": "arn:aws:iam::000000000000:role/other"}
OTHER_QUEUE = {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:other"}}


@pytest.mark.parametrize(("change", "said"), [(OTHER_ROLE, "execution role"), (OTHER_QUEUE, "dead-letter queue")])
def test_versions_that_differ_in_what_lambda_needs_of_them_share_no_traffic(
    faithful: Lab, change: dict[str, object], said: str
) -> None:
    name, first, second = versions_of_two_kinds(faithful, **change)
    functions = faithful.client("lambda")
    refused = functions.exceptions.InvalidParameterValueException

    with pytest.raises(refused, match=f"must have the same {said}"):
        faithful.alias(name, first, {second: 0.5})
    faithful.alias(name, first)
    with pytest.raises(refused, match=f"must have the same {said}"):
        functions.update_alias(
            FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {second: 0.5}}
        )
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=second)

    assert faithful.invoke(f"{name}:live").version == second


@pytest.mark.parametrize(("version", "other"), [("$LATEST", "1"), ("1", "7")])
def test_only_published_versions_share_traffic(faithful: Lab, version: str, other: str) -> None:
    name = faithful.function(TELLS)
    assert faithful.publish(name) == "1"

    with pytest.raises(faithful.client("lambda").exceptions.InvalidParameterValueException, match="be published"):
        faithful.alias(name, version, {other: 0.5})


def test_the_published_emulator_lets_any_versions_share_traffic(stock: Lab) -> None:
    name, first, second = versions_of_two_kinds(stock, **OTHER_ROLE)

    stock.alias(name, first, {second: 0.5})


def test_reading_an_alias_gives_its_own_version_whatever_the_weights(faithful: Lab) -> None:
    name = faithful.function(TELLS)
    first, second = faithful.publish(name), faithful.publish(name)
    faithful.alias(name, first, {second: 0.9})
    functions = faithful.client("lambda")

    versions = {functions.get_function_configuration(FunctionName=name, Qualifier="live")["Version"] for _ in range(10)}

    assert versions == {first}
    alias = functions.get_alias(FunctionName=name, Name="live")
    assert json.loads(json.dumps(alias["RoutingConfig"])) == {"AdditionalVersionWeights": {second: 0.9}}
