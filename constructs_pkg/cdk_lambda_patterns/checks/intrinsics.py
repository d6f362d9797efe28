"""CloudFormation's intrinsic functions: what each of them may give, also from other templates."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, TypeAlias, cast

from .values import (
    MAX_CASES,
    NONE,
    Assumptions,
    Case,
    Part,
    Reference,
    Text,
    Unknown,
    Value,
    is_mapping,
    is_sequence,
    known,
    mapping,
    number_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .template import Template, Templates

_Function: TypeAlias = "Callable[[Templates, Template, object, int], tuple[Case, ...]]"


def _ref(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    argument = _name(templates, template, argument, depth)
    if not isinstance(argument, str):
        return known(Unknown("a malformed Ref"))
    if argument in template.resources:
        return known(Reference(template.resources[argument], "Ref"))
    if argument.startswith("AWS::"):
        return known(_pseudo_parameter(template, argument))
    return _parameter(templates, template, argument, depth)


def _parameter(templates: Templates, template: Template, name: str, depth: int) -> tuple[Case, ...]:
    if name not in template.section("Parameters"):
        return known(Unknown(f"the undefined {name}"))
    if template.parent is not None:
        passed = mapping(template.parent.properties.get("Parameters"))
        if name in passed:
            return templates.resolve(template.parent.template, passed[name], depth)
        declared = mapping(template.section("Parameters")[name])
        if "Default" in declared and not str(declared.get("Type")).startswith("AWS::SSM::"):
            return known(cast("Value", declared["Default"]))  # nobody else can give it a value
    return known(Unknown(f"parameter {name}", template))


def _name(templates: Templates, template: Template, name: object, depth: int) -> object:
    """What `Ref` and `Fn::GetAtt` name: with `AWS::LanguageExtensions` by another intrinsic function."""
    return templates.only(templates.resolve(template, name, depth)) if is_mapping(name) else name


def _pseudo_parameter(template: Template, name: str) -> Value:
    if name == "AWS::NoValue":
        return None
    if name == "AWS::StackName":
        return template.stack_name or Unknown("the stack's name", template)
    known = {"AWS::Region": template.region, "AWS::AccountId": template.account}
    return known.get(name) or Unknown(name, template)


def _get_att(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    names: Sequence[object] = (argument,)
    if is_sequence(argument):
        names = [_name(templates, template, part, depth) for part in argument]
    if not names or not all(isinstance(part, str) for part in names):
        return known(Unknown("a malformed Fn::GetAtt"))
    logical_id, _, attribute = ".".join(cast("Sequence[str]", names)).partition(".")
    resource = template.resources.get(logical_id)
    if resource is None:
        return known(Unknown(f"the undefined {logical_id}"))
    nested = template.nested.get(logical_id)
    if nested is not None and attribute.startswith("Outputs."):
        output = nested.section("Outputs").get(attribute.removeprefix("Outputs."))
        return templates.resolve(nested, mapping(output).get("Value"), depth) if output else known(Unknown(attribute))
    return known(Reference(resource, attribute))


def _sub(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    given: Mapping[str, object] = {}
    if is_sequence(argument) and len(argument) == 2:  # noqa: PLR2004 - the text and its variables
        given, argument = mapping(argument[1]), argument[0]
    if not isinstance(argument, str):
        return known(Unknown("a malformed Fn::Sub"))
    pieces: list[tuple[Case, ...]] = []
    position = 0
    for variable in re.finditer(r"\$\{(!?)([^}]*)\}", argument):
        pieces.append(known(argument[position : variable.start()]))
        position = variable.end()
        name = variable[2].strip()
        if variable[1]:
            pieces.append(known("${" + name + "}"))
        elif name in given:
            pieces.append(templates.resolve(template, given[name], depth))
        else:
            pieces.append((_get_att if "." in name else _ref)(templates, template, name, depth))
    pieces.append(known(argument[position:]))
    return _joined(templates, pieces, "")


def _join(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) != 2 or not isinstance(argument[0], str):  # noqa: PLR2004
        return known(Unknown("a malformed Fn::Join"))
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
    if count > MAX_CASES:
        return known(Unknown("too many conditions"))
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
        return known(Unknown("a malformed Fn::If"))
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
    return known(Unknown(f"output {output} of stack {stack}"))


def _find_in_map(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) < 3:  # noqa: PLR2004 - map, first key, second key
        return known(Unknown("a malformed Fn::FindInMap"))
    options = mapping(argument[-1])
    found: object = template.section("Mappings")
    for key in argument[:3]:
        value = templates.only(templates.resolve(template, key, depth))
        if not isinstance(value, (str, int)):
            return known(Unknown(f"a mapping by {value}"))
        entry = mapping(found).get(str(value))
        if entry is None:
            if "DefaultValue" in options:  # with AWS::LanguageExtensions
                return templates.resolve(template, options["DefaultValue"], depth)
            return known(Unknown(f"the mapping's entry {value}"))
        found = entry
    return known(cast("Value", found))


def _select(templates: Templates, template: Template, argument: object, depth: int) -> tuple[Case, ...]:
    if not is_sequence(argument) or len(argument) != 2:  # noqa: PLR2004 - index and list
        return known(Unknown("a malformed Fn::Select"))
    cases: list[Case] = []
    for index, at in templates.resolve(template, argument[0], depth):
        position = number_of(index, -1)
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
        return known(Unknown("a malformed Fn::Split"))
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
    return known(Unknown(f"the availability zones of {argument or template.region or 'the Region'}", template))


FUNCTIONS: Mapping[str, _Function] = {
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
"""Every intrinsic function that is followed, by its name."""
