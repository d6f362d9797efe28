"""Reads smoke tests, from a folder of JSON files or as they stand in the app, and refuses what could not be tried."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from cdk_lambda_patterns.json_values import as_mapping, as_sequence
from cdk_lambda_patterns.tokens import is_token

from .smoke_test_handler.json_path import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cdk_lambda_patterns.validation import Where

    Test: TypeAlias = Mapping[str, Any]
    Payloads: TypeAlias = str | Path | Mapping[str, Test] | Sequence[Test]

_PARTS = {"payload", "expect"}
_LOWEST_STATUS, _HIGHEST_STATUS = 100, 599


def read(where: Where, payloads: Payloads) -> str:
    """The tests as JSON, by their names.

    Args:
        where: The hook.
        payloads: A folder of JSON files, or tests: by their names, or one after the other.

    Raises:
        ValidationError: There is no test, or one that could not be tried.
    """
    tests = dict(_tests(where, payloads))
    if not tests:
        where.refuse(
            "payloads",
            "must hold a test: a hook that tries nothing lets everything pass",
            got="none",
            fix='write {"payload": ..., "expect": {...}} into a JSON file of the folder',
            code="SmokeTestsMissing",
        )
    for name, test in tests.items():
        _check(where, name, test)
    try:
        text = json.dumps(tests, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError) as error:
        where.refuse(
            "payloads",
            "must be JSON",
            got=str(error),
            fix="write texts, numbers, lists and objects",
            code="SmokeTestInvalid",
        )
    if _is_unresolved(text):
        where.refuse(
            "payloads",
            "must be known when the app is synthesized: they are packaged with the hook",
            got="a value that is only known at deployment",
            fix="let the function know it by its environment, and leave it out of the payload",
            code="SmokeTestUnresolved",
        )
    return text


def _is_unresolved(text: str) -> bool:
    """Whether a text in the JSON, or a number, stands for what only the deployment knows."""
    numbers: list[float] = []
    json.loads(text, parse_float=lambda digits: numbers.append(float(digits)))
    return is_token(text) or is_token(numbers)


def _tests(where: Where, payloads: Payloads) -> Iterator[tuple[str, object]]:
    if isinstance(payloads, (str, Path)):
        yield from _files(where, payloads)
    elif (named := as_mapping(payloads)) is not None:
        yield from named.items()
    elif (listed := as_sequence(payloads)) is not None:
        yield from ((f"test {number}", test) for number, test in enumerate(listed, start=1))
    else:
        where.refuse(
            "payloads",
            "must be a folder of JSON files, a mapping of names to tests, or a list of tests",
            got=type(payloads).__name__,
            fix='write payloads="tests/smoke"',
            code="TypeMismatch",
        )


def _files(where: Where, path: str | Path) -> Iterator[tuple[str, object]]:
    folder = Path(path)
    if path == "" or not folder.is_dir():
        where.refuse(
            "payloads",
            "must be a folder",
            got=str(path) or repr(path),
            fix="name a folder of JSON files, relative to where the app is run",
            code="SmokeTestsMissing",
        )
    for file in sorted(folder.glob("*.json")):
        try:
            yield file.stem, json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            where.refuse(
                "payloads", "must be JSON", got=f"{file.name}: {error}", fix="correct it", code="SmokeTestInvalid"
            )


def _check(where: Where, name: str, test: object) -> None:
    parts = as_mapping(test)
    if parts is None or "payload" not in parts:
        _refuse(where, name, "must have a payload", _described(test), 'write {"payload": ..., "expect": {...}}')
    _check_names(where, name, set(parts), _PARTS)
    expect = as_mapping(parts.get("expect", {}))
    if expect is None:
        _refuse(where, name, "must expect an object", _described(parts["expect"]), f"name any of {_listed(_FORMS)}")
    _check_names(where, name, set(expect), set(_FORMS))
    for form, wanted in expect.items():
        rule, holds = _FORMS[form]
        try:
            is_right = holds(wanted)
        except (ValueError, re.error) as error:
            _refuse(where, name, f"must have {rule} in '{form}'", str(error), "correct it")
        if not is_right:
            _refuse(where, name, f"must have {rule} in '{form}'", repr(wanted), "correct it")


def _check_names(where: Where, name: str, names: set[str], known: set[str]) -> None:
    unknown = sorted(map(str, names - known))
    if unknown:
        _refuse(where, name, f"may have {_listed(known)}", ", ".join(map(repr, unknown)), "correct the name")


def _refuse(where: Where, name: str, rule: str, got: str, fix: str) -> NoReturn:
    where.refuse("payloads", f"{rule} (test {name!r})", got=got, fix=fix, code="SmokeTestInvalid")


def _is_error(wanted: object) -> bool:
    return isinstance(wanted, bool) or (isinstance(wanted, str) and wanted != "")


def _is_status(wanted: object) -> bool:
    statuses = as_sequence(wanted)
    return bool(statuses) if statuses is not None and all(map(_is_status, statuses)) else _is_one_status(wanted)


def _is_one_status(wanted: object) -> bool:
    return isinstance(wanted, int) and _LOWEST_STATUS <= wanted <= _HIGHEST_STATUS


def _are_values(wanted: object) -> bool:
    paths = as_mapping(wanted)
    return paths is not None and _are_paths(list(paths))


def _are_patterns(wanted: object) -> bool:
    patterns = as_mapping(wanted)
    return patterns is not None and _are_values(patterns) and all(map(_is_pattern, patterns.values()))


def _is_pattern(pattern: object) -> bool:
    if isinstance(pattern, str):
        re.compile(pattern)
    return isinstance(pattern, str)


def _are_paths(wanted: object) -> bool:
    paths = as_sequence(wanted)
    return paths is not None and all(map(_is_path, paths))


def _is_path(path: object) -> bool:
    if isinstance(path, str):
        parse(path)
    return isinstance(path, str)


def _is_time(wanted: object) -> bool:
    return isinstance(wanted, (int, float)) and not isinstance(wanted, bool) and wanted > 0


_FORMS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "error": ("true, false or the name of an error", _is_error),
    "status": ("an HTTP status, or a list of them", _is_status),
    "equals": ("JSON paths with values", _are_values),
    "matches": ("JSON paths with regular expressions", _are_patterns),
    "exists": ("a list of JSON paths", _are_paths),
    "absent": ("a list of JSON paths", _are_paths),
    "max_milliseconds": ("a number above 0", _is_time),
}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _described(value: object) -> str:
    parts = as_mapping(value)
    return f"an object with {_listed(parts)}" if parts else repr(value)
