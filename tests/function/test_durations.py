from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import ValidationError, quotas
from cdk_lambda_patterns.function.durations import duration_within, in_seconds, seconds
from cdk_lambda_patterns.validation import Where
from tests.refusals import refusal
from tests.triggers.polling import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

WHERE = Where(cast("Any", SimpleNamespace(node=SimpleNamespace(path=""))), "Function")


def test_a_duration_is_made_once() -> None:
    assert seconds(30) is seconds(30)
    assert seconds(30).to_seconds() == 30


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: cdk.Duration.seconds(0), 0),
        (lambda: cdk.Duration.minutes(15), 900),
        (lambda: cdk.Duration.days(1), 86_400),
        (lambda: cdk.Duration.millis(1500), 1.5),
        (lambda: cdk.Duration.seconds(NUMBER), None),
        (lambda: None, None),
    ],
)
def test_a_duration_is_known_in_seconds_or_not_at_all(make: Callable[[], Any], expected: float | None) -> None:
    assert in_seconds(make()) == expected


def test_a_token_is_in_the_unit_that_cloudformation_counts_in() -> None:
    assert duration_within(WHERE, "timeout", cdk.Duration.seconds(NUMBER), quotas.TIMEOUT) is None
    assert duration_within(WHERE, "kept", cdk.Duration.days(NUMBER), quotas.KINESIS_RETENTION, unit="days") is None


@pytest.mark.parametrize(("unit", "other"), [("seconds", "minutes"), ("seconds", "millis"), ("hours", "seconds")])
def test_fails_when_nobody_could_convert_a_token(unit: str, other: str) -> None:
    given = getattr(cdk.Duration, other)(NUMBER)

    error = refusal(
        lambda: duration_within(WHERE, "timeout", given, quotas.TIMEOUT, unit=unit),
        "DurationUnit",
        f"a token in {other}",
        path="Function",
    )

    assert f"'timeout' must be in {unit} " in str(error)
    assert f"; write Duration.{unit}(...) " in str(error)


def test_fails_when_a_duration_is_outside_a_quota_at_a_construct_without_a_parent() -> None:
    with pytest.raises(ValidationError, match=r"'timeout' must be 1 to 900 seconds, got 3,600; .* \[Function\] \(Time"):
        duration_within(WHERE, "timeout", cdk.Duration.hours(1), quotas.TIMEOUT)


@pytest.mark.parametrize(
    ("value", "quota", "unit", "meant"),
    [
        (30, quotas.TIMEOUT, "seconds", "seconds(30)"),
        ("2.5", quotas.TIMEOUT, "seconds", "seconds(2.5)"),
        (1, quotas.ASYNC_EVENT_AGE, "seconds", "minutes(1)"),
        (7, quotas.DURABLE_RETENTION, "days", "days(7)"),
        (48, quotas.KINESIS_RETENTION, "hours", "hours(48)"),
        (86_400, quotas.KINESIS_RETENTION, "hours", "seconds(86400)"),
        (10_000_000, quotas.TIMEOUT, "seconds", "seconds(10000000)"),
        ("soon", quotas.TIMEOUT, "seconds", "seconds(...)"),
        (True, quotas.TIMEOUT, "seconds", "seconds(...)"),
        (-1, quotas.TIMEOUT, "seconds", "seconds(...)"),
    ],
)
def test_fails_with_what_was_meant_when_a_duration_is_bare(value: Any, quota: Any, unit: str, meant: str) -> None:  # noqa: ANN401
    error = refusal(lambda: duration_within(WHERE, "prop", value, quota, unit=unit), "DurationExpected", repr(value))

    assert f"; write Duration.{meant} [" in str(error)
