"""Conditions of a template: which of them can be met at the same time."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from .values import MAX_DEPTH, Reference, Text, Unknown, Value, is_mapping, is_sequence, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .template import Template, Templates

_Expression: TypeAlias = "Callable[[Mapping[object, object]], bool | None]"


class Worlds:
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
        if not is_mapping(body) or len(body) != 1 or len(path) > MAX_DEPTH:
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
