"""Secrets of templates: the generated ones have a value, and all are named as the CDK expects.

What the published emulator does: a secret with `GenerateSecretString: {}`, which is what the CDK makes by default, is
empty. Of what `GenerateSecretString` may say it knows the length, the characters to leave out and the template.
`Ref` gives a secret's name, in which the stack's comes first, so that a template with the CDK's `secret_name` fails.

What AWS does: it generates a password, of 32 characters if nothing else is said and with one of each kind. `Ref` gives
the secret's ARN; a secret without a name gets one of two words, its logical id the first. A secret that is given no
value has none.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html
"""

from __future__ import annotations

import json
import secrets
import string
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from .support.emulator import Record, around, as_record, module

if TYPE_CHECKING:
    from collections.abc import Callable

_Created: TypeAlias = tuple[str, Record]
"""The physical id of a resource, and its attributes."""

_TYPE = "AWS::SecretsManager::Secret"
_GENERATE = "GenerateSecretString"
_SUFFIX_LENGTH = 12


def apply() -> None:
    """Generate what templates ask for, and have ARNs stand for secrets."""
    provisioners = module("services.cloudformation.provisioners")
    handler = provisioners._RESOURCE_HANDLERS[_TYPE]
    store = module("services.secretsmanager")

    def name_of(physical_id: str) -> str:
        name: str | None = store._resolve(physical_id)[0]
        return name or physical_id

    @around(provisioners, "_sm_secret_string", "props")
    def _value(original: Callable[..., str], props: Record) -> str:
        asked = as_record(props.get(_GENERATE))
        if asked is None:
            return original(props)
        if "SecretString" in props:
            raise ValueError(f"a secret takes SecretString or {_GENERATE}, got both")
        return _generated(asked)

    @around(handler, "create", "logical_id, props, stack_name")
    def _create(original: Callable[..., _Created], logical_id: str, props: Record, stack_name: str) -> _Created:
        name, attributes = original(logical_id, {"Name": _new_name(logical_id), **props}, stack_name)
        if not props.keys() & {"SecretString", _GENERATE}:
            store._secrets[name]["Versions"].clear()
        return attributes["Arn"], attributes

    @around(handler, "update", "physical_id, old_props, new_props, stack_name, logical_id")
    def _update(
        original: Callable[..., _Created],
        physical_id: str,
        old_props: Record,
        new_props: Record,
        stack_name: str,
        logical_id: str,
    ) -> _Created:
        name = name_of(physical_id)
        stays = "Name" not in old_props and name != physical_id
        generated = name if stays else _new_name(logical_id)
        _, attributes = original(name, old_props, {"Name": generated, **new_props}, stack_name, logical_id)
        return attributes["Arn"], attributes

    @around(handler, "delete", "physical_id, props")
    def _delete(original: Callable[..., None], physical_id: str, props: Record) -> None:
        original(name_of(physical_id), props)

    readers = module("services.cloudformation.drift")._DRIFT_READERS
    read_by_name, compared = readers[_TYPE]

    def read(physical_id: str, props: Record) -> Record | None:
        found: Record | None = read_by_name(name_of(physical_id), props)
        return found

    readers[_TYPE] = (read, compared)


def _generated(asked: Record) -> str:
    """The value that `GenerateSecretString` asks for."""
    template, key = asked.get("SecretStringTemplate"), asked.get("GenerateStringKey")
    if (template is None) != (key is None):
        raise ValueError("SecretStringTemplate and GenerateStringKey go together")
    password = _password(asked)
    if template is None:
        return password
    around_it = as_record(json.loads(template))
    if around_it is None:
        raise ValueError("SecretStringTemplate must be a JSON object")
    return json.dumps({**around_it, key: password})


def _password(asked: Record) -> str:
    # The emulator's API makes passwords as AWS does; templates may have numbers and booleans as text.
    request = {name: value == "true" if value in ("true", "false") else value for name, value in asked.items()}
    if "PasswordLength" in asked:
        request["PasswordLength"] = int(asked["PasswordLength"])
    status, _, body = module("services.secretsmanager")._get_random_password(request)
    answer = json.loads(body)
    if status != HTTPStatus.OK:
        raise ValueError(answer["message"])
    return str(answer["RandomPassword"])


def _new_name(logical_id: str) -> str:
    letters = string.ascii_letters + string.digits
    return f"{logical_id}-{''.join(secrets.choice(letters) for _ in range(_SUFFIX_LENGTH))}"
