"""What the CDK itself refuses, as the one error that this library raises."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.validation import type_name, written_type

if TYPE_CHECKING:
    from collections.abc import Generator

    from cdk_lambda_patterns.validation import Where

_CODE = re.compile(r"«(\w+)»")
# What methods report has the code in the text itself, where others have the name of a class of JavaScript.
_CODE_IN_TEXT = re.compile(r"([A-Z]\w+)(?<!Error): (.*)", re.DOTALL)
_ID_TAKEN = re.compile(r"There is already a Construct with name '(.*)' in .*")
_ID_MISSING = re.compile(r"Only root constructs may have an empty ID")
# Node's words for a value that is not what an interface says, and the CDK's Python side's for all other types.
_PROPERTY = re.compile(r"(?:Key '|Passed to parameter )(\w+)(?:': Unable to deserialize| of (?:\w+ )?method)")
_EXPECTED = re.compile(r"deserialize value as ([\w.<>-]+)")
_RECEIVED = re.compile(r"Failing value is (an? \w+|null)")
_WRONG_TYPE = re.compile(r"type of argument (\w+) must be (.+); got (.+) instead")
_STRUCT_MEMBER = re.compile(
    r"(\w+)\.__init__\(\) (?:got an unexpected keyword argument|missing \d+ required keyword-only arguments?:) (.+)"
)
_ALTERNATIVES = re.compile(r"one of \((.+)\)")
_FUNCTION = "WellArchitectedFunction"
_COMMA = re.compile(r", (?![^\[]*\])")


@contextmanager
def cdk_refusals(where: Where) -> Generator[None]:
    """Inside, a value that the CDK refuses gives a ValidationError with the CDK's own text and code.

    The CDK reports it as a RuntimeError under a stack of JavaScript, or where its Python side sees a wrong type as a
    TypeError. What is no refusal stays as it is.

    Args:
        where: The construct.
    """
    try:
        yield
    except RuntimeError as error:
        refusal = _refusal(where, str(error), str(error.__cause__))
        if refusal is None:
            raise
        raise refusal from None
    except TypeError as error:
        refusal = _wrong_type(where, str(error))
        if refusal is None:
            raise
        raise refusal from None


def _refusal(where: Where, text: str, stack: str) -> ValidationError | None:
    if coded := _CODE.search(stack):
        return ValidationError(_sentence(text), code=coded[1], path=where.path)
    if coded := _CODE_IN_TEXT.match(text):
        return ValidationError(_sentence(coded[2]), code=coded[1], path=where.path)
    if taken := _ID_TAKEN.search(text):
        return _id_taken(where, taken)
    if _ID_MISSING.search(text):
        message = "'construct_id' must be a name, got ''; choose one that stays: it becomes part of names in AWS"
        return ValidationError(message, code="ConstructIdMissing", path=where.path)
    if names := _PROPERTY.findall(text):
        # From the outside in: the last lines are about the value itself, the first property is the one that was given.
        given = next((name for name in names if name != "props"), "props")
        prop = re.sub(r"(?<!^)(?=[A-Z])", "_", given).lower()
        expected, received = _EXPECTED.findall(text)[-1], _RECEIVED.findall(text)[-1]
        return _mismatch(where, prop, expected.replace("aws-cdk-lib.", ""), received.replace("null", "None"))
    return None


def _id_taken(where: Where, taken: re.Match[str]) -> ValidationError:
    if taken[1] != where.construct_id:  # not one that the user chose
        return ValidationError(_sentence(taken[0]), code="ConstructIdTaken", path=where.path)
    message = f"'construct_id' must differ from those beside it, got {taken[1]!r} a second time; choose another one"
    return ValidationError(message, code="ConstructIdTaken", path=where.path)


def _wrong_type(where: Where, text: str) -> ValidationError | None:
    if wrong := _WRONG_TYPE.fullmatch(text):
        prop, expected, received = wrong.groups()
        if alternatives := _ALTERNATIVES.fullmatch(expected):
            expected = " or ".join(name for name in _COMMA.split(alternatives[1]) if name != "NoneType")
        elements = " of something else" if expected.startswith("Sequence") and received in {"list", "tuple"} else ""
        module, _, name = received.rpartition(".")
        return _mismatch(where, prop, expected.replace("aws_cdk.", ""), written_type(module, name) + elements)
    if wrong := _STRUCT_MEMBER.search(text):
        struct, members = wrong.groups()
        members = members.partition(". Did you mean")[0]  # Python 3.13 and newer
        wanted = "needs" if "missing" in text else "does not have"
        message = f"a dict in place of {struct} must have its members, got one that {wanted} {members}; correct it"
        return ValidationError(message, code="StructInvalid", path=where.path)
    return None


def _mismatch(where: Where, prop: str, expected: str, received: str) -> ValidationError:
    fix = "give the CDK's object" if "aws_" in expected and not received.startswith("aws_") else "give one"
    return _type_mismatch(prop, expected, received, fix=fix, path=where.path)


def _type_mismatch(prop: str, expected: str, received: str, *, fix: str, path: str | None) -> ValidationError:
    message = f"'{prop}' must be of type {expected}, got {received}; {fix}"
    return ValidationError(message, code="TypeMismatch", path=path)


def expect_type(
    where: Where, prop: str, value: object, attribute: str, expected: str, *, fix: str | None = None
) -> None:
    """Refuse a value that is not of a type, as a name or ARN in its place. None passes.

    Args:
        where: The construct.
        prop: The property.
        value: The value.
        attribute: What objects of the type have. Looked for in Python alone.
        expected: The type, for the message.
        fix: What to write.
            Default: - the CDK's object, or the type with its arguments.
    """
    if value is not None:
        require_type(where, prop, value, attribute, expected, fix=fix)


def require_type(
    where: Where, prop: str, value: object, attribute: str, expected: str, *, fix: str | None = None
) -> None:
    """Refuse a value that is not of a type, and None.

    Args:
        where: The construct.
        prop: The property.
        value: The value.
        attribute: What objects of the type have. Looked for in Python alone.
        expected: The type, for the message.
        fix: What to write.
            Default: - the CDK's object, or the type with its arguments.
    """
    if has(value, attribute):
        return
    received = type_name(value)
    if "aws_" in expected and fix is None:
        raise _mismatch(where, prop, expected, received)
    raise _type_mismatch(prop, expected, received, fix=fix or f"write {expected}(...)", path=where.path)


def require_function(where: Where | None, prop: str, value: object) -> None:
    """Refuse what is no function of this library: others have no `live` alias and no failure path.

    Args:
        where: The construct; None for what has no path.
        prop: The property.
        value: The value.
    """
    if has(value, "invoked_asynchronously"):
        return
    fix = "give one"
    if has(value, "function_arn"):
        of_a_function = has(value, "version")  # an alias, or a version itself
        fix = "give the function itself: its alias 'live' is bound" if of_a_function else f"make it a {_FUNCTION}"
    raise _type_mismatch(prop, _FUNCTION, type_name(value), fix=fix, path=None if where is None else where.path)


def has(value: object, attribute: str) -> bool:
    """Whether objects of a value's type have an attribute. Node is asked nothing.

    Args:
        value: The value. What jsii knows by its interfaces alone, as much that is imported, counts as all of them.
        attribute: What to look for.
    """
    parts: tuple[object, ...] = tuple(getattr(value, "_delegates", (value,)))
    return any(hasattr(type(part), attribute) for part in parts)


def _sentence(text: str) -> str:
    """The CDK's text in this library's form: lower case at the beginning, no full stop at the end."""
    line = " ".join(text.split()).rstrip(".")
    return line[:1].lower() + line[1:]
