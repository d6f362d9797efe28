"""Writes what the checks found: for people, for other tools, for pull requests."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from enum import StrEnum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from .rule import Severity, catalogue, one_line, stem
from .values import is_mapping, is_sequence, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .evaluation import Report
    from .rule import Finding, Rule
    from .template import Resource


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    JUNIT = "junit"


def write(
    report: Report,
    format: Format = Format.TEXT,  # noqa: A002 - the word that the command line has
    *,
    fail_on: Severity | None = Severity.WARNING,
    color: bool = False,
    width: int | None = None,
    undecided: bool = False,
) -> str:
    """Write a report.

    Args:
        report: What was found.
        format: How.
        fail_on: From which severity on a finding is a failure; only JUnit tells one from the other. None is never.
        color: Whether text is coloured, for a terminal.
        width: Where text is wrapped.
            Default: - not at all.
        undecided: Whether text says what could not be told; JSON always does.
    """
    writers: Mapping[Format, Callable[[], str]] = {
        Format.TEXT: lambda: _text(report, color=color, width=width, undecided=undecided),
        Format.JSON: lambda: json.dumps(as_json(report), indent=2) + "\n",
        Format.SARIF: lambda: json.dumps(_sarif(report), indent=2) + "\n",
        Format.MARKDOWN: lambda: _markdown(report),
        Format.JUNIT: lambda: _junit(report, fail_on),
    }
    return writers[format]()


def as_json(report: Report) -> dict[str, list[dict[str, object]]]:
    """A report as JSON has it."""
    return {
        "findings": [
            {
                "rule": finding.rule.id,
                "severity": str(finding.severity),
                **_place(finding.resource),
                "message": finding.message,
                "fix": finding.fix,
                "source": finding.rule.source_url,
            }
            for finding in report.findings
        ],
        "undecided": [
            {"rule": outcome.rule.id, **_place(outcome.resource), "message": outcome.message}
            for outcome in report.undecided
        ],
        "errors": [{"rule": error.rule, "message": error.message} for error in report.errors],
    }


def without_known(report: Report, baseline: object) -> None:
    """Take out what an earlier report, read from its JSON, has too. Numbers in messages may have changed.

    Raises:
        ValueError: It is no such report.
    """
    entries = mapping(baseline).get("findings")
    if not is_sequence(entries):
        raise ValueError("a report in JSON is expected, with a list of findings")
    known = Counter(_key(entry) for entry in entries if is_mapping(entry))
    new: list[Finding] = []
    for finding in report.findings:
        key = _key({"rule": finding.rule.id, **_place(finding.resource)})
        if known[key] > 0:
            known[key] -= 1
        else:
            new.append(finding)
    report.findings = new


def _key(entry: Mapping[str, object]) -> tuple[object, ...]:
    # Folders differ between machines; a construct's path, or a logical id in a file, does not.
    place = entry.get("construct_path") or (PurePath(str(entry.get("template"))).name, entry.get("logical_id"))
    return str(entry.get("rule")), place


def _place(resource: Resource) -> dict[str, object]:
    return {
        "template": resource.template.name,
        "logical_id": resource.logical_id,
        "construct_path": resource.construct_path,
    }


def summary(report: Report) -> str:
    """A report in one line: `2 findings in 1 of 9 functions (55 rules, 38 ms)`."""
    functions = report.app.flow.functions
    concerned = {finding.function for finding in report.findings if finding.function is not None}
    counts = _plural(len(report.findings), "finding")
    parts = [f"{counts} in {len(concerned)} of {_plural(len(functions), 'function')}"]
    if report.acknowledged:
        parts.append(f"{len(report.acknowledged)} acknowledged")
    if report.undecided:
        parts.append(f"{len(report.undecided)} cannot be told")
    return f"{', '.join(parts)} ({_plural(len(report.asked), 'rule')}, {report.seconds * 1000:.0f} ms)"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


_COLORS = {Severity.ERROR: "31;1", Severity.WARNING: "33", Severity.INFO: "36"}


_BEFORE_MESSAGES = len("  warning    ")  # beside the rule's id
_NO_BREAK = "\N{NO-BREAK SPACE}"


def _text(report: Report, *, color: bool, width: int | None, undecided: bool) -> str:
    paint = _painter(color=color)
    untold = report.undecided if undecided else []
    rules = [finding.rule.id for finding in report.findings] + [outcome.rule.id for outcome in untold]
    column = max(map(len, rules), default=0)
    lines: list[str] = []
    outcomes: list[tuple[Resource, str, str]] = [
        (finding.function or finding.resource, *_told(finding, column, width, paint)) for finding in report.findings
    ]
    for outcome in untold:
        start = f"  {paint('unknown ', '2')} {outcome.rule.id:<{column}}  "
        message = _wrapped(outcome.message, column + _BEFORE_MESSAGES, width)
        outcomes.append((outcome.resource, f"{start}{message}", ""))
    heading: Resource | None = None
    for about, told, more in sorted(outcomes, key=lambda entry: (entry[0].template.name, entry[0].path)):
        if about is not heading:
            heading = about
            lines += ([""] if lines else []) + [_heading(about, paint)]
        lines += [told, more] if more else [told]
    lines += ([""] if lines else []) + [
        f"{paint('error of the checks', '31')}: {error.rule}: {error.message}" for error in report.errors
    ]
    return "\n".join([*lines, summary(report)]).lstrip("\n") + "\n"


def _painter(*, color: bool) -> Callable[[str, str], str]:
    return (lambda text, code: f"\033[{code}m{text}\033[0m") if color else (lambda text, _: text)


def _heading(resource: Resource, paint: Callable[[str, str], str]) -> str:
    where = location(resource)
    what = one_line(f"({resource.type} {resource.logical_id}{', ' if where else ''}{where})")
    return f"{paint(one_line(resource.path), '1')}  {paint(what, '2')}"


def location(resource: Resource) -> str:
    """The file and line of a resource, of templates that people write; empty for those of the CDK."""
    line = resource.template.line_of(resource.logical_id)
    return f"{resource.template.name}:{line}" if line is not None else ""


def _told(finding: Finding, column: int, width: int | None, paint: Callable[[str, str], str]) -> tuple[str, str]:
    indent = column + _BEFORE_MESSAGES
    message = _wrapped(finding.message, indent, width)
    colored = f"  {paint(f'{finding.severity!s:<8}', _COLORS[finding.severity])} {finding.rule.id:<{column}}  "
    more = [f"fix: {finding.fix}"]
    if finding.function is not None and finding.resource is not finding.function:
        where = location(finding.resource)
        more.append(f"at: {finding.resource.path}" + (f"  ({where})" if where else ""))
    more.append(f"docs: rules/{stem(finding.rule)}")
    said = _wrapped("  ".join(map(one_line, more)), indent, width, whole=map(one_line, more[1:]))
    return f"{colored}{message}", paint(f"{' ' * indent}{said}", "2")


def _wrapped(text: str, indent: int, width: int | None, *, whole: Iterable[str] = ()) -> str:
    """Text on lines that begin where it does; ids, paths and what is said to be whole stay whole."""
    if width is None:
        return text
    for part in whole:
        text = text.replace(part, part.replace(" ", _NO_BREAK))
    lines = textwrap.wrap(text, max(width - indent, 40), break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines).replace(_NO_BREAK, " ")


def _markdown(report: Report) -> str:
    blocks = [f"**{summary(report)}**"]
    groups: dict[Resource, list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault(finding.function or finding.resource, []).append(finding)
    for about, findings in groups.items():
        rows = [
            f"| {finding.severity} | [{finding.rule.id}]({finding.rule.source_url}) | {_cell(finding.message)} | "
            f"{_cell(finding.fix)} |"
            for finding in findings
        ]
        blocks.append(
            f"### {_cell(one_line(about.path))}\n\n| Severity | Rule | Finding | Fix |\n| --- | --- | --- | --- "
            "|\n" + "\n".join(rows)
        )
    if report.errors:
        blocks.append(
            "### Errors of the checks\n\n" + "\n".join(f"- {e.rule}: {_cell(e.message)}" for e in report.errors)
        )
    return "\n\n".join(blocks) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"([\\|<>*_`\[\]])", r"\\\1", text)


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def _sarif(report: Report) -> dict[str, Any]:
    """A report in SARIF 2.1.0.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    """
    rules = list(catalogue().values())
    acknowledged = [
        {**_result(finding, rules), "suppressions": [{"kind": "inSource", "justification": reason}]}
        for finding, reason in report.acknowledged
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "cdk-lambda-patterns", "rules": [_descriptor(rule) for rule in rules]}},
                "results": [*(_result(finding, rules) for finding in report.findings), *acknowledged],
                "invocations": [
                    {
                        "executionSuccessful": not report.errors,
                        "toolExecutionNotifications": [
                            {
                                "level": "error",
                                "message": {"text": error.message},
                                "associatedRule": {"id": error.rule},
                            }
                            for error in report.errors
                        ],
                    }
                ],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _descriptor(rule: type[Rule]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "helpUri": rule.source_url,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [str(rule.pillar), *(f"{tool}:{known}" for tool, known in rule.equivalents.items())]},
    }


def _result(finding: Finding, rules: list[type[Rule]]) -> dict[str, Any]:
    resource = finding.resource
    path = Path(resource.template.name)
    line = resource.template.line_of(resource.logical_id) or 1
    logical = {"name": resource.logical_id, "kind": "resource", "fullyQualifiedName": resource.path}
    physical = {
        "artifactLocation": {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())},
        "region": {"startLine": line},
    }
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. Fix: {finding.fix}"},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
        "partialFingerprints": {"ruleAndPlace/v1": f"{finding.rule.id}:{resource.path}"},
    }


def _junit(report: Report, fail_on: Severity | None) -> str:
    by_rule: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault(finding.rule.id, []).append(finding)
    errors = {error.rule: error.message for error in report.errors}
    suite = ET.Element("testsuite", name="cdk-lambda-patterns", time=f"{report.seconds:.3f}")
    failures = 0
    for rule_id in sorted({rule.id for rule in report.asked} | set(errors)):
        case = ET.SubElement(suite, "testcase", classname="cdk-lambda-patterns", name=rule_id)
        findings = by_rule.get(rule_id, [])
        failing = [f for f in findings if fail_on is not None and f.severity >= fail_on]
        failures += bool(failing)
        if failing:
            text = _lines(failing)
            failure = ET.SubElement(case, "failure", message=_xml(_plural(len(failing), "finding")), type=rule_id)
            failure.text = _xml(text)
        others = [f for f in findings if f not in failing]
        if others:
            ET.SubElement(case, "system-out").text = _xml(_lines(others))
        if rule_id in errors:
            ET.SubElement(case, "error", message=_xml(errors[rule_id]))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    suite.set("errors", str(len(errors)))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _lines(findings: Iterable[Finding]) -> str:
    return "\n".join(f"{f.severity}: {f.resource.path}: {f.message}; fix: {f.fix}" for f in findings)


def _xml(text: str) -> str:
    """Text without what XML cannot hold."""
    return re.sub("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
