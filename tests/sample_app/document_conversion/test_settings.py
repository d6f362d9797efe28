from __future__ import annotations

import pytest

from sample_app.handlers.document_conversion.converter.errors import SettingError
from sample_app.handlers.document_conversion.converter.settings import Settings

REQUIRED = {"CSV_BUCKET": "csv", "IDEMPOTENCY_TABLE": "table"}


def test_limits_have_defaults() -> None:
    settings = Settings.from_environment(REQUIRED)

    assert (settings.max_document_mb, settings.max_unpacked_mb, settings.max_cells) == (50, 250, 2_000_000)


def test_what_the_stack_writes_is_what_the_handler_reads() -> None:
    written = Settings(csv_bucket="csv", idempotency_table="table", max_document_mb=7, max_cells=9)

    assert Settings.from_environment(written.to_environment()) == written


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_fails_when_a_name_is_missing(name: str, value: str | None) -> None:
    environment = {key: text for key, text in {**REQUIRED, name: value}.items() if text is not None}

    with pytest.raises(SettingError, match=f"environment variable {name} is not set"):
        Settings.from_environment(environment)


@pytest.mark.parametrize("value", ["0", "-1", "ten", "1.5", "²"])
def test_fails_when_a_limit_is_not_a_whole_number_above_zero(value: str) -> None:
    with pytest.raises(SettingError, match=f"MAX_CELLS must be a whole number above 0, got '{value}'"):
        Settings.from_environment({**REQUIRED, "MAX_CELLS": value})


def test_the_smallest_limit_is_one() -> None:
    assert Settings.from_environment({**REQUIRED, "MAX_CELLS": "1"}).max_cells == 1
