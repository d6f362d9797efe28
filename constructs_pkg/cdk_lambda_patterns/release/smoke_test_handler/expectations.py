"""Whether a reply is what a test expects, in words for whoever deploys."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .json_path import ABSENT, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_SHOWN = 200


@dataclass(frozen=True)
class Reply:
    """What the version answered."""

    payload: Any
    """The reply; of an error, what Lambda says of it."""
    is_error: bool
    """Whether the function failed."""
    milliseconds: float
    """How long it took, as a caller sees it: with the start of an execution environment, if one was started."""


def disappointments(reply: Reply, expect: Mapping[str, Any]) -> list[str]:
    """What is not as expected, one sentence each.

    Args:
        reply: The reply.
        expect: Any of `FORMS`. Without `error` the function must not fail.
    """
    wanted: dict[str, Any] = {"error": False, **expect}
    return [sentence for form, value in wanted.items() for sentence in FORMS[form](reply, value)]


def _error(reply: Reply, wanted: bool | str) -> Iterator[str]:  # noqa: FBT001 - JSON: any error, none, or its name
    if not wanted:
        if reply.is_error:
            yield f"it must not fail, got {_shown(reply.payload)}"
        return
    if not reply.is_error:
        yield f"it must fail, got {_shown(reply.payload)}"
    elif wanted is not True and (kind := find(reply.payload, "$.errorType")) != wanted:
        yield f"it must fail with {wanted}, got {_shown(kind)}"


def _status(reply: Reply, wanted: int | list[int]) -> Iterator[str]:
    found = find(reply.payload, "$.statusCode")
    allowed = wanted if isinstance(wanted, list) else [wanted]
    if not any(_same(found, status) for status in allowed):
        yield f"the status must be {' or '.join(map(str, allowed))}, got {_shown(found)}"


def _equals(reply: Reply, wanted: Mapping[str, Any]) -> Iterator[str]:
    for path, value in wanted.items():
        found = find(reply.payload, path)
        if not _same(found, value):
            yield f"{path} must be {_shown(value)}, got {_shown(found)}"


def _matches(reply: Reply, wanted: Mapping[str, str]) -> Iterator[str]:
    for path, pattern in wanted.items():
        found = find(reply.payload, path)
        if found is ABSENT or re.fullmatch(pattern, found if isinstance(found, str) else json.dumps(found)) is None:
            yield f"{path} must match {pattern}, got {_shown(found)}"


def _exists(reply: Reply, wanted: Sequence[str]) -> Iterator[str]:
    for path in wanted:
        if find(reply.payload, path) is ABSENT:
            yield f"{path} must be there, got {_shown(reply.payload)}"


def _absent(reply: Reply, wanted: Sequence[str]) -> Iterator[str]:
    for path in wanted:
        if (found := find(reply.payload, path)) is not ABSENT:
            yield f"{path} must not be there, got {_shown(found)}"


def _max_milliseconds(reply: Reply, wanted: float) -> Iterator[str]:
    if reply.milliseconds > wanted:
        yield f"the reply must come within {wanted:g} ms, got {reply.milliseconds:.0f}"


FORMS: dict[str, Callable[[Reply, Any], Iterator[str]]] = {
    "error": _error,
    "status": _status,
    "equals": _equals,
    "matches": _matches,
    "exists": _exists,
    "absent": _absent,
    "max_milliseconds": _max_milliseconds,
}
"""What a test may expect, and who looks at it."""


def _same(found: object, wanted: object) -> bool:
    """Equality as JSON has it: to Python, true is 1."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        left, right = cast("dict[str, object]", found), cast("dict[str, object]", wanted)
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in right)
    if isinstance(found, list) and isinstance(wanted, list):
        elements = cast("list[object]", found), cast("list[object]", wanted)
        return len(elements[0]) == len(elements[1]) and all(map(_same, *elements))
    return isinstance(found, bool) == isinstance(wanted, bool) and found == wanted


def _shown(value: object) -> str:
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
