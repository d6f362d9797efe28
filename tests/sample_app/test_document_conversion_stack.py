from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns.testing import fast_app, recommended_feature_flags, synthesize
from sample_app.stacks.document_conversion import DocumentConversion
from tests.findings import cfn_lint_findings, synthesis_findings

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

PROJECT = Path(__file__).parents[2]
# Fn::Join instead of Fn::Sub, and DependsOn beside a reference: the CDK's way of writing templates, not ours to change.
HOW_THE_CDK_WRITES = ("I1022", "W3005")


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template as cdk.json has it deployed: with the recommended feature flags."""
    return synthesize(DocumentConversion, recommended_flags=True)


def test_document_conversion_is_as_reviewed(template: dict[str, Any], template_snapshot: SnapshotAssertion) -> None:
    assert template == template_snapshot


def test_nobody_finds_anything_wrong(template: dict[str, Any], tmp_path: Path) -> None:
    assert synthesis_findings(DocumentConversion, tmp_path) == []
    assert [finding for finding in cfn_lint_findings(template) if finding[:5] not in HOW_THE_CDK_WRITES] == []


def test_the_function_may_do_three_things_and_no_more(template: dict[str, Any]) -> None:
    """Beside what every function needs: logs, traces and its failure queue."""
    (granted,) = (
        resource["Properties"]["PolicyDocument"]["Statement"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
    )

    allowed = {json.dumps(statement["Resource"]): statement["Action"] for statement in granted}
    (read,) = (action for resource, action in allowed.items() if "/*.xlsx" in resource)
    (write,) = (action for resource, action in allowed.items() if "/*.csv" in resource)
    (remember,) = (action for resource, action in allowed.items() if "Converted" in resource)
    assert read == "s3:GetObject"
    assert write == "s3:PutObject"
    assert remember == [f"dynamodb:{verb}Item" for verb in ("Delete", "Get", "Put", "Update")]
    assert len(granted) == 3


def test_it_deploys_to_any_account_and_region() -> None:
    stack = DocumentConversion(fast_app(), "DocumentConversion")

    assert cdk.Token.is_unresolved(stack.account)
    assert cdk.Token.is_unresolved(stack.region)


def test_cdk_json_pins_the_recommended_feature_flags() -> None:
    """When this fails after an upgrade of the CDK, read what the new flags change before adding them."""
    context = json.loads((PROJECT / "cdk.json").read_text())["context"]

    assert context == recommended_feature_flags()


@pytest.mark.slow
def test_the_app_that_cdk_json_names_synthesizes_without_a_finding(tmp_path: Path) -> None:
    settings = json.loads((PROJECT / "cdk.json").read_text())
    program, *arguments = settings["app"].split()
    assert program == "python3"
    context = {**settings["context"], "aws:cdk:bundling-stacks": []}

    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**os.environ, "CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps(context)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "DocumentConversion.template.json").exists()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert [plugin for plugin in report["pluginReports"] if plugin["violations"]] == []
