"""What a value in a template may be, once intrinsic functions are followed.

A value is a literal, a reference to a resource, text made of both, or unknown (a parameter, an import from elsewhere).
Nothing here guesses: an unknown value says why it is unknown. `Fn::If` gives a case for each branch, with what is
assumed of the conditions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .template import Resource, Template

# More cases than this of one value are not enumerated: the value is unknown.
MAX_CASES = 64
# A chain of references longer than this is a circle, or as good as one.
MAX_DEPTH = 40


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


def known(value: Value) -> tuple[Case, ...]:
    """A value that holds in every branch."""
    return (Case(value, NONE),)


def number_of(value: Value, default: float) -> float | Unknown:
    """A value as a number: the default where it is absent."""
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
    return literal(only) if isinstance(only, str) else only


def _pieces(value: Value) -> tuple[Part, ...]:
    if isinstance(value, Text):
        return value.parts
    if isinstance(value, (Reference, Unknown)):
        return (value,)
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (str(value) if isinstance(value, (str, int, float)) else Unknown("a value that is no text"),)


_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:[^}]*\}\}")


def literal(text: str) -> str | Unknown:
    """Text that stands in a template: not known if CloudFormation replaces some of it."""
    dynamic = _DYNAMIC_REFERENCE.search(text) if "{{" in text else None
    return Unknown(f"the dynamic reference {dynamic[0]}") if dynamic else text
