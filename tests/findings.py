"""What others find in a stack: cdk-nag's AwsSolutions, the CDK's own validation of CloudFormation, cfn-lint."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

if TYPE_CHECKING:
    from pathlib import Path


def synthesis_findings(stack: type[cdk.Stack], outdir: Path) -> list[str]:
    """Findings of cdk-nag and of the CDK, warnings too, without what the stack acknowledges with a reason."""
    import cdk_nag  # noqa: PLC0415 - a third of a second

    app = cdk.App(outdir=str(outdir), analytics_reporting=False, context={"aws:cdk:bundling-stacks": []})
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    stack(app, stack.__name__)
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    report = outdir / "validation-report.json"
    plugins: list[dict[str, Any]] = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    return [
        f"{violation['ruleName']} {construct['constructPath']}: {violation['description']}"
        for plugin in plugins
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


def cfn_lint_findings(template: dict[str, Any]) -> list[str]:
    """Findings of cfn-lint, warnings and information too."""
    decode, runner = _cfn_lint()
    read, errors = decode(json.dumps(template))
    matches = errors or runner.validate_template(read)
    return [f"{match.rule.id} {match.path}: {match.message}" for match in matches]


@cache
def _cfn_lint() -> tuple[Any, Any]:
    """What reads and what checks: with rules that are read once for all templates, as its own command does."""
    from cfnlint.config import ConfigMixIn  # type: ignore[import-untyped]  # noqa: PLC0415 - seconds to import
    from cfnlint.decode.decode import decode_str  # type: ignore[import-untyped]  # noqa: PLC0415
    from cfnlint.runner import Runner  # type: ignore[import-untyped]  # noqa: PLC0415

    not_asked = [
        "W3005",  # the CDK depends on what it refers to as well
        "I1022",  # the CDK joins text with Fn::Join
        "I3013",  # four days, SQS's own, are meant: what is late has moved to the dead-letter queue, which keeps 14
    ]
    return decode_str, Runner(ConfigMixIn(regions=["us-east-1"], include_checks=["I"], ignore_checks=not_asked))
