"""Shows this project's docstrings on the site: what is said of a default or a source gets a line of its own."""  # noqa: INP001

from __future__ import annotations

import re
from typing import Any

import griffe


class Lines(griffe.Extension):
    """Sets off `Default:` and `Source:` in the descriptions of parameters."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:  # noqa: ANN401 - what griffe passes along
        """Rewrite a docstring before it is read."""
        if obj.docstring is not None:
            text = obj.docstring.value
            text = re.sub(r"(\n\s*\n)?\bDefault: (?:- )?", lambda found: f"{_line(found[1])}*Default:* ", text)
            obj.docstring.value = re.sub(
                r"(\n\s*\n)?\bSource:\s+(https:\S+)",
                lambda found: f"{_line(found[1])}*Source:* [AWS]({found[2]})",
                text,
            )


def _line(paragraph: str | None) -> str:
    """What begins a line: the paragraph that is there, or a break."""
    return paragraph or "<br>"
