"""Files and text as values: JSON, and YAML with CloudFormation's short tags, each with the lines of its resources."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from .template import TemplateError
from .values import is_mapping, is_sequence, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

# CloudFormation takes 1 MB; what is far beyond that is no template. Trees of large apps are larger.
MAX_BYTES = 16 * 1024 * 1024
MAX_TREE_BYTES = 256 * 1024 * 1024
MAX_NESTING = 100

Lines: TypeAlias = "Callable[[str], int | None]"
"""Tells the line of a resource by its logical id."""


def read_bytes(path: Path, limit: int) -> bytes:
    """What a file has; of what never ends, such as a device, no more than the limit.

    Raises:
        TemplateError: It cannot be read, or is larger than the limit.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror or error}".replace("\n", " ")) from None
    except ValueError as error:  # a NUL in the name
        raise TemplateError(f"{str(path)!r}: {error}") from None
    if len(data) > limit:
        raise TemplateError(f"{path}: larger than {limit // 1024 // 1024} MB, which is no template")
    return data


def read_mapping(path: Path, limit: int = MAX_BYTES) -> Mapping[str, object]:
    """The mapping that a JSON file holds.

    Raises:
        TemplateError: It cannot be read, or holds something else.
    """
    body = _load_json(read_bytes(path, limit).decode("utf-8", "replace"), str(path))
    if not is_mapping(body):
        raise TemplateError(f"{path}: a mapping is expected, not {kind_of(body)}")
    return body


def parse(text: str, name: str) -> tuple[object, Lines]:
    """What text means, as JSON or YAML, and the lines of its resources.

    Raises:
        TemplateError: It is neither.
    """
    if text.lstrip().startswith(("{", "[")):
        return _load_json_or_yaml(text, name)
    return _load_yaml(text, name)


def _load_json_or_yaml(text: str, name: str) -> tuple[object, Lines]:
    """JSON; or YAML's flow style, which looks like it from afar."""
    try:
        return json.loads(text), _JsonLines(text)
    except (json.JSONDecodeError, RecursionError, ValueError):
        if re.match(r"\s*[{\[]\s*[\"}\]]", text):
            return _load_json(text, name), _JsonLines(text)
        return _load_yaml(text, name)


def kind_of(value: object) -> str:
    """What a value is called in a message: `a list`."""
    if value is None:
        return "nothing"
    kinds: dict[type, str] = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return kinds.get(type(value), type(value).__name__)


def _load_json(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TemplateError(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
    except (RecursionError, ValueError):  # a number of thousands of digits is a ValueError
        raise TemplateError(f"{name}: nested too deeply, or with numbers too long, to be a template") from None


class _JsonLines:
    """Finds the lines of resources in JSON: only when a finding must be shown."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[str, int] | None = None

    def __call__(self, logical_id: str) -> int | None:
        if self._lines is None:
            self._lines = dict(self._scan())
        return self._lines.get(logical_id)

    def _scan(self) -> Iterator[tuple[str, int]]:
        depth, line, section, key = 0, 1, "", ""
        for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|\n', self._text):
            text = token[0]
            if text == "\n":
                line += 1
            elif text in "{[":
                depth += 1
                section = key if depth == 2 else section  # noqa: PLR2004 - the template, its sections, their entries
            elif text in "}]":
                depth -= 1
            elif depth <= 2 and self._text[token.end() : token.end() + 20].lstrip().startswith(":"):  # noqa: PLR2004
                key = json.loads(text, strict=False)
                if depth == 2 and section == "Resources":  # noqa: PLR2004
                    yield key, line


def _load_yaml(text: str, name: str) -> tuple[object, Lines]:
    import yaml  # noqa: PLC0415 - a tenth of the time that the whole command takes, and JSON needs none of it

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _YamlReader(name)
    try:
        # Events, not PyYAML's nodes: its composer ends the whole process on text that is nested deeply enough.
        for event in yaml.parse(text, Loader=loader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise TemplateError(
            f"{name}{line}: not YAML: {one_line(error.problem or error.context or 'malformed')}"
        ) from None
    except yaml.YAMLError as error:
        raise TemplateError(f"{name}: not YAML: {one_line(str(error))}") from None
    return reader.document, reader.lines.get


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    content: dict[str, object] | list[object]
    tag: str | None
    anchor: str | None
    key: str | None = None


class _YamlReader:
    """Makes values of YAML's events: CloudFormation's short tags written out, dates left as text, lines noted."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[_Open] = []
        self._anchors: dict[str, object] = {}
        self._documents = 0
        self.document: object = None
        self.lines: dict[str, int] = {}

    def take(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's events
        """Go on by one event."""
        line = event.start_mark.line + 1
        match type(event).__name__:
            case "ScalarEvent":
                plain = event.implicit[0] and not self._awaits_key()
                self._add(_scalar(event.value) if plain else event.value, event.tag, event.anchor, line)
            case "AliasEvent":
                if event.anchor not in self._anchors:
                    self._refuse(line, f"alias {event.anchor} has no anchor before it")
                self._add(self._anchors[event.anchor], None, None, line)
            case "MappingStartEvent":
                self._start(_Open({}, event.tag, event.anchor), line)
            case "SequenceStartEvent":
                self._start(_Open([], event.tag, event.anchor), line)
            case "MappingEndEvent" | "SequenceEndEvent":
                done = self._open.pop()
                self._add(done.content, done.tag, done.anchor, line)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    self._refuse(line, "a second document; a template is one")
            case _:
                pass

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].key is None and isinstance(self._open[-1].content, dict)

    def _start(self, started: _Open, line: int) -> None:
        if self._awaits_key():
            self._refuse(line, "a key must be text")
        if len(self._open) >= MAX_NESTING:
            self._refuse(line, f"nested more than {MAX_NESTING} deep, which is no template")
        self._open.append(started)

    def _add(self, value: object, tag: str | None, anchor: str | None, line: int) -> None:
        if tag is not None and tag.startswith("!") and len(tag) > 1:
            value = _intrinsic(tag[1:], value)
        if anchor is not None:
            self._anchors[anchor] = value
        if not self._open:
            self.document = value
            return
        within = self._open[-1]
        if isinstance(within.content, list):
            within.content.append(value)
        elif within.key is None:
            self._name_entry(within, value, line)
        else:
            if within.key == "<<":
                for merged in reversed(sequence(value)):
                    within.content.update({k: v for k, v in mapping(merged).items() if k not in within.content})
            else:
                within.content[within.key] = value
            within.key = None

    def _name_entry(self, within: _Open, key: object, line: int) -> None:
        if is_mapping(key) or is_sequence(key):
            self._refuse(line, "a key must be text")
        within.key = str(key)
        if len(self._open) == 2 and self._open[0].key == "Resources":  # noqa: PLR2004 - the template, its Resources
            if within.key in within.content:
                self._refuse(line, f"resource {within.key} is defined twice")
            self.lines[within.key] = line

    def _refuse(self, line: int, why: str) -> NoReturn:
        raise TemplateError(f"{self._name}:{line}: {why}")


def _intrinsic(name: str, argument: object) -> dict[str, object]:
    if name == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": argument}


_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,30}\.[0-9]{0,30}([eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None,
    "true": True, "yes": True, "on": True,
    "false": False, "no": False, "off": False,
}  # fmt: skip


def _scalar(text: str) -> object:
    """What plain text means. Dates, octal and the like stay text, as CloudFormation has them."""
    if len(text) < 6 and (word := text.lower()) in _WORDS:  # noqa: PLR2004 - the longest word
        return _WORDS[word]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def one_line(text: str) -> str:
    """The text without its line breaks, as an error's message wants it."""
    return " ".join(text.split())
