"""When a schedule runs: `rate(...)`, `at(...)` and AWS's cron with six fields.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NoReturn, cast

from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import type_name

if TYPE_CHECKING:
    from cdk_lambda_patterns.validation import Where

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELD_COUNT = 6
_NUMBER = re.compile(r"[0-9]{1,9}")
_RATE = re.compile(r"rate\(([0-9]{1,9}) (minute|hour|day)(s?)\)")
_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")
_CRON = re.compile(r"cron\((.*)\)")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    first: int
    last: int
    names: tuple[str, ...] = ()
    special: str = ""
    """A pattern of what only this field knows, such as the last day of the month."""
    wraps: bool = True
    """Whether it begins again after its last value, so that a range may go on there: from 22 to 2 o'clock."""

    def refuses(self, text: str) -> str | None:
        """What is wrong with one of the field's comma-separated parts."""
        if text == "*" or (self.special and re.fullmatch(self.special, text, re.IGNORECASE)):
            return None
        span, slash, step = text.partition("/")
        if slash and not (_NUMBER.fullmatch(step) and 0 < int(step) <= self.last):
            return f"a step of {step!r}"
        if span == "*":
            return None
        first, dash, last = span.partition("-")
        begin, end = self._value(first), self._value(last if dash else first)
        if begin is None or end is None:
            return repr(span)
        if begin > end and not self.wraps:
            return f"{span!r}, which runs backwards"
        return None

    def _value(self, text: str) -> int | None:
        if text.upper() in self.names:
            return self.names.index(text.upper()) + self.first
        return int(text) if _NUMBER.fullmatch(text) and self.first <= int(text) <= self.last else None


_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4
_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special=r"\?|L(-([1-9]|[12]\d|30))?|LW|([1-9]|[12]\d|3[01])W"),
    _Field("month", 1, 12, names=_MONTHS),
    _Field("day of week", 1, 7, names=_DAYS, special=rf"\?|L|([1-7]|{'|'.join(_DAYS)})(L|#[1-5])"),
    _Field("year", 1970, 2199, wraps=False),
)


def check_schedule(where: Where, expression: str) -> None:
    """Refuse what EventBridge Scheduler would refuse. Tokens pass.

    Args:
        where: The construct.
        expression: `rate(5 minutes)`, `at(2027-01-31T09:00:00)` or `cron(0 3 * * ? *)`.

    Raises:
        ValidationError: Not one of the three, or with a field that is out of range.
    """
    if is_token(expression):
        return
    if not isinstance(cast("object", expression), str):
        _refuse(where, "must be text", type_name(expression), "write it as AWS does, as in 'rate(5 minutes)'")
    if match := _RATE.fullmatch(expression):
        _check_rate(where, expression, int(match[1]), plural=bool(match[3]))
    elif match := _AT.fullmatch(expression):
        _check_time(where, expression, match[1])
    elif match := _CRON.fullmatch(expression):
        _check_cron(where, expression, match[1].split())
    else:
        _refuse(
            where,
            "must be rate(...), at(...) or cron(...)",
            expression,
            "write for example rate(5 minutes), at(2027-01-31T09:00:00) or cron(0 3 * * ? *)",
        )


def check_time_zone(where: Where, time_zone: str) -> None:
    """Refuse what is no time zone. Tokens pass, and where this machine knows no time zones everything does.

    Args:
        where: The construct.
        time_zone: Its name, as `Europe/Zurich`.

    Raises:
        ValidationError: There is none of that name.
    """
    where.text("time_zone", time_zone)
    known = _time_zones()
    if is_token(time_zone) or not known or time_zone in known:
        return
    where.refuse(
        "time_zone",
        "must be a name of the IANA time zone database",
        got=repr(time_zone),
        fix="write for example 'Europe/Zurich'; an abbreviation or an offset does not say when daylight saving begins",
        code="TimeZoneUnknown",
    )


@cache
def _time_zones() -> set[str]:
    return zoneinfo.available_timezones()


def _check_rate(where: Where, expression: str, value: int, *, plural: bool) -> None:
    if value < 1:
        _refuse(where, "must have a rate of at least one minute", expression, "write for example rate(1 minute)")
    if plural != (value > 1):
        _refuse(
            where,
            "must name its unit in the singular for 1 and in the plural above",
            expression,
            "write for example rate(1 hour) or rate(2 hours)",
        )


def _check_time(where: Where, expression: str, text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        _refuse(where, f"must name a time that exists ({error})", expression, "write at(yyyy-mm-ddThh:mm:ss)")


def _check_cron(where: Where, expression: str, fields: list[str]) -> None:
    if len(fields) != _FIELD_COUNT:
        _refuse(
            where,
            "must have six fields: minutes, hours, day of month, month, day of week, year",
            expression,
            "Unix's five become AWS's six by a year at the end and a ? for one of the days",
        )
    for field, text in zip(_FIELDS, fields, strict=True):
        for part in text.split(","):
            wrong = field.refuses(part)
            if wrong:
                _refuse(where, f"must have {field.name} that exist", f"{expression} with {wrong}", "correct the field")
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        _refuse(
            where,
            "must have a ? in exactly one of day of month and day of week",
            expression,
            "write ? for the one that does not matter",
        )
    if "#" in fields[_DAY_OF_WEEK] and "," in fields[_DAY_OF_WEEK]:
        _refuse(where, "must have one day of week where it has a #", expression, "make a schedule for each of them")


def _refuse(where: Where, rule: str, got: str, fix: str) -> NoReturn:
    where.refuse("schedule", rule, got=got, fix=fix, code="ScheduleInvalid")
