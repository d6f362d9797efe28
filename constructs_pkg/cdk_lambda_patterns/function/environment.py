"""Environment variables: what Lambda accepts, and what does not belong there.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.plaintext import FLAG_VALUES, SECRET_NAME, SECRET_VALUE
from cdk_lambda_patterns.tokens import is_token, without_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.validation import Where


def check_environment(
    where: Where, environment: Mapping[str, str] | None, public_environment: Mapping[str, str] | None = None
) -> None:
    """Refuse variables that Lambda refuses, and secrets in plain text. Tokens are left alone.

    Args:
        where: The construct.
        environment: Names and values.
        public_environment: Names that look like a secret and are none, each with the reason.
    """
    if not environment:
        return
    public = public_environment or {}
    for name, reason in public.items():
        if not reason.strip():
            where.refuse(
                "public_environment",
                "must give a reason for each name",
                got=f"none for {name!r}",
                fix="say why its value may be read by everybody who can see the function",
                code="ReasonMissing",
            )
    for name, value in environment.items():
        if not is_token(name):
            _check_name(where, name)
            _check_is_text(where, name, value)
            if name not in public:
                _check_plaintext(where, name, value)
    known = {without_tokens(name): without_tokens(value) for name, value in environment.items()}
    size = len(json.dumps(known, ensure_ascii=False, separators=(",", ":")).encode())
    where.within("environment", size, quotas.ENVIRONMENT_SIZE)


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
            got=f"{type(value).__name__} for {name!r}",
            fix="write str(...), or aws_cdk.Token.as_string(...) for a value that is only known at deployment",
            code="EnvironmentValueInvalid",
        )


def _check_plaintext(where: Where, name: str, value: str) -> None:
    if value.lower() in FLAG_VALUES:
        return
    looks_secret = SECRET_NAME.search(name) is not None
    if is_token(value):
        # Around tokens only what is known is looked at: a URL with a password and a host to be known later.
        found = SECRET_VALUE.search(without_tokens(value)) is not None or (
            (looks_secret or "://" in value) and _is_unwrapped_secret(value)
        )
    else:
        found = looks_secret or SECRET_VALUE.search(value) is not None
    if found:
        where.refuse(
            "environment",
            "must not hold secrets in plain text",
            got=f"a secret's value for {name!r} (not shown)",
            fix=f"keep it in Secrets Manager and use function.secret({name!r}, secret), "
            "or name it in 'public_environment' with the reason if it is public",
            code="PlaintextSecret",
        )


def _is_unwrapped_secret(value: str) -> bool:
    """Whether CloudFormation would write a secret's value into the function's configuration."""
    tokens = cdk.Tokenization.reverse_string(value).tokens
    return any(isinstance(token, cdk.CfnDynamicReference) for token in tokens)
