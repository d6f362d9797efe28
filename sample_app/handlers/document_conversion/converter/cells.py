r"""How a cell reads as text.

number     with the 15 digits that Excel keeps and without exponent: 0.1 + 0.2 is 0.3
date       2026-03-31, with the time where the cell shows one: 2026-03-31T14:30:00
time       14:30:00
duration   PT162H15M
boolean    TRUE, FALSE
error      as it is: #DIV/0!
text       as it is, line breaks as \n
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from openpyxl.utils.escape import unescape

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell

# Excel keeps 15 significant digits; what a double holds beyond them is noise.
# https://support.microsoft.com/en-us/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_SIGNIFICANT_DIGITS = 15
# Beyond these powers of ten, plain digits would be mostly zeros.
_PLAIN_EXPONENTS = range(-15, 21)
# In a number format: "literal", \x, _x (a gap), *x (a fill), [colour, condition or locale].
_NOT_DATE_CODES = re.compile(r'"[^"]*"|[\\_*].|\[[^\]]*\]')


def text_of(cell: ReadOnlyCell) -> str:  # noqa: PLR0911 - one for each kind of value
    """The cell's value as text; nothing for an empty one."""
    match cell.value:
        case None:
            return ""
        case str() as text:
            return _plain_text(text)
        case bool() as truth:
            return "TRUE" if truth else "FALSE"
        case float() as number:
            return _number(number)
        case dt.datetime() as moment:
            # Excel knows no dates without time: what is meant is in the format.
            return moment.isoformat() if _shows_time(cell.number_format) else moment.date().isoformat()
        case dt.timedelta() as duration:
            return _duration(duration)
        case dt.date() | dt.time() as other:
            return other.isoformat()
        case other:
            return str(other)


def _plain_text(value: str) -> str:
    """Without the `_x000D_` that Excel writes for characters XML cannot hold, and with one kind of line break."""
    return unescape(value).replace("\r\n", "\n").replace("\r", "\n")


def _number(value: float) -> str:
    rounded = f"{value + 0.0:.{_SIGNIFICANT_DIGITS}g}"  # -0.0 + 0.0 is 0.0
    number = Decimal(rounded)
    return f"{number:f}" if number.adjusted() in _PLAIN_EXPONENTS else rounded


@cache
def _shows_time(number_format: str) -> bool:
    codes = _NOT_DATE_CODES.sub("", number_format).lower()
    return "h" in codes or "s" in codes


def _duration(value: dt.timedelta) -> str:
    """ISO 8601 in hours, minutes and seconds, for example PT162H15M."""
    sign = "-" if value < dt.timedelta() else ""
    seconds = Decimal(abs(value) // dt.timedelta(microseconds=1)) / 1_000_000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        f"{amount.normalize():f}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if amount
    ]
    return f"{sign}PT{''.join(parts) or '0S'}"
