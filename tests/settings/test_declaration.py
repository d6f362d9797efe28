"""A handler gets its settings from the environment, or one line that says all that is wrong."""

from __future__ import annotations

import dataclasses
import enum
import subprocess
import sys
from typing import Any, Generic, Literal, Optional, TypeVar

import pytest

from cdk_lambda_patterns.settings import (
    FunctionSettings,
    Parameter,
    Reads,
    ReadsAndWrites,
    Secret,
    Sends,
    SettingsError,
)


class Mode(enum.Enum):
    FAST = "fast"
    EXACT = "exact"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Settings(FunctionSettings):
    orders: ReadsAndWrites
    api_key: Secret
    rates: Parameter
    name: str = "none"
    count: int = 3
    share: float = 0.5
    strict: bool = False
    mode: Mode = Mode.FAST
    currency: Literal["EUR", "USD"] = "EUR"
    level: Level = Level.LOW
    archive: Reads | None = None
    fallback: Sends | None = None


NEEDED = {"ORDERS": "Orders-1", "API_KEY": "arn:secret", "RATES": "/rates"}


def test_what_is_left_out_has_its_default() -> None:
    assert Settings.load(NEEDED) == Settings(
        orders="Orders-1",
        api_key=Secret("arn:secret"),
        rates=Parameter("/rates"),
        name="none",
        count=3,
        share=0.5,
        strict=False,
        mode=Mode.FAST,
        currency="EUR",
        level=Level.LOW,
        archive=None,
        fallback=None,
    )


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("NAME", "", "name", ""),
        ("NAME", "3", "name", "3"),
        ("COUNT", "0", "count", 0),
        ("COUNT", "-7", "count", -7),
        ("SHARE", "1", "share", 1.0),
        ("SHARE", "0.25", "share", 0.25),
        ("STRICT", "true", "strict", True),
        ("STRICT", "false", "strict", False),
        ("MODE", "exact", "mode", Mode.EXACT),
        ("CURRENCY", "USD", "currency", "USD"),
        ("LEVEL", "2", "level", Level.HIGH),
        ("ARCHIVE", "bucket", "archive", "bucket"),
    ],
)
def test_a_variable_is_what_its_field_says(variable: str, text: str, field: str, value: object) -> None:
    loaded = getattr(Settings.load({**NEEDED, variable: text}), field)

    assert (loaded, type(loaded)) == (value, type(value))


@pytest.mark.parametrize(
    ("variable", "text", "rule"),
    [
        ("COUNT", "", "a whole number"),
        ("COUNT", "3.5", "a whole number"),
        ("SHARE", "half", "a number"),
        ("STRICT", "True", "true or false"),
        ("STRICT", "1", "true or false"),
        ("MODE", "FAST", "one of fast, exact"),
        ("CURRENCY", "CHF", "one of EUR, USD"),
        ("LEVEL", "3", "one of 1, 2"),
        ("LEVEL", "HIGH", "one of 1, 2"),
    ],
)
def test_fails_when_a_variable_is_not_what_its_field_says(variable: str, text: str, rule: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({**NEEDED, variable: text})

    assert str(caught.value) == f"Settings: {variable} must be {rule}, got {text!r}"


def test_fails_once_for_all_that_is_wrong() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"COUNT": "many", "RATES": "/rates"})

    assert (
        str(caught.value) == "Settings: ORDERS is missing; API_KEY is missing; COUNT must be a whole number, got 'many'"
    )


def test_the_process_is_asked_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, text in NEEDED.items():
        monkeypatch.setenv(variable, text)

    assert Settings.load().orders == "Orders-1"


def test_settings_do_not_change() -> None:
    settings: Any = Settings.load(NEEDED)

    with pytest.raises(AttributeError):
        settings.count = 4


def test_fails_when_a_field_cannot_be_a_variable() -> None:
    class Wrong(FunctionSettings):
        names: list[str]

    with pytest.raises(TypeError, match=r"Wrong.names cannot be a variable of the environment: declare it as str, int"):
        Wrong.load({"NAMES": "a"})


@pytest.mark.parametrize(
    ("kind", "default", "says"),
    [
        (int, "x", "a whole number, got str"),
        (int, 1.5, "a whole number, got 1.5"),
        (int, True, "a whole number, got True"),
        (int, None, "a whole number, got None"),
        (int | None, "x", "a whole number, got str"),
        (float, "0.5", "a number, got str"),
        (bool, 1, "true or false, got 1"),
        (str, 5, "text, got 5"),
        (Reads, 5, "text, got 5"),
        (Literal["EUR", "USD"], "CHF", "one of EUR, USD, got str"),
        (Mode, "fast", "one of fast, exact, got str"),
        (Level, 1, "one of 1, 2, got 1"),
        (Secret, "hunter2", "a secret, got str"),
    ],
)
def test_fails_when_a_default_is_of_another_type(kind: Any, default: object, says: str) -> None:  # noqa: ANN401
    wrong: Any = type("Wrong", (FunctionSettings,), {"__annotations__": {"field": kind}, "field": default})

    with pytest.raises(TypeError, match=f"Wrong.field must be {says} as its default") as caught:
        wrong.load({"FIELD": "1"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        (int | None, None),
        (Optional[int], 1),  # noqa: UP045 - as it was written before
        (float, 1),
        (Reads, "archive"),
        (Reads | None, None),
        (Secret | None, None),
        (Secret, Secret("arn:secret")),
        (Mode, Mode.EXACT),
        (Literal[1, "one"], "one"),
    ],
)
def test_a_default_of_its_type_is_taken(kind: Any, default: object) -> None:  # noqa: ANN401
    settings: Any = type("Right", (FunctionSettings,), {"__annotations__": {"field": kind}, "field": default})

    assert settings.load({}).field == default


class Size(enum.Enum):
    ONE = 1
    FIRST = "1"


@pytest.mark.parametrize("kind", [Literal[1, "1"], Size])
def test_fails_when_two_values_are_one_text(kind: Any) -> None:  # noqa: ANN401
    wrong: Any = type("Wrong", (FunctionSettings,), {"__annotations__": {"field": kind}})

    with pytest.raises(TypeError, match=r"Wrong\.field has values that are one text: 1, 1"):
        wrong.load({"FIELD": "1"})


def test_what_is_derived_is_no_variable() -> None:
    class Derived(FunctionSettings):
        name: str
        shown: str = dataclasses.field(default="nothing", init=False)

    assert Derived.load({"NAME": "a", "SHOWN": "b"}).shown == "nothing"


def test_fails_when_two_fields_are_one_variable() -> None:
    class Twice(FunctionSettings):
        limit: int = 1
        LIMIT: int = 2

    with pytest.raises(TypeError, match="Twice: limit and LIMIT are one variable, LIMIT"):
        Twice.load({})


def test_a_default_may_be_made_when_it_is_needed() -> None:
    class Made(FunctionSettings):
        name: str = dataclasses.field(default_factory=lambda: "made")

    assert Made.load({}).name == "made"
    assert Made.load({"NAME": "given"}).name == "given"


def test_settings_inherit_fields_and_defaults() -> None:
    class Shared(FunctionSettings):
        stage: str
        count: int = 3

    class Own(Shared):
        name: str
        count: int = 4

    assert Own.load({"STAGE": "test", "NAME": "a"}) == Own(stage="test", name="a", count=4)


T = TypeVar("T")


class Versioned(FunctionSettings, Generic[T]):
    version: int = 1


class OfTexts(Versioned[str]):
    name: str


def test_settings_may_have_other_base_classes() -> None:
    assert OfTexts.load({"NAME": "a", "VERSION": "2"}) == OfTexts(name="a", version=2)


def test_a_secret_shows_its_reference_and_nothing_else() -> None:
    assert repr(Secret("arn:secret")) == "Secret(reference='arn:secret')"


def test_importing_it_loads_neither_the_cdk_nor_the_network() -> None:
    script = (
        "import sys; from cdk_lambda_patterns import settings; "
        "print(sorted({'aws_cdk', 'jsii', 'boto3', 'pydantic', 'http.client', 'ssl'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
