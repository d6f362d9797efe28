"""How a construct refuses a value: one line, with the construct's path, a stable code and what to change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import getattr_static
from typing import TYPE_CHECKING, NoReturn, cast

from .errors import ValidationError
from .tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized

    from constructs import Construct

    from .quotas import Quota


@dataclass(frozen=True, slots=True)
class Where:
    """The construct whose properties are looked at.

    Its path is asked for only when something is wrong: that costs messages to Node.
    """

    scope: Construct
    construct_id: str

    def __post_init__(self) -> None:
        """Refuse a scope that is no construct or holds no resources, without asking it: a message to Node would."""
        # What jsii knows by its interfaces alone has delegates.
        if all(getattr_static(self.scope, name, None) is None for name in ("node", "_delegates")):
            raise ValidationError(
                f"'scope' must be a construct, got {type_name(self.scope)}; give the stack, or in a construct 'self'",
                code="ScopeExpected",
            )
        from aws_cdk import Stage  # noqa: PLC0415 - imported long ago where there is a construct

        if isinstance(self.scope, Stage):
            raise ValidationError(
                f"'scope' must be a stack or a construct in one, got {type_name(self.scope)}; define a stack in it and "
                "give that",
                code="ScopeOutsideStack",
                path=self.path,
            )

    @property
    def path(self) -> str:
        """The construct's path, for example `Orders/Process`."""
        parent = self.scope.node.path
        return f"{parent}/{self.construct_id}" if parent else self.construct_id

    def refuse(self, prop: str, rule: str, *, got: object, fix: str, code: str) -> NoReturn:
        """Raise the one error that says it all.

        Args:
            prop: The property, as the user typed it.
            rule: What it must be or must not be, with its unit.
            got: What was received. Never a secret.
            fix: What to change.
            code: A stable PascalCase word.
        """
        # What it was noticed by says nothing more.
        raise ValidationError(f"'{prop}' {rule}, got {got}; {fix}", code=code, path=self.path) from None

    def within(self, prop: str, value: float | None, quota: Quota, *, fix: str | None = None) -> None:
        """Refuse a number outside a quota, a part of one where AWS counts whole ones, and what is no number.

        None and tokens pass, but for those of text: the CDK takes them as little as text.
        """
        if value is None:
            return
        if is_token(value):
            if isinstance(cast("object", value), str):
                self._refuse_no_number(prop, value, quota, "turn the text into a number with cdk.Token.as_number(...)")
            return
        if not is_number(value):
            self._refuse_no_number(prop, value, quota, fix or quota.fix)
        got = f"{value:,.12g}"
        if not quota.admits(value):
            # "At most 2" alone would not refuse -1.
            below_zero = value < quota.minimum and quota.range.startswith("at most")
            least = f"{quota.minimum:g} or more and " if below_zero else ""
            self.refuse(prop, f"must be {least}{quota.range}", got=got, fix=fix or quota.fix, code=quota.code)
        if quota.whole and value % 1 != 0:
            self.refuse(prop, f"must be a whole number, {quota.range}", got=got, fix="round it", code=quota.code)

    def required_within(self, prop: str, value: float | None, quota: Quota) -> None:
        """Refuse what `within` refuses, and None. Tokens pass."""
        if value is None:
            self._refuse_no_number(prop, value, quota, quota.fix)
        self.within(prop, value, quota)

    def _refuse_no_number(self, prop: str, value: object, quota: Quota, fix: str) -> NoReturn:
        kind = "whole number" if quota.whole else "number"
        self.refuse(prop, f"must be a {kind}, {quota.range}", got=shown(value), fix=fix, code=quota.code)

    def size(self, prop: str, value: Sized | None, quota: Quota, *, fix: str | None = None) -> None:
        """Refuse text or a collection whose length is outside a quota, and what has none. None and tokens pass."""
        if value is None or is_token(value):
            return
        if not hasattr(value, "__len__"):
            what = type_name(value)
            self.refuse(prop, f"must consist of {quota.unit}", got=what, fix=fix or quota.fix, code=quota.code)
        if quota.admits(len(value)):
            return
        self.refuse(prop, f"must have {quota.range}", got=f"{len(value):,}", fix=fix or quota.fix, code=quota.code)

    def text(self, prop: str, value: object) -> None:
        """Refuse what is no text that UTF-8 can carry."""
        if not isinstance(value, str):
            self.refuse(prop, "must be text", got=shown(value), fix="write it in quotes", code="TextExpected")
        if not is_unicode(value):
            self.refuse(prop, "must be text", got=ascii(value), fix="leave out the half character", code="TextExpected")

    def true_or_false(self, **flags: object) -> None:
        """Refuse what is neither True nor False: text as "no" would count as true.

        Args:
            **flags: The values by their properties.
        """
        for prop, value in flags.items():
            if not isinstance(value, bool):
                fix = f"write {prop}=True, or {prop}=False"
                self.refuse(prop, "must be True or False", got=shown(value), fix=fix, code="TypeMismatch")

    def matches(self, prop: str, value: str | None, pattern: str, *, rule: str, fix: str, code: str) -> None:
        """Refuse text that does not match a pattern as a whole. None and tokens pass."""
        if value is None or is_token(value) or re.fullmatch(pattern, value):
            return
        self.refuse(prop, rule, got=repr(value), fix=fix, code=code)


def is_number(value: object) -> bool:
    """Whether the value is a number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def shown(value: object) -> str:
    """What was received: as it is written, or where only its address would be shown, its type."""
    return type_name(value) if type(value).__repr__ is object.__repr__ else repr(value)


def type_name(value: object) -> str:
    """The type of a value in words that a user can write: `str`, `aws_lambda.Alias`, `None`."""
    if value is None:
        return "None"
    # What jsii knows by its interfaces alone stands for several classes, the one that it was asked for last.
    parts: list[object] = [value, *getattr(value, "_delegates", ())]
    written = type(parts[-1])
    return written_type(written.__module__, written.__qualname__)


def written_type(module: str, name: str) -> str:
    """A class in words that a user can write.

    Args:
        module: Its module. Those of the CDK are named, without the package where they have a name of their own.
        name: Its name, which may be the one that jsii gives to a class that the CDK does not export: `_ScheduleProxy`.
    """
    if module.partition(".")[0] != "aws_cdk":
        return name
    public = name[1:].removesuffix("Proxy") if name.startswith("_") else name
    return f"{module.rpartition('.')[2]}.{public}"


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """What to change where a name is unknown.

    Args:
        name: The name.
        known: Those that there are.
        otherwise: What to change where none of them is like it.
    """
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can carry the text: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
