"""Makes edges: from what stands at a place in a resource to what it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .addresses import External
from .graph import FUNCTION, Edge, Kind, Mode
from .template import Resource
from .values import NONE, Case, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .addresses import Address, Node
    from .event_flow import EventFlow
    from .overlaps import Scope
    from .template import Templates

Builder: TypeAlias = "Callable[[EventFlow, Resource], Iterator[Edge]]"
"""Finds the edges that a resource of some type makes."""


def edge_to(
    flow: EventFlow,
    source: Node,
    address: Address,
    kind: Kind,
    via: Resource,
    *,
    mode: Mode = Mode.NONE,
    scope: Scope | None = None,
) -> Edge:
    """An edge to what an address names: an alias is followed to its function."""
    target, qualifier = flow.called(address)
    to_function = _is_lambda(target) or (isinstance(target, Resource) and target.type == FUNCTION)
    starts = to_function or (isinstance(target, Resource) and target.type in _STARTED)
    return Edge(
        source=source,
        target=target,
        kind=Kind.INVOKES if kind is Kind.SENDS and starts else kind,
        via=via,
        mode=mode if to_function else Mode.NONE,
        qualifier=qualifier,
        scope=scope,
        when=address.when,
    )


_STARTED = {"AWS::StepFunctions::StateMachine"}


def _is_lambda(node: Node) -> bool:
    return isinstance(node, External) and node.service == "lambda"


def places(templates: Templates, resource: Resource, path: Sequence[str]) -> Iterator[Case]:
    """What stands at a path with `[]` and `*` in it, in every branch of `Fn::If`."""
    cases = [Case(resource.properties, NONE)]
    for step in path:
        deeper: list[Case] = []
        for value, when in cases:
            if step == "[]":
                found: Sequence[Case] = tuple(templates.items(resource.template, value))
            elif step == "*":
                found = [c for entry in mapping(value).values() for c in templates.resolve(resource.template, entry)]
            else:
                found = templates.inside(resource.template, value, step)
            deeper += [Case(v, when | w) for v, w in found if v is not None]
        cases = deeper
    yield from cases


def named(flow: EventFlow, resource: Resource, path: Sequence[str], service: str = "lambda") -> Iterator[Address]:
    """What the values at a path name."""
    for value, when in places(flow.templates, resource, path):
        if not is_mapping(value):
            yield flow.addresses.named(resource.template, value, when, service)


def is_function(flow: EventFlow, address: Address) -> bool:
    """Whether an address leads to a function, here or elsewhere."""
    target, _ = flow.called(address)
    return _is_lambda(target) or (isinstance(target, Resource) and target.type == FUNCTION)
