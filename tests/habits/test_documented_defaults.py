"""What a docstring says of a parameter is so: every one is documented, and its default is the signature's."""

from __future__ import annotations

import enum
import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns import practices
from tests.generated.public_api import own_classes, public_objects
from tests.habits.docstrings import arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def public_callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function and method of ours that a user can call, by a name to find it by."""
    for name, thing in public_objects().items():
        if inspect.isclass(thing):
            for cls in own_classes(thing):
                for member_name, member in vars(cls).items():
                    function = getattr(member, "__func__", member)
                    if inspect.isfunction(function) and (member_name == "__init__" or not member_name.startswith("_")):
                        yield f"{name}.{member_name}", function
        elif inspect.isfunction(thing):
            yield name, thing


def is_written(function: Callable[..., Any]) -> bool:
    """Whether somebody wrote it, rather than dataclass or enum."""
    return function.__code__.co_filename != "<string>" and "enum" not in function.__module__


CALLABLES = {name: function for name, function in public_callables() if is_written(function)}


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    all_of_them = inspect.signature(function).parameters
    return {name: parameter for name, parameter in all_of_them.items() if name not in {"self", "cls"}}


def as_documented(value: object) -> set[str]:
    """The ways to write a default value in a docstring."""
    if isinstance(value, enum.Enum):
        return {f"{type(value).__name__}.{value.name}"}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {f"{value:g}", f"{value:,}", str(value)}
    return {repr(value), repr(value).replace("'", '"'), str(value)}


def test_there_is_something_to_check() -> None:
    assert "cdk_lambda_patterns.WellArchitectedFunction.__init__" in CALLABLES


@pytest.mark.parametrize("name", CALLABLES)
def test_every_parameter_is_documented_and_nothing_else(name: str) -> None:
    function = CALLABLES[name]
    documented = arguments(function.__doc__).keys()
    speaks_for_itself = "__init__" not in name and not any(
        parameter.default is not inspect.Parameter.empty for parameter in parameters(function).values()
    )

    assert documented == parameters(function).keys() or (speaks_for_itself and not documented)


@pytest.mark.parametrize("name", CALLABLES)
def test_a_documented_default_is_that_of_the_signature(name: str) -> None:
    function = CALLABLES[name]
    documented = arguments(function.__doc__)
    wrong = {}
    for parameter in parameters(function).values():
        argument = documented.get(parameter.name)
        if parameter.default is inspect.Parameter.empty or argument is None:
            continue
        if argument.default is None:
            wrong[parameter.name] = "its default is not documented"
        elif parameter.default is None or parameter.default == "" or isinstance(parameter.default, tuple):
            if not argument.default.startswith("- "):
                wrong[parameter.name] = f"document a behaviour, '- ...', not {argument.default!r}"
        elif argument.default.strip("`") not in as_documented(parameter.default):
            wrong[parameter.name] = f"documented {argument.default!r}, is {parameter.default!r}"

    assert wrong == {}


@pytest.mark.parametrize("name", CALLABLES)
def test_a_documented_practice_has_the_value_of_the_practice(name: str) -> None:
    for argument in arguments(CALLABLES[name].__doc__).values():
        for value, unit, constant in re.findall(r"`?([\w.,]+)`?(?: (\w+))?, see `practices\.(\w+)`", argument.text):
            practice = getattr(practices, constant)

            documented: object = value
            if isinstance(practice, (int, float)):
                factor = SECONDS[unit.rstrip("s")] if constant.endswith("_SECONDS") else 1
                documented = float(value.replace(",", "")) * factor

            assert documented == practice, f"{argument.name}: {value} {unit}, but practices.{constant} is {practice}"
