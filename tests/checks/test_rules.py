"""Each rule finds what it must in its failing fixtures, and nothing in its passing ones.

A fixture is a template, or a folder of templates that belong together: `<rule>/<variant>.<verdict>.yaml`. Comments at
its top say what a finding must contain (`# says: ...`) and how bad it is (`# severity: error`).
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from cdk_lambda_patterns.checks.evaluation import check
from cdk_lambda_patterns.checks.rule import catalogue, stem

if TYPE_CHECKING:
    from cdk_lambda_patterns.checks.rule import Rule

FIXTURES = Path(__file__).parent / "rules"
RULES = {stem(rule): rule for rule in catalogue().values()}
IDS = [
    "FunctionOwnRole",
    "RoleTrust",
    "WildcardAction",
    "WildcardResource",
    "PermissionSource",
    "PublicFunctionUrl",
    "PlaintextSecret",
    "ResourcePolicySize",
    "AsyncFailureDestination",
    "AsyncConfigOnAlias",
    "FifoFailureTarget",
    "RuleTargetDeadLetterQueue",
    "QueueVisibilityTimeout",
    "QueueDeadLetterQueue",
    "QueueTypesMatch",
    "DeadLetterQueueRetention",
    "DeadLetterQueueKeyGrant",
    "QueuePartialBatchResponse",
    "QueueConsumerFunctionDlq",
    "QueueConcurrencyAboveReserved",
    "StreamBoundedRetries",
    "StreamBoundedAge",
    "StreamFailureDestination",
    "StreamBisectBatch",
    "RecursionThroughBucket",
    "RecursionThroughQueue",
    "RecursionThroughTopic",
    "RecursionThroughEventBus",
    "RecursionThroughTable",
    "RecursionThroughStream",
    "RecursionOfFunction",
    "ApiIntegrationTimeout",
    "TriggerBypassesAlias",
    "AliasNamedTwice",
    "AliasWeightsConflict",
    "ReleaseRollbackAlarms",
    "ProvisionedAboveReserved",
    "ProvisionedOnVersion",
    "ReservedConcurrencyBudget",
    "FunctionActiveTracing",
    "FunctionLogRetention",
    "FunctionErrorAlarm",
    "DeprecatedRuntime",
    "EnvironmentSize",
    "LayerArchitecture",
    "PackageSize",
    "FunctionPublicSubnet",
    "FunctionSingleZone",
    "FunctionSubnetCapacity",
    "FunctionReachability",
    "EdgeEventConflict",
    "EdgeFunctionFeatures",
    "EdgeFunctionLimits",
    "ViewerFunctionSize",
    "DurableFunctionQualifier",
    "WorkflowRetriesThrottles",
    "StackResourceCount",
]
"""The ids are public: apps acknowledge them, and none may change its name."""


def fixtures(verdict: str) -> list[object]:
    found = sorted([*FIXTURES.glob(f"*/*.{verdict}.yaml"), *FIXTURES.glob(f"*/*.{verdict}")])
    return [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in found]


def sources(fixture: Path) -> list[Path]:
    return sorted(fixture.glob("*.yaml")) if fixture.is_dir() else [fixture]


def said(fixture: Path, key: str) -> list[str]:
    lines = [line for source in sources(fixture) for line in source.read_text().splitlines()]
    return [line.removeprefix(f"# {key}: ") for line in lines if line.startswith(f"# {key}: ")]


@pytest.mark.parametrize("fixture", fixtures("fail"))
def test_a_failing_fixture_is_found(fixture: Path) -> None:
    rule = RULES[fixture.parent.name]

    report = check(*sources(fixture), select=[rule.id])

    assert not report.errors
    assert report.findings
    messages = " / ".join(finding.message for finding in report.findings)
    expected = said(fixture, "says")
    assert expected, "a failing fixture says what must be found"
    for text in expected:
        assert text in messages
    for severity in said(fixture, "severity"):
        assert {str(finding.severity) for finding in report.findings} == {severity}
    assert all(finding.fix for finding in report.findings)


@pytest.mark.parametrize("fixture", fixtures("pass"))
def test_a_passing_fixture_is_clean(fixture: Path) -> None:
    rule = RULES[fixture.parent.name]

    report = check(*sources(fixture), select=[rule.id])

    assert not report.errors
    assert [finding.message for finding in report.findings] == []
    assert [outcome.message for outcome in report.undecided] == []


@pytest.mark.parametrize("fixture", fixtures("undecided"))
def test_what_cannot_be_told_is_no_finding(fixture: Path) -> None:
    rule = RULES[fixture.parent.name]

    report = check(*sources(fixture), select=[rule.id])

    assert not report.errors
    assert [finding.message for finding in report.findings] == []
    messages = " / ".join(outcome.message for outcome in report.undecided)
    for text in said(fixture, "says"):
        assert text in messages
    assert report.undecided


def test_the_rules_are_the_ones_with_fixtures() -> None:
    of_verdict = {
        verdict: {
            path.parent.name for path in (*FIXTURES.glob(f"*/*.{verdict}.yaml"), *FIXTURES.glob(f"*/*.{verdict}"))
        }
        for verdict in ("fail", "pass")
    }

    assert of_verdict["fail"] == set(RULES)
    assert of_verdict["pass"] == set(RULES)


def test_the_ids_are_the_public_ones() -> None:
    assert sorted(catalogue()) == sorted(IDS)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_says_all_that_its_page_needs(rule: type[Rule]) -> None:
    page = sys.modules[rule.__module__].__doc__ or ""

    assert rule.title in page
    assert 20 < len(rule.title) < 110
    assert rule.source_url.startswith("https://docs.aws.amazon.com/")
    assert set(rule.equivalents) <= {"cdk-nag", "cfn-lint", "cfn-lint-serverless", "checkov"}
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## Why", "## Fix"]
    languages = [line for line in page.splitlines() if line.startswith("```") and line != "```"]
    assert languages[0] == "```python"
    assert set(languages[1:]) == {"```yaml"}
    assert "# before" in page
    assert "# after" in page


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_the_code_on_a_page_can_be_read(rule: type[Rule]) -> None:
    page = sys.modules[rule.__module__].__doc__ or ""

    for language, code in re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL):
        if language == "python":
            ast.parse(code)
        else:
            list(yaml.parse(code))
