"""Reports: for people, for other tools, for pull requests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from cdk_lambda_patterns.checks.evaluation import ToolError, check
from cdk_lambda_patterns.checks.report import Format, without_known, write
from cdk_lambda_patterns.checks.rule import Severity, catalogue

if TYPE_CHECKING:
    from cdk_lambda_patterns.checks.evaluation import Report

TEMPLATE = """\
Parameters: {Batch: {Type: Number}}
Resources:
  Orders: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}
  Process: {Type: AWS::Lambda::Function, Properties: {Timeout: 30}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Orders.Arn, FunctionName: !Ref Process, BatchSize: !Ref Batch}
  Other: {Type: AWS::Lambda::Function, Properties: {TracingConfig: {Mode: Active}}}
  Url: {Type: AWS::Lambda::Url, Properties: {AuthType: NONE, TargetFunctionArn: !Ref Other}}
"""
RULES = ["QueueVisibilityTimeout", "QueuePartialBatchResponse", "PublicFunctionUrl", "FunctionActiveTracing"]


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    Path("template.yaml").write_text(TEMPLATE)
    report = check("template.yaml", select=RULES)
    report.seconds = 0.038
    return report


def test_text_is_grouped_by_function(report: Report) -> None:
    assert (
        write(report)
        == """\
Other  (AWS::Lambda::Function Other, template.yaml:8)
  error    PublicFunctionUrl       everybody may call function Other through Url
                                   fix: AuthType: AWS_IAM (FunctionUrlAuthType.AWS_IAM), with CloudFront's origin \
access control before it  at: Url  (template.yaml:9)  docs: rules/public_function_url

Process  (AWS::Lambda::Function Process, template.yaml:4)
  warning  FunctionActiveTracing   function Process does not trace: requests cannot be followed through it
                                   fix: TracingConfig: {Mode: Active} (tracing=Tracing.ACTIVE)  \
docs: rules/function_active_tracing
  warning  QueueVisibilityTimeout  queue Orders hides a message for 60 s; function Process may run 30 s; \
at least 180 s are needed
                                   fix: VisibilityTimeout: 180 (visibility_timeout=Duration.seconds(180)), or \
SqsTrigger  at: Orders  (template.yaml:3)  docs: rules/queue_visibility_timeout

3 findings in 2 of 2 functions, 1 cannot be told (4 rules, 38 ms)
"""
    )


def test_text_says_what_cannot_be_told_if_asked(report: Report) -> None:
    text = write(report, undecided=True)

    assert "  unknown  QueuePartialBatchResponse  the batch size of Mapping depends on parameter Batch\n" in text


def test_text_is_wrapped_and_coloured_for_a_terminal(report: Report) -> None:
    text = write(report, color=True, width=90, undecided=True)

    assert "\033[31;1merror   \033[0m PublicFunctionUrl" in text
    assert "\033[33mwarning \033[0m" in text
    under_headings = [line for line in text.splitlines() if "\033[1m" not in line]
    assert max(len(re.sub("\033.*?m", "", line)) for line in under_headings) <= 90
    assert "at: Orders  (template.yaml:3)\n" in text, "a place is not broken"


def test_nothing_found_is_one_line() -> None:
    report = check({"Resources": {}})
    report.seconds = 0.001

    assert write(report) == f"0 findings in 0 of 0 functions ({len(catalogue())} rules, 1 ms)\n"


def test_names_that_are_no_text_cannot_break_the_lines() -> None:
    report = check({"Resources": {"A\n\033[31m\u2028B": {"Type": "AWS::Lambda::Function"}}})

    text = write(report)

    assert "\033" not in text
    assert all(line.isprintable() for line in text.split("\n"))


def test_json_has_the_documented_shape(report: Report) -> None:
    report.errors.append(ToolError("RoleTrust", "KeyError: 'x'"))

    written = json.loads(write(report, Format.JSON))

    assert written["findings"][0] == {
        "rule": "PublicFunctionUrl",
        "severity": "error",
        "template": "template.yaml",
        "logical_id": "Url",
        "construct_path": None,
        "message": "everybody may call function Other through Url",
        "fix": "AuthType: AWS_IAM (FunctionUrlAuthType.AWS_IAM), with CloudFront's origin access control before it",
        "source": "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
    }
    assert written["undecided"] == [
        {
            "rule": "QueuePartialBatchResponse",
            "template": "template.yaml",
            "logical_id": "Mapping",
            "construct_path": None,
            "message": "the batch size of Mapping depends on parameter Batch",
        }
    ]
    assert written["errors"] == [{"rule": "RoleTrust", "message": "KeyError: 'x'"}]


def test_sarif_points_at_the_lines(report: Report) -> None:
    report.acknowledged.append((report.findings.pop(), "known"))
    report.errors.append(ToolError("RoleTrust", "KeyError: 'x'"))

    written: dict[str, Any] = json.loads(write(report, Format.SARIF))

    assert written["version"] == "2.1.0"
    (run,) = written["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) == len(catalogue())
    first, _, suppressed = run["results"]
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "PublicFunctionUrl"
    assert first["level"] == "error"
    (location,) = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "template.yaml"},
        "region": {"startLine": 9},
    }
    assert location["logicalLocations"] == [{"name": "Url", "kind": "resource", "fullyQualifiedName": "Url"}]
    assert suppressed["suppressions"] == [{"kind": "inSource", "justification": "known"}]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert {rule["defaultConfiguration"]["level"] for rule in rules} <= {"error", "warning", "note"}


def test_sarif_gives_relative_files_as_references_that_are_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "100%#.yaml").write_text(TEMPLATE)
    monkeypatch.chdir(tmp_path)

    run = json.loads(write(check("a b/100%#.yaml", select=RULES), Format.SARIF))["runs"][0]

    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert uris == {"a%20b/100%25%23.yaml"}


def test_sarif_gives_absolute_files_as_uris(tmp_path: Path) -> None:
    file = tmp_path / "a b.yaml"
    file.write_text(TEMPLATE)

    run = json.loads(write(check(file, select=RULES), Format.SARIF))["runs"][0]

    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert uris == {file.as_uri()}
    assert "a%20b" in file.as_uri()


def test_markdown_is_a_table_for_each_function(report: Report) -> None:
    written = write(report, Format.MARKDOWN)

    assert written.startswith("**3 findings in 2 of 2 functions, 1 cannot be told (4 rules, 38 ms)**\n\n### Other\n")
    assert "\n| error | [PublicFunctionUrl](https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html) | " in written
    assert "AuthType: AWS\\_IAM" in written


def test_junit_fails_a_case_for_each_rule(report: Report) -> None:
    root = ET.fromstring(write(report, Format.JUNIT, fail_on=Severity.ERROR).partition("\n")[2])  # noqa: S314 - our own

    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "0")
    cases = {case.get("name"): [child.tag for child in case] for case in suite}
    assert cases == {
        "FunctionActiveTracing": ["system-out"],
        "PublicFunctionUrl": ["failure"],
        "QueuePartialBatchResponse": [],
        "QueueVisibilityTimeout": ["system-out"],
    }


def test_junit_never_fails_without_a_threshold(report: Report) -> None:
    assert "<failure" not in write(report, Format.JUNIT, fail_on=None)


def test_a_baseline_leaves_what_is_new(report: Report) -> None:
    baseline = json.loads(write(report, Format.JSON))
    baseline["findings"] = [f for f in baseline["findings"] if f["rule"] != "PublicFunctionUrl"]
    baseline["findings"][0]["template"] = "/elsewhere/template.yaml"
    baseline["findings"][0]["message"] = "in other words"

    without_known(report, baseline)

    assert [finding.rule.id for finding in report.findings] == ["PublicFunctionUrl"]


def test_a_baseline_counts(report: Report) -> None:
    baseline = json.loads(write(report, Format.JSON))
    report.findings.append(report.findings[0])

    without_known(report, baseline)

    assert len(report.findings) == 1


@pytest.mark.parametrize("baseline", [[], {}, {"findings": {}}, None, "x"])
def test_fails_when_a_baseline_is_none(report: Report, baseline: object) -> None:
    with pytest.raises(ValueError, match="a report in JSON is expected"):
        without_known(report, baseline)
