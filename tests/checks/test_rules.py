"""Each rule finds what it must in its failing fixtures, and nothing in its passing ones.

A fixture is a template, or a folder of templates that belong together: `<rule>/<variant>.<verdict>.yaml`. Comments at
its top say what a finding must contain (`# says: ...`) and how bad it is (`# severity: error`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_lambda_patterns.checks.evaluation import check
from cdk_lambda_patterns.checks.rule import catalogue, stem

FIXTURES = Path(__file__).parent / "rules"
RULES = {stem(rule): rule for rule in catalogue().values()}


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
