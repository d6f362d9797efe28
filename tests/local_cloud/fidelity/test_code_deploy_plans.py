"""How traffic shifts, and what a deployment is about, without an emulator."""

from __future__ import annotations

import json

import pytest

from cdk_lambda_patterns.local_cloud.fidelity.code_deploy.app_spec import AppSpec, InvalidAppSpecError
from cdk_lambda_patterns.local_cloud.fidelity.code_deploy.traffic import (
    PREDEFINED,
    all_at_once,
    canary,
    linear,
    steps,
)

SPEC = AppSpec(function="orders", alias="live", current="1", target="2", before="check")


@pytest.mark.parametrize(
    ("routing", "expected"),
    [
        (all_at_once(), [(1, 0)]),
        (canary(10, 5), [(0.1, 5), (1, 0)]),
        (canary(99, 1), [(0.99, 1), (1, 0)]),
        (linear(25, 2), [(0.25, 2), (0.5, 2), (0.75, 2), (1, 0)]),
        (linear(40, 1), [(0.4, 1), (0.8, 1), (1, 0)]),
        (linear(60, 1), [(0.6, 1), (1, 0)]),
    ],
)
def test_traffic_shifts_in_steps(routing: dict[str, object], expected: list[tuple[float, int]]) -> None:
    assert steps(routing) == expected


def test_numbers_may_be_text_as_in_templates() -> None:
    routing = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": "10", "canaryInterval": "5"}}

    assert steps(routing) == [(0.1, 5), (1, 0)]


def test_traffic_is_not_routed_in_any_other_way() -> None:
    with pytest.raises(ValueError, match="TimeBasedMagic"):
        steps({"type": "TimeBasedMagic"})


def test_the_predefined_configurations_are_those_of_lambda() -> None:
    names = {name.removeprefix("CodeDeployDefault.Lambda"): len(steps(routing)) for name, routing in PREDEFINED.items()}

    assert names == {
        "AllAtOnce": 1,
        **dict.fromkeys([f"Canary10Percent{minutes}Minutes" for minutes in (5, 10, 15, 30)], 2),
        "Linear10PercentEvery1Minute": 10,
        **dict.fromkeys([f"Linear10PercentEvery{minutes}Minutes" for minutes in (2, 3, 10)], 10),
    }
    assert steps(PREDEFINED["CodeDeployDefault.LambdaCanary10Percent30Minutes"])[0] == (0.1, 30)


def test_a_spec_reads_as_it_was_written() -> None:
    assert AppSpec.parse(SPEC.content) == SPEC
    written = json.loads(SPEC.content)
    assert written["Hooks"] == [{"BeforeAllowTraffic": "check"}]
    (resource,) = written["Resources"]
    assert resource["orders"]["Properties"]["TargetVersion"] == "2"


def test_a_spec_may_be_yaml() -> None:
    content = """
version: 0.0
Resources:
  - Any:
      Type: AWS::Lambda::Function
      Properties: {Name: orders, Alias: live, CurrentVersion: 1, TargetVersion: 2}
Hooks:
  - BeforeAllowTraffic: check
"""

    assert AppSpec.parse(content) == SPEC


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("version: 0.0", "must have one AWS::Lambda::Function, got 0"),
        ("just text", "got 0"),
        ("{", "expected"),
        (json.dumps({"Resources": [{"It": {"Type": "AWS::ECS::Service", "Properties": {}}}]}), "got 0"),
        (SPEC.content.replace("TargetVersion", "Other"), "TargetVersion is missing"),
    ],
)
def test_fails_when_it_is_no_spec_of_a_function(content: str, said: str) -> None:
    with pytest.raises(InvalidAppSpecError, match=said):
        AppSpec.parse(content)
