from __future__ import annotations

import pytest

from cdk_lambda_patterns.settings import SettingsError
from sample_app.handlers.document_conversion.converter.settings import Settings

REQUIRED = {"CSV_BUCKET": "csv", "IDEMPOTENCY_TABLE": "table"}


def test_limits_have_defaults() -> None:
    settings = Settings.load(REQUIRED)

    assert (settings.max_document_mb, settings.max_unpacked_mb, settings.max_cells) == (50, 250, 2_000_000)


@pytest.mark.parametrize("name", REQUIRED)
def test_fails_when_a_name_is_missing(name: str) -> None:
    environment = {key: text for key, text in REQUIRED.items() if key != name}

    with pytest.raises(SettingsError, match=f"{name} is missing"):
        Settings.load(environment)


@pytest.mark.parametrize("value", ["0", "-1"])
@pytest.mark.parametrize("name", ["MAX_DOCUMENT_MB", "MAX_UNPACKED_MB", "MAX_CELLS"])
def test_fails_when_a_limit_is_not_above_zero(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be above 0, got {value}"):
        Settings.load({**REQUIRED, name: value})


def test_the_smallest_limit_is_one() -> None:
    assert Settings.load({**REQUIRED, "MAX_CELLS": "1"}).max_cells == 1
