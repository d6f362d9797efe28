"""Metric math, without an emulator."""

from __future__ import annotations

import pytest

from cdk_lambda_patterns.local_cloud.fidelity.alarms.metric_math import Expression, UnsupportedExpressionError

VALUES = {"errors": 2.0, "invocations": 8.0, "nothing": None, "zero": 0.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100 * errors / invocations", 25),
        ("100*(errors/MAX([errors, invocations]))", 25),
        ("errors / zero", None),
        ("errors + nothing", None),
        ("errors + FILL(nothing, 0)", 2),
        ("IF(invocations > 0, errors / invocations, 0)", 0.25),
        ("IF(zero, errors, -1)", -1),
        ("IF(nothing > 0, 1, 0)", None),
        ("SUM(METRICS())", 10),
        ("AVG([errors, invocations, nothing])", 5),
        ("MIN([nothing])", None),
        ("errors >= 2 && invocations < 9", 1),
        ("errors > 2 || zero", 0),
        ("ABS(errors - invocations)", 6),
        ("errors ^ 3", 8),
        ("invocations - errors - 1", 5),
    ],
)
def test_an_expression_has_the_value_that_cloudwatch_gives_it(text: str, value: float | None) -> None:
    assert Expression(text).value(VALUES) == value


@pytest.mark.parametrize(
    "text",
    [
        "ANOMALY_DETECTION_BAND(errors, 2)",
        "SEARCH('{AWS/Lambda,FunctionName} Errors', 'Sum')",
        "errors if zero else 1",
        "errors.real",
        "__import__('os')",
        "IF(zero, RATE(errors), 0)",
        "METRICS()",
        "errors +",
        "'text'",
    ],
)
def test_an_expression_that_is_not_emulated_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(UnsupportedExpressionError):
        Expression(text)
