"""What a template says: resources, and values that are known, refer to something, or cannot be known.

A value in a template is a literal, a reference to a resource, text made of both, or unknown (a parameter, an import
from elsewhere). Nothing here guesses: an unknown value says why it is unknown. `Fn::If` gives a case for each branch,
with what is assumed of the conditions: two values are never combined from branches that cannot meet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeGuard, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

# More cases than this of one value are not enumerated: the value is unknown.
_MAX_CASES = 64
# A chain of references longer than this is a circle, or as good as one.
_MAX_DEPTH = 40


class TemplateError(ValueError):
    """The input cannot be read as templates: one line, meant for a person."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the templates do not tell."""

    why: str
    """What decides it, as it reads after "depends on": `parameter Stage`. Equal unknowns have equal values."""
    within: Template | None = None
    """The template whose parameter it is; None if it is the same everywhere."""

    def __str__(self) -> str:
        return f"<{self.why}>"


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource's identifier (`Ref`) or attribute (`Fn::GetAtt`)."""

    resource: Resource
    attribute: str
    """The attribute's name; `Ref` for the identifier."""

    def __str__(self) -> str:
        return f"{self.resource.name}.{self.attribute}"


Part: TypeAlias = "str | Reference | Unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """Text of which parts are not literal."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


Value: TypeAlias = "str | float | bool | Mapping[str, object] | Sequence[object] | Reference | Text | Unknown | None"
"""A resolved value. Mappings and sequences hold what is not resolved yet; None is absent (`AWS::NoValue`)."""

Assumptions: TypeAlias = frozenset[tuple["Template", str, bool]]
"""What a value holds under: conditions by template and name, and whether each is met."""

NONE: Assumptions = frozenset()


class Case(NamedTuple):
    """A value, and the conditions under which it holds."""

    value: Value
    when: Assumptions


class NumberCase(NamedTuple):
    """A number that may be unknown, and the conditions under which it holds."""

    value: float | Unknown
    when: Assumptions


def is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    """Whether the value is a mapping, and no resolved value."""
    return isinstance(value, dict)


def is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    """Whether the value is a list."""
    return isinstance(value, list)


def mapping(value: object) -> Mapping[str, object]:
    """The value if it is a mapping, else an empty one."""
    return value if is_mapping(value) else {}


def sequence(value: object) -> Sequence[object]:
    """The value if it is a list, nothing for None, else a list of it: CloudFormation's "one or several"."""
    if is_sequence(value):
        return value
    return () if value is None else (value,)


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
        self._worlds: dict[Template, _Worlds] = {}

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
        return tuple(NumberCase(_number(value, default), when) for value, when in self.cases(resource, *path))

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
            return _known(_literal(raw))
        if not is_mapping(raw) or len(raw) != 1:
            return _known(cast("Value", raw))
        name = next(iter(raw))
        function = _FUNCTIONS.get(name)
        if function is None:
            return _known(Unknown(name) if name.startswith("Fn::") else raw)
        self.resolved += 1
        if depth > _MAX_DEPTH:
            return _known(Unknown("references that lead in a circle"))
        cases = function(self, template, raw[name], depth + 1)
        return cases if len(cases) <= _MAX_CASES else _known(Unknown("too many conditions"))

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

    def _world(self, template: Template) -> _Worlds:
        world = self._worlds.get(template)
        if world is None:
            world = self._worlds[template] = _Worlds(self, template)
            world.define()  # once it is known: a condition may lead back to itself
        return world


def _number(value: Value, default: float) -> float | Unknown:
    if value is None:
        return default
    if isinstance(value, bool):
        return Unknown("a value that is no number")
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", value):
        return float(value) if "." in value else int(value)
    if isinstance(value, Unknown):
        return value
    return Unknown("a value that is no number")


def _canonical(value: Value) -> object:
    return value if isinstance(value, (str, int, float, Reference, Text, Unknown)) else repr(value)


def text_of(parts: Sequence[Value]) -> Value:
    """Parts put together: a literal if all are, otherwise `Text`."""
    flat: list[Part] = []
    for piece in (piece for value in parts for piece in _pieces(value)):
        if isinstance(piece, str) and flat and isinstance(last := flat[-1], str):
            flat[-1] = last + piece
        elif piece != "":
            flat.append(piece)
    if len(flat) > 1:
        return Text(tuple(flat))
    only = flat[0] if flat else ""
    return _literal(only) if isinstance(only, str) else only


def _pieces(value: Value) -> tuple[Part, ...]:
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, (Reference, Unknown)):
        return (value,)
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (str(value) if isinstance(value, (str, int, float)) else Unknown("a value that is no text"),)


_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:[^}]*\}\}")


def _literal(text: str) -> str | Unknown:
    dynamic = _DYNAMIC_REFERENCE.search(text) if "{{" in text else None
    return Unknown(f"the dynamic reference {dynamic[0]}") if dynamic else text


_Function: TypeAlias = "Callable[[Templates, Template, object, int], tuple[Case, ...]]"


def _known(value: Value) -> tuple[Case, ...]:
    return (Case(value, NONE),)


def _ref(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not isinstance(argument, str):
        return _known(Unknown("a malformed Ref"))
    if argument in template.resources:
        return _known(Reference(template.resources[argument], "Ref"))
    if argument.startswith("AWS::"):
        return _known(_pseudo_parameter(template, argument))
    if argument not in template.section("Parameters"):
        return _known(Unknown(f"{argument}, which the template does not define"))
    if template.parent is not None:
        passed = mapping(template.parent.properties.get("Parameters"))
        if argument in passed:
            return templates.resolve(template.parent.template, passed[argument], depth)
    return _known(Unknown(f"parameter {argument}", template))


def _pseudo_parameter(template: Template, name: str) -> Value:
    if name == "AWS::NoValue":
        return None
    if name == "AWS::StackName":
        return template.stack_name or Unknown(f"the name of stack {template.name}")
    known = {"AWS::Region": template.region, "AWS::AccountId": template.account}
    return known.get(name) or Unknown(name, template)


def _get_att(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if isinstance(argument, str):
        logical_id, _, attribute = argument.partition(".")
    elif is_sequence(argument) and argument and all(isinstance(part, str) for part in argument):
        logical_id, *rest = cast("Sequence[str]", argument)
        attribute = ".".join(rest)
    else:
        return _known(Unknown("a malformed Fn::GetAtt"))
    resource = template.resources.get(logical_id)
    if resource is None:
        return _known(Unknown(f"{logical_id}, which the template does not define"))
    nested = template.nested.get(logical_id)
    if nested is not None and attribute.startswith("Outputs."):
        output = nested.section("Outputs").get(attribute.removeprefix("Outputs."))
        return templates.resolve(nested, mapping(output).get("Value"), depth) if output else _known(Unknown(attribute))
    return _known(Reference(resource, attribute))


def _sub(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    given: Mapping[str, object] = {}
    if is_sequence(argument) and len(argument) == 2:  # noqa: PLR2004 - the text and its variables
        given, argument = mapping(argument[1]), argument[0]
    if not isinstance(argument, str):
        return _known(Unknown("a malformed Fn::Sub"))
    pieces: list[tuple[Case, ...]] = []
    position = 0
    for variable in re.finditer(r"\$\{(!?)([^}]*)\}", argument):
        pieces.append(_known(argument[position : variable.start()]))
        position = variable.end()
        name = variable[2].strip()
        if variable[1]:
            pieces.append(_known("${" + name + "}"))
        elif name in given:
            pieces.append(templates.resolve(template, given[name], depth))
        else:
            pieces.append((_get_att if "." in name else _ref)(templates, template, name, depth))
    pieces.append(_known(argument[position:]))
    return _joined(templates, pieces, "")


def _join(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) != 2 or not isinstance(argument[0], str):  # noqa: PLR2004
        return _known(Unknown("a malformed Fn::Join"))
    joined: list[Case] = []
    for value, when in templates.resolve(template, argument[1], depth):
        if is_sequence(value):
            pieces = [templates.resolve(template, element, depth) for element in value]
            joined += [
                Case(v, when | w) for v, w in _joined(templates, pieces, argument[0]) if templates.together(when, w)
            ]
        else:
            joined.append(Case(value if isinstance(value, Unknown) else Unknown("a malformed Fn::Join"), when))
    return tuple(joined)


def _joined(templates: Templates, pieces: Sequence[tuple[Case, ...]], delimiter: str) -> tuple[Case, ...]:
    count = 1
    for piece in pieces:
        count *= len(piece)
    if count > _MAX_CASES:
        return _known(Unknown("too many conditions"))
    cases: list[Case] = []
    for chosen in product(*pieces):
        when = NONE.union(*(case.when for case in chosen))
        if not templates.together(when):
            continue
        parts: list[Value] = []
        for value, _ in chosen:
            if value is not None:  # AWS::NoValue leaves an element out
                parts += [delimiter, value] if parts and delimiter else [value]
        cases.append(Case(text_of(parts), when))
    return tuple(cases)


def _if(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) != 3 or not isinstance(name := argument[0], str):  # noqa: PLR2004
        return _known(Unknown("a malformed Fn::If"))
    cases: list[Case] = []
    for branch, met in ((argument[1], True), (argument[2], False)):
        assumed: Assumptions = frozenset({(template, name, met)})
        if not templates.together(assumed):
            continue
        for value, when in templates.resolve(template, branch, depth):
            if templates.together(assumed, when):
                cases.append(Case(value, assumed | when))
    return tuple(cases)


def _import_value(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    cases: list[Case] = []
    for name, when in templates.resolve(template, argument, depth):
        exported = templates.export(template, name)
        if exported is None:
            cases.append(Case(Unknown(f"import of {name}"), when))
        else:
            cases += [Case(value, when | also) for value, also in templates.resolve(*exported, depth)]
    return tuple(cases)


def _get_stack_output(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    stack, output, region = (
        templates.only(templates.resolve(template, mapping(argument).get(key), depth))
        for key in ("StackName", "OutputName", "Region")
    )
    if isinstance(stack, str) and isinstance(output, str):
        other = templates.stack(stack, like=template, region=region if isinstance(region, str) else None)
        if other is not None and output in other.section("Outputs"):
            return templates.resolve(other, mapping(other.section("Outputs")[output]).get("Value"), depth)
    return _known(Unknown(f"output {output} of stack {stack}"))


def _find_in_map(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) < 3:  # noqa: PLR2004 - map, first key, second key
        return _known(Unknown("a malformed Fn::FindInMap"))
    found: object = template.section("Mappings")
    for key in argument[:3]:
        value = templates.only(templates.resolve(template, key, depth))
        if not isinstance(value, (str, int)):
            return _known(Unknown(f"a mapping by {value}"))
        entry = mapping(found).get(str(value))
        if entry is None:
            return _known(Unknown(f"the mapping's entry {value}"))
        found = entry
    return _known(cast("Value", found))


def _select(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) != 2:  # noqa: PLR2004 - index and list
        return _known(Unknown("a malformed Fn::Select"))
    cases: list[Case] = []
    for index, at in templates.resolve(template, argument[0], depth):
        position = _number(index, -1)
        for values, when in templates.resolve(template, argument[1], depth):
            assumed = at | when
            if isinstance(position, Unknown) or not is_sequence(values):
                cases.append(Case(Unknown(f"element {index} of {values}"), assumed))
            elif 0 <= position < len(values):
                cases += [Case(v, assumed | w) for v, w in templates.resolve(template, values[int(position)], depth)]
            else:
                cases.append(Case(Unknown(f"element {index} of a shorter list"), assumed))
    return tuple(case for case in cases if templates.together(case.when))


def _split(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) != 2 or not isinstance(argument[0], str):  # noqa: PLR2004
        return _known(Unknown("a malformed Fn::Split"))
    delimiter = argument[0] or "\0"  # CloudFormation refuses an empty one
    cases: list[Case] = []
    for value, when in templates.resolve(template, argument[1], depth):
        if isinstance(value, Reference) and delimiter == ":":
            cases.append(Case(_arn_parts(templates, value), when))
        elif isinstance(value, (str, Text)):
            rows: list[list[Part]] = [[]]
            for part in value.parts if isinstance(value, Text) else (value,):
                pieces: Sequence[Part] = part.split(delimiter) if isinstance(part, str) else (part,)
                for number, piece in enumerate(pieces):
                    if number:
                        rows.append([])
                    rows[-1].append(piece)
            cases.append(Case([text_of(row) for row in rows], when))
        else:
            cases.append(Case(Unknown(f"the parts of {value}"), when))
    return tuple(cases)


def _arn_parts(templates: Templates, reference: Reference) -> Sequence[object]:
    """What an ARN has between its colons: of an alias also the name, of others the name as far as it is one."""
    resource = reference.resource
    before: list[object] = ["arn", *(Unknown(f"part {number} of an ARN", resource.template) for number in range(1, 5))]
    if resource.type == "AWS::Lambda::Alias":
        return [*before, "function", templates.one(resource, "FunctionName"), templates.one(resource, "Name")]
    return [*before, Reference(resource, "Name")]


def _base64(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    return templates.resolve(template, argument, depth)


def _availability_zones(_: Templates, template: Template, argument: object, __: int) -> tuple[Case, ...]:
    return _known(Unknown(f"the availability zones of {argument or template.region or 'the Region'}", template))


_FUNCTIONS: Mapping[str, _Function] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::FindInMap": _find_in_map,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Base64": _base64,
    "Fn::ToJsonString": _base64,
    "Fn::GetAZs": _availability_zones,
}


_Expression: TypeAlias = "Callable[[Mapping[object, object]], bool | None]"


class _Worlds:
    """Which conditions of a template can be met at the same time."""

    # Every combination of what the conditions compare is tried, up to this many.
    _MOST = 512

    def __init__(self, templates: Templates, template: Template) -> None:
        self._templates = templates
        self._template = template
        self._compared: dict[object, set[object]] = {}
        self._conditions: dict[str, _Expression] = {}
        self._answers: dict[frozenset[tuple[str, bool]], bool] = {}

    def define(self) -> None:
        """Read the conditions."""
        for name, body in self._template.section("Conditions").items():
            self._conditions[name] = self._expression(body, (name,))
        self._answers.clear()

    def possible(self, wanted: Mapping[str, bool]) -> bool:
        """Whether these conditions can have these values at once; yes where that cannot be told."""
        key = frozenset(wanted.items())
        if key not in self._answers:
            self._answers[key] = self._search(wanted)
        return self._answers[key]

    def _search(self, wanted: Mapping[str, bool]) -> bool:
        conditions = [(self._conditions[name], met) for name, met in wanted.items() if name in self._conditions]
        count = 1
        for values in self._compared.values():
            count *= len(values)
        if count > self._MOST:
            return True
        operands = list(self._compared)
        for chosen in product(*(self._compared[operand] for operand in operands)):
            world = dict(zip(operands, chosen, strict=True))
            if all(condition(world) in {met, None} for condition, met in conditions):
                return True
        return False

    def _expression(self, body: object, path: tuple[str, ...]) -> _Expression:
        if not is_mapping(body) or len(body) != 1 or len(path) > _MAX_DEPTH:
            return _unknown
        name, argument = next(iter(body.items()))
        if name == "Condition" and isinstance(argument, str):
            definition = self._template.section("Conditions").get(argument)
            return _unknown if argument in path else self._expression(definition, (*path, argument))
        if not is_sequence(argument):
            return _unknown
        if name == "Fn::Equals" and len(argument) == 2:  # noqa: PLR2004 - the two that are compared
            return self._equals(argument[0], argument[1])
        inner = [self._expression(part, (*path, "")) for part in argument]
        combine = _COMBINATIONS.get(name, _neither)
        return lambda world: combine([expression(world) for expression in inner])

    def _equals(self, left: object, right: object) -> _Expression:
        first, second = self._operand(left), self._operand(right)
        if isinstance(first, str) and isinstance(second, str):
            same = first == second
            return lambda _: same
        if isinstance(first, str):
            first, second = second, first
        if not isinstance(second, str) or first is None:
            return _unknown
        # The operand may also be something that no condition compares it with: None stands for that.
        self._compared.setdefault(first, self._allowed(left, right)).add(second)
        return lambda world: world[first] == second

    def _operand(self, raw: object) -> Value:
        value = self._templates.only(self._templates.resolve(self._template, raw))
        if isinstance(value, (bool, int, float)):
            return str(value).lower() if isinstance(value, bool) else str(value)
        return value if isinstance(value, (str, Unknown, Text, Reference)) else None

    def _allowed(self, *operands: object) -> set[object]:
        for operand in operands:
            name = mapping(operand).get("Ref")
            declared = self._template.section("Parameters").get(name) if isinstance(name, str) else None
            allowed = mapping(declared).get("AllowedValues")
            if is_sequence(allowed) and self._template.parent is None:
                return {str(value) for value in allowed}
        return {None}


def _unknown(_: Mapping[object, object]) -> bool | None:
    return None


def _and(answers: Sequence[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def _or(answers: Sequence[bool | None]) -> bool | None:
    return True if True in answers else None if None in answers else False


def _not(answers: Sequence[bool | None]) -> bool | None:
    return None if len(answers) != 1 or answers[0] is None else not answers[0]


def _neither(_: Sequence[bool | None]) -> bool | None:
    return None


_COMBINATIONS = {"Fn::And": _and, "Fn::Or": _or, "Fn::Not": _not}


@lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """A pattern of IAM: `*` is any text, `?` any character; case does not count."""
    escaped = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile(escaped, re.IGNORECASE | re.DOTALL)
