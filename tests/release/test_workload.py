from __future__ import annotations

import math
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import Workload
from tests.refusals import refusal


def needed(rate: float, milliseconds: float, **options: Any) -> int:  # noqa: ANN401
    return Workload(requests_per_second=rate, duration=cdk.Duration.millis(milliseconds), **options).concurrency


class TestConcurrency:
    def test_is_what_arrives_while_one_is_under_way(self) -> None:
        assert needed(100, 500, headroom=1) == 50

    def test_has_room_for_half_as_much_again(self) -> None:
        assert needed(100, 500) == 75

    def test_is_rounded_up(self) -> None:
        assert needed(3, 500, headroom=1) == 2

    def test_is_at_least_one(self) -> None:
        assert needed(0.001, 100, headroom=1) == 1

    def test_is_not_rounded_up_for_an_error_of_floating_point(self) -> None:
        assert 100 * 0.14 > 14

        assert needed(100, 140, headroom=1) == 14

    @pytest.mark.parametrize("milliseconds", [1, 20, 99, 100])
    def test_is_a_tenth_of_the_requests_however_short_they_are(self, milliseconds: float) -> None:
        assert needed(200, milliseconds, headroom=1) == 20

    def test_grows_with_the_duration_above_a_tenth_of_a_second(self) -> None:
        assert needed(200, 105, headroom=1) == 21

    def test_is_shown_as_a_sum(self) -> None:
        workload = Workload(requests_per_second=200, duration=cdk.Duration.millis(120))

        assert str(workload) == "200 requests a second x 0.12 s x 1.5"


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan])
def test_fails_when_the_rate_is_none(rate: float) -> None:
    refusal(lambda: needed(rate, 100), "RequestRateOutOfRange", f"{rate:g}")


@pytest.mark.parametrize("headroom", [0, 0.99, math.inf])
def test_fails_when_the_headroom_takes_away(headroom: float) -> None:
    refusal(lambda: needed(1, 100, headroom=headroom), "HeadroomOutOfRange", f"{headroom:g}")


def test_fails_when_the_duration_is_a_bare_number() -> None:
    refusal(lambda: Workload(requests_per_second=1, duration=0.12), "DurationExpected", "0.12")  # type: ignore[arg-type]


def test_fails_when_the_duration_is_a_token() -> None:
    duration = cdk.Duration.seconds(cdk.Token.as_number({"Ref": "Seconds"}))

    refusal(lambda: Workload(requests_per_second=1, duration=duration), "DurationExpected", "a token")


@pytest.mark.parametrize(
    ("options", "code", "got"),
    [
        ({"requests_per_second": "3"}, "RequestRateOutOfRange", "'3'"),
        ({"requests_per_second": True}, "RequestRateOutOfRange", "True"),
        ({"requests_per_second": cdk.Duration.seconds(3)}, "RequestRateOutOfRange", "aws_cdk.Duration"),
        ({"requests_per_second": cdk.Token.as_number({"Ref": "Rate"})}, "RequestRateOutOfRange", "a token"),
        ({"requests_per_second": 3, "headroom": None}, "HeadroomOutOfRange", "None"),
        ({"requests_per_second": 3, "headroom": cdk.Duration.seconds(3)}, "HeadroomOutOfRange", "aws_cdk.Duration"),
    ],
)
def test_fails_when_a_number_is_none(options: dict[str, Any], code: str, got: str) -> None:
    refusal(lambda: Workload(duration=cdk.Duration.seconds(1), **options), code, got)
