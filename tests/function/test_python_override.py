"""What is added to a function after it was made is checked like what was given to its constructor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aws_cdk import aws_lambda as lambda_, aws_s3 as s3, aws_secretsmanager as secretsmanager

from cdk_lambda_patterns import ContainerImage, PythonLayer, ValidationError, WellArchitectedImageFunction
from cdk_lambda_patterns.testing import synthesize
from tests.bench.jsii_messages import counted
from tests.function.support import define, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk

LAYER = "arn:aws:lambda:eu-west-1:111111111111:layer:own:1"


def test_a_variable_is_added(stack: cdk.Stack) -> None:
    function = define(stack, environment={"FIRST": "1"})

    assert function.add_environment("SECOND", "2") is function
    function.add_variables({"THIRD": "3", "FOURTH": "4"})

    variables = the_function(synthesize(stack))["Environment"]["Variables"]
    assert variables == {"FIRST": "1", "SECOND": "2", "THIRD": "3", "FOURTH": "4"}


@pytest.mark.parametrize(
    ("name", "value", "code", "got"),
    [
        ("A-B", "1", "EnvironmentNameInvalid", "'A-B'"),
        ("AWS_REGION", "1", "EnvironmentNameReserved", "'AWS_REGION'"),
        ("DB_PASSWORD", "hunter2", "PlaintextSecret", "a secret's value for 'DB_PASSWORD' (not shown)"),
        ("COUNT", 5, "EnvironmentValueInvalid", "int for 'COUNT'"),
    ],
)
def test_fails_when_a_variable_that_is_added_is_refused(
    name: str, value: str, code: str, got: str, stack: cdk.Stack
) -> None:
    function = define(stack)

    error = refusal(lambda: function.add_environment(name, value), code, got)

    assert "hunter2" not in str(error)


def test_fails_when_variables_grow_beyond_the_limit(stack: cdk.Stack) -> None:
    function = define(stack, environment={"FIRST": "x" * 4000})
    function.add_environment("FIRST", "x" * 4050)  # in place of the other

    with pytest.raises(ValidationError, match=r"must be at most 4,096 bytes .*, got 4,[0-9]+; "):
        function.add_environment("SECOND", "x" * 50)
    with pytest.raises(ValidationError, match=r"must be at most 4,096 bytes .*, got 4,[0-9]+; "):
        function.secret("A_NAME_OF_SOME_LENGTH_FOR_A_SECRET", secretsmanager.Secret(stack, "Secret"))


def test_a_name_that_is_public_stays_so(stack: cdk.Stack) -> None:
    function = define(stack, public_environment={"SITE_TOKEN": "part of every page"})

    function.add_environment("SITE_TOKEN", "abc")


def test_fails_when_a_secret_takes_the_name_of_another(stack: cdk.Stack) -> None:
    function = define(stack, environment={"DB": "orders"})
    function.secret("DB_SECRET", secretsmanager.Secret(stack, "Secret"))

    for name in ("DB", "DB_SECRET"):
        with pytest.raises(ValidationError, match=rf"got another one for '{name}'; .*\(EnvironmentNameTaken\)"):
            function.secret(name, secretsmanager.Secret(stack, f"Other{name}"))


def test_fails_when_a_sixth_layer_is_added(stack: cdk.Stack) -> None:
    function = define(stack)
    layers = [lambda_.LayerVersion.from_layer_version_arn(stack, f"Layer{i}", LAYER) for i in range(6)]
    function.add_layers(*layers[:5])

    refusal(lambda: function.add_layers(layers[5]), "TooManyLayers", "6")


def test_fails_when_a_layer_that_is_added_is_for_another_processor(stack: cdk.Stack, tmp_path: Path) -> None:
    (tmp_path / "shared.py").touch()
    layer = PythonLayer(stack, "Layer", source=tmp_path, compatible_architectures=[lambda_.Architecture.X86_64])

    refusal(lambda: define(stack).add_layers(layer), "LayerArchitecture", "a layer for x86_64")


def test_fails_when_something_else_is_added_as_a_layer(stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError, match=r"must be of type aws_lambda\.ILayerVersion, got a string; "):
        define(stack).add_layers(LAYER)  # type: ignore[arg-type]


def test_node_does_not_know_of_them(stack: cdk.Stack) -> None:
    """It would call them from the constructor of `aws_lambda.Function`, for each variable."""
    with counted() as without:
        define(stack, "Without")

    with counted() as beside:
        define(stack, "Beside", environment={"FIRST": "1", "SECOND": "2"})

    assert len(beside) == len(without), beside


@pytest.mark.parametrize("name", ["DATABASE", "DATABASE_URL"])
def test_fails_when_a_secrets_value_comes_as_a_token_under_any_name(name: str, stack: cdk.Stack) -> None:
    value = secretsmanager.Secret(stack, "Secret").secret_value.unsafe_unwrap()
    bucket = s3.Bucket(stack, "Bucket").bucket_name

    refusal(
        lambda: define(stack, environment={"BUCKET": bucket, name: value}),
        "PlaintextSecret",
        f"a secret's value for {name!r} (not shown)",
    )


def test_fails_when_a_second_alias_is_to_be_live(stack: cdk.Stack) -> None:
    function = define(stack)
    function.add_alias("blue", description="another")

    refusal(lambda: function.add_alias("live"), "AliasNameTaken", "'live'")


def test_fails_when_what_nothing_calls_is_configured(stack: cdk.Stack) -> None:
    refusal(
        lambda: define(stack).configure_async_invoke(retry_attempts=0), "AsyncConfigurationOnLatest", "retry_attempts"
    )


def test_fails_when_a_layer_is_added_to_an_image(stack: cdk.Stack, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    function = WellArchitectedImageFunction(stack, "Function", image=ContainerImage.from_folder(tmp_path))

    refusal(
        lambda: function.add_layers(lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", LAYER)),
        "LayersOnImage",
        "layers for an image",
    )
