"""Gives a function what its settings class declares: variables, grants, and references to secrets."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.json_values import as_sequence
from cdk_lambda_patterns.settings import Access, FunctionSettings, Parameter, Secret
from cdk_lambda_patterns.settings.declaration import Setting, declared
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import did_you_mean, type_name

from .cdk_refusals import cdk_refusals, expect_type, has
from .keys import complete_grant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.validation import Where

    from .well_architected_function import WellArchitectedFunction

# What names a resource to a handler, and the CDK's grant for each access.
_RESOURCES: dict[str, dict[Access, str]] = {
    "bucket_name": {Access.READ: "grant_read", Access.WRITE: "grant_write", Access.READ_WRITE: "grant_read_write"},
    "table_name": {
        Access.READ: "grant_read_data",
        Access.WRITE: "grant_write_data",
        Access.READ_WRITE: "grant_read_write_data",
    },
    "queue_url": {Access.SEND: "grant_send_messages", Access.READ: "grant_consume_messages"},
    "topic_arn": {Access.SEND: "grant_publish"},
    "event_bus_name": {Access.SEND: "grant_put_events_to"},
    "stream_name": {Access.READ: "grant_read", Access.WRITE: "grant_write", Access.READ_WRITE: "grant_read_write"},
    "state_machine_arn": {Access.INVOKE: "grant_start_execution"},
    "function_arn": {Access.INVOKE: "grant_invoke"},
}
# What gives the key of a resource, and what is done with it for each access.
_KEYS = ("encryption_key", "encryption_master_key", "master_key")
_USES = {
    Access.READ: ("kms:Decrypt",),
    Access.WRITE: ("kms:Decrypt", "kms:GenerateDataKey"),
    Access.READ_WRITE: ("kms:Decrypt", "kms:GenerateDataKey"),
    Access.SEND: ("kms:Decrypt", "kms:GenerateDataKey"),
}


def configure(
    where: Where, function: WellArchitectedFunction, settings: type[FunctionSettings], values: Mapping[str, object]
) -> None:
    """Set the variables, make the grants.

    Args:
        where: The function, for messages.
        function: The function.
        settings: What it declares.
        values: A value for each field; those with a default may be left out.

    Raises:
        ValidationError: No settings class, a field without a value, a value without a field, or one of the wrong kind.
    """
    fields = {setting.name: setting for setting in _fields(where, settings)}
    for name in values:
        if name not in fields:
            where.refuse(
                name,
                f"must be a field of {settings.__name__}",
                got="a value for it",
                fix=did_you_mean(name, fields, otherwise=f"it has {', '.join(fields) or 'none'}"),
                code="SettingUnknown",
            )
    missing = [name for name, setting in fields.items() if setting.required and values.get(name) is None]
    if missing:
        where.refuse(
            missing[0],
            f"must have a value, as {settings.__name__} declares it without a default",
            got=f"none for {', '.join(missing)}",
            fix="pass one, or give the field a default",
            code="SettingMissing",
        )
    given = {name: value for name, value in values.items() if value is not None}
    plain = {
        fields[name].variable: _text(where, function, fields[name], value)
        for name, value in given.items()
        if fields[name].type not in (Secret, Parameter)
    }
    function.add_variables(plain)
    for name, value in given.items():
        thing: Any = value
        if fields[name].type is Secret:
            expect_type(where, name, thing, "secret_arn", "aws_secretsmanager.ISecret")
            function.secret(fields[name].variable, thing)
        elif fields[name].type is Parameter:
            expect_type(where, name, thing, "parameter_name", "aws_ssm.IParameter")
            function.parameter(fields[name].variable, thing)


def _fields(where: Where, settings: object) -> tuple[Setting, ...]:
    if not isinstance(settings, type) or not issubclass(settings, FunctionSettings) or settings is FunctionSettings:
        where.refuse(
            "settings",
            "must be a subclass of FunctionSettings",
            got=settings.__name__ if isinstance(settings, type) else repr(settings),
            fix="write class Settings(FunctionSettings), and pass the class",
            code="SettingsInvalid",
        )
    try:
        return declared(settings)
    except (NameError, TypeError) as error:
        where.refuse(
            "settings",
            "must declare what a variable of the environment can hold",
            got=f"{error}",
            fix="correct the class",
            code="SettingsInvalid",
        )


def _text(where: Where, function: WellArchitectedFunction, setting: Setting, value: object) -> str:
    if setting.access is not None:
        return _granted(where, function, setting, setting.access, value)
    if is_token(value) and as_sequence(value) is None:
        return str(value)
    try:
        return setting.text(value)
    except ValueError:
        kind = setting.type
        meant = f"a member of {kind.__name__}" if isinstance(kind, enum.EnumType) else "such a value"
        where.refuse(
            setting.name,
            f"must be {setting.kind}",
            got=type(value).__name__ if isinstance(value, str) else repr(value),
            fix=f"pass {meant}, or change the field's type",
            code="SettingInvalid",
        )


def _granted(
    where: Where, function: WellArchitectedFunction, setting: Setting, access: Access, resource: object
) -> str:
    thing: Any = getattr(resource, "live", resource)  # of our functions, what is called is the alias
    able = ((kind, grants[access]) for kind, grants in _RESOURCES.items() if access in grants)
    kind, grant = next(((kind, grant) for kind, grant in able if has(thing, kind) and has(thing, grant)), ("", ""))
    if not kind:
        where.refuse(
            setting.name,
            f"must be something that a function can {access.value}",
            got=type_name(resource),
            fix="pass the resource itself, or declare another access",
            code="SettingResource",
        )
    try:
        with cdk_refusals(where):
            getattr(thing, grant)(function)
    except ValidationError as error:
        if error.code != "CannotModifyLambdaPermission":
            raise
        where.refuse(
            setting.name,
            "must be a function that is known to be of this account, or to let this one invoke it already",
            got="one imported by an ARN alone",
            fix="import it with from_function_attributes(..., same_environment=True), or skip_permissions=True",
            code="CannotModifyLambdaPermission",
        )
    key = next((getattr(thing, name) for name in _KEYS if has(thing, name)), None)
    if key is not None and access in _USES:
        complete_grant(function, key, *_USES[access])
    return str(getattr(thing, kind))
