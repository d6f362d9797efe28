"""Cells go through a real file: what openpyxl makes of them is part of the behaviour."""

# ruff: noqa: DTZ001 - Excel knows no time zones
from __future__ import annotations

import datetime as dt
import io

import pytest
from openpyxl import Workbook, load_workbook

from sample_app.handlers.document_conversion.converter.cells import text_of


def written(value: object, number_format: str | None = None) -> str:
    workbook = Workbook()
    cell = workbook.worksheets[0].cell(1, 1)
    cell.value = value  # type: ignore[assignment] # any that Excel has
    if number_format is not None:
        cell.number_format = number_format
    file = io.BytesIO()
    workbook.save(file)
    ((read,),) = load_workbook(file, read_only=True, data_only=True).worksheets[0].rows
    return text_of(read)  # type: ignore[arg-type] # the stubs know no read-only cells here


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-7, "-7"),
        (123456789012345, "123456789012345"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1.1 * 3, "3.3"),
        (3.0, "3"),
        (-0.25, "-0.25"),
        (1e-7, "0.0000001"),
        (1.5e15, "1500000000000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-15, "0.000000000000001"),
        (1e-16, "1e-16"),
        (2 / 3, "0.666666666666667"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("  spaces stay ", "  spaces stay "),
        ("007", "007"),
        ("東京 🥐", "東京 🥐"),
        ("two\r\nlines\rand\nmore", "two\nlines\nand\nmore"),
        ("written as_x000D_\nExcel does", "written as\nExcel does"),
        ("kept: _x005F_x000D_", "kept: _x000D_"),
        ("#DIV/0!", "#DIV/0!"),
        ("#N/A", "#N/A"),
    ],
)
def test_numbers_booleans_errors_and_text(value: object, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (dt.datetime(2026, 3, 31), "yyyy-mm-dd", "2026-03-31"),
        (dt.datetime(2026, 3, 31), "d. mmmm yyyy", "2026-03-31"),
        (dt.datetime(2026, 3, 31), "[$-es-ES]dd mmm yyyy", "2026-03-31"),
        (dt.datetime(2026, 3, 31), '"shipped on the" dd/mm/yy', "2026-03-31"),
        (dt.datetime(2026, 3, 31), r"dd\h mm", "2026-03-31"),
        (dt.datetime(2026, 3, 31), "yyyy-mm-dd hh:mm", "2026-03-31T00:00:00"),
        (dt.datetime(2026, 3, 31, 23, 59, 59), "yyyy-mm-dd hh:mm", "2026-03-31T23:59:59"),
        (dt.datetime(2026, 3, 31, 9, 30), "m/d/yy h:mm AM/PM", "2026-03-31T09:30:00"),
        (dt.datetime(2026, 3, 31, 9, 30, 0, 250_000), "ss.000 dd", "2026-03-31T09:30:00.250000"),
        (dt.datetime(1900, 1, 1), "yyyy-mm-dd", "1900-01-01"),
        (dt.datetime(9999, 12, 31), "yyyy-mm-dd", "9999-12-31"),
        (dt.time(6, 30), "hh:mm", "06:30:00"),
        (dt.time(0, 0), "hh:mm", "00:00:00"),
        (dt.timedelta(hours=162, minutes=15), "[h]:mm:ss", "PT162H15M"),
        (dt.timedelta(seconds=30.5), "[h]:mm:ss", "PT30.5S"),
        (dt.timedelta(hours=100), "[h]:mm:ss", "PT100H"),
        (dt.timedelta(hours=-1), "[h]:mm:ss", "-PT1H"),
        (dt.timedelta(), "[h]:mm:ss", "PT0S"),
    ],
)
def test_dates_times_and_durations_are_iso_8601(value: object, number_format: str, text: str) -> None:
    assert written(value, number_format) == text


def test_a_date_that_does_not_exist_is_an_error() -> None:
    with pytest.warns(UserWarning, match="outside the limits for dates"):
        assert written(1e12, "yyyy-mm-dd") == "#VALUE!"


def test_a_percentage_is_its_number() -> None:
    assert written(0.075, "0.0%") == "0.075"


def test_an_empty_cell_is_empty() -> None:
    assert written(None, "yyyy-mm-dd") == ""
