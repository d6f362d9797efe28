"""Narrows what came out of JSON, for the type checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast


def as_list(value: object) -> list[Any]:
    """The value if it is a list, nothing for None, else the value alone: how IAM writes one or several."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]  # type: ignore[redundant-cast] # pyright needs it


def as_mapping(value: object) -> Mapping[str, Any] | None:
    """The value if it is an object."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def as_sequence(value: object) -> Sequence[Any] | None:
    """The value if it is an array: text is none."""
    return cast("Sequence[Any]", value) if isinstance(value, Sequence) and not isinstance(value, str) else None  # type: ignore[redundant-cast] # pyright needs it
