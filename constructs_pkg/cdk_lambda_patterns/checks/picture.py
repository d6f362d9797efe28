"""What the picture of an event flow shows: boxes in stacks, lines between them, findings where they are.

Roles, secrets and what only deployments use are left out, and grants that a trigger or destination explains.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .addresses import External
from .facts import what
from .graph import FUNCTION, Edge, Kind, Mode, label
from .overlaps import Keys, Notification, Pattern
from .rule import Severity
from .template import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .addresses import Node
    from .evaluation import Report

_FAILURES = {Kind.FAILS_TO, Kind.DEAD_LETTERS_TO}
_SHOWN = {Kind.INVOKES, Kind.POLLS, Kind.SENDS, Kind.MAY_WRITE, Kind.REDRIVES_TO, *_FAILURES}
_MOST_RULES = 3


@dataclass(eq=False, slots=True)
class Box:
    """A node as it is drawn."""

    name: str
    what: str
    """Its kind in a word or two: `function`, `queue`."""
    shape: str
    """`function`, `store`, `queue`, `gate` or `other`."""
    findings: list[tuple[Severity, str, str]] = field(default_factory=list[tuple[Severity, str, str]])
    """Severity, rule and message of each finding on it."""

    @property
    def severity(self) -> Severity | None:
        """The worst of its findings."""
        return max((severity for severity, _, _ in self.findings), key=lambda s: s.value, default=None)

    @property
    def marks(self) -> list[tuple[Severity, str]]:
        """The rules that found something, the worst first and the first few by name."""
        worst: dict[str, Severity] = {}
        for severity, rule, _ in self.findings:
            worst[rule] = max(severity, worst.get(rule, severity), key=lambda s: s.value)
        rules = sorted(worst, key=lambda rule: -worst[rule].value)
        marks = [(worst[rule], rule) for rule in rules[:_MOST_RULES]]
        rest = rules[_MOST_RULES:]
        return [*marks, (worst[rest[0]], f"and {len(rest)} more")] if rest else marks


@dataclass(eq=False, slots=True)
class Line:
    """An edge as it is drawn."""

    source: Box
    target: Box
    failure: bool
    """Whether only failures take this way."""
    label: str


@dataclass(slots=True)
class Picture:
    """What is drawn."""

    groups: dict[str, list[Box]]
    """Boxes by stack; those of no stack under an empty name."""
    lines: list[Line]

    @property
    def boxes(self) -> list[Box]:
        """Every box."""
        return [box for group in self.groups.values() for box in group]


def picture(report: Report) -> Picture:
    """Decide what is drawn of an app."""
    flow = report.app.flow
    edges = [edge for edge in flow.edges if _is_shown(report, edge)]
    explained = {(e.source, e.target) for e in edges if e.kind is not Kind.MAY_WRITE}
    edges = [e for e in edges if e.kind is not Kind.MAY_WRITE or (e.source, e.target) not in explained]
    # The bus that is always there, with nothing that anybody puts on it.
    fed = {edge.target for edge in edges}
    edges = [
        e for e in edges if e.source in fed or not (isinstance(e.source, External) and e.source.service == "events")
    ]
    nodes: dict[Node, None] = {}
    for edge in edges:
        nodes.setdefault(edge.source)
        nodes.setdefault(edge.target)
    for function in flow.functions:
        if not flow.serves_deployment(function):
            nodes.setdefault(function)
    boxes = {node: _box(node) for node in nodes}
    _mark(report, boxes)
    groups: dict[str, list[Box]] = {}
    for node, box in boxes.items():
        groups.setdefault(_stack(node), []).append(box)
    return Picture(dict(sorted(groups.items(), key=lambda group: (not group[0], group[0]))), _lines(edges, boxes))


def _is_shown(report: Report, edge: Edge) -> bool:
    if edge.kind not in _SHOWN or edge.mode is Mode.DEPLOYMENT or edge.broad:
        return False
    ends = (edge.source, edge.target)
    return not any(isinstance(end, Resource) and report.app.flow.serves_deployment(end) for end in ends)


def _stack(node: Node) -> str:
    if not isinstance(node, Resource):
        return ""
    template = node.template
    return template.construct_path or template.stack_name or template.name.rpartition("/")[2]


_SHAPES = {
    "AWS::DynamoDB::GlobalTable": "store",
    "AWS::DynamoDB::Table": "store",
    "AWS::Kinesis::Stream": "queue",
    "AWS::S3::Bucket": "store",
    "AWS::SNS::Topic": "queue",
    "AWS::SQS::Queue": "queue",
    FUNCTION: "function",
}
_SERVICE_SHAPES = {"s3": "store", "dynamodb": "store", "sqs": "queue", "sns": "queue", "kinesis": "queue"}


def _box(node: Node) -> Box:
    if isinstance(node, Resource):
        gate = node.type.startswith(("AWS::ApiGateway", "AWS::CloudFront", "AWS::Elastic", "AWS::AppSync"))
        shape = _SHAPES.get(node.type, "gate" if gate else "other")
    else:
        shape = _SERVICE_SHAPES.get(node.service, "other") if isinstance(node, External) else "other"
    return Box(name=label(node).strip("<>") or "?", what=what(node), shape=shape)


def _mark(report: Report, boxes: dict[Node, Box]) -> None:
    """Put each finding where it is: on the resource, if it is drawn, or on the function it is about."""
    for finding in report.findings:
        box = boxes.get(finding.resource) or (boxes.get(finding.function) if finding.function else None)
        if box is not None:
            box.findings.append((finding.severity, finding.rule.id, finding.message))


def _lines(edges: Sequence[Edge], boxes: dict[Node, Box]) -> list[Line]:
    """One line for all edges of a kind between two boxes."""
    labels: dict[tuple[Box, Box, bool], dict[str, None]] = {}
    for edge in edges:
        key = (boxes[edge.source], boxes[edge.target], edge.kind in _FAILURES)
        labels.setdefault(key, {}).setdefault(_told(edge))
    return [
        Line(source, target, failure, ", ".join(text for text in texts if text))
        for (source, target, failure), texts in labels.items()
    ]


def _told(edge: Edge) -> str:
    if isinstance(edge.scope, (Keys, Notification)):
        return "" if str(edge.scope) == "*" else "".join(c if c.isprintable() else "…" for c in str(edge.scope))
    if isinstance(edge.scope, Pattern) and edge.scope.sources:
        return ", ".join(edge.scope.detail_types or edge.scope.sources)
    return ""
