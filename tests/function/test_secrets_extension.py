from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_lambda as lambda_, aws_secretsmanager as secretsmanager, aws_ssm as ssm

from cdk_lambda_patterns import ValidationError, practices
from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.function.support import actions, define, resources, statements, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from cdk_lambda_patterns import WellArchitectedFunction
    from cdk_lambda_patterns.testing import Template

LAYER = "arn:aws:lambda:eu-central-1:111111111111:layer:own:1"


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(fast_app(), "Stack", env=cdk.Environment(account="111111111111", region="eu-central-1"))


def with_layers(stack: cdk.Stack, count: int) -> WellArchitectedFunction:
    return define(
        stack,
        layers=[lambda_.LayerVersion.from_layer_version_arn(stack, f"Layer{i}", LAYER) for i in range(count)],
    )


def test_a_secret_is_granted_and_referred_to_and_read_through_the_extension(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Database")

    define(stack).secret("DB_SECRET", secret)

    template = synthesize(stack)
    reference = {"Ref": stack.get_logical_id(secret.node.default_child)}  # type: ignore[arg-type]
    function = the_function(template)
    assert function["Environment"]["Variables"] == {"DB_SECRET": reference}
    (layer,) = function["Layers"]
    assert ":layer:AWS-Parameters-and-Secrets-Lambda-Extension-Arm64:" in layer
    granted = [s for s in statements(template) if "secretsmanager:GetSecretValue" in s["Action"]]
    assert [statement["Resource"] for statement in granted] == [reference]


def test_a_parameter_is_granted_and_referred_to_by_name(stack: cdk.Stack) -> None:
    parameter = ssm.StringParameter.from_string_parameter_name(stack, "Rate", "/orders/rate")

    define(stack).parameter("RATE_PARAMETER", parameter)

    template = synthesize(stack)
    assert the_function(template)["Environment"]["Variables"] == {"RATE_PARAMETER": "/orders/rate"}
    assert len(the_function(template)["Layers"]) == 1
    assert "ssm:GetParameter" in actions(template)


def test_a_secret_under_a_customers_key_can_be_decrypted(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")

    define(stack).secret("DB_SECRET", secretsmanager.Secret(stack, "Database", encryption_key=key))

    assert decrypted(synthesize(stack)) == [stack.resolve(key.key_arn)]


def decrypted(template: Template) -> list[Any]:
    """What the function may decrypt with."""
    return [statement["Resource"] for statement in statements(template) if statement["Action"] == "kms:Decrypt"]


def test_the_key_of_a_secret_may_be_imported(stack: cdk.Stack) -> None:
    """The CDK's grant says nothing of such a key, and the function could not read the secret."""
    arn = "arn:aws:kms:eu-central-1:111111111111:key/1"
    secret = secretsmanager.Secret.from_secret_attributes(
        stack,
        "Database",
        encryption_key=kms.Key.from_key_arn(stack, "Key", arn),
        secret_complete_arn="arn:aws:secretsmanager:eu-central-1:111111111111:secret:database-abcdef",
    )

    define(stack).secret("DB_SECRET", secret)

    assert decrypted(synthesize(stack)) == [arn]


def test_a_secret_and_its_key_may_stand_in_another_stack() -> None:
    """With the CDK's grant the key would name the role, whose stack needs the secret's: a circle."""
    app, env = fast_app(), cdk.Environment(account="1" * 12, region="eu-central-1")
    other, stack = cdk.Stack(app, "Other", env=env), cdk.Stack(app, "Stack", env=env)

    define(stack).secret("DB_SECRET", secretsmanager.Secret(other, "Database", encryption_key=kms.Key(other, "Key")))

    assert len(decrypted(synthesize(stack))) == 1
    assert other.dependencies == []


def test_the_extension_is_added_once(stack: cdk.Stack) -> None:
    function = define(stack)

    function.secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))
    function.secret("API_SECRET", secretsmanager.Secret(stack, "Api"))
    function.parameter("RATE", ssm.StringParameter(stack, "Rate", string_value="1"))

    template = synthesize(stack)
    assert len(the_function(template)["Layers"]) == 1
    assert the_function(template)["Environment"]["Variables"].keys() == {"DB_SECRET", "API_SECRET", "RATE"}


def test_an_extension_of_the_users_is_the_only_one(stack: cdk.Stack) -> None:
    function = define(
        stack,
        params_and_secrets=lambda_.ParamsAndSecretsLayerVersion.from_version_arn(LAYER, cache_size=10),
    )

    function.secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))

    assert the_function(synthesize(stack))["Layers"] == [LAYER]


def test_the_layer_is_for_the_functions_architecture(stack: cdk.Stack) -> None:
    function = define(stack, architecture=lambda_.Architecture.X86_64)

    function.secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))

    (layer,) = the_function(synthesize(stack))["Layers"]
    assert ":layer:AWS-Parameters-and-Secrets-Lambda-Extension:" in layer


def test_a_stack_for_any_region_looks_the_layer_up_at_deployment(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Stack")

    define(stack).secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))

    template = synthesize(stack)
    (layer,) = the_function(template)["Layers"]
    mapping, region, name = layer["Fn::FindInMap"]
    assert region == {"Ref": "AWS::Region"}
    assert "eu-central-1" in template["Mappings"][mapping]
    assert (
        ":layer:AWS-Parameters-and-Secrets-Lambda-Extension-Arm64:" in template["Mappings"][mapping]["us-east-1"][name]
    )


def test_the_extensions_version_is_one_that_the_cdk_knows() -> None:
    assert f"V{practices.SECRETS_EXTENSION_VERSION.replace('.', '_')}" in dir(lambda_.ParamsAndSecretsVersions)


def test_fails_when_the_region_has_no_extension(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="111111111111", region="us-iso-west-1"))
    function = define(stack)

    refusal(
        lambda: function.secret("DB_SECRET", secretsmanager.Secret(stack, "Database")),
        "SecretsExtensionUnknown",
        "us-iso-west-1",
    )


def test_four_layers_leave_room_for_the_extension(stack: cdk.Stack) -> None:
    with_layers(stack, 4).secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))

    assert len(the_function(synthesize(stack))["Layers"]) == 5


def test_fails_when_the_extension_is_the_sixth_layer(stack: cdk.Stack) -> None:
    function = with_layers(stack, 5)

    database = secretsmanager.Secret(stack, "Database")

    error = refusal(lambda: function.secret("DB_SECRET", database), "TooManyLayers", "6")

    assert "the Parameters and Secrets extension takes one" in str(error)


def test_fails_when_layers_that_were_added_later_leave_no_room(stack: cdk.Stack) -> None:
    function = with_layers(stack, 4)
    function.add_layers(lambda_.LayerVersion.from_layer_version_arn(stack, "Fifth", LAYER))

    with pytest.raises(ValidationError, match=r"got 6; the Parameters and Secrets extension takes one of them"):
        function.secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))


@pytest.mark.parametrize(("name", "code"), [("AWS_REGION", "EnvironmentNameReserved"), ("1", "EnvironmentNameInvalid")])
@pytest.mark.parametrize("kind", ["secret", "parameter"])
def test_fails_when_lambda_refuses_the_name(kind: str, name: str, code: str, stack: cdk.Stack) -> None:
    function = define(stack)
    value: Any = (
        secretsmanager.Secret(stack, "Value")
        if kind == "secret"
        else ssm.StringParameter.from_string_parameter_name(stack, "Value", "/value")
    )

    refusal(lambda: getattr(function, kind)(name, value), code, repr(name))


@pytest.mark.parametrize("kind", ["secret", "parameter"])
def test_fails_when_a_name_stands_for_the_resource(kind: str, stack: cdk.Stack) -> None:
    function = define(stack)

    error = refusal(
        lambda: getattr(function, kind)("SETTING", "arn:aws:secretsmanager:eu-central-1:111111111111:secret:orders"),
        "TypeMismatch",
        "str",
    )

    assert "orders" not in str(error)


def test_secrets_make_a_new_version(stack: cdk.Stack) -> None:
    function = define(stack)
    before = set(resources(synthesize(stack), "AWS::Lambda::Version"))

    function.secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))

    assert set(resources(synthesize(stack), "AWS::Lambda::Version")).isdisjoint(before)
