"""What the rules about loops have in common: each speaks of the loops that go through its medium."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .facts import called, what
from .graph import Edge, Kind
from .overlaps import Keys, Notification
from .rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .recursion import Loop
    from .rule import App, Finding, Undecided

# Through these Lambda itself notices a loop.
_NOTICED = {"s3", "sqs", "sns", "lambda"}
_MAY = {"function": "may invoke", "state machine": "may start"}


class RecursionRule(Rule):
    """A rule about the loops of one medium."""

    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"

    medium: ClassVar[str]
    """What the loops are called after, as `recursion` names it."""
    fix: ClassVar[str]
    """What to change."""

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        """Tell of the loops that are called after the medium."""
        for loop in app.flow.loops.found:
            if loop.medium != self.medium or not loop.functions:
                continue
            function = loop.functions[0]
            way = _told(loop)
            if not loop.certain:
                unknown = f"{way}: a loop, unless a filter or prefix that cannot be read ends it"
                yield self.cannot_tell(function, unknown)
                continue
            only = ", by a grant on everything" if loop.broad else ""
            yield self.finding(
                function,
                f"{way}{only}: a loop; {_end(app, loop)}",
                fix=self.fix,
                severity=Severity.INFO if loop.broad else None,
            )
        if not app.flow.loops.complete:
            yield self.cannot_tell(
                app.flow.functions[0],
                "more ways lead through the event flow than are followed: grants on less would let every loop be seen",
            )


def _end(app: App, loop: Loop) -> str:
    settings = [app.templates.one(function, "RecursiveLoop") for function in loop.functions]
    if "Allow" in settings:
        return "nothing stops it, for RecursiveLoop is set to Allow"
    if loop.media <= _NOTICED:
        return "Lambda stops it after about 16 rounds"
    return "nothing stops it"


def _told(loop: Loop) -> str:
    """A loop as a sentence."""
    first, *others = loop.edges
    told = f"{called(first.source)} {_verb(first)} {called(first.target)}{_limit(first)}"
    for edge in others:
        if edge.kind is Kind.POLLS:
            told += f", which {called(edge.target)} polls"
        elif edge.kind is Kind.DEAD_LETTERS_TO:
            told += f", whose dead-letter queue is {called(edge.target)}"
        else:
            told += f", which {_verb(edge)} {called(edge.target)}{_limit(edge)}"
    return told


def _verb(edge: Edge) -> str:
    if edge.kind is Kind.INVOKES:
        return "starts"
    if edge.kind is Kind.MAY_WRITE:
        return _MAY.get(what(edge.target), "may write to")
    return {Kind.SENDS: "sends to", Kind.FAILS_TO: "fails to", Kind.POLLS: "is polled by"}.get(edge.kind, "leads to")


def _limit(edge: Edge) -> str:
    if isinstance(edge.scope, Keys) and edge.scope.pattern != "*":
        return f" ({edge.scope})"
    if isinstance(edge.scope, Notification) and str(edge.scope) != "*":
        return f" for {edge.scope}"
    return ""
