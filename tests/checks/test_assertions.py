"""The checks in pytest, as users write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns.checks import Severity
from cdk_lambda_patterns.testing import assert_no_findings, synthesize

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct


class Bare(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        lambda_.Function(
            self,
            "Process",
            handler="i.h",
            runtime=lambda_.Runtime.PYTHON_3_14,
            code=lambda_.Code.from_inline("x"),
        )


EXPECTED = "function Process does not trace"


def test_an_app_a_stack_a_stage_and_a_template_are_checked(app: cdk.App, tmp_path: Path) -> None:
    stack = Bare(app, "Bare")
    file = tmp_path / "template.yaml"
    file.write_text("Resources: {Process: {Type: AWS::Lambda::Function}}")

    for subject in (app, stack, synthesize(Bare), file, str(file)):
        with pytest.raises(AssertionError, match=r"function Process\w* does not trace"):
            assert_no_findings(subject, select=["FunctionActiveTracing"])


def test_the_message_is_the_report(app: cdk.App) -> None:
    Bare(app, "Bare")

    with pytest.raises(AssertionError) as failed:
        assert_no_findings(app)

    assert "Bare/Process  (AWS::Lambda::Function Process" in str(failed.value)
    assert "docs: rules/function_active_tracing" in str(failed.value)


def test_less_than_the_threshold_passes(app: cdk.App) -> None:
    Bare(app, "Bare")

    assert assert_no_findings(app, fail_on=Severity.ERROR).asked


def test_ignored_rules_do_not_fail(app: cdk.App) -> None:
    Bare(app, "Bare")

    assert_no_findings(app, ignore=["FunctionActiveTracing", "FunctionErrorAlarm", "FunctionLogRetention"])


def test_what_is_changed_after_a_synthesis_is_seen(app: cdk.App) -> None:
    stack = Bare(app, "Bare")
    with pytest.raises(AssertionError):
        assert_no_findings(stack, select=["FunctionActiveTracing"])

    acknowledgment = cdk.Acknowledgment(id="LambdaChecks::FunctionActiveTracing", reason="traced upstream")
    cdk.Validations.of(stack).acknowledge(acknowledgment)
    report = assert_no_findings(stack, select=["FunctionActiveTracing"])

    assert [reason for _, reason in report.acknowledged] == ["traced upstream"]


def test_fails_when_the_subject_is_something_else() -> None:
    with pytest.raises(TypeError, match=r"'subjects' must be CDK apps, .*, got int"):
        assert_no_findings(1)
