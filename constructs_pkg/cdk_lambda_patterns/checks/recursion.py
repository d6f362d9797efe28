"""Finds loops in the event flow: what a function writes starts it again, by whatever way.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from .addresses import External
from .graph import FUNCTION, Kind, Mode
from .overlaps import continues
from .template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .addresses import Node
    from .event_flow import EventFlow
    from .graph import Edge

_FOLLOWED = {Kind.INVOKES, Kind.POLLS, Kind.SENDS, Kind.MAY_WRITE, Kind.DEAD_LETTERS_TO, Kind.FAILS_TO}
_NOT_FOLLOWED = {Mode.DEPLOYMENT, Mode.EDGE}
# What is configured for a function's results, and the modes in which nobody asks for them.
_RESULTS = {Kind.FAILS_TO, Kind.SENDS, Kind.INVOKES}
_OF_ASYNCHRONOUS = {"AWS::Lambda::EventInvokeConfig", FUNCTION}
_ANSWERED = {Mode.SYNCHRONOUS, Mode.POLLED}
_MAPPING = "AWS::Lambda::EventSourceMapping"
_PAIR = 2
# A second's work. An app of 500 resources needs a hundredth of it.
_MOST_STEPS = 1_000_000

# What a loop is called after: the first of these that it goes through.
_MEDIA: Mapping[str, tuple[str, ...]] = {
    "s3": ("AWS::S3::Bucket",),
    "sqs": ("AWS::SQS::Queue",),
    "sns": ("AWS::SNS::Topic",),
    "events": ("AWS::Events::EventBus", "AWS::Events::Rule"),
    "dynamodb": ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"),
    "kinesis": ("AWS::Kinesis::Stream", "AWS::KinesisFirehose::DeliveryStream"),
    "lambda": (FUNCTION,),
}


@dataclass(frozen=True, slots=True)
class Loop:
    """A way from a function back to it."""

    edges: tuple[Edge, ...]
    """Beginning with what leaves a function."""
    certain: bool
    """Whether something can go all the way; if not, a filter decides that the templates do not let us read."""

    @property
    def functions(self) -> list[Resource]:
        """The functions in it, in order."""
        nodes = (edge.source for edge in self.edges)
        return [node for node in nodes if isinstance(node, Resource) and node.type == FUNCTION]

    @property
    def media(self) -> frozenset[str]:
        """What it goes through, by service."""
        return frozenset(medium_of(edge.source) for edge in self.edges)

    @property
    def medium(self) -> str:
        """What it is called after."""
        return next((service for service in _MEDIA if service in self.media), "lambda")

    @property
    def broad(self) -> bool:
        """Whether it follows only from grants on everything."""
        return any(edge.broad for edge in self.edges)


def medium_of(node: Node) -> str:
    """What a loop through it is called after."""
    if isinstance(node, External):
        return node.service
    if isinstance(node, Resource):
        return next((service for service, types in _MEDIA.items() if node.type in types), "")
    return ""


@dataclass(frozen=True, slots=True)
class Loops:
    """What was found."""

    found: tuple[Loop, ...]
    complete: bool
    """Whether all ways were followed; where every function may write everywhere there are too many."""


def loops(flow: EventFlow) -> Loops:
    """Every loop, each once."""
    followed = [edge for edge in flow.edges if edge.kind in _FOLLOWED and edge.mode not in _NOT_FOLLOWED]
    followed = _without_explained(followed)
    search = _Search(flow)
    narrow = [edge for edge in followed if not edge.broad]
    circling = _in_circles(narrow)
    search.along(circling, circling)
    # Grants on everything lead everywhere: of them only the short ways back are told.
    leaving = _by_source(narrow)
    for edge in followed:
        if edge.broad:
            search.along([edge, *_short_way(edge, leaving)], [edge])
    sets = sorted(search.found, key=len)
    smallest = [nodes for position, nodes in enumerate(sets) if not any(other < nodes for other in sets[:position])]
    return Loops(tuple(search.found[nodes] for nodes in smallest), search.steps < _MOST_STEPS)


def _short_way(edge: Edge, leaving: Mapping[Node, list[Edge]]) -> list[Edge]:
    """The edges by which what enters a medium, or the rule behind it, starts the writer."""
    back: list[Edge] = []
    for first in leaving.get(edge.target, ()):
        if first.target is edge.source:
            back.append(first)
        else:
            back += [
                e for second in leaving.get(first.target, ()) if second.target is edge.source for e in (first, second)
            ]
    return back


def _by_source(edges: Iterable[Edge]) -> dict[Node, list[Edge]]:
    leaving: dict[Node, list[Edge]] = {}
    for edge in edges:
        leaving.setdefault(edge.source, []).append(edge)
    return leaving


def _without_explained(edges: list[Edge]) -> list[Edge]:
    """Without grants that are there for a destination only: what fails goes there, not what is done."""
    failing = {(edge.source, edge.target) for edge in edges if edge.kind is Kind.FAILS_TO}
    return [e for e in edges if e.kind is not Kind.MAY_WRITE or (e.source, e.target) not in failing]


class _Search:
    """Looks for loops, in a bounded number of steps."""

    def __init__(self, flow: EventFlow) -> None:
        self._flow = flow
        self.found: dict[frozenset[int], Loop] = {}
        self.steps = 0
        self._partners: dict[int, set[int]] = {}

    def along(self, edges: list[Edge], starts: Iterable[Edge]) -> None:
        """Find the shortest way back from each start at a function."""
        leaving = _by_source(edges)
        starts = [edge for edge in starts if isinstance(edge.source, Resource) and edge.source.type == FUNCTION]
        # The direct ways first: they are the ones that matter where there are too many to follow.
        for way_back in (_straight_back, self._way_back):
            for start in starts:
                for certain in (True, False):
                    way = way_back(start, leaving, certain=certain)
                    if way is not None and self._keep(way, certain=certain):
                        break

    def _keep(self, way: tuple[Edge, ...], *, certain: bool) -> bool:
        if not self._flow.templates.together(*(e.when for e in way), *(e.via.condition for e in way)):
            return False
        nodes = [id(edge.source) if isinstance(edge.source, Resource) else hash(edge.source) for edge in way]
        key = frozenset(nodes)
        known = self.found.get(key)
        # A loop around a smaller one says nothing new.
        around = len(key) > _PAIR and any(not key.isdisjoint(self._partners.get(node, ())) for node in nodes)
        if not around and (known is None or (certain and not known.certain)):
            self.found[key] = Loop(way, certain)
            if len(key) == _PAIR:
                for node, partner in permutations(key):
                    self._partners.setdefault(node, set()).add(partner)
        return True

    def _way_back(self, start: Edge, leaving: Mapping[Node, list[Edge]], *, certain: bool) -> tuple[Edge, ...] | None:
        """The shortest way from an edge to itself."""
        before: dict[Edge, Edge | None] = {start: None}
        queue = deque([start])
        while queue and self.steps < _MOST_STEPS:
            edge = queue.popleft()
            for following in leaving.get(edge.target, ()):
                self.steps += 1
                answer = _goes_on(edge, following)
                if answer is False or (certain and answer is None):
                    continue
                if following is start:
                    return _path(edge, before)
                if following not in before:
                    before[following] = edge
                    queue.append(following)
        return None


def _straight_back(start: Edge, leaving: Mapping[Node, list[Edge]], *, certain: bool) -> tuple[Edge, ...] | None:
    """The way back by one edge at most."""
    accepted = {True} if certain else {True, None}
    if start.target is start.source:
        return (start,) if _goes_on(start, start) in accepted else None
    for back in leaving.get(start.target, ()):
        if back.target is start.source and {_goes_on(start, back), _goes_on(back, start)} <= accepted:
            return start, back
    return None


def _goes_on(edge: Edge, following: Edge) -> bool | None:
    """Whether what arrives by an edge may leave by another; None if that cannot be told."""
    if following.kind in _RESULTS and following.via.type in _OF_ASYNCHRONOUS and edge.mode in _ANSWERED:
        return False  # destinations get results of asynchronous invocations only
    if following.kind is Kind.FAILS_TO and following.via.type == _MAPPING and edge.via is not following.via:
        return False  # and a mapping's those of what it polled
    return continues(edge.scope, following.scope)


def _path(last: Edge, before: Mapping[Edge, Edge | None]) -> tuple[Edge, ...]:
    path: list[Edge] = []
    edge: Edge | None = last
    while edge is not None:
        path.append(edge)
        edge = before[edge]
    return tuple(reversed(path))


def _in_circles(edges: Sequence[Edge]) -> list[Edge]:
    """The edges that may be part of a loop: what nothing leads to, or leads nowhere, is taken away until all do."""
    kept = list(edges)
    while True:
        sources = {edge.source for edge in kept}
        targets = {edge.target for edge in kept}
        remaining = [edge for edge in kept if edge.source in targets and edge.target in sources]
        if len(remaining) == len(kept):
            return kept
        kept = remaining
