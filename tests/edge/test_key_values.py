from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns.edge.key_values import as_import_source, read_key_values
from cdk_lambda_patterns.validation import Where
from tests.refusals import refusal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def where(stack: cdk.Stack) -> Where:
    return Where(stack, "Moved")


def refused(where: Where, code: str, got: str, key_values: Any) -> None:  # noqa: ANN401
    refusal(lambda: read_key_values(where, key_values), code, got, path="Stack/Moved")


def test_a_mapping_is_taken_as_it_is(where: Where) -> None:
    assert read_key_values(where, {"/old": "/new"}) == {"/old": "/new"}


@pytest.mark.parametrize(
    "content",
    [{"/old": "/new", "data": "x"}, {"data": [{"key": "/old", "value": "/new"}, {"key": "data", "value": "x"}]}],
    ids=["an object", "cloudfront's own format"],
)
def test_a_file_may_have_two_forms(where: Where, tmp_path: Path, content: Any) -> None:  # noqa: ANN401
    file = tmp_path / "moved.json"
    file.write_text(json.dumps(content))

    assert read_key_values(where, file) == read_key_values(where, str(file)) == {"/old": "/new", "data": "x"}


def test_no_pairs_are_an_empty_store(where: Where, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("{}")

    assert read_key_values(where, {}) == read_key_values(where, tmp_path / "none.json") == {}


def test_the_text_for_cloudfront_does_not_depend_on_the_order() -> None:
    text = as_import_source({"b": "2", "a": "ü"})

    assert json.loads(text) == {"data": [{"key": "a", "value": "ü"}, {"key": "b", "value": "2"}]}
    assert text == as_import_source({"a": "ü", "b": "2"})


@pytest.mark.parametrize(
    ("content", "got"),
    [
        ("[1]", "{file} with list"),
        ('"text"', "{file} with str"),
        ("{", "{file}: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"data": [{"key": "a"}]}', '{file} with {{"key": "a"}}'),
        ('{"data": ["a"]}', '{file} with "a"'),
        ('{"data": [{}]}', "{file} with {{}}"),
    ],
)
def test_fails_when_a_file_is_something_else(where: Where, tmp_path: Path, content: str, got: str) -> None:
    file = tmp_path / "moved.json"
    file.write_text(content)

    refused(where, "KeyValuesInvalid", got.format(file=file), file)


def test_fails_when_there_is_no_file(where: Where, tmp_path: Path) -> None:
    refused(where, "FileMissing", str(tmp_path / "moved.json"), tmp_path / "moved.json")


@pytest.mark.parametrize(
    "content", ['{"a": "1", "a": "2"}', '{"data": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}']
)
def test_fails_when_a_key_is_there_twice(where: Where, tmp_path: Path, content: str) -> None:
    (tmp_path / "moved.json").write_text(content)

    refused(where, "KeyValueStoreKeyTwice", "'a' twice", tmp_path / "moved.json")


@pytest.mark.parametrize(
    ("key_values", "got"),
    [
        ({"a": 1}, "int for 'a'"),
        ({"a": None}, "NoneType for 'a'"),
        ({"a": {"b": 1}}, "dict for 'a'"),
        ({7: "a"}, "int as key 7"),
    ],
)
def test_fails_when_a_key_or_value_is_no_text(where: Where, key_values: Any, got: str) -> None:  # noqa: ANN401
    refused(where, "KeyValuesInvalid", got, key_values)


@pytest.mark.parametrize(("key_values", "got"), [({"a\ud800": "b"}, r"'a\ud800'"), ({"a": "\udc00"}, r"'\udc00'")])
def test_fails_when_a_text_has_half_a_character(where: Where, key_values: Any, got: str) -> None:  # noqa: ANN401
    refused(where, "TextExpected", got, key_values)


@pytest.mark.parametrize("key_values", [[], [("a", "b")], 5, b"x", True])
def test_fails_when_they_are_neither_pairs_nor_a_path(where: Where, key_values: Any) -> None:  # noqa: ANN401
    refused(where, "KeyValuesInvalid", repr(key_values), key_values)


@pytest.mark.parametrize("key_values", [{"a": f"x-{cdk.Aws.REGION}"}, {cdk.Aws.REGION: "a"}])
def test_fails_when_a_text_is_only_known_at_deployment(where: Where, key_values: Any) -> None:  # noqa: ANN401
    refused(where, "KeyValuesUnresolved", "a key or value that is only known at deployment", key_values)


@pytest.mark.parametrize("key_values", [{"k" * 512: "v"}, {"k": "v" * 1024}, {"ü" * 256: "ü" * 512}, {"k": ""}])
def test_pairs_may_be_as_large_as_cloudfront_takes_them(where: Where, key_values: dict[str, str]) -> None:
    assert read_key_values(where, key_values) == key_values


@pytest.mark.parametrize(
    ("key_values", "code", "got"),
    [
        ({"": "v"}, "KeyValueStoreKeySize", "0"),
        ({"k" * 513: "v"}, "KeyValueStoreKeySize", "513"),
        ({"ü" * 257: "v"}, "KeyValueStoreKeySize", "514"),
        ({"k": "v" * 1025}, "KeyValueStoreValueSize", "1,025"),
        ({"k": "ü" * 513}, "KeyValueStoreValueSize", "1,026"),
    ],
)
def test_fails_when_a_pair_is_larger(where: Where, key_values: dict[str, str], code: str, got: str) -> None:
    refused(where, code, got, key_values)


def test_the_file_that_a_store_is_filled_from_has_at_most_5_mb(where: Where) -> None:
    """CloudFront's limit of the file, which has more than the keys and values."""
    pairs = {f"{number:024}": "v" * 972 for number in range(5_129)}
    spare = 5 * 1024 * 1024 - len(as_import_source(pairs))
    pair = len(', {"key": "k", "value": ""}')
    largest = {**pairs, "k": "v" * (spare - pair)}

    assert len(as_import_source(largest)) == 5 * 1024 * 1024
    assert read_key_values(where, largest) == largest
    refused(where, "KeyValueStoreTooLarge", "5,242,881", {**largest, "k": f"{largest['k']}v"})
