"""Filter patterns of CloudWatch Logs: words, JSON selectors and regular expressions.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

_Matcher: TypeAlias = Callable[[str], bool]

_TERM = re.compile(r'(?P<sign>[?-]?)(?:"(?P<quoted>(?:\\.|[^"\\])*)"|%(?P<regex>[^%]+)%|(?P<word>\S+))')
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<bracket>[()]) | (?P<logic>&&|\|\|) |
        (?P<selector>\$(?:\.(?:"[^"]+"|[\w\-]+)|\[(?:\d+|"[^"]+")\])*) |
        (?P<compare>!=|>=|<=|=|>|<) | (?P<word>(?i:IS|NOT|EXISTS|NULL|TRUE|FALSE)\b) |
        "(?P<quoted>(?:\\.|[^"\\])*)" | %(?P<regex>[^%]+)% | (?P<bare>[^\s()&|]+)
    )""",
    re.VERBOSE,
)
_STEP = re.compile(r'\.(?:"([^"]+)"|([\w\-]+))|\[(?:(\d+)|"([^"]+)")\]')
_NUMERIC: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_ABSENT = object()


class UnsupportedPatternError(ValueError):
    """The pattern uses what is not emulated: columns of space-delimited events."""


class Pattern:
    """A pattern, read once."""

    def __init__(self, text: str) -> None:
        """Read the pattern.

        Raises:
            UnsupportedPatternError: It uses what is not emulated.
        """
        text = text.strip()
        if text.startswith("["):
            raise UnsupportedPatternError(text)
        self._matches = (
            _json_matcher(text[1:-1]) if text.startswith("{") and text.endswith("}") else _term_matcher(text)
        )

    def matches(self, message: str) -> bool:
        """Whether the pattern matches a log event."""
        return self._matches(message)


def select(message: str, selector: str) -> Any:  # noqa: ANN401 - any JSON
    """What a selector such as `$.latency` finds in a message; None if there is nothing, or it is not JSON."""
    try:
        found = _find(json.loads(message), selector)
    except ValueError:
        return None
    return None if found is _ABSENT else found


def _term_matcher(text: str) -> _Matcher:
    wanted: list[_Matcher] = []
    any_of: list[_Matcher] = []
    unwanted: list[_Matcher] = []
    groups = {"": wanted, "?": any_of, "-": unwanted}
    for term in _TERM.finditer(text):
        groups[term["sign"]].append(_contains(term))
    return lambda message: (
        all(matches(message) for matches in wanted)
        and (not any_of or bool(wanted) or any(matches(message) for matches in any_of))
        and not any(matches(message) for matches in unwanted)
    )


def _contains(term: re.Match[str]) -> _Matcher:
    if term["regex"]:
        expression = re.compile(term["regex"])
        return lambda message: bool(expression.search(message))
    literal = term["word"] or re.sub(r"\\(.)", r"\1", term["quoted"])
    return lambda message: literal in message


def _json_matcher(text: str) -> _Matcher:
    condition = _Parser(text).condition()

    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return isinstance(event, (dict, list)) and condition(event)

    return matches


@dataclass
class _Token:
    kind: str
    text: str


class _Parser:
    """Reads `$.level = "ERROR" && ($.status >= 500 || $.retry IS TRUE)`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [
            _Token(str(match.lastgroup), match[str(match.lastgroup)]) for match in _TOKEN.finditer(text.rstrip())
        ]

    def condition(self) -> Callable[[Any], bool]:
        """The whole condition."""
        parsed = self._either()
        if self._tokens:
            raise UnsupportedPatternError(self._text)
        return parsed

    def _either(self) -> Callable[[Any], bool]:
        parts = [self._all()]
        while self._take("logic", "||"):
            parts.append(self._all())
        return lambda event: any(part(event) for part in parts)

    def _all(self) -> Callable[[Any], bool]:
        parts = [self._one()]
        while self._take("logic", "&&"):
            parts.append(self._one())
        return lambda event: all(part(event) for part in parts)

    def _one(self) -> Callable[[Any], bool]:
        if self._take("bracket", "("):
            inner = self._either()
            if not self._take("bracket", ")"):
                raise UnsupportedPatternError(self._text)
            return inner
        selector = self._next("selector").text
        if self._take("word", "NOT"):
            self._next("word")
            return lambda event: _find(event, selector) is _ABSENT
        if self._take("word", "IS"):
            value = json.loads(self._next("word").text.lower())
            return lambda event: _find(event, selector) is value
        return self._comparison(selector, self._next("compare").text)

    def _comparison(self, selector: str, sign: str) -> Callable[[Any], bool]:
        token = self._next("quoted", "bare", "regex", "word")
        if sign in _NUMERIC:
            compare, number = _NUMERIC[sign], float(token.text)
            return lambda event: _is_number(found := _find(event, selector)) and compare(found, number)
        equals = _equals(token)
        if sign == "=":
            return lambda event: equals(_find(event, selector))
        return lambda event: (found := _find(event, selector)) is not _ABSENT and not equals(found)

    def _take(self, kind: str, text: str) -> bool:
        if self._tokens and self._tokens[0].kind == kind and self._tokens[0].text.upper() == text:
            self._tokens.pop(0)
            return True
        return False

    def _next(self, *kinds: str) -> _Token:
        if not self._tokens or self._tokens[0].kind not in kinds:
            raise UnsupportedPatternError(self._text)
        return self._tokens.pop(0)


def _equals(token: _Token) -> Callable[[Any], bool]:
    if token.kind == "regex":
        expression = re.compile(token.text)
        return lambda found: isinstance(found, str) and bool(expression.search(found))
    text = re.sub(r"\\(.)", r"\1", token.text) if token.kind == "quoted" else token.text

    def equals(found: Any) -> bool:  # noqa: ANN401 - any JSON
        if isinstance(found, str):
            return fnmatch.fnmatchcase(found, text.replace("[", "[[]").replace("?", "[?]"))
        if _is_number(found):
            try:
                return bool(found == float(text))
            except ValueError:
                return False
        return False

    return equals


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _find(event: Any, selector: str) -> Any:  # noqa: ANN401 - any JSON
    found: Any = event
    for step in _STEP.finditer(selector):
        name = step[1] or step[2] or step[4]
        if step[3] is not None:
            index = int(step[3])
            elements = _elements(found)
            found = elements[index] if index < len(elements) else _ABSENT
        else:
            found = _members(found).get(name, _ABSENT)
    return found


def _elements(value: object) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()


def _members(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
