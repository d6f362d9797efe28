from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import ReleasePlan
from cdk_lambda_patterns.release.release_plan import DEFAULT, Shift, Steps
from cdk_lambda_patterns.validation import Where
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = cdk.Token.as_number({"Ref": "Number"})
minutes = cdk.Duration.minutes


def steps(stack: cdk.Stack, plan: ReleasePlan) -> Steps:
    return plan.steps(Where(stack, "Release"))


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (ReleasePlan.all_at_once, Steps(Shift.ALL_AT_ONCE, 100, 0)),
        (ReleasePlan.canary, Steps(Shift.CANARY, 10, 5)),
        (ReleasePlan.linear, Steps(Shift.LINEAR, 10, 5)),
    ],
)
def test_a_plan_has_defaults(stack: cdk.Stack, plan: Callable[[], ReleasePlan], expected: Steps) -> None:
    assert steps(stack, plan()) == expected


def test_a_canary_is_what_a_release_does_without_a_plan(stack: cdk.Stack) -> None:
    assert steps(stack, ReleasePlan.canary()) == DEFAULT


@pytest.mark.parametrize("percent", [1, 33, 99, 10.0])
@pytest.mark.parametrize("length", [1, 7, 2_880])
def test_a_canary_takes_any_whole_percent_and_minutes(stack: cdk.Stack, percent: float, length: int) -> None:
    plan = ReleasePlan.canary(percent=percent, interval=minutes(length))

    assert steps(stack, plan) == Steps(Shift.CANARY, int(percent), length)


@pytest.mark.parametrize(
    ("percent", "length"),
    [(50, 2_880), (99, 2_880), (34, 1_440), (33, 960), (1, 29)],
)
def test_a_linear_plan_may_take_48_hours_from_the_first_shift_to_the_last(
    stack: cdk.Stack, percent: int, length: int
) -> None:
    plan = ReleasePlan.linear(percent=percent, interval=minutes(length))

    assert steps(stack, plan) == Steps(Shift.LINEAR, percent, length)


def refused(stack: cdk.Stack, code: str, got: str, plan: ReleasePlan) -> str:
    return str(refusal(lambda: steps(stack, plan), code, got))


@pytest.mark.parametrize("make", [ReleasePlan.canary, ReleasePlan.linear])
@pytest.mark.parametrize(
    ("options", "code", "got"),
    [
        ({"percent": 0}, "ReleasePercentOutOfRange", "0"),
        ({"percent": 100}, "ReleasePercentOutOfRange", "100"),
        ({"percent": -1}, "ReleasePercentOutOfRange", "-1"),
        ({"percent": 12.5}, "ReleasePercentOutOfRange", "12.5"),
        ({"percent": "10"}, "ReleasePercentOutOfRange", "'10'"),
        ({"percent": None}, "ReleasePercentOutOfRange", "None"),
        ({"interval": cdk.Duration.seconds(0)}, "ReleaseTimeOutOfRange", "0"),
        ({"interval": cdk.Duration.seconds(59)}, "ReleaseTimeOutOfRange", "59"),
        ({"interval": cdk.Duration.seconds(61)}, "ReleaseTimeOutOfRange", "61 seconds"),
        ({"interval": minutes(2_881)}, "ReleaseTimeOutOfRange", "172,860"),
        ({"interval": 5}, "DurationExpected", "5"),
    ],
)
def test_fails_when_code_deploy_could_not_follow_it(
    stack: cdk.Stack, make: Callable[..., ReleasePlan], options: dict[str, Any], code: str, got: str
) -> None:
    (option,) = options

    assert refused(stack, code, got, make(**options)).startswith(f"'{option}' must be ")


@pytest.mark.parametrize("options", [{"percent": NUMBER}, {"interval": minutes(NUMBER)}])
def test_fails_when_only_the_deployment_knows_it(stack: cdk.Stack, options: dict[str, Any]) -> None:
    refused(stack, "ReleasePlanUnresolved", "a value that is only known at deployment", ReleasePlan.canary(**options))


def test_a_bare_interval_is_taken_for_minutes(stack: cdk.Stack) -> None:
    plan = ReleasePlan.canary(interval=5)  # type: ignore[arg-type]

    assert "; write Duration.minutes(5) [" in refused(stack, "DurationExpected", "5", plan)


@pytest.mark.parametrize(
    ("percent", "length", "got"), [(49, 1_441, "2,882"), (33, 961, "2,883"), (1, 30, "2,970"), (10, 321, "2,889")]
)
def test_fails_when_all_steps_together_take_more_than_48_hours(
    stack: cdk.Stack, percent: int, length: int, got: str
) -> None:
    refused(stack, "ReleaseTimeOutOfRange", got, ReleasePlan.linear(percent=percent, interval=minutes(length)))


@pytest.mark.parametrize(("shift", "got"), [(None, "None"), ("Canary", "str")])
def test_fails_when_it_does_not_say_how_traffic_is_shifted(stack: cdk.Stack, shift: Any, got: str) -> None:  # noqa: ANN401
    error = refusal(lambda: steps(stack, ReleasePlan(shift=shift)), "TypeMismatch", got)

    assert "'shift' must be of type Shift, " in str(error)
    assert "; write ReleasePlan.canary(), " in str(error)
