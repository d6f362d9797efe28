"""What can be a template at all: its shape, its size, its loops written out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .documents import MAX_NESTING, kind_of
from .template import TemplateError
from .values import is_mapping, is_sequence, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Mapping

# YAML's aliases can make a few lines stand for billions of values.
_MAX_VALUES = 1_000_000


def checked(body: object, name: str) -> Mapping[str, object]:
    """A template that can be read: a mapping of resources with types, its loops written out.

    Raises:
        TemplateError: It is none.
    """
    if not is_mapping(body):
        of_app = "; assert_no_findings takes apps and stacks" if hasattr(body, "node") else ""
        raise TemplateError(f"{name}: a template is a mapping, not {kind_of(body)}{of_app}")
    if "Resources" not in body:
        raise TemplateError(f"{name}: no template: it has no Resources")
    _measure(body, name)
    body = mapping(_expanded(body, name)) if _LOOP in str(body) else body
    resources = body["Resources"]
    if not is_mapping(resources):
        raise TemplateError(f"{name}: Resources must be a mapping, not {kind_of(resources)}")
    for logical_id, resource in resources.items():
        if logical_id.startswith("Fn::"):
            raise TemplateError(f"{name}: {logical_id} among the resources is not known; give the template it becomes")
        if not is_mapping(resource):
            raise TemplateError(f"{name}: resource {logical_id} must be a mapping, not {kind_of(resource)}")
        if not isinstance(resource.get("Type"), str):
            raise TemplateError(f"{name}: resource {logical_id} must have a Type, got {kind_of(resource.get('Type'))}")
        properties = resource.get("Properties")
        if properties is not None and not is_mapping(properties):
            raise TemplateError(
                f"{name}: Properties of resource {logical_id} must be a mapping, not {kind_of(properties)}"
            )
    return body


_LOOP = "Fn::ForEach::"


def loops(body: Mapping[str, object], name: str) -> Mapping[str, str]:
    """The loop that each of the resources written out comes from, by logical id."""
    return {
        logical_id: key
        for key, entry in mapping(body.get("Resources")).items()
        if key.startswith(_LOOP)
        for logical_id in mapping(_expanded({key: entry}, name))
    }


def _expanded(value: object, name: str) -> object:
    """A template with its loops written out, as `AWS::LanguageExtensions` does at deployment."""
    if is_sequence(value):
        return [_expanded(element, name) for element in value]
    if not is_mapping(value):
        return value
    written: dict[str, object] = {}
    for key, entry in value.items():
        if not key.startswith(_LOOP):
            written[key] = _expanded(entry, name)
            continue
        parts = sequence(entry)
        if len(parts) != 3 or not isinstance(parts[0], str) or not is_sequence(parts[1]):  # noqa: PLR2004 - its form
            raise TemplateError(f"{name}: {key} needs a name, a list that is written out, and what is repeated")
        for element in parts[1]:
            if not isinstance(element, (str, int)):
                raise TemplateError(f"{name}: {key} is over what is known at deployment; give the template it becomes")
            written |= mapping(_expanded(_replaced(parts[2], parts[0], str(element)), name))
            if len(written) > _MAX_VALUES:
                raise TemplateError(f"{name}: {key} becomes more than {_MAX_VALUES:,} entries")
    return written


def _replaced(value: object, variable: str, element: str) -> object:
    if isinstance(value, str):
        bare = re.sub(r"[^A-Za-z0-9]", "", element)
        return value.replace("${" + variable + "}", element).replace("&{" + variable + "}", bare)
    if is_sequence(value):
        return [_replaced(part, variable, element) for part in value]
    if is_mapping(value):
        if set(value) == {"Ref"} and value["Ref"] == variable:
            return element
        return {str(_replaced(key, variable, element)): _replaced(v, variable, element) for key, v in value.items()}
    return value


def _measure(body: object, name: str) -> None:
    """Refuse what would take for ever to walk: too deep, or too much once aliases are written out."""
    count = 0
    level: list[object] = [body]
    for _ in range(MAX_NESTING):
        deeper: list[object] = []
        for value in level:
            if is_mapping(value):
                odd = [key for key in value if type(key) is not str]
                if odd:
                    raise TemplateError(f"{name}: a key that is no text: {odd[0]!r}")
                deeper += value.values()
            elif is_sequence(value):
                deeper += value
        count += len(deeper)
        if count > _MAX_VALUES:
            raise TemplateError(f"{name}: more than {_MAX_VALUES:,} values, which is no template")
        if not deeper:
            return
        level = deeper
    raise TemplateError(f"{name}: nested more than {MAX_NESTING} deep, which is no template")
