"""One evaluator: which rules are asked, what is acknowledged, what happens when one of them crashes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns.checks.evaluation import UnknownRuleError, check, evaluate, selected
from cdk_lambda_patterns.checks.reading import Input
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Template, Templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding

BODY: dict[str, object] = {
    "Resources": {
        "Process": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x"}},
        "Url": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"AuthType": "NONE", "TargetFunctionArn": {"Ref": "Process"}},
        },
    }
}


class Crashes(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/"

    def check(self, app: App) -> Iterator[Finding]:
        yield self.finding(next(iter(app.templates)), "found before", fix="-")
        raise KeyError("Properties")


def test_a_rule_that_crashes_is_an_error_of_the_tool_and_the_rest_goes_on() -> None:
    report = evaluate(Input(Templates([Template(name="t", body=BODY)])), [Crashes, *selected(["PublicFunctionUrl"])])

    assert [error.rule for error in report.errors] == ["Crashes"]
    assert "KeyError: 'Properties' (test_evaluation.py:" in report.errors[0].message
    assert {finding.rule.id for finding in report.findings} == {"Crashes", "PublicFunctionUrl"}


def test_only_selected_rules_are_asked() -> None:
    assert {f.rule.id for f in check(BODY, select=["PublicFunctionUrl"]).findings} == {"PublicFunctionUrl"}


def test_ignored_rules_are_not_asked() -> None:
    report = check(BODY, ignore=["PublicFunctionUrl"])

    assert "PublicFunctionUrl" not in {f.rule.id for f in report.findings}
    assert len(report.asked) == 56


def test_fails_when_a_rule_is_unknown_and_names_the_nearest() -> None:
    with pytest.raises(UnknownRuleError, match=r"no rule 'PublicFunctionURL'; did you mean PublicFunctionUrl\?"):
        check(BODY, select=["PublicFunctionURL"])
    with pytest.raises(UnknownRuleError, match="did you mean PublicFunctionUrl"):
        check(BODY, ignore=["PublicFunctionURL"])


def test_a_word_that_is_near_to_none_gets_no_suggestion() -> None:
    with pytest.raises(UnknownRuleError, match=r"no rule 'xyz'$"):
        check(BODY, select=["xyz"])


def test_dates_are_those_of_the_day_that_is_given() -> None:
    def said(day: str) -> list[tuple[str, str]]:
        report = check(BODY, select=["DeprecatedRuntime"], as_of=date.fromisoformat(day))
        return [(str(finding.severity), finding.message.rpartition(", ")[2]) for finding in report.findings]

    assert said("2026-01-01") == []
    assert said("2026-11-01") == [("info", "get no more security patches from 2027-04-30 on")]
    assert said("2027-04-30") == [("warning", "get no more security patches since 2027-04-30")]
    assert said("2027-06-01") == [("error", "can no longer be created since 2027-06-01")]
    assert said("2027-07-01") == [("error", "can no longer be updated since 2027-07-01")]


def acknowledged(path: str, rule: str) -> Input:
    template = Template(name="t", body=BODY, construct_path="Shop")
    for logical_id, resource in template.resources.items():
        resource.construct_path = f"Shop/Api/{logical_id}/Resource"
    return Input(Templates([template]), {path: {rule: "the callers are the public"}})


@pytest.mark.parametrize("path", ["Shop", "Shop/Api", "Shop/Api/Url", "Shop/Api/Url/Resource"])
def test_a_finding_is_acknowledged_where_it_is_or_above(path: str) -> None:
    given = acknowledged(path, "LambdaChecks::PublicFunctionUrl")

    report = evaluate(given, selected(["PublicFunctionUrl"]))

    assert report.findings == []
    assert [(f.rule.id, reason) for f, reason in report.acknowledged] == [
        ("PublicFunctionUrl", "the callers are the public")
    ]


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("Shop/Api/Other", "LambdaChecks::PublicFunctionUrl"),
        ("Shop/Ap", "LambdaChecks::PublicFunctionUrl"),
        ("Shop", "LambdaChecks::FunctionErrorAlarm"),
        ("Shop", "Other::PublicFunctionUrl"),
    ],
)
def test_other_acknowledgements_do_not_count(path: str, rule: str) -> None:
    report = evaluate(acknowledged(path, rule), selected(["PublicFunctionUrl"]))

    assert [finding.rule.id for finding in report.findings] == ["PublicFunctionUrl"]
    assert report.errors == []


def test_an_acknowledged_id_that_is_none_is_an_error_that_names_the_nearest() -> None:
    report = evaluate(acknowledged("Shop", "LambdaChecks::PublicFunctionURLs"), selected(["PublicFunctionUrl"]))

    assert [error.message for error in report.errors] == [
        "acknowledged at Shop: there is no rule 'PublicFunctionURLs'; did you mean PublicFunctionUrl?"
    ]


def test_the_same_finding_is_told_once() -> None:
    class Twice(Crashes):
        def check(self, app: App) -> Iterator[Finding]:
            for _ in range(2):
                yield self.finding(next(iter(app.templates)), "the same", fix="-")

    report = evaluate(Input(Templates([Template(name="t", body=BODY)])), [Twice])

    assert [finding.message for finding in report.findings] == ["the same"]
