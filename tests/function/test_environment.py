from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_secretsmanager as secretsmanager, aws_ssm as ssm

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.environment import check_environment
from cdk_lambda_patterns.testing import synthesize
from cdk_lambda_patterns.validation import Where, type_name
from tests.function.support import define, refused, statements, the_function
from tests.refusals import refusal

# No construct is needed to look at names and values.
WHERE = Where(cast("Any", SimpleNamespace(node=SimpleNamespace(path="Stack"))), "Function")

SECRET = "s3cr3t-value-of-a-customer"
SECRETS = {
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "access key id": "AKIAIOSFODNN7EXAMPLE",
    "temporary access key id": "key=ASIAIOSFODNN7EXAMPLE",
    "GitHub token": "ghp_" + "a1B2" * 9,
    "Slack token": "xoxb-123456789012-abcdef",
    "Stripe key": "sk_" + "live_" + "a1B2c3D4e5F6g7H8",
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
    "URL with a password": "postgres://app:hunter2@db.internal/orders",
    "dynamic reference": "{{resolve:secretsmanager:prod/db:SecretString:password}}",
    "secure string": "{{resolve:ssm-secure:/prod/db/password:1}}",
}


def refuses(code: str, got: str, environment: dict[Any, Any], public: dict[str, str] | None = None) -> str:
    return str(refusal(lambda: check_environment(WHERE, environment, public), code, got))


def test_ordinary_settings_are_accepted() -> None:
    check_environment(
        WHERE, {"TABLE_NAME": "orders", "LOG_LEVEL": "DEBUG", "a1": "", "Url": "https://example.com/a:b@c"}
    )
    check_environment(WHERE, {})
    check_environment(WHERE, None)


@pytest.mark.parametrize("name", ["A", "1A", "_A", "A-B", "A B", "A.B", "Ä1", ""])
def test_fails_when_a_name_is_not_one(name: str) -> None:
    refuses("EnvironmentNameInvalid", repr(name), {name: "x"})


@pytest.mark.parametrize("name", sorted(quotas.ENVIRONMENT_RESERVED_NAMES))
def test_fails_when_a_name_is_reserved(name: str) -> None:
    # Names that begin with an underscore are none to begin with.
    refuses("EnvironmentNameInvalid" if name.startswith("_") else "EnvironmentNameReserved", repr(name), {name: "x"})


@pytest.mark.parametrize("value", [5432, True, None, 1.5, ["a"]])
def test_fails_when_a_value_is_not_text(value: object) -> None:
    text = refuses("EnvironmentValueInvalid", f"{type_name(value)} for 'PORT'", {"PORT": value})

    assert "write str(...)" in text


def test_fails_when_a_value_is_a_number_that_is_known_at_deployment() -> None:
    refuses("EnvironmentValueInvalid", "float for 'PORT'", {"PORT": cdk.Token.as_number({"Ref": "Port"})})


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "db_pwd",
        "API_KEY",
        "APIKEY",
        "CLIENT_SECRET",
        "AUTH_TOKEN",
        "PRIVATE_KEY",
        "CREDENTIALS",
    ],
)
def test_fails_when_a_name_says_that_the_value_is_a_secret(name: str) -> None:
    text = refuses("PlaintextSecret", f"a secret's value for {name!r} (not shown)", {name: SECRET})

    assert SECRET not in text
    assert f"function.secret({name!r}, secret)" in text


@pytest.mark.parametrize("kind", SECRETS)
def test_fails_when_a_value_looks_like_a_secret(kind: str) -> None:
    text = refuses("PlaintextSecret", "a secret's value for 'SETTING' (not shown)", {"SETTING": SECRETS[kind]})

    assert SECRETS[kind] not in text


@pytest.mark.parametrize(
    "name", ["TOKEN_URL", "PASSWORD_LENGTH", "SECRETS_BUCKET", "TOKENS", "KEYBOARD", "PARTITION_KEY"]
)
def test_names_that_only_contain_such_words_are_accepted(name: str) -> None:
    check_environment(WHERE, {name: "anything"})


@pytest.mark.parametrize("value", ["", "true", "False", "0", "none"])
def test_a_flag_is_no_secret(value: str) -> None:
    check_environment(WHERE, {"USE_API_KEY": value})


def test_a_value_that_is_declared_public_is_accepted_with_its_reason() -> None:
    check_environment(
        WHERE, {"STRIPE_KEY": "pk_live_1", "API_KEY": "pk"}, {"API_KEY": "a publishable key, in every page"}
    )


@pytest.mark.parametrize("reason", ["", "  "])
def test_fails_when_a_public_value_has_no_reason(reason: str) -> None:
    refuses("ReasonMissing", "none for 'API_KEY'", {"API_KEY": "pk"}, {"API_KEY": reason})


def test_fails_when_a_password_stands_beside_a_value_that_is_known_at_deployment(stack: cdk.Stack) -> None:
    host = cdk.CfnParameter(stack, "Host").value_as_string

    refuses("PlaintextSecret", "a secret's value for 'DATABASE' (not shown)", {"DATABASE": f"pg://app:{SECRET}@{host}"})
    check_environment(WHERE, {"DATABASE": f"pg://{host}:5432/orders"})


@pytest.mark.parametrize("name", ["DB_PASSWORD", "DATABASE_URL"])
def test_fails_when_a_secret_was_unwrapped_into_a_value(name: str, stack: cdk.Stack) -> None:
    """CloudFormation would write the value into the function's configuration, for everybody who can see it."""
    password = secretsmanager.Secret(stack, "Database").secret_value.unsafe_unwrap()
    value = password if name == "DB_PASSWORD" else f"pg://app:{password}@db.internal/orders"

    refuses("PlaintextSecret", f"a secret's value for {name!r} (not shown)", {name: value})


def test_references_to_secrets_are_left_alone(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Database")
    parameter = ssm.StringParameter.value_for_string_parameter(stack, "/orders/token-endpoint")

    check_environment(WHERE, {"DB_SECRET": secret.secret_arn, "API_TOKEN": parameter})


def test_the_size_is_counted_in_bytes_of_utf_8() -> None:
    quota = quotas.ENVIRONMENT_SIZE
    empty = len('{"GREETING":""}')
    umlauts = (int(quota.maximum) - empty) // 2

    check_environment(WHERE, {"GREETING": "ü" * umlauts})
    refuses(quota.code, f"{empty + 2 * umlauts + 2:,}", {"GREETING": "ü" * (umlauts + 1)})


def test_what_is_known_at_deployment_does_not_count(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string

    check_environment(WHERE, {f"TABLE{i}": name for i in range(200)})


def test_the_function_gets_its_variables(stack: cdk.Stack) -> None:
    define(stack, environment={"TABLE_NAME": "orders", "EMPTY": ""})

    assert the_function(synthesize(stack))["Environment"] == {"Variables": {"EMPTY": "", "TABLE_NAME": "orders"}}


def test_fails_at_the_function_that_has_the_secret(stack: cdk.Stack) -> None:
    error = refused(
        stack, "PlaintextSecret", "a secret's value for 'DB_PASSWORD' (not shown)", environment={"DB_PASSWORD": SECRET}
    )

    assert error.path == "Stack/Function"
    assert SECRET not in repr(error)


@pytest.mark.parametrize("plain_resource", [False, True])
def test_the_role_may_decrypt_variables_under_a_customers_key(plain_resource: bool, stack: cdk.Stack) -> None:  # noqa: FBT001
    key: Any = kms.CfnKey(stack, "Key", key_policy={"Statement": []}) if plain_resource else kms.Key(stack, "Key")
    logical_id = stack.get_logical_id(key if plain_resource else key.node.default_child)

    define(stack, environment={"TABLE_NAME": "orders"}, environment_encryption=key)

    template = synthesize(stack)
    assert the_function(template)["KmsKeyArn"] == {"Fn::GetAtt": [logical_id, "Arn"]}
    assert {
        "Action": "kms:Decrypt",
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": [logical_id, "Arn"]},
    } in statements(template)


@pytest.mark.parametrize(("name", "got"), [(None, "None"), (5, "5"), ("A\ud800", r"'A\ud800'")])
def test_fails_when_a_name_is_no_text(name: Any, got: str) -> None:  # noqa: ANN401
    refuses("TextExpected", got, {name: "value"})


def test_fails_without_showing_it_when_a_value_is_half_a_character() -> None:
    assert "hunter2" not in refuses("EnvironmentValueInvalid", "half a character for 'KEY'", {"KEY": "hunter2\ud800"})


@pytest.mark.parametrize("environment", [["KEY"], "KEY=value", 5])
def test_fails_when_variables_are_no_dict(environment: Any) -> None:  # noqa: ANN401
    refuses("TypeMismatch", type(environment).__name__, environment)
    refuses("TypeMismatch", type(environment).__name__, {"KEY": "value"}, environment)


def test_reasons_are_looked_at_without_variables_too() -> None:
    refuses("ReasonMissing", "none for 'API_TOKEN'", {}, {"API_TOKEN": " "})
    refuses("TextExpected", "None", {}, {"API_TOKEN": cast("Any", None)})
