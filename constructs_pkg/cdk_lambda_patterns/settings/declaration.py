"""The class that declares what a function is told."""

from __future__ import annotations

import enum
import os
import types
import typing
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, dataclass_transform, get_args, get_origin

from .references import Parameter, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(ValueError):
    """A handler's environment does not hold what its settings declare."""


class Access(enum.Enum):
    """What a function may do with a resource that it is told of."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read and write"
    SEND = "send to"
    INVOKE = "invoke"


Reads = Annotated[str, Access.READ]
"""A bucket's, table's or stream's name, or a queue's URL, with the right to read it."""
Writes = Annotated[str, Access.WRITE]
"""A bucket's, table's or stream's name, with the right to write to it."""
ReadsAndWrites = Annotated[str, Access.READ_WRITE]
"""A bucket's, table's or stream's name, with the right to read and write."""
Sends = Annotated[str, Access.SEND]
"""A queue's URL, a topic's ARN or an event bus's name, with the right to send to it."""
Invokes = Annotated[str, Access.INVOKE]
"""A function's or state machine's ARN, with the right to start it."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
class FunctionSettings:
    """A function's settings: each field of a subclass is the environment variable of that name in capitals.

    A field is a `str`, `int`, `float`, `bool`, an enum or a `Literal`; a resource (`Reads`, `Writes`,
    `ReadsAndWrites`, `Sends`, `Invokes`); a `Secret` or a `Parameter`. One without a default must be given. With
    `| None` and the default None it may be left out.

    A subclass is a frozen dataclass by itself, without a decorator.
    """

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401 - those of other base classes
        """Make the subclass a frozen dataclass with keyword arguments."""
        super().__init_subclass__(**options)
        dataclass(frozen=True, kw_only=True)(cls)

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> typing.Self:
        """The settings, from the environment. Call it once, as the module is imported: a mistake shows at once.

        Args:
            environment: The variables.
                Default: - those of the process.

        Raises:
            SettingsError: Variables are missing or are not what their fields say; one line names them all.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for setting in declared(cls):
            text = environment.get(setting.variable)
            if text is None:
                if setting.required:
                    wrong.append(f"{setting.variable} is missing")
                continue
            try:
                values[setting.name] = setting.parse(text)
            except ValueError:
                wrong.append(f"{setting.variable} must be {setting.kind}, got {text!r}")
        if wrong:
            raise SettingsError(f"{cls.__name__}: {'; '.join(wrong)}")
        return cls(**values)


@dataclass(frozen=True)
class Setting:
    """A field of a settings class."""

    name: str
    type: Any
    """Its type, without `| None` and annotations."""
    access: Access | None
    """For a resource: what the function may do with it."""
    required: bool
    """Whether it has no default."""

    @property
    def variable(self) -> str:
        """The environment variable."""
        return self.name.upper()

    @property
    def kind(self) -> str:
        """What it must be, in words."""
        choices = self._choices
        if choices is None or self.type is bool:
            return _IN_WORDS[self.type]
        return "one of " + ", ".join(choices)

    def parse(self, text: str) -> Any:  # noqa: ANN401 - what the field says
        """The value that a variable's text stands for.

        Raises:
            ValueError: It stands for none.
        """
        choices = self._choices
        if choices is None:
            return self.type(text)
        return choices[text] if text in choices else _no()

    def text(self, value: object) -> str:
        """The variable's text for a value.

        Raises:
            ValueError: The value is not what the field says.
        """
        choices = self._choices
        if choices is not None:
            # To Python, True is 1.
            texts = [text for text, choice in choices.items() if type(choice) is type(value) and choice == value]
            return texts[0] if texts else _no()
        wanted = (int, float) if self.type is float else self.type
        if not isinstance(value, wanted) or isinstance(value, bool):
            _no()
        return str(value.value if isinstance(value, enum.Enum) else value)

    @property
    def _choices(self) -> dict[str, Any] | None:
        """Its values by their texts, where they can be counted."""
        if _is_choice(self.type):
            return dict(_values(self.type))
        return {"true": True, "false": False} if self.type is bool else None


def declared(settings: type[FunctionSettings]) -> tuple[Setting, ...]:
    """The fields of a settings class.

    Args:
        settings: The class.

    Raises:
        TypeError: A field's type cannot be an environment variable's, two of its values are one text, its default is of
            another type, or two fields have one variable.
    """
    hints = typing.get_type_hints(settings, include_extras=True)
    by_variable: dict[str, Setting] = {}
    for field in fields(settings):  # type: ignore[arg-type]  # subclasses are dataclasses
        if not field.init:
            continue
        required = field.default is MISSING and field.default_factory is MISSING
        setting = _setting(settings, field.name, hints[field.name], required=required)
        if field.default is not MISSING:
            _check_default(settings, setting, field.default, hints[field.name])
        other = by_variable.setdefault(setting.variable, setting)
        if other is not setting:
            raise TypeError(
                f"{settings.__name__}: {other.name} and {setting.name} are one variable, {setting.variable}"
            )
    return tuple(by_variable.values())


_IN_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Secret: "a secret",
    Parameter: "a parameter",
}


def _check_default(settings: type[FunctionSettings], setting: Setting, default: object, hint: object) -> None:
    if default is None and type(None) in get_args(hint):
        return
    try:
        setting.text(default)
    except ValueError:
        got = type(default).__name__ if isinstance(default, str) else repr(default)  # which may be a secret
        raise TypeError(
            f"{settings.__name__}.{setting.name} must be {setting.kind}, got {got} as its default"
        ) from None


def _setting(settings: type[FunctionSettings], name: str, hint: Any, *, required: bool) -> Setting:  # noqa: ANN401
    access = None
    if get_origin(hint) in (types.UnionType, typing.Union):
        parts = [part for part in get_args(hint) if part is not type(None)]
        hint = parts[0] if len(parts) == 1 else hint
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        access = next((extra for extra in extras if isinstance(extra, Access)), None)
    if hint not in _IN_WORDS and not _is_choice(hint):
        raise TypeError(
            f"{settings.__name__}.{name} cannot be a variable of the environment: declare it as str, int, float, "
            "bool, an enum, a Literal, Secret, Parameter, Reads, Writes, ReadsAndWrites, Sends or Invokes"
        )
    texts = [text for text, _ in _values(hint)] if _is_choice(hint) else []
    if len(texts) > len(set(texts)):
        raise TypeError(f"{settings.__name__}.{name} has values that are one text: {', '.join(texts)}")
    return Setting(name, hint, access, required)


def _is_choice(kind: Any) -> bool:  # noqa: ANN401
    return get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, enum.Enum))


def _values(choice: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
    """The values of an enum or `Literal`, each with its text."""
    if get_origin(choice) is Literal:
        return [(str(value), value) for value in get_args(choice)]
    return [(str(member.value), member) for member in choice]


def _no() -> typing.NoReturn:
    raise ValueError
