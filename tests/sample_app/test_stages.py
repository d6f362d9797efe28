"""The stages are the same app: they differ in what `stages.py` says, and in nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cdk_lambda_patterns.testing import fast_app, normalized
from sample_app.stages import STAGES, StageSettings, define_stage

BY_NAME = {settings.name: settings for settings in STAGES}
KEPT = {"AWS::S3::Bucket"}


@pytest.fixture(scope="module")
def stages() -> dict[str, Any]:
    """Each stage's one stack, as the assembly describes it."""
    app = fast_app()
    for settings in STAGES:
        define_stage(app, settings)
    assembly = app.synth()
    return {name: assembly.get_nested_assembly(f"assembly-{name}").stacks[0] for name in BY_NAME}


def resources(stack: Any, *types: str) -> list[dict[str, Any]]:  # noqa: ANN401 - the CDK's
    return [resource for resource in stack.template["Resources"].values() if resource["Type"] in types]


def test_there_are_three_and_each_has_an_account_of_its_own() -> None:
    assert list(BY_NAME) == ["Dev", "Test", "Prod"]
    assert len({settings.account for settings in STAGES}) == 3


@pytest.mark.parametrize("settings", STAGES, ids=lambda settings: settings.name)
def test_a_stage_is_what_its_settings_say(stages: dict[str, Any], settings: StageSettings) -> None:
    stack = stages[settings.name]

    assert (stack.environment.account, stack.environment.region) == (settings.account, settings.region)
    assert stack.stack_name == f"{settings.name}-DocumentConversion"
    assert (stack.termination_protection or False) is settings.protected
    policy = "Retain" if settings.protected else "Delete"
    assert {resource["DeletionPolicy"] for resource in resources(stack, *KEPT)} == {policy}


def test_production_keeps_logs_for_a_year(stages: dict[str, Any]) -> None:
    days = {
        name: [group["Properties"]["RetentionInDays"] for group in resources(stack, "AWS::Logs::LogGroup")]
        for name, stack in stages.items()
    }

    assert days == {"Dev": [7], "Test": [30], "Prod": [365]}


def test_in_all_else_they_are_alike(stages: dict[str, Any]) -> None:
    def alike(name: str) -> str:
        template = normalized(stages[name].template)
        for resource in template["Resources"].values():
            resource.pop("DeletionPolicy", None)
            resource.pop("UpdateReplacePolicy", None)
            resource.get("Properties", {}).pop("RetentionInDays", None)
        text = json.dumps(template, sort_keys=True)
        text = text.replace(BY_NAME[name].account, "ACCOUNT").replace(name, "STAGE")
        return re.sub(r"rule/STAGE-\w+\*", "rule/STAGE-*", text)  # as much of the stack's name as all names have

    assert alike("Dev") == alike("Test") == alike("Prod")
