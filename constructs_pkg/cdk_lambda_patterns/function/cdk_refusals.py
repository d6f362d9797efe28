"""What the CDK itself refuses, as the one error that this library raises."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cdk_lambda_patterns.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Generator

    from cdk_lambda_patterns.validation import Where

_CODE = re.compile(r"«(\w+)»")
# What methods report has the code in the text itself, where others have the name of a class of JavaScript.
_CODE_IN_TEXT = re.compile(r"([A-Z]\w+)(?<!Error): (.*)", re.DOTALL)
_TAKEN = re.compile(r"There is already a Construct with name .*")
_PROPERTY = re.compile(r"Key '(\w+)': Unable to deserialize")
_EXPECTED = re.compile(r"deserialize value as aws-cdk-lib\.([\w.]+)")
_RECEIVED = re.compile(r"Failing value is (an? \w+)")


@contextmanager
def cdk_refusals(where: Where) -> Generator[None]:
    """Inside, a value that the CDK refuses gives a ValidationError with the CDK's own text and code.

    The CDK reports it as a RuntimeError under a stack of JavaScript. What is no refusal stays as it is.

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


def _refusal(where: Where, text: str, stack: str) -> ValidationError | None:
    if code := _CODE.search(stack):
        return ValidationError(_sentence(text), code=code[1], path=where.path)
    if code := _CODE_IN_TEXT.match(text):
        return ValidationError(_sentence(code[2]), code=code[1], path=where.path)
    if taken := _TAKEN.search(text):
        return ValidationError(_sentence(taken[0]), code="ConstructIdTaken", path=where.path)
    if wrong := _PROPERTY.search(text):
        # From the outside in: the last lines are about the value itself.
        prop = re.sub(r"(?<!^)(?=[A-Z])", "_", wrong[1]).lower()
        expected, received = _EXPECTED.findall(text)[-1], _RECEIVED.findall(text)[-1]
        message = f"'{prop}' must be of type {expected}, got {received}; give the CDK's object"
        return ValidationError(message, code="TypeMismatch", path=where.path)
    return None


def expect_type(where: Where, prop: str, value: object, attribute: str, type_name: str) -> None:
    """Refuse a value that is not of a type of the CDK, as a name or ARN in its place. None passes.

    Args:
        where: The construct.
        prop: The property.
        value: The value.
        attribute: What objects of the type have. Looked for in Python alone.
        type_name: The type, for the message.
    """
    # What jsii knows by its interfaces alone stands for several Python classes.
    parts: tuple[object, ...] = tuple(getattr(value, "_delegates", (value,)))
    if value is not None and not any(hasattr(type(part), attribute) for part in parts):
        where.refuse(
            prop,
            f"must be of type {type_name}",
            got=type(value).__name__,
            fix="give the CDK's object",
            code="TypeMismatch",
        )


def _sentence(text: str) -> str:
    """The CDK's text in this library's form: lower case at the beginning, no full stop at the end."""
    line = " ".join(text.split()).rstrip(".")
    return line[:1].lower() + line[1:]
