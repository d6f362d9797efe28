"""Reads the definition of a state machine: its tasks, what they call, what they retry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .marked_json import marked, unmarked
from .values import Reference, Text, Unknown, is_mapping, is_sequence, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .template import Resource, Templates
    from .values import Assumptions, Part, Value

_MAX_STATES = 10_000


@dataclass(frozen=True, slots=True)
class Task:
    """A state that does work."""

    name: str
    resource: str
    """The service integration, for example `arn:aws:states:::lambda:invoke`; empty for a function's own ARN."""
    target: Value
    """What it calls: the function's address, where it is a function."""
    invocation_type: str
    """`Event` if the function is called without waiting for it."""
    retried: tuple[str, ...]
    """Errors that it tries again after."""
    when: Assumptions


def tasks(templates: Templates, machine: Resource) -> Iterator[Task | Unknown]:
    """The tasks of a state machine, nested maps and parallels included; Unknown where the definition cannot be read."""
    for body, when, marks in _definitions(templates, machine):
        if isinstance(body, Unknown):
            yield body
        else:
            yield from _states(body, when, marks)


def _definitions(
    templates: Templates, machine: Resource
) -> Iterator[tuple[Mapping[str, object] | Unknown, Assumptions, tuple[Part, ...]]]:
    for value, when in templates.cases(machine, "DefinitionString"):
        if value is not None:
            marks: list[Part] = []
            yield _parsed(_substituted(templates, machine, marked(value, marks), marks), marks), when, tuple(marks)
    for value, when in templates.cases(machine, "Definition"):
        if value is not None:
            marks = []
            text = json.dumps(_resolved(templates, machine, value, marks))
            yield _parsed(_substituted(templates, machine, text, marks), marks), when, tuple(marks)
    if "DefinitionString" not in machine.properties and "Definition" not in machine.properties:
        yield Unknown("a definition that lies elsewhere"), frozenset(), ()


def _resolved(templates: Templates, machine: Resource, value: object, marks: list[Part]) -> object:
    """A definition with every intrinsic function replaced by a mark."""
    if is_sequence(value):
        return [_resolved(templates, machine, element, marks) for element in value]
    if isinstance(value, (Reference, Text, Unknown)):
        return marked(value, marks)
    if not is_mapping(value):
        return value
    if len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref")):
        found = templates.resolve(machine.template, value)
        return marked(found[0].value if found else None, marks)
    return {key: _resolved(templates, machine, entry, marks) for key, entry in value.items()}


def _substituted(templates: Templates, machine: Resource, text: str, marks: list[Part]) -> str:
    """Text with `${Name}` replaced by what DefinitionSubstitutions has for it."""
    for name in mapping(machine.properties.get("DefinitionSubstitutions")):
        placeholder = "${" + name + "}"
        if placeholder in text:
            found = templates.cases(machine, "DefinitionSubstitutions", name)
            text = text.replace(placeholder, marked(found[0].value if found else None, marks))
    return text


def _parsed(text: str, marks: list[Part]) -> Mapping[str, object] | Unknown:
    try:
        body: object = json.loads(text)
    except (ValueError, RecursionError):
        unknown = next((part for part in marks if isinstance(part, Unknown) and part.why.startswith("parameter")), None)
        return unknown or Unknown("a definition that is no JSON")
    return body if is_mapping(body) else Unknown("a definition that is no JSON")


def _states(body: Mapping[str, object], when: Assumptions, marks: tuple[Part, ...]) -> Iterator[Task]:
    todo: list[Mapping[str, object]] = [body]
    seen = 0
    while todo:
        for name, state in mapping(todo.pop().get("States")).items():
            seen += 1
            if not is_mapping(state) or seen > _MAX_STATES:
                continue
            if state.get("Type") == "Task":
                yield _task(name, state, when, marks)
            todo += [mapping(branch) for branch in sequence(state.get("Branches"))]
            todo += [mapping(state.get(key)) for key in ("Iterator", "ItemProcessor") if key in state]


def _task(name: str, state: Mapping[str, object], when: Assumptions, marks: tuple[Part, ...]) -> Task:
    resource = unmarked(state.get("Resource"), marks)
    integration = str(resource) if ":states:::" in str(resource) else ""
    parameters = mapping(state.get("Parameters", state.get("Arguments")))
    target: Value = resource
    if integration:
        target = unmarked(parameters.get("FunctionName"), marks)
    errors: list[str] = []
    for retry in sequence(state.get("Retry")):
        if mapping(retry).get("MaxAttempts") != 0:
            errors += [str(error) for error in sequence(mapping(retry).get("ErrorEquals"))]
    return Task(name, integration, target, str(parameters.get("InvocationType", "")), tuple(errors), when)
