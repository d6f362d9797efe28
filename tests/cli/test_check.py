"""The commands `check`, `rules` and `diagram`: what they print, and how they end."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from cdk_lambda_patterns.checks.rule import catalogue
from cdk_lambda_patterns.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

CLEAN = "Resources: {Orders: {Type: AWS::SQS::Queue}}"
FAILING = """\
Resources:
  Process: {Type: AWS::Lambda::Function, Properties: {Runtime: nodejs22.x, TracingConfig: {Mode: Active}}}
  Url: {Type: AWS::Lambda::Url, Properties: {AuthType: NONE, TargetFunctionArn: !Ref Process}}
  Errors: {Type: AWS::CloudWatch::Alarm, Properties: {Namespace: AWS/Lambda, MetricName: Errors}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "/aws/lambda/${Process}", RetentionInDays: 30}}
"""


@pytest.fixture
def failing(tmp_path: Path) -> str:
    file = tmp_path / "failing.yaml"
    file.write_text(FAILING)
    return str(file)


@pytest.fixture
def clean(tmp_path: Path) -> str:
    file = tmp_path / "clean.yaml"
    file.write_text(CLEAN)
    return str(file)


def test_exit_code_0_means_clean(clean: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", clean]) == 0
    assert capsys.readouterr().out.startswith("0 findings in 0 of 0 functions")


def test_exit_code_1_means_findings(failing: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", failing]) == 1
    assert "everybody may call function Process through Url" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--fail-on", "error"], 1),
        (["--fail-on", "never"], 0),
        (["--ignore", "PublicFunctionUrl"], 0),
        (["--ignore", "PublicFunctionUrl", "--fail-on", "info"], 1),
        (["--ignore", "PublicFunctionUrl,DeprecatedRuntime", "--fail-on", "info"], 0),
        (["--ignore", "PublicFunctionUrl", "--ignore", "DeprecatedRuntime", "--fail-on", "info"], 0),
        (["--select", "DeprecatedRuntime"], 0),
        (["--select", "DeprecatedRuntime", "--as-of", "2027-04-30"], 1),
    ],
)
def test_the_threshold_and_the_rules_decide(failing: str, options: list[str], code: int) -> None:
    assert main(["check", failing, *options]) == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.yaml"], "missing.yaml: No such file or directory"),
        (["--select", "PublicFunctionURL", "x"], "did you mean PublicFunctionUrl?"),
        (["--baseline", "missing.json", "CLEAN"], "missing.json: No such file or directory"),
        (["--baseline", "CLEAN", "CLEAN"], "no baseline"),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_2(
    clean: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *(clean if word == "CLEAN" else word for word in arguments)]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_a_wrong_date_is_refused(clean: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", clean, "--as-of", "tomorrow"])

    assert ended.value.code == 2
    assert "a date such as 2026-11-21 is expected, got 'tomorrow'" in capsys.readouterr().err


def test_a_check_that_fails_is_not_clean(
    clean: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cdk_lambda_patterns.checks.rules.role_trust import RoleTrust  # noqa: PLC0415

    def crash(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(RoleTrust, "check", crash)

    assert main(["check", clean]) == 2
    assert "error of the checks: RoleTrust: KeyError: 'x'" in capsys.readouterr().out


def test_a_baseline_hides_what_is_known(failing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", failing, "--format", "json"])
    baseline = tmp_path / "baseline.json"
    baseline.write_text(capsys.readouterr().out)

    assert main(["check", failing, "--baseline", str(baseline), "--fail-on", "info"]) == 0


def test_every_format_can_be_read_by_its_readers(failing: str, capsys: pytest.CaptureFixture[str]) -> None:
    written: dict[str, str] = {}
    for format_ in ("json", "sarif", "junit", "markdown"):
        assert main(["check", failing, "--format", format_]) == 1
        written[format_] = capsys.readouterr().out

    assert json.loads(written["json"])["findings"]
    assert json.loads(written["sarif"])["runs"][0]["results"]
    assert ET.fromstring(written["junit"].partition("\n")[2]).tag == "testsuites"  # noqa: S314 - our own
    assert "| error |" in written["markdown"]


def test_stdin_is_read_and_names_are_written_in_any_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO("Resources: {Fü: {Type: AWS::Lambda::Function}}".encode()))
    )
    monkeypatch.setattr(sys, "stdout", out)

    assert main(["check", "-"]) == 1

    out.flush()
    assert b"F\\xfc  (AWS::Lambda::Function" in out.buffer.getvalue()


def test_rules_are_listed_by_pillar(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0

    listed = capsys.readouterr().out
    assert listed.startswith("Operational excellence\n")
    assert "  QueueVisibilityTimeout         warning  A queue hides a message for less than six times" in listed
    assert sum(line.startswith("  ") for line in listed.splitlines()) == len(catalogue())


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "QueueVisibilityTimeout"]) == 0

    explained = capsys.readouterr().out
    assert "Pillar: Reliability" in explained
    assert "In cfn-lint: E3505" in explained
    assert "## Why" in explained


def test_an_unknown_rule_is_not_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "QueueVisibility"]) == 2
    assert "did you mean QueueVisibilityTimeout?" in capsys.readouterr().err


def test_a_diagram_is_mermaid_unless_its_file_is_svg(
    failing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram", failing, "-o", str(tmp_path / "flow.svg"), "--layout", "bundled"]) == 0
    assert main(["diagram", failing, "-o", str(tmp_path / "flow.mmd")]) == 0

    assert (tmp_path / "flow.svg").read_text().startswith("<svg ")
    assert (tmp_path / "flow.mmd").read_text().startswith("flowchart LR\n")
    assert capsys.readouterr().out == ""


def test_a_diagram_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "missing.yaml"]) == 2
    assert capsys.readouterr().err == "error: missing.yaml: No such file or directory\n"


def test_a_diagram_that_cannot_be_written_says_so(
    failing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagram", failing, "-o", str(tmp_path / "no" / "flow.svg")]) == 2
    assert capsys.readouterr().err.endswith("No such file or directory\n")


@pytest.mark.slow
def test_the_command_as_a_whole_takes_less_than_half_a_second(failing: str) -> None:
    def run() -> float:
        started = time.perf_counter()
        code = "import sys; from cdk_lambda_patterns.cli.main import main; sys.exit(main(sys.argv[1:]))"
        subprocess.run([sys.executable, "-c", code, "check", failing], capture_output=True, check=False)
        return time.perf_counter() - started

    # The best of a few: the machine has other work too.
    assert min(run() for _ in range(4)) < 0.5
