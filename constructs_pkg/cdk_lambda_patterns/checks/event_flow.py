"""The event flow: who invokes, polls, writes to and fails to whom, read from templates.

Nodes are resources of the templates, things outside of them, and values that cannot be known. An edge to an alias or a
version leads to its function and says which alias it is. A grant is an edge too: what a role may write to, it is taken
to write to.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from . import event_sources, recursion
from .addresses import Addresses
from .grants import grants
from .graph import ALIAS, FUNCTION, VERSION, Edge, Kind, Mode, label
from .policies import Policies
from .template import Resource
from .values import NONE, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .addresses import Address, Node
    from .graph import Qualifier
    from .recursion import Loops
    from .template import Template, Templates
    from .values import Value


class EventFlow:
    """The graph, and what can be asked of it."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self.addresses = Addresses(templates)
        self.policies = Policies(templates, self.addresses)
        self.functions: Sequence[Resource] = tuple(templates.of_type(FUNCTION))
        self._aliases: dict[Resource, list[Resource]] = {}
        self._versions: dict[Resource, list[Resource]] = {}
        for kind, by_function in ((ALIAS, self._aliases), (VERSION, self._versions)):
            for published in templates.of_type(kind):
                function, _ = self.function_of(published)
                if isinstance(function, Resource):
                    by_function.setdefault(function, []).append(published)
        self._from: dict[Node, list[Edge]] = {}
        self._to: dict[Node, list[Edge]] = {}
        self._via: dict[Resource, list[Edge]] = {}
        self.edges: list[Edge] = []
        self._add(event_sources.edges(self))
        self._add(grants(self))

    def _add(self, edges: Iterable[Edge]) -> None:
        for edge in edges:
            self.edges.append(edge)
            self._from.setdefault(edge.source, []).append(edge)
            self._to.setdefault(edge.target, []).append(edge)
            self._via.setdefault(edge.via, []).append(edge)

    def via(self, resource: Resource) -> Sequence[Edge]:
        """Edges that a resource makes."""
        return self._via.get(resource, ())

    def out_of(self, node: Node, *kinds: Kind) -> Iterator[Edge]:
        """Edges that begin at a node."""
        return (edge for edge in self._from.get(node, ()) if not kinds or edge.kind in kinds)

    def into(self, node: Node, *kinds: Kind) -> Iterator[Edge]:
        """Edges that end at a node."""
        return (edge for edge in self._to.get(node, ()) if not kinds or edge.kind in kinds)

    @cached_property
    def nodes(self) -> Sequence[Node]:
        """Every node, once."""
        return tuple(dict.fromkeys([*self._from, *self._to]))

    def aliases(self, function: Resource) -> Sequence[Resource]:
        """The aliases of a function."""
        return self._aliases.get(function, ())

    def versions(self, function: Resource) -> Sequence[Resource]:
        """The published versions of a function."""
        return self._versions.get(function, ())

    def triggers(self, function: Resource) -> Iterator[Edge]:
        """What starts a function."""
        return self.into(function, Kind.INVOKES, Kind.POLLS)

    def starts(self, function: Resource, mode: Mode) -> Iterator[Edge]:
        """What starts a function in a certain way; failures that it is the destination of are `Mode.DESTINATION`."""
        return (edge for edge in self._to.get(function, ()) if edge.mode is mode)

    def roles(self, function: Resource) -> Iterator[Edge]:
        """The roles that a function assumes: one, but for `Fn::If`."""
        return self.out_of(function, Kind.ASSUMES)

    def at_edge(self, function: Resource) -> bool:
        """Whether a function runs at CloudFront's edge: associated there, or trusting the edge with its role."""
        return function in self._edge_functions

    def serves_deployment(self, function: Resource) -> bool:
        """Whether only deployments start a function: a custom resource's handler, a release's hook."""
        return function in self._deployment_functions

    def serves_failures(self, function: Resource) -> bool:
        """Whether nothing starts a function but the results of others."""
        modes = {edge.mode for edge in self._to.get(function, ()) if edge.mode is not Mode.NONE}
        return modes == {Mode.DESTINATION}

    @cached_property
    def loops(self) -> Loops:
        """The ways by which a function starts itself."""
        return recursion.loops(self)

    @cached_property
    def applications(self) -> Sequence[Resource]:
        """The functions that do the app's own work: neither at the edge, nor only for deployments."""
        return tuple(f for f in self.functions if f not in self._edge_functions and f not in self._deployment_functions)

    @cached_property
    def _edge_functions(self) -> frozenset[Resource]:
        associated = {edge.target for edge in self.edges if edge.mode is Mode.EDGE}
        trusting = {f for f in self.functions if self._trusts(f, "edgelambda.amazonaws.com")}
        return frozenset(f for f in self.functions if f in associated or f in trusting)

    def _trusts(self, function: Resource, service: str) -> bool:
        for edge in self.roles(function):
            if isinstance(edge.target, Resource) and service in str(
                edge.target.properties.get("AssumeRolePolicyDocument")
            ):
                return True
        return False

    @cached_property
    def _deployment_functions(self) -> frozenset[Resource]:
        return frozenset(event_sources.deployment_functions(self))

    def function_of(self, resource: Resource) -> tuple[Node, Qualifier]:
        """The function that an alias or version is of."""
        qualifier: Qualifier = None
        seen: set[Resource] = set()
        node: Node = resource
        while isinstance(node, Resource) and node.type in {ALIAS, VERSION} and node not in seen:
            seen.add(node)
            qualifier = qualifier or node
            found = self.addresses.of(node.template, node.properties.get("FunctionName"), "lambda")
            node = next((address.node for address in found), Unknown(f"the function of {node.name}"))
        return node, qualifier

    def called(self, address: Address) -> tuple[Node, Qualifier]:
        """The function that an address leads to, with its alias or version."""
        node = address.node
        if isinstance(node, Resource) and node.type in {ALIAS, VERSION}:
            return self.function_of(node)
        if isinstance(node, Resource) and node.type == "Custom::CrossRegionStringParameterReader":
            return self._through_parameter(node)
        if isinstance(node, Resource) and node.type == FUNCTION and address.rest.startswith(":"):
            name = address.rest[1:].partition("/")[0].partition(":")[0]
            named = (a for a in self.aliases(node) if self.templates.one(a, "Name") == name)
            return node, next(named, name) if name not in {"*", ""} else None
        return node, None

    def _through_parameter(self, reader: Resource) -> tuple[Node, Qualifier]:
        """The version that a stack at the edge put into a parameter, and another stack reads from there."""
        name = self.templates.one(reader, "ParameterName")
        for parameter in self.templates.of_type("AWS::SSM::Parameter"):
            if self.templates.one(parameter, "Name") == name:
                for address in self.addresses.of(parameter.template, parameter.properties.get("Value"), "lambda"):
                    return self.called(address)
        return Unknown("a parameter of another Region"), None

    def name_of(self, template: Template, value: Value) -> str:
        """How a value is said in a message."""
        address = self.addresses.named(template, value, NONE)
        return label(address.node)
