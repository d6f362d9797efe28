"""Reads Google docstrings as far as the project's habits need it."""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass

_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields|Example|Examples|Note):$")


@dataclass(frozen=True, slots=True)
class Argument:
    """What a docstring says of one parameter."""

    name: str
    text: str

    @property
    def default(self) -> str | None:
        """What stands behind `Default:`, without its final full stop."""
        found = re.search(r"\bDefault: (.+?)\.?(?=\s+Source:|\s*$)", self.text, flags=re.DOTALL)
        return " ".join(found[1].split()) if found else None


def arguments(docstring: str | None) -> dict[str, Argument]:
    """The documented parameters, by name; `**options` by `options`."""
    section: list[str] = []
    inside = False
    for line in inspect.cleandoc(docstring or "").splitlines():
        if match := _SECTION.match(line):
            inside = match[1] == "Args"
        elif inside and (not line or line.startswith(" ")):
            section.append(line)
        else:
            inside = False  # what is not indented is not read as part of the section by any tool
    entries = re.split(r"^\*{0,2}(\w+): ", textwrap.dedent("\n".join(section)).strip(), flags=re.MULTILINE)[1:]
    return {name: Argument(name, text.strip()) for name, text in zip(entries[::2], entries[1::2], strict=True)}
