"""What a key-value store is filled with: read, and held against CloudFront's limits.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions-create-s3-kvp.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from cdk_lambda_patterns.validation import Where

KeyValues = Mapping[str, str] | Path | str
"""Keys and values, or the path of a JSON file with them: an object, or CloudFront's own list of `key` and `value`."""

_PROP = "key_values"


def read_key_values(where: Where, given: KeyValues) -> dict[str, str]:
    """The keys and values of a store.

    Args:
        where: The construct.
        given: What the user gave.

    Raises:
        ValidationError: Something else, a file that is not there or no JSON, a key that is there twice, a value that is
            no text or only known at deployment, or more than CloudFront keeps.
    """
    pairs = list(given.items()) if isinstance(given, Mapping) else _pairs_in(where, _file(where, given))
    key_values: dict[str, str] = {}
    for key, value in pairs:
        _check_pair(where, key, value)
        if key in key_values:
            where.refuse(
                _PROP, "must have each key once", got=f"{key!r} twice", fix="remove one", code="KeyValueStoreKeyTwice"
            )
        key_values[key] = value
    where.within(_PROP, _size(as_import_source(key_values)), quotas.KEY_VALUE_STORE_SIZE)
    return key_values


def as_import_source(key_values: Mapping[str, str]) -> str:
    """The text of the file that CloudFront fills a store from."""
    data = [{"key": key, "value": value} for key, value in sorted(key_values.items())]
    return json.dumps({"data": data}, ensure_ascii=False)


def _file(where: Where, given: object) -> Path:
    if not isinstance(given, (str, Path)):
        where.refuse(
            _PROP,
            "must be a mapping of texts, or the path of a JSON file",
            got=repr(given),
            fix="write {'key': 'value'}, or {} for a store that begins empty",
            code="KeyValuesInvalid",
        )
    return Path(given)


def _pairs_in(where: Where, file: Path) -> list[tuple[Any, Any]]:
    if not file.is_file():
        where.refuse(_PROP, "must be a file that exists", got=str(file), fix="correct the path", code="FileMissing")
    try:
        # As pairs: a key that is there twice would be one.
        content = json.loads(file.read_bytes(), object_pairs_hook=_Pairs)
    except ValueError as error:
        where.refuse(_PROP, "must be JSON", got=f"{file}: {error}", fix="correct the file", code="KeyValuesInvalid")
    if not isinstance(content, _Pairs):
        where.refuse(
            _PROP,
            "must be a JSON object",
            got=f"{file} with {type(content).__name__}",
            fix='write {"key": "value"}',
            code="KeyValuesInvalid",
        )
    data = content[0][1] if [key for key, _ in content] == ["data"] else None
    if not isinstance(data, list):
        return list(content)
    return [_pair(where, file, entry) for entry in cast("list[object]", data)]


def _pair(where: Where, file: Path, entry: object) -> tuple[Any, Any]:
    fields = dict(entry) if isinstance(entry, _Pairs) else {}
    if fields.keys() != {"key", "value"}:
        where.refuse(
            _PROP,
            "must have 'key' and 'value' in each entry of 'data'",
            got=f"{file} with {json.dumps(fields if isinstance(entry, _Pairs) else entry)}",
            fix='write {"data": [{"key": "...", "value": "..."}]}',
            code="KeyValuesInvalid",
        )
    return fields["key"], fields["value"]


def _check_pair(where: Where, key: object, value: object) -> None:
    if not isinstance(key, str) or not isinstance(value, str):
        where.refuse(
            _PROP,
            "must have text as keys and values",
            got=f"{type(value).__name__} for {key!r}"
            if isinstance(key, str)
            else f"{type(key).__name__} as key {key!r}",
            fix="write json.dumps(value), and read it with {format: 'json'}",
            code="KeyValuesInvalid",
        )
    if is_token([key, value]):
        where.refuse(
            _PROP,
            "must be known when the app is synthesized: CloudFront reads them from a file",
            got="a key or value that is only known at deployment",
            fix="leave it out, and write it to the store after the deployment",
            code="KeyValuesUnresolved",
        )
    where.text(_PROP, key)
    where.text(f"{_PROP}[{key!r}]", value)
    where.within(f"{_PROP}[{key!r}]", _size(key), quotas.KEY_VALUE_STORE_KEY_SIZE)
    where.within(f"{_PROP}[{key!r}]", _size(value), quotas.KEY_VALUE_STORE_VALUE_SIZE)


def _size(text: str) -> int:
    return len(text.encode())


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON, as its pairs."""
