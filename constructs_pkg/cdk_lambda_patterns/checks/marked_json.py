"""JSON text with values of CloudFormation in it: each is a mark while the text is parsed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .values import Reference, Text, Unknown, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .values import Part, Value

_MARK = re.compile("\ue000(\\d+)\ue001")


def marked(value: Value, marks: list[Part]) -> str:
    """Text in which what is not literal is a mark: its position in `marks`, to which it is added."""
    whole = text_of([value])
    text = ""
    for part in whole.parts if isinstance(whole, Text) else (whole,):
        if isinstance(part, (Reference, Unknown)):
            text += f"\ue000{len(marks)}\ue001"
            marks.append(part)
        else:
            text += str(part)
    return text


def unmarked(value: object, marks: Sequence[Part]) -> Value:
    """Text of the parsed JSON with what its marks stand for; None where there is no text."""
    if not isinstance(value, str):
        return None
    parts: list[Value] = []
    position = 0
    for mark in _MARK.finditer(value):
        parts.append(value[position : mark.start()])
        index = int(mark[1])
        parts.append(marks[index] if index < len(marks) else Unknown("a mark"))
        position = mark.end()
    parts.append(value[position:])
    return text_of(parts)
