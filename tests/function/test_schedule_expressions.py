from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function import schedule_expressions
from cdk_lambda_patterns.function.schedule_expressions import check_schedule, check_time_zone
from cdk_lambda_patterns.validation import Where
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

# From AWS's own pages where they have examples.
GOOD = [
    "rate(1 minute)",
    "rate(5 minutes)",
    "rate(1 hour)",
    "rate(12 hours)",
    "rate(1 day)",
    "rate(999999999 days)",
    "at(2027-01-31T09:00:00)",
    "at(2028-02-29T23:59:59)",
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0 9 ? * 2#1 *)",
    "cron(15 10 ? * 6L 2022-2023)",
    "cron(0/30 20-2 ? * MON-FRI *)",
    "cron(*/59 */23 */31 */12 ? *)",
    "cron(0,59 0,23 1,31 1,12 ? 1970,2199)",
    "cron(0 0 ? JAN,dec sun,SAT *)",
    "cron(0 0 ? NOV-FEB FRI-MON 2026/2)",
    "cron(0 0 ? * FRI#5 *)",
    "cron(0 0 ? * L *)",
    "cron(0 0 L * ? *)",
    "cron(0 0 L-30 * ? *)",
    "cron(0 0 LW * ? *)",
    "cron(0 0 31W * ? *)",
]

BAD = {
    "": "must be rate(...), at(...) or cron(...)",
    "5 minutes": "must be rate(...)",
    "Rate(5 minutes)": "must be rate(...)",
    "rate(5 seconds)": "must be rate(...)",
    "rate(5minutes)": "must be rate(...)",
    "rate(-5 minutes)": "must be rate(...)",
    "rate(1.5 hours)": "must be rate(...)",
    "rate(0 minutes)": "at least one minute",
    "rate(0 minute)": "at least one minute",
    "rate(1 minutes)": "singular for 1",
    "rate(2 hour)": "plural above",
    "at(2027-01-31)": "must be rate(...)",
    "at(2027-01-31T09:00)": "must be rate(...)",
    "at(2027-01-31T09:00:00Z)": "must be rate(...)",
    "at(2027-02-29T09:00:00)": "a time that exists",
    "at(2027-13-01T09:00:00)": "a time that exists",
    "at(2027-01-31T24:00:01)": "a time that exists",
    "cron(0 3 * * *)": "must have six fields",
    "cron(0 3 * * ? * *)": "must have six fields",
    "cron()": "must have six fields",
    "cron(60 3 * * ? *)": "minutes that exist",
    "cron(-1 3 * * ? *)": "minutes that exist",
    "cron(? 3 * * ? *)": "minutes that exist",
    "cron(0/60 3 * * ? *)": "minutes that exist",
    "cron(0/0 3 * * ? *)": "minutes that exist",
    "cron(0/ 3 * * ? *)": "minutes that exist",
    "cron(²  3 * * ? *)": "minutes that exist",
    "cron(0, 3 * * ? *)": "minutes that exist",
    "cron(0 24 * * ? *)": "hours that exist",
    "cron(0 1/24 * * ? *)": "hours that exist",
    "cron(0 1-25 * * ? *)": "hours that exist",
    "cron(0 0 0 * ? *)": "day of month that exist",
    "cron(0 0 32 * ? *)": "day of month that exist",
    "cron(0 0 32W * ? *)": "day of month that exist",
    "cron(0 0 L-31 * ? *)": "day of month that exist",
    "cron(0 0 1 0 ? *)": "month that exist",
    "cron(0 0 1 13 ? *)": "month that exist",
    "cron(0 0 1 MAI ? *)": "month that exist",
    "cron(0 0 1 ? ? *)": "month that exist",
    "cron(0 0 ? * 0 *)": "day of week that exist",
    "cron(0 0 ? * 8 *)": "day of week that exist",
    "cron(0 0 ? * FRI#6 *)": "day of week that exist",
    "cron(0 0 ? * MON#1,FRI#3 *)": "one day of week where it has a #",
    "cron(0 0 1 * ? 1969)": "year that exist",
    "cron(0 0 1 * ? 2200)": "year that exist",
    "cron(0 0 1 * ? 2030-2027)": "'2030-2027', which runs backwards",
    "cron(0 0 * * * *)": "a ? in exactly one of",
    "cron(0 0 ? * ? *)": "a ? in exactly one of",
    "cron(0 0 1 * MON *)": "a ? in exactly one of",
}


@pytest.mark.parametrize("expression", GOOD)
def test_a_schedule_is_accepted(stack: cdk.Stack, expression: str) -> None:
    check_schedule(Where(stack, "Schedule"), expression)


@pytest.mark.parametrize(("expression", "says"), BAD.items())
def test_fails_when_it_is_no_schedule(stack: cdk.Stack, expression: str, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_schedule(Where(stack, "Schedule"), expression)

    text = str(caught.value)
    assert (caught.value.code, caught.value.path) == ("ScheduleInvalid", "Stack/Schedule")
    assert "'schedule' must " in text
    assert f"got {expression}" in text
    assert says in text


HOURLY = cdk.Duration.hours(1)


@pytest.mark.parametrize(
    ("expression", "got"),
    [
        (None, "None"),
        (5, "int"),
        (cdk.aws_events.Schedule.rate(HOURLY), "aws_events.Schedule"),
        (cdk.aws_scheduler.ScheduleExpression.rate(HOURLY), "aws_scheduler.ScheduleExpression"),
    ],
)
def test_fails_when_it_is_no_text(stack: cdk.Stack, expression: Any, got: str) -> None:  # noqa: ANN401
    refusal(lambda: check_schedule(Where(stack, "Schedule"), expression), "ScheduleInvalid", got)


def test_a_schedule_may_be_known_at_deployment_only(stack: cdk.Stack) -> None:
    check_schedule(Where(stack, "Schedule"), cdk.Token.as_string({"Ref": "Schedule"}))
    check_schedule(Where(stack, "Schedule"), f"rate({cdk.Token.as_string({'Ref': 'Minutes'})} minutes)")


@pytest.mark.parametrize("name", ["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_is_accepted(stack: cdk.Stack, name: str) -> None:
    check_time_zone(Where(stack, "Schedule"), name)


@pytest.mark.parametrize("name", ["", "Zurich", "europe/zurich", "+01:00", "CEST", "/etc/passwd"])
def test_fails_when_there_is_no_such_time_zone(stack: cdk.Stack, name: str) -> None:
    refusal(lambda: check_time_zone(Where(stack, "Schedule"), name), "TimeZoneUnknown", repr(name))


def test_a_time_zone_may_be_known_at_deployment_only(stack: cdk.Stack) -> None:
    check_time_zone(Where(stack, "Schedule"), cdk.Token.as_string({"Ref": "Zone"}))


@pytest.fixture
def no_time_zones(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    schedule_expressions._time_zones.cache_clear()
    yield
    schedule_expressions._time_zones.cache_clear()


@pytest.mark.usefixtures("no_time_zones")
def test_a_machine_without_time_zones_accepts_all(stack: cdk.Stack) -> None:
    check_time_zone(Where(stack, "Schedule"), "Europe/Zurich")
