"""The emulator as published, and how one of its functions is put right.

ministack carries no types and is not installed where this library is checked and tested, so its modules come from
`module()` as `Any`. Each change names the function it is made to and that function's parameters: where a new version of
the emulator has another function there, the launcher ends with an `IncompatibleError` instead of serving something half
right.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import inspect
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = "1.5.33"
"""The one version of ministack that the behaviours are written against."""

Emulated: TypeAlias = Any
"""Something of the emulator's: it has no types."""

Record: TypeAlias = dict[str, Any]
"""A JSON object, as the emulator stores them."""


def part(record: Record | None, *path: str) -> Record:
    """An object inside another one; empty where there is none.

    Args:
        record: The outer object.
        path: The names on the way, for example `"DestinationConfig", "OnFailure"`.
    """
    found: Emulated = record
    for name in path:
        found = found.get(name) if found else None
    inside: Record = found or {}
    return inside


def parts(record: Record | None, *path: str) -> list[Record]:
    """A list of objects inside another one; empty where there is none."""
    *outer, last = path
    return part(record, *outer).get(last) or []


def as_record(value: object) -> Record | None:
    """The value, if it is an object; or None."""
    return cast("Record", value) if isinstance(value, dict) else None


class IncompatibleError(RuntimeError):
    """The emulator is not the one that the behaviours are written against."""


def require_version() -> None:
    """Refuse every version of the emulator but one.

    Raises:
        IncompatibleError: Another version is installed.
    """
    installed = importlib.metadata.version("ministack")
    if installed != VERSION:
        raise IncompatibleError(f"ministack must be {VERSION}, got {installed}; install the local cloud's lock file")


def module(name: str) -> Emulated:
    """One of the emulator's modules.

    Args:
        name: Below `ministack`, for example `services.lambda_svc`.
    """
    return importlib.import_module(f"ministack.{name}")


def around(owner: Emulated, name: str, parameters: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run the decorated function wherever the emulator calls one of its own.

    The decorated function takes the emulator's function first, then the emulator's arguments. It may call what it was
    given, or not.

    Args:
        owner: The module or dictionary that holds the emulator's function.
        name: The function's name in there.
        parameters: The names of its parameters, separated by a comma and a blank, for example `func, event`.

    Raises:
        IncompatibleError: There is no such function, or it has other parameters.
    """
    held: Record = owner if as_record(owner) is not None else owner.__dict__
    original: Emulated = held.get(name)
    where = f"{held.get('__name__', 'the emulator')}.{name}"
    if not callable(original):
        raise IncompatibleError(f"{where} is not there any more")
    found = ", ".join(inspect.signature(original).parameters)
    if found != parameters:
        raise IncompatibleError(f"{where} must take ({parameters}), got ({found})")

    def put_in_place(replacement: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def instead(*args: object, **kwargs: object) -> object:
            return replacement(original, *args, **kwargs)

        held[name] = instead
        return instead

    return put_in_place


def replace_value(owner: Emulated, name: str, value: object) -> None:
    """Give one of the emulator's settings another value.

    Raises:
        IncompatibleError: There is no such setting, or it holds something of another type.
    """
    if type(getattr(owner, name, None)) is not type(value):
        raise IncompatibleError(f"{owner.__name__}.{name} must be a {type(value).__name__}")
    setattr(owner, name, value)
