"""Environment variables: what Lambda accepts, and what does not belong there.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

import aws_cdk as cdk

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.plaintext import FLAG_VALUES, SECRET_NAME, SECRET_VALUE
from cdk_lambda_patterns.tokens import is_token, without_tokens
from cdk_lambda_patterns.validation import is_unicode, type_name

if TYPE_CHECKING:
    from cdk_lambda_patterns.validation import Where


def check_environment(
    where: Where,
    environment: Mapping[str, str] | None,
    public_environment: Mapping[str, str] | None = None,
    *,
    beside: Mapping[str, str] | None = None,
) -> None:
    """Refuse variables that Lambda refuses, and secrets in plain text. Tokens are left alone.

    Args:
        where: The construct.
        environment: Names and values.
        public_environment: Names that look like a secret and are none, each with the reason.
        beside: What the function has already, which counts in the size.
    """
    public = public_environment or {}
    for prop, given in (("environment", environment or {}), ("public_environment", public)):
        _check_is_mapping(where, prop, given)
    for name, reason in public.items():
        where.text("public_environment", reason)
        if not reason.strip():
            where.refuse(
                "public_environment",
                "must give a reason for each name",
                got=f"none for {name!r}",
                fix="say why its value may be read by everybody who can see the function",
                code="ReasonMissing",
            )
    if not environment:
        return
    for name, value in environment.items():
        where.text("environment", name)
        if not is_token(name):
            _check_name(where, name)
            _check_is_text(where, name, value)
            if name not in public:
                _check_plaintext(where, name, value)
    _check_unwrapped(where, {name: value for name, value in environment.items() if name not in public})
    known = {without_tokens(name): without_tokens(value) for name, value in {**(beside or {}), **environment}.items()}
    size = len(json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode())
    where.within("environment", size, quotas.ENVIRONMENT_SIZE)


def _check_is_mapping(where: Where, prop: str, given: object) -> None:
    if not isinstance(given, Mapping):
        where.refuse(
            prop,
            "must be a dict of names and texts",
            got=type(given).__name__,
            fix='write {"NAME": "..."}',
            code="TypeMismatch",
        )


def _check_name(where: Where, name: str) -> None:
    where.matches(
        "environment",
        name,
        quotas.ENVIRONMENT_KEY_PATTERN,
        rule="must have names of at least two letters, digits and underscores that begin with a letter",
        fix="rename the variable",
        code="EnvironmentNameInvalid",
    )
    if name in quotas.ENVIRONMENT_RESERVED_NAMES:
        where.refuse(
            "environment",
            "must not set names that Lambda reserves",
            got=repr(name),
            fix="rename the variable",
            code="EnvironmentNameReserved",
        )


def _check_is_text(where: Where, name: str, value: object) -> None:
    if not isinstance(value, str):
        where.refuse(
            "environment",
            "must have text as values",
            got=f"{type_name(value)} for {name!r}",
            fix="write str(...), or aws_cdk.Token.as_string(...) for a value that is only known at deployment",
            code="EnvironmentValueInvalid",
        )
    if not is_unicode(value):
        where.refuse(
            "environment",
            "must have text as values",
            got=f"half a character for {name!r}",
            fix="leave it out",
            code="EnvironmentValueInvalid",
        )


def _check_plaintext(where: Where, name: str, value: str) -> None:
    """Look at what is known of a value: around its tokens, and of what its name says if it has none."""
    looks_secret = SECRET_NAME.search(name) is not None and not is_token(value)
    if value.lower() not in FLAG_VALUES and (looks_secret or SECRET_VALUE.search(without_tokens(value))):
        _refuse_secret(where, name)


def _check_unwrapped(where: Where, environment: Mapping[str, str]) -> None:
    """Refuse tokens in whose place CloudFormation would write a secret's value."""
    values = {name: value for name, value in environment.items() if is_token(value)}
    # All at once: looking behind a token costs messages to Node.
    if values and _is_unwrapped_secret("".join(values.values())):
        _refuse_secret(where, next(name for name, value in values.items() if _is_unwrapped_secret(value)))


def _is_unwrapped_secret(value: str) -> bool:
    tokens = cdk.Tokenization.reverse_string(value).tokens
    return any(isinstance(token, cdk.CfnDynamicReference) for token in tokens)


def _refuse_secret(where: Where, name: str) -> NoReturn:
    where.refuse(
        "environment",
        "must not hold secrets in plain text",
        got=f"a secret's value for {name!r} (not shown)",
        fix=f"keep it in Secrets Manager and use function.secret({name!r}, secret), "
        "or name it in 'public_environment' with the reason if it is public",
        code="PlaintextSecret",
    )
