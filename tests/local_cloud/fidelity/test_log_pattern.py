"""Filter patterns of CloudWatch Logs, without an emulator."""

from __future__ import annotations

import json

import pytest

from cdk_lambda_patterns.local_cloud.fidelity.log_filters.pattern import Pattern, UnsupportedPatternError, select

EVENT = json.dumps(
    {
        "level": "ERROR",
        "status": 503,
        "took": 1.5,
        "retry": True,
        "user": None,
        "order": {"id": "A-7", "lines": [{"sku": "x"}]},
        "odd name": "here",
    }
)


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR] no", True),
        ("ERROR", "error", False),
        ("ERROR order", "order failed: ERROR", True),
        ("ERROR order", "ERROR", False),
        ('"ERROR order"', "ERROR order 7", True),
        ('"ERROR order"', "order ERROR", False),
        ("?ERROR ?WARN", "WARN", True),
        ("?ERROR ?WARN", "INFO", False),
        ("ERROR -retry", "ERROR", True),
        ("ERROR -retry", "ERROR retry", False),
        ("%E[A-Z]+R%", "ERROR", True),
        ("%^E\\d%", "ERROR", False),
    ],
)
def test_words_match(pattern: str, message: str, *, matches: bool) -> None:
    assert Pattern(pattern).matches(message) is matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.level = "ERROR" }', True),
        ("{ $.level = ERR* }", True),
        ('{ $.level != "ERROR" }', False),
        ('{ $.absent != "ERROR" }', False),
        ("{ $.level = %^ERR% }", True),
        ("{ $.status >= 500 }", True),
        ("{ $.status < 500 }", False),
        ("{ $.status = 503 }", True),
        ("{ $.took > 1.4 }", True),
        ("{ $.retry IS TRUE }", True),
        ("{ $.retry = 1 }", False),
        ("{ $.user IS NULL }", True),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.level NOT EXISTS }", False),
        ('{ $.order.id = "A-*" && $.order.lines[0].sku = "x" }', True),
        ('{ $.order.lines[1].sku = "x" }', False),
        ("{ ($.status = 200 || $.status = 503) && $.retry IS TRUE }", True),
        ("{ $.status = 200 || $.status = 503 && $.retry IS FALSE }", False),
        ('{ $."odd name" = "here" }', True),
    ],
)
def test_json_matches(pattern: str, *, matches: bool) -> None:
    assert Pattern(pattern).matches(EVENT) is matches


def test_a_json_pattern_matches_nothing_that_is_not_json() -> None:
    assert not Pattern('{ $.level = "ERROR" }').matches('[ERROR] {"level": "ERROR"}')


@pytest.mark.parametrize("pattern", ["[ip, user, status=5*]", "{ $.a = }", "{ a = 1 }", '{ $.a = "x" && }'])
def test_what_is_not_emulated_is_refused_when_it_is_read(pattern: str) -> None:
    with pytest.raises(UnsupportedPatternError):
        Pattern(pattern)


def test_a_selector_finds_a_value_or_nothing() -> None:
    assert select(EVENT, "$.took") == 1.5
    assert select(EVENT, "$.order.lines[0].sku") == "x"
    assert select(EVENT, "$.absent") is None
    assert select("no json", "$.took") is None
