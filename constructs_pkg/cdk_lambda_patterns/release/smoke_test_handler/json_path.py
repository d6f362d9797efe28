"""A part of a reply, by a JSON path such as `$.items[0].price`, `$['content type']` or `$.lines[-1]`.

Text that is JSON itself, as the body of an HTTP reply, is looked into.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]'"*?()@\s]+) | \[(?P<index>-?\d+)\] | \[(?P<quote>['"])(?P<quoted>.+?)(?P=quote)\]""",
    re.VERBOSE,
)

ABSENT: Any = object()
"""What a path leads to that leads nowhere."""


def parse(path: str) -> list[str | int]:
    """The steps of a path: names and indexes.

    Args:
        path: The path, which begins with `$`.

    Raises:
        ValueError: It has anything but names and indexes: wildcards, filters, slices.
    """
    if not path.startswith("$"):
        message = f"a JSON path begins with $, got {path!r}"
        raise ValueError(message)
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            message = f"a JSON path has names and indexes only, got {path!r}"
            raise ValueError(message)
        steps.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"])
        position = step.end()
    return steps


def find(document: object, path: str) -> Any:  # noqa: ANN401 - JSON
    """What a path leads to, or `ABSENT`.

    Args:
        document: The reply.
        path: The path.
    """
    found: Any = document
    for step in parse(path):
        found = _follow(_opened(found), step)
        if found is ABSENT:
            break
    return found


def _opened(value: object) -> object:
    """The value, or what it says if it is text that is JSON."""
    if not isinstance(value, str):
        return value
    try:
        return cast("object", json.loads(value))
    except ValueError:
        return value


def _follow(value: object, step: str | int) -> Any:  # noqa: ANN401 - JSON
    if isinstance(step, str):
        return cast("dict[str, Any]", value).get(step, ABSENT) if isinstance(value, dict) else ABSENT
    if not isinstance(value, list):
        return ABSENT
    elements: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON
    return elements[step] if -len(elements) <= step < len(elements) else ABSENT
