"""Patterns of events, as Lambda's event source mappings and EventBridge's rules write them in JSON.

A pattern is an object whose leaves are lists: a field matches if its value is in the list, or passes one of the list's
tests.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.json_values import as_mapping, as_sequence
from cdk_lambda_patterns.tokens import is_token, without_tokens
from cdk_lambda_patterns.validation import type_name

from .trigger_checks import require_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_lambda_patterns.validation import Where

Pattern: TypeAlias = Mapping[str, Any]
"""A pattern, as the JSON that it becomes: `{"body": {"kind": ["order"], "total": [{"numeric": [">", 100]}]}}`."""

_TESTS = frozenset({"prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case"})
_RULE_TESTS = _TESTS | {"wildcard", "cidr"}
_SUBSCRIPTION_TESTS = _TESTS | {"cidr"}
_TEXT_TESTS = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard", "cidr"})
_WITHIN = {
    "anything-but": frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard"}),
    "prefix": frozenset({"equals-ignore-case"}),
    "suffix": frozenset({"equals-ignore-case"}),
}
"""Which tests may stand within a test.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""
_NUMERIC_TERMS = (2, 4)
_COMPARISONS = frozenset({"<", "<=", "=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Record:
    """What the records of a source look like to a filter."""

    name: str
    """As in "an SQS record"."""
    fields: frozenset[str]
    """The names at its top."""
    content: str
    """The field that holds what the sender wrote."""


def check_filters(where: Where, filters: Sequence[Pattern] | None, record: Record) -> list[str] | None:
    """The filters of an event source mapping, each as JSON.

    Args:
        where: The construct.
        filters: Patterns, or what `aws_lambda.FilterCriteria.filter` makes of them; an event that matches one of them
            is passed on.
        record: The source's records.

    Raises:
        ValidationError: Too many, too long, not a pattern, or about a field that no record has: it would match nothing,
            and what matches nothing is thrown away.
    """
    if filters is None:
        return None
    where.size("filters", require_list(where, "filters", filters), quotas.MAPPING_FILTERS)
    rendered: list[str] = []
    for pattern in map(_as_pattern, filters):
        check_pattern(where, "filters", pattern, tests=_TESTS, example={record.content: {"kind": ["order"]}})
        _check_fields(where, pattern, record)
        text = json.dumps(pattern, ensure_ascii=False, separators=(",", ":"))
        where.size("filters", without_tokens(text), quotas.FILTER_PATTERN_LENGTH)
        rendered.append(text)
    return rendered


def _as_pattern(given: Pattern) -> Pattern:
    """The pattern itself: `aws_lambda.FilterCriteria.filter` gives its text, under a name that no record has."""
    fields = as_mapping(given) or {}
    text = fields["pattern"] if fields.keys() == {"pattern"} else None
    if not isinstance(text, str):
        return given
    with contextlib.suppress(ValueError):
        pattern: Pattern = json.loads(text)
        return pattern
    return given


def _check_fields(where: Where, pattern: Pattern, record: Record) -> None:
    for field, value in pattern.items():
        if field == "$or":
            for alternative in value:
                _check_fields(where, alternative, record)
        elif field not in record.fields and not is_token(field):
            where.refuse(
                "filters",
                f"must look at the fields of {record.name}: {', '.join(sorted(record.fields))}",
                got=repr(field),
                fix=f"what the sender wrote is in '{record.content}': {{'{record.content}': {{'{field}': ...}}}}",
                code="FilterFieldUnknown",
            )


def check_rule_pattern(where: Where, prop: str, pattern: Pattern) -> None:
    """Refuse what is no pattern of an EventBridge rule.

    Args:
        where: The construct.
        prop: The property that it was given for.
        pattern: The pattern.

    Raises:
        ValidationError: Not a pattern, or too long.
    """
    check_pattern(where, prop, pattern, tests=_RULE_TESTS, example={"source": ["shop"]})
    _check_no_null(where, prop, pattern)
    text = json.dumps(pattern, ensure_ascii=False, separators=(",", ":"), default=str)
    where.size(prop, without_tokens(text), quotas.EVENT_PATTERN_LENGTH)


def check_subscription_filter(where: Where, policy: Pattern, *, nested: bool) -> None:
    """Refuse what is no filter policy of an SNS subscription.

    Args:
        where: The construct.
        policy: The policy.
        nested: Whether it looks into the message's body; attributes have no fields of their own.

    Raises:
        ValidationError: Not a policy, too long, with too many fields or combinations of values.
    """
    check_pattern(where, "filter_policy", policy, tests=_SUBSCRIPTION_TESTS, example={"store": ["online"]})
    _check_no_null(where, "filter_policy", policy)
    deep = next((name for name, value in policy.items() if as_mapping(value) is not None), None)
    if deep is not None and not nested:
        where.refuse(
            "filter_policy",
            "must not look below a message attribute",
            got=f"an object at {deep}",
            fix='say filter_policy_scope="MessageBody" to filter on the message itself',
            code="FilterPolicyNested",
        )
    text = json.dumps(policy, ensure_ascii=False, separators=(",", ":"))
    where.size("filter_policy", without_tokens(text).encode(), quotas.FILTER_POLICY_SIZE)
    # How SNS counts alternatives is not documented.
    fields = {name: value for name, value in policy.items() if name != "$or"}
    if fields:
        where.size("filter_policy", fields, quotas.FILTER_POLICY_FIELDS)
        where.within("filter_policy", _combinations(fields), quotas.FILTER_POLICY_COMBINATIONS)


def _check_no_null(where: Where, prop: str, value: object) -> None:
    if value is None:
        where.refuse(
            prop,
            "must not hold null, which the CDK leaves out of templates",
            got="None",
            fix='test for {"exists": false}, or look for null in the function',
            code="FilterPatternInvalid",
        )
    fields = as_mapping(value)
    for inner in (as_sequence(value) or ()) if fields is None else fields.values():
        _check_no_null(where, prop, inner)


def _combinations(fields: Mapping[str, Any], depth: int = 1) -> int:
    """How SNS measures a policy: all numbers of values multiplied, each times its depth."""
    count = 1
    for name, value in fields.items():
        below = as_mapping(value)
        if below is not None:
            count *= _combinations(below, depth + 1)
        elif name != "$or":
            count *= len(value) * depth
    return count


def check_pattern(
    where: Where, prop: str, pattern: object, *, tests: frozenset[str], example: Pattern, path: str = ""
) -> None:
    """Refuse what is no pattern: an empty object, a leaf that is no list, a test that does not exist."""
    fields = as_mapping(pattern)
    if not fields:
        fix = f"write a dict, as {json.dumps(example)}"
        _refuse(where, prop, path, "must be an object with at least one field", pattern, fix=fix)
    for field, value in fields.items():
        inner = f"{path}.{field}" if path else field
        if field == "$or":
            for alternative in _entries(where, prop, inner, value):
                check_pattern(where, prop, alternative, tests=tests, example=example, path=inner)
        elif as_mapping(value) is not None:
            check_pattern(where, prop, value, tests=tests, example=example, path=inner)
        else:
            for entry in _entries(where, prop, inner, value):
                _check_entry(where, prop, inner, entry, tests)


def _entries(where: Where, prop: str, path: str, value: object) -> Sequence[object]:
    entries = as_sequence(value)
    if entries is None:
        fix = f"write [{json.dumps(value, default=str)}]"
        _refuse(where, prop, path, "must be a list, of values or tests", value, fix=fix)
    if not entries:
        _refuse(where, prop, path, "must not be an empty list, which nothing matches", value)
    return entries


def _check_entry(where: Where, prop: str, path: str, entry: object, tests: frozenset[str]) -> None:
    if isinstance(entry, float) and not math.isfinite(entry):
        _refuse(where, prop, path, "must hold numbers that JSON has", repr(entry))
    if entry is None or isinstance(entry, (str, bool, int, float)):
        return
    fields = as_mapping(entry)
    if fields is None or len(fields) != 1:
        _refuse(where, prop, path, "must hold values, or tests with one key each", entry)
    ((test, argument),) = fields.items()
    if test not in tests:
        _refuse(where, prop, path, f"must use one of the tests {', '.join(sorted(tests))}", test)
    if test == "exists" and not isinstance(argument, bool):
        _refuse(where, prop, path, "must say true or false in 'exists'", argument)
    if test in _TEXT_TESTS and not _is_text_test(argument, _WITHIN.get(test, frozenset())):
        _refuse(where, prop, path, f"must give '{test}' text", argument)
    if test == "anything-but" and not _is_exclusion(argument):
        rule = f"must give 'anything-but' values, or one of the tests {', '.join(sorted(_WITHIN[test]))}"
        _refuse(where, prop, path, rule, argument)
    if test == "numeric" and not _is_numeric_test(as_sequence(argument)):
        rule = 'must give \'numeric\' comparisons and numbers in turn, as [">", 0, "<=", 5]'
        _refuse(where, prop, path, rule, argument)


def _is_text_test(argument: object, within: frozenset[str]) -> bool:
    """Whether an argument is text, or one of the tests that may stand within."""
    fields = as_mapping(argument)
    if fields is None:
        return isinstance(argument, str)
    return len(fields) == 1 and within.issuperset(fields) and all(_are_texts(text) for text in fields.values())


def _is_exclusion(argument: object) -> bool:
    if as_mapping(argument) is not None:
        return _is_text_test(argument, _WITHIN["anything-but"])
    values = as_sequence(argument)
    if values is None:
        values = [argument]
    return len(values) > 0 and all(isinstance(value, (str, bool, int, float)) for value in values)


def _are_texts(argument: object) -> bool:
    """Whether an argument is text, or a list of it, as EventBridge takes it within 'anything-but'."""
    texts = as_sequence(argument)
    if texts is None:
        return isinstance(argument, str)
    return len(texts) > 0 and all(isinstance(text, str) for text in texts)


def _is_numeric_test(terms: Sequence[object] | None) -> bool:
    if terms is None or len(terms) not in _NUMERIC_TERMS:
        return False
    numbers = all(
        isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number)
        for number in terms[1::2]
    )
    return numbers and all(comparison in _COMPARISONS for comparison in terms[::2])


def _refuse(where: Where, prop: str, path: str, rule: str, got: object, *, fix: str | None = None) -> NoReturn:
    at = f" (at {path})" if path else ""
    where.refuse(
        prop,
        f"{rule}{at}",
        got="a token" if is_token(got) else _shown(got),
        fix=fix or "see the operators in Lambda's and EventBridge's guides",
        code="FilterPatternInvalid",
    )


def _shown(value: object) -> str:
    """The value as JSON, or else its type."""
    plain = value is None or isinstance(value, (str, int, float))
    if plain or as_mapping(value) is not None or as_sequence(value) is not None:
        return json.dumps(value, default=str)
    return type_name(value)
