from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.triggers.filter_patterns import Record, check_filters, check_rule_pattern
from cdk_lambda_patterns.validation import Where
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORD = Record("a letter", frozenset({"body", "sender"}), "body")


def filters(stack: cdk.Stack, *patterns: Any) -> list[str] | None:  # noqa: ANN401
    return check_filters(Where(stack, "Trigger"), patterns, RECORD)


def refused(stack: cdk.Stack, got: str, *patterns: Any, code: str = "FilterPatternInvalid") -> str:  # noqa: ANN401
    return str(refusal(lambda: filters(stack, *patterns), code, got))


GOOD: Sequence[dict[str, Any]] = [
    {"body": ["order", 7, True, None, ""]},
    {"body": {"kind": ["order"], "total": [{"numeric": [">", 100]}]}},
    {"body": {"total": [{"numeric": [">=", 0, "<", 5.5]}]}},
    {"body": {"customer": {"name": [{"prefix": "A"}, {"suffix": "z"}, {"equals-ignore-case": "Bob"}]}}},
    {"body": {"id": [{"exists": False}], "kind": [{"anything-but": ["test", "trial"]}]}},
    {"body": {"a": [{"anything-but": "x"}, {"anything-but": 0}, {"anything-but": {"prefix": "t-"}}]}},
    {"body": {"a": [{"anything-but": {"suffix": ["a", "b"]}}, {"prefix": {"equals-ignore-case": "a"}}]}},
    {"$or": [{"body": {"a": [1]}}, {"sender": ["me"]}]},
]


@pytest.mark.parametrize("pattern", GOOD)
def test_a_pattern_becomes_its_json(stack: cdk.Stack, pattern: dict[str, Any]) -> None:
    (text,) = filters(stack, pattern) or []

    assert json.loads(text) == pattern
    assert " " not in text.replace("order", ""), "as short as it can be"


def test_a_pattern_may_be_written_by_the_cdk(stack: cdk.Stack) -> None:
    name = cdk.Token.as_string({"Ref": "Name"})
    criteria = lambda_.FilterCriteria.filter(
        {"body": {"kind": lambda_.FilterRule.is_equal("order"), "name": [name], "id": lambda_.FilterRule.exists()}}
    )

    (text,) = filters(stack, criteria) or []

    ours = {"body": {"kind": ["order"], "name": [name], "id": [{"exists": True}]}}
    assert stack.resolve(text) == stack.resolve(json.dumps(ours, separators=(",", ":")))


def test_fails_when_a_pattern_of_the_cdk_looks_at_no_field(stack: cdk.Stack) -> None:
    message = refused(stack, "'kind'", lambda_.FilterCriteria.filter({"kind": ["order"]}), code="FilterFieldUnknown")

    assert "{'body': {'kind': ...}}" in message


def test_fails_when_the_text_of_a_pattern_is_no_json(stack: cdk.Stack) -> None:
    refused(stack, '"order"', {"pattern": "order"})


def test_no_filters_are_none(stack: cdk.Stack) -> None:
    assert check_filters(Where(stack, "Trigger"), None, RECORD) is None


def test_values_may_be_known_at_deployment_only(stack: cdk.Stack) -> None:
    name = cdk.Token.as_string({"Ref": "Name"})

    (text,) = filters(stack, {"body": {"name": [name]}}) or []

    assert stack.resolve(text) == {"Fn::Join": ["", ['{"body":{"name":["', {"Ref": "Name"}, '"]}}']]}


def test_fails_when_a_pattern_is_no_dict(stack: cdk.Stack) -> None:
    assert '; write a dict, as {"body": {"kind": ["order"]}} [' in refused(stack, '"order"', "order")


@pytest.mark.parametrize("count", [1, 10])
def test_there_may_be_one_to_ten(stack: cdk.Stack, count: int) -> None:
    assert len(filters(stack, *[{"body": ["x"]}] * count) or []) == count


@pytest.mark.parametrize("count", [0, 11])
def test_fails_when_there_are_none_or_too_many(stack: cdk.Stack, count: int) -> None:
    refused(stack, str(count), *[{"body": ["x"]}] * count, code="TooManyFilters")


def test_a_pattern_may_be_as_long_as_lambda_takes(stack: cdk.Stack) -> None:
    empty = len('{"body":[""]}')
    longest = "x" * (int(quotas.FILTER_PATTERN_LENGTH.maximum) - empty)

    assert filters(stack, {"body": [longest]})
    refused(stack, "4,097", {"body": [f"{longest}x"]}, code="FilterPatternTooLong")


@pytest.mark.parametrize(
    ("pattern", "got", "says"),
    [
        ({}, "{}", "at least one field"),
        ({"body": {}}, "{}", "at least one field (at body)"),
        ("body", '"body"', "at least one field"),
        ({"body": "order"}, '"order"', 'must be a list, of values or tests (at body), got "order"; write ["order"]'),
        ({"body": {"kind": 7}}, "7", "(at body.kind)"),
        ({"body": []}, "[]", "which nothing matches"),
        ({"body": [["order"]]}, '["order"]', "one key each"),
        ({"body": [{"prefix": "a", "suffix": "b"}]}, '{"prefix": "a", "suffix": "b"}', "one key each"),
        ({"body": [{"anything-but": []}]}, "[]", "values, or one of the tests equals-ignore-case, prefix"),
        ({"body": [{"anything-but": None}]}, "null", "must give 'anything-but' values"),
        ({"body": [{"anything-but": [["x"]]}]}, '[["x"]]', "must give 'anything-but' values"),
        ({"body": [{"anything-but": {"like": "x"}}]}, '{"like": "x"}', "must give 'anything-but' values"),
        ({"body": [{"anything-but": {"prefix": 1}}]}, '{"prefix": 1}', "must give 'anything-but' values"),
        ({"body": [{"anything-but": {"prefix": []}}]}, '{"prefix": []}', "must give 'anything-but' values"),
        ({"body": [{"prefix": {"suffix": "x"}}]}, '{"suffix": "x"}', "must give 'prefix' text"),
        ({"body": [{"equals-ignore-case": {"prefix": "x"}}]}, '{"prefix": "x"}', "must give 'equals-ignore-case' text"),
        ({"body": [{"starts-with": "a"}]}, '"starts-with"', "anything-but, equals-ignore-case, exists"),
        ({"body": [{"wildcard": "a*"}]}, '"wildcard"', "one of the tests"),
        ({"body": [{"exists": "no"}]}, '"no"', "true or false"),
        ({"body": [{"prefix": ["a"]}]}, '["a"]', "must give 'prefix' text"),
        ({"body": [{"numeric": [">"]}]}, '[">"]', "comparisons and numbers in turn"),
        ({"body": [{"numeric": [">", "7"]}]}, '[">", "7"]', "comparisons and numbers in turn"),
        ({"body": [{"numeric": ["!=", 7]}]}, '["!=", 7]', "comparisons and numbers in turn"),
        ({"body": [{"numeric": [">", True]}]}, '[">", true]', "comparisons and numbers in turn"),
        ({"body": [{"numeric": 7}]}, "7", "comparisons and numbers in turn"),
        ({"$or": {"body": ["x"]}}, '{"body": ["x"]}', "must be a list"),
    ],
)
def test_fails_when_it_is_no_pattern(stack: cdk.Stack, pattern: object, got: str, says: str) -> None:
    assert says in refused(stack, got, pattern)


@pytest.mark.parametrize("pattern", [{"kind": ["order"]}, {"$or": [{"body": ["x"]}, {"kind": ["order"]}]}])
def test_fails_when_no_record_has_the_field(stack: cdk.Stack, pattern: dict[str, Any]) -> None:
    text = refused(stack, "'kind'", pattern, code="FilterFieldUnknown")

    assert "'filters' must look at the fields of a letter: body, sender" in text
    assert "{'body': {'kind': ...}}" in text


def test_a_rules_pattern_may_use_wildcards_and_networks(stack: cdk.Stack) -> None:
    pattern = {"detail": {"key": [{"wildcard": "a*b"}], "ip": [{"cidr": "10.0.0.0/8"}]}}

    check_rule_pattern(Where(stack, "Rule"), "pattern", pattern)


def test_fails_when_a_rules_pattern_is_longer_than_event_bridge_takes(stack: cdk.Stack) -> None:
    refusal(
        lambda: check_rule_pattern(Where(stack, "Rule"), "pattern", {"detail": {"key": ["x" * 2_048]}}),
        "EventPatternTooLong",
        "2,071",
    )
