"""Runs the catalogue over an app: one evaluator for the command, the CDK plugin and pytest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas

from .event_flow import EventFlow
from .reading import read
from .rule import App, Finding, Severity, Undecided, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .reading import Input
    from .rule import Rule
    from .template import Resource

PLUGIN = "LambdaChecks"
"""The name under which rules are acknowledged: `LambdaChecks::FunctionActiveTracing`."""


@dataclass(frozen=True, slots=True)
class ToolError:
    """Something that went wrong in the checks themselves, or in what they were told."""

    rule: str
    message: str


@dataclass(slots=True)
class Report:
    """What the checks say of an app."""

    app: App
    findings: list[Finding] = field(default_factory=list[Finding])
    undecided: list[Undecided] = field(default_factory=list[Undecided])
    errors: list[ToolError] = field(default_factory=list[ToolError])
    acknowledged: list[tuple[Finding, str]] = field(default_factory=list[tuple[Finding, str]])
    """Findings that were acknowledged, each with its reason."""
    asked: Sequence[type[Rule]] = ()
    """The rules that were asked."""
    seconds: float = 0
    """How long they took."""

    def at_least(self, severity: Severity) -> list[Finding]:
        """The findings of that severity and above."""
        return [finding for finding in self.findings if finding.severity >= severity]


class UnknownRuleError(ValueError):
    """A rule id that is none, with the nearest that is one."""


def check(
    *sources: str | Path | Mapping[str, object],
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    as_of: date | None = None,
) -> Report:
    """Check templates: cloud assemblies, CloudFormation, SAM, or mappings, as one app.

    Args:
        sources: Folders that `cdk synth` wrote, template files in JSON or YAML, `-` for stdin, or templates.
        select: Ids of the only rules to ask.
            Default: - all.
        ignore: Ids of rules not to ask.
            Default: - none.
        as_of: The day for which facts with dates hold, such as the end of a runtime.
            Default: - the day the facts were gathered.

    Returns:
        Findings, what could not be decided, and errors of the checks themselves.

    Raises:
        TemplateError: Something cannot be read as a template.
        UnknownRuleError: An id is none of a rule.
    """
    rules = selected(select, ignore)  # before anything is read: a wrong id is quicker to tell
    return evaluate(read(sources), rules, as_of=as_of)


def selected(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> Sequence[type[Rule]]:
    """The rules to ask.

    Raises:
        UnknownRuleError: An id is none of a rule.
    """
    chosen, left_out = set(select), set(ignore)
    for rule_id in sorted(chosen | left_out):
        if rule_id not in catalogue():
            raise UnknownRuleError(unknown_rule(rule_id))
    return [
        rule for rule_id, rule in catalogue().items() if (not chosen or rule_id in chosen) and rule_id not in left_out
    ]


def unknown_rule(rule_id: str) -> str:
    """What to say of an id that is none."""
    lowered = {known.lower(): known for known in catalogue()}
    near = get_close_matches(rule_id.lower(), lowered, n=1, cutoff=0.5)
    hint = f"; did you mean {lowered[near[0]]}?" if near else ""
    return f"there is no rule {rule_id!r}{hint}"


def evaluate(given: Input, rules: Sequence[type[Rule]], *, as_of: date | None = None) -> Report:
    """Ask rules about what was read."""
    started = time.perf_counter()
    app = App(given.templates, EventFlow(given.templates), as_of or date.fromisoformat(quotas.AS_OF))
    report = Report(app, asked=rules)
    for rule in rules:
        _ask(rule, app, report)
    _acknowledge(report, given.acknowledgements)
    report.findings.sort(key=_order)
    report.seconds = time.perf_counter() - started
    return report


def _ask(rule: type[Rule], app: App, report: Report) -> None:
    findings: dict[tuple[Resource, str], Finding] = {}
    undecided: dict[tuple[Resource, str], Undecided] = {}
    try:
        for outcome in rule().check(app):
            key = (outcome.resource, outcome.message)
            if isinstance(outcome, Finding):
                findings.setdefault(key, outcome)
            else:
                undecided.setdefault(key, outcome)
    except Exception as error:  # noqa: BLE001 - one rule's mistake must not hide what the others find
        report.errors.append(ToolError(rule.id, f"{type(error).__name__}: {error} ({_place(error)})"))
    report.findings += findings.values()
    found = {resource for resource, _ in findings}
    report.undecided += [outcome for outcome in undecided.values() if outcome.resource not in found]


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""


def _acknowledge(report: Report, acknowledgements: Mapping[str, Mapping[str, str]]) -> None:
    for path, reasons in acknowledgements.items():
        for acknowledged in reasons:
            plugin, _, rule_id = acknowledged.rpartition("::")
            if plugin == PLUGIN and rule_id not in catalogue():
                report.errors.append(ToolError(rule_id, f"acknowledged at {path}: {unknown_rule(rule_id)}"))
    kept: list[Finding] = []
    for finding in report.findings:
        reason = _reason(finding, acknowledgements)
        if reason is None:
            kept.append(finding)
        else:
            report.acknowledged.append((finding, reason))
    report.findings = kept


def _reason(finding: Finding, acknowledgements: Mapping[str, Mapping[str, str]]) -> str | None:
    """Why a finding was acknowledged, at its construct or one above it."""
    for path in _ancestors(finding.resource.construct_path or ""):
        reason = acknowledgements.get(path, {}).get(f"{PLUGIN}::{finding.rule.id}")
        if reason is not None:
            return reason
    return None


def _ancestors(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _order(finding: Finding) -> tuple[object, ...]:
    about = finding.function or finding.resource
    return (about.template.name, about.path, -finding.severity.value, finding.rule.id, finding.message)
