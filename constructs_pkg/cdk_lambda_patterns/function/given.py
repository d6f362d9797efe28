"""Paths and lists as the user gave them, refused before `Path("")` becomes the current folder and "abc" three names.

Lists are read once: a generator gives its elements to who looks at them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.validation import type_name

if TYPE_CHECKING:
    from cdk_lambda_patterns.validation import Where

_Element = TypeVar("_Element")

PathLike = str | Path
"""A path as the CDK takes it: it counts from where the app runs."""


def given_path(prop: str, value: object) -> Path:
    """The path.

    Args:
        prop: What the user gave it as, for messages.
        value: What was given.

    Raises:
        ValidationError: No path, or an empty one.
    """
    if not isinstance(value, str | Path) or not str(value):
        message = f"'{prop}' must be a path, got {value!r}; name a folder or a file, '.' for where the app runs"
        raise ValidationError(message, code="PathInvalid")
    return Path(value)


def given_paths(prop: str, values: object) -> tuple[Path, ...]:
    """The paths of a list.

    Args:
        prop: What the user gave it as, for messages.
        values: What was given.

    Raises:
        ValidationError: No list, or something in it that is no path.
    """
    return tuple(given_path(prop, value) for value in _listed(prop, values))


def given_texts(prop: str, values: object) -> tuple[str, ...]:
    """The texts of a list.

    Args:
        prop: What the user gave it as, for messages.
        values: What was given.

    Raises:
        ValidationError: No list, or something in it that is no text.
    """
    return tuple(_text(prop, value) for value in _listed(prop, values))


def given_list(where: Where, prop: str, values: Iterable[_Element] | None) -> list[_Element]:
    """The elements of a list, which may be any that gives them in an order. None is an empty one.

    Args:
        where: The construct.
        prop: What the user gave it as.
        values: What was given.

    Raises:
        ValidationError: No list, or what has no order: names in AWS would change with each synthesis.
    """
    if values is None:
        return []
    if not _has_order(values):
        where.refuse(prop, "must be a list", got=type_name(values), fix="write it in brackets", code="ListExpected")
    return list(values)


def _has_order(values: object) -> bool:
    return isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping | set | frozenset)


def _listed(prop: str, values: object) -> Iterable[object]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        message = f"'{prop}' must be a list, got {values!r}; write it in brackets"
        raise ValidationError(message, code="ListExpected")
    return cast("Iterable[object]", values)


def _text(prop: str, value: object) -> str:
    if not isinstance(value, str):
        message = f"'{prop}' must be a list of texts, got {value!r} in it; write it in quotes"
        raise ValidationError(message, code="ListExpected")
    return value
