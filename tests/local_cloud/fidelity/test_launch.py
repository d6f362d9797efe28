"""The launcher and what the behaviours stand on, without an emulator of their own version."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns.local_cloud import fidelity
from cdk_lambda_patterns.local_cloud.environment import environment
from cdk_lambda_patterns.local_cloud.fidelity.support.emulator import IncompatibleError, around, part, replace_value

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(str(fidelity.__file__)).parent


def emulated() -> ModuleType:
    """A module as the emulator's are."""
    module = ModuleType("services.shop")

    def order(article: str, count: int = 1) -> str:
        return f"{count} {article}"

    vars(module)["order"] = order
    vars(module)["LIMIT"] = 10
    return module


def test_a_function_is_replaced_where_it_stands_and_gets_the_original() -> None:
    shop = emulated()

    @around(shop, "order", "article, count")
    def _order(original: Callable[..., str], *args: Any) -> str:  # noqa: ANN401 - passed on
        return original(*args).upper()

    assert shop.order("tea", 2) == "2 TEA"


def test_a_function_in_a_dictionary_is_replaced_as_well() -> None:
    handlers = {"order": emulated().order}

    @around(handlers, "order", "article, count")
    def _order(original: object, *args: object) -> str:
        return f"{callable(original)} {args}"

    assert handlers["order"]("tea") == "True ('tea',)"


def test_two_changes_of_one_function_work_together() -> None:
    shop = emulated()
    for mark in ("<", "("):

        @around(shop, "order", "article, count")
        def _order(original: Callable[..., str], *args: Any, mark: str = mark) -> str:  # noqa: ANN401 - passed on
            return mark + original(*args)

    assert shop.order("tea") == "(<1 tea"


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("cancel", "article", r"services\.shop\.cancel is not there any more"),
        ("order", "article", r"services\.shop\.order must take \(article\), got \(article, count\)"),
        ("LIMIT", "", r"services\.shop\.LIMIT is not there any more"),
    ],
)
def test_fails_when_the_emulator_has_another_function_there(name: str, parameters: str, message: str) -> None:
    with pytest.raises(IncompatibleError, match=message):
        around(emulated(), name, parameters)


def test_a_setting_is_replaced_by_one_of_its_type_only() -> None:
    shop = emulated()

    replace_value(shop, "LIMIT", 20)

    assert shop.LIMIT == 20
    with pytest.raises(IncompatibleError, match="LIMIT must be a str"):
        replace_value(shop, "LIMIT", "20")
    with pytest.raises(IncompatibleError, match="GONE must be a int"):
        replace_value(shop, "GONE", 1)


def test_a_part_of_a_record_is_empty_where_there_is_none() -> None:
    record = {"a": {"b": {"c": 1}}, "nothing": None}

    assert part(record, "a", "b") == {"c": 1}
    assert part(record, "a", "x", "y") == {}
    assert part(record, "nothing", "y") == {}
    assert part(None, "a") == {}


@pytest.mark.local_cloud
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("fidelity.apply(['alarm'])", "no behaviour is called alarm; there are recorded_resources, "),
        (
            "fidelity.support.emulator.VERSION = '1.5.34'; fidelity.apply()",
            "ministack must be 1.5.34, got 1.5.33",
        ),
    ],
    ids=["unknown behaviour", "another version"],
)
def test_the_emulator_does_not_start_with_what_it_cannot_do(code: str, message: str) -> None:
    program = f"import sys; sys.path.insert(0, {str(FOLDER.parent)!r}); import fidelity; {code}"

    ran = subprocess.run(
        [str(environment().python), "-c", program], capture_output=True, text=True, check=False, timeout=30
    )

    assert ran.returncode == 1
    assert message in ran.stderr


def test_every_behaviour_is_in_the_list_says_what_it_is_about_and_is_observed_on_both_emulators() -> None:
    found = {
        path.stem
        for path in FOLDER.iterdir()
        if path.name not in {"__init__.py", "__pycache__", "support", ".mypy_cache"}
    }

    assert found == set(fidelity.BEHAVIOURS)
    assert len(fidelity.BEHAVIOURS) == len(found)
    for name in fidelity.BEHAVIOURS:
        file = FOLDER / f"{name}.py"
        text = " ".join((file if file.exists() else FOLDER / name / "__init__.py").read_text().split())
        for said in ("What the published emulator does: ", "What AWS does: ", "Source: https://docs.aws.amazon.com/"):
            assert said in text, (name, said)
        tests = Path(__file__).with_name(f"test_{name}.py").read_text()
        assert "faithful: Lab" in tests, name
        assert "def test_the_published_emulator_" in tests, name
