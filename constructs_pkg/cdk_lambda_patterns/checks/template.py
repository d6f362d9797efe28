"""What a template says: its resources and their properties, in every branch of its conditions.

Two values are never combined from branches that cannot meet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, cast

from .conditions import Worlds
from .intrinsics import FUNCTIONS
from .values import (
    MAX_CASES,
    MAX_DEPTH,
    NONE,
    Assumptions,
    Case,
    NumberCase,
    Reference,
    Text,
    Unknown,
    Value,
    is_mapping,
    known,
    literal,
    mapping,
    number_of,
    sequence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path


class TemplateError(ValueError):
    """The input cannot be read as templates: one line, meant for a person."""


@dataclass(eq=False, slots=True)
class Resource:
    """A resource of a template. Two are equal only if they are the same one."""

    template: Template
    logical_id: str
    type: str
    properties: Mapping[str, object]
    raw: Mapping[str, object]
    """The whole of it: `Metadata`, `UpdatePolicy`, `Condition` ..."""
    construct_path: str | None = None
    """The path of its construct, for example `Orders/Process/Resource`; None where no CDK made the template."""

    @property
    def path(self) -> str:
        """Where a person finds it: the construct's path without the L1's last step, or the logical id."""
        if not self.construct_path:
            return self.logical_id
        head, _, last = self.construct_path.rpartition("/")
        return head if last in {"Resource", "Default"} and head else self.construct_path

    @property
    def name(self) -> str:
        """What a person calls it: the path without its stack, or the logical id."""
        path = self.path
        stack = self.template.construct_path
        return path[len(stack) + 1 :] if stack and path.startswith(f"{stack}/") else path

    @property
    def metadata(self) -> Mapping[str, object]:
        """Its `Metadata`."""
        return mapping(self.raw.get("Metadata"))

    @property
    def condition(self) -> Assumptions:
        """What must hold for it to exist."""
        name = self.raw.get("Condition")
        return frozenset({(self.template, name, True)}) if isinstance(name, str) else NONE

    def __repr__(self) -> str:
        return f"<{self.type} {self.path}>"


@dataclass(eq=False, slots=True)
class Template:
    """One template, and what is known of where it is deployed."""

    name: str
    """The file as the user named it, or `<stdin>`."""
    body: Mapping[str, object]
    stack_name: str | None = None
    account: str | None = None
    region: str | None = None
    construct_path: str | None = None
    """The path of the stack's construct."""
    parent: Resource | None = None
    """The `AWS::CloudFormation::Stack` that this is the template of."""
    resources: dict[str, Resource] = field(default_factory=dict[str, Resource])
    nested: dict[str, Template] = field(default_factory=dict[str, "Template"])
    """Templates of nested stacks, by the stack's logical id."""
    assets: dict[str, Path] = field(default_factory=dict[str, "Path"])
    """Folders and files that the CDK packed, by the last part of their name in the bucket."""
    folder: Path | None = None
    """Where it was read from, for paths in it."""
    line_of: Callable[[str], int | None] = lambda _: None
    """The line of a logical id, for templates that people write."""

    def __post_init__(self) -> None:
        for logical_id, raw in mapping(self.body.get("Resources")).items():
            if not is_mapping(raw) or not isinstance(kind := raw.get("Type"), str):
                continue
            path = mapping(raw.get("Metadata")).get("aws:cdk:path")
            self.resources[logical_id] = Resource(
                template=self,
                logical_id=logical_id,
                type=kind,
                properties=mapping(raw.get("Properties")),
                raw=raw,
                construct_path=path if isinstance(path, str) else None,
            )

    def section(self, name: str) -> Mapping[str, object]:
        """A section, for example `Outputs`; empty if there is none."""
        return mapping(self.body.get(name))

    @property
    def environment(self) -> tuple[str | None, str | None]:
        """Account and Region, None where the template does not tell."""
        return self.account, self.region

    def __repr__(self) -> str:
        return f"<Template {self.name}>"


class Templates:
    """Templates that belong together, nested ones included, and the meaning of the values in them."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self.templates = templates
        self.resolved = 0
        """How many values were resolved: the measure of work."""
        self._by_type: dict[str, list[Resource]] = {}
        self._stacks: dict[str, list[Template]] = {}
        for template in templates:
            if template.stack_name:
                self._stacks.setdefault(template.stack_name, []).append(template)
            for resource in template.resources.values():
                self._by_type.setdefault(resource.type, []).append(resource)
        self._exports: dict[tuple[object, ...], tuple[Template, object]] | None = None
        self._worlds: dict[Template, Worlds] = {}

    def __iter__(self) -> Iterator[Resource]:
        for template in self.templates:
            yield from template.resources.values()

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Every resource of these types."""
        for kind in types:
            yield from self._by_type.get(kind, ())

    @property
    def types(self) -> Sequence[str]:
        """The types that occur."""
        return tuple(self._by_type)

    def cases(self, resource: Resource, *path: str) -> tuple[Case, ...]:
        """What a property may be, in every branch of `Fn::If`.

        Args:
            resource: The resource.
            path: The names from its `Properties` on, for example "DestinationConfig", "OnFailure".
        """
        return self.inside(resource.template, resource.properties, *path)

    def inside(self, template: Template, value: object, *path: str) -> tuple[Case, ...]:
        """What stands at a path within a value, in every branch of `Fn::If`."""
        cases = self.resolve(template, value)
        for step in path:
            deeper: list[Case] = []
            for found, when in cases:
                if isinstance(found, Unknown):
                    deeper.append(Case(found, when))
                elif is_mapping(found) and step in found:
                    deeper += self._given(when, self.resolve(template, found[step]))
                elif is_mapping(found) and "Fn::Transform" in found:
                    deeper.append(Case(Unknown("what Fn::Transform adds"), when))
                else:
                    deeper.append(Case(None, when))
            cases = tuple(deeper)
        return cases

    def one(self, resource: Resource, *path: str) -> Value:
        """What a property is; unknown where that depends on a condition."""
        return self.only(self.cases(resource, *path))

    @staticmethod
    def only(cases: Sequence[Case]) -> Value:
        """The value that all cases have; unknown where they differ."""
        if not cases:
            return None
        first = cases[0].value
        return first if all(case.value == first for case in cases) else Unknown("a condition")

    def number(self, resource: Resource, *path: str, default: float) -> tuple[NumberCase, ...]:
        """What number a property may be.

        Args:
            resource: The resource.
            path: The names from its `Properties` on.
            default: What AWS takes where it is absent.
        """
        return tuple(NumberCase(number_of(value, default), when) for value, when in self.cases(resource, *path))

    def items(self, template: Template, value: object) -> Iterator[Case]:
        """The elements of a list, or of one thing that may stand for a list, each in every branch of `Fn::If`."""
        for found, when in self.resolve(template, value):
            if isinstance(found, Unknown):
                yield Case(found, when)
                continue
            for element in sequence(found):
                for case in self._given(when, self.resolve(template, element)):
                    if case.value is not None:
                        yield case

    def entries(self, resource: Resource, *path: str) -> Iterator[Case]:
        """The elements of a list property, each in every branch of `Fn::If`."""
        for value, when in self.cases(resource, *path):
            for case in self.items(resource.template, value):
                yield from self._given(when, (case,))

    def together(self, *whens: Assumptions) -> bool:
        """Whether all of it can hold at once."""
        assumed = frozenset[tuple[Template, str, bool]]().union(*whens)
        if not assumed:
            return True
        by_template: dict[Template, dict[str, bool]] = {}
        for template, name, met in assumed:
            if by_template.setdefault(template, {}).setdefault(name, met) != met:
                return False
        return all(self._world(template).possible(wanted) for template, wanted in by_template.items())

    def combined(
        self, *numbers: tuple[NumberCase, ...], given: Sequence[Resource] = ()
    ) -> Iterator[tuple[float | Unknown, ...]]:
        """The combinations of numbers that can be deployed together.

        Args:
            numbers: What `number` gave for each.
            given: Resources that must exist in it.
        """
        exists = [resource.condition for resource in given]
        seen: set[tuple[float | Unknown, ...]] = set()
        for combination in product(*numbers):
            values = tuple(case.value for case in combination)
            if values not in seen and self.together(*exists, *(case.when for case in combination)):
                seen.add(values)
                yield values

    def resolve(self, template: Template, raw: object, depth: int = 0) -> tuple[Case, ...]:
        """What a value may be: intrinsic functions are followed, also into other templates; containers stay."""
        if isinstance(raw, str):
            return known(literal(raw))
        if not is_mapping(raw) or len(raw) != 1:
            return known(cast("Value", raw))
        name = next(iter(raw))
        function = FUNCTIONS.get(name)
        if function is None:
            return known(Unknown(name) if name.startswith("Fn::") else raw)
        self.resolved += 1
        if depth > MAX_DEPTH:
            return known(Unknown("references that lead in a circle"))
        cases = function(self, template, raw[name], depth + 1)
        return cases if len(cases) <= MAX_CASES else known(Unknown("too many conditions"))

    def stack(self, name: str, *, like: Template, region: str | None = None) -> Template | None:
        """The template deployed as a stack of that name, in the same environment if there are several."""
        found = self._stacks.get(name, [])
        if len(found) > 1:
            wanted = region or like.region
            found = [t for t in found if t.account == like.account and (wanted is None or t.region in {wanted, None})]
        return found[0] if len(found) == 1 else None

    def export(self, importer: Template, name: Value) -> tuple[Template, object] | None:
        """Where an exported value stands."""
        if self._exports is None:
            self._exports = {}
            for template in self.templates:
                for output in template.section("Outputs").values():
                    exported = mapping(mapping(output).get("Export")).get("Name")
                    for case in self.resolve(template, exported) if exported is not None else ():
                        key = (*template.environment, _canonical(case.value))
                        self._exports[key] = (template, mapping(output).get("Value"))
        return self._exports.get((*importer.environment, _canonical(name)))

    def _given(self, when: Assumptions, cases: tuple[Case, ...]) -> tuple[Case, ...]:
        if not when:
            return cases
        return tuple(Case(value, when | also) for value, also in cases if self.together(when, also))

    def _world(self, template: Template) -> Worlds:
        world = self._worlds.get(template)
        if world is None:
            world = self._worlds[template] = Worlds(self, template)
            world.define()  # once it is known: a condition may lead back to itself
        return world


def _canonical(value: Value) -> object:
    return value if isinstance(value, (str, int, float, Reference, Text, Unknown)) else repr(value)
