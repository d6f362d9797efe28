"""The checks at every `cdk synth`: the only module here that imports the CDK."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

from .evaluation import PLUGIN, evaluate, selected
from .reading import read
from .rule import Severity, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from .evaluation import Report
    from .rule import Finding
    from .template import Resource, Template

# Not the rule's own id: who acknowledged that by a wrong one must learn of it.
_ERROR = "CheckError"


@jsii.implements(cdk.IPolicyValidationPlugin)
class LambdaChecks:
    """Checks every template of an app when it is synthesized, as a validation plugin of the CDK.

        cdk.Validations.of(app).add_plugins(LambdaChecks())

    An error fails the synthesis, a warning is shown; `cdk synth --strict` fails on warnings too. A finding is accepted
    where it is, or above it, with a reason:

        cdk.Validations.of(function).acknowledge(
            cdk.Acknowledgment(id="LambdaChecks::FunctionActiveTracing", reason="traced by the service mesh")
        )
    """

    def __init__(
        self,
        *,
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        as_of: date | None = None,
        repeat_built_in: bool = False,
    ) -> None:
        """Choose the rules.

        Args:
            select: Ids of the only rules to ask.
                Default: - all.
            ignore: Ids of rules not to ask.
                Default: - none.
            as_of: The day for which facts with dates hold, such as the end of a runtime.
                Default: - the day the facts were gathered.
            repeat_built_in: Whether to report what the CDK's own CloudFormation validation reports as well. For apps
                that switch it off with `App(builtin_cloud_formation_validation=False)`.
                Default: False

        Raises:
            UnknownRuleError: An id is none of a rule.
        """
        self._rules = selected(select, ignore)
        self._as_of = as_of
        self._repeat_built_in = repeat_built_in or os.environ.get("CDK_VALIDATION") == "false"

    @property
    def name(self) -> str:
        """The first part of the ids under which findings are acknowledged."""
        return PLUGIN

    @property
    def version(self) -> str | None:
        """None: the package's version would be looked up at every synthesis."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """The ids that can be acknowledged."""
        return list(catalogue())

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check the templates of an app. The CDK calls this."""
        try:
            return self._validated(context.template_paths)
        except Exception as error:
            # Of an exception only its text reaches the user, from the other side of jsii.
            raise RuntimeError("".join(traceback.format_exception(error))) from error

    def _validated(self, paths: Sequence[str]) -> cdk.PolicyValidationPluginReport:
        # A plugin gets the templates of stacks; nested stacks and stages are in the assembly that they are in.
        assembly = min((Path(path).parent for path in paths), key=lambda folder: len(folder.parts))
        report = evaluate(read([assembly]), self._rules, as_of=self._as_of)
        asked = {os.path.realpath(path) for path in paths}
        # The CDK itself leaves out what is acknowledged, and remembers it in its report.
        findings = [
            finding
            for finding in [*report.findings, *(finding for finding, _ in report.acknowledged)]
            if not self._is_reported(finding) and os.path.realpath(_stack_of(finding).name) in asked
        ]
        failed = bool(report.errors) or any(finding.severity is Severity.ERROR for finding in findings)
        return cdk.PolicyValidationPluginReport(
            success=not failed,
            violations=[*(_violation(finding) for finding in findings), *_errors(report, paths[0])],
        )

    def _is_reported(self, finding: Finding) -> bool:
        """Whether the CDK's own validation, which looks at stacks but not at nested ones, reports the same."""
        return bool(finding.built_in) and not self._repeat_built_in and finding.resource.template.parent is None


def _stack_of(finding: Finding) -> Template:
    """The template of the stack that a finding is in, nested stacks followed up."""
    template = finding.resource.template
    while template.parent is not None:
        template = template.parent.template
    return template


def _violation(finding: Finding) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=finding.rule.id,
        description=finding.message,
        fix=finding.fix,
        severity=str(finding.severity),
        rule_metadata={"source": finding.rule.source_url, "pillar": str(finding.rule.pillar)},
        violating_resources=[_violating(finding.resource)],
    )


def _violating(resource: Resource) -> cdk.PolicyViolatingResource:
    if resource.template.parent is not None and resource.construct_path is not None:
        return cdk.PolicyViolatingResource(construct_path=resource.construct_path, locations=[])
    return cdk.PolicyViolatingResource(
        resource_logical_id=resource.logical_id, template_path=resource.template.name, locations=[]
    )


def _errors(report: Report, path: str) -> list[cdk.PolicyViolation]:
    """What went wrong in the checks, or with an acknowledgement: told like a finding, or nobody would see it."""
    first = next(iter(report.app.templates), None)
    if first is None:
        return []
    return [
        cdk.PolicyViolation(
            rule_name=_ERROR,
            description=f"{error.rule}: {error.message}",
            severity="error",
            violating_resources=[
                cdk.PolicyViolatingResource(resource_logical_id=first.logical_id, template_path=path, locations=[])
            ],
        )
        for error in report.errors
    ]
