from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_secretsmanager as secretsmanager

from cdk_lambda_patterns import ContainerImage, WellArchitectedFunction, WellArchitectedImageFunction
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import actions, define as define_zip, resources, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def image(tmp_path: Path) -> ContainerImage:
    (tmp_path / "Dockerfile").write_text("FROM public.ecr.aws/lambda/python:3.14\n")
    return ContainerImage.from_folder(tmp_path)


def test_an_image_has_the_resources_of_every_function(stack: cdk.Stack, image: ContainerImage) -> None:
    other = cdk.Stack(cdk.App.of(stack), "Other")
    define_zip(other).invoked_asynchronously()

    function = WellArchitectedImageFunction(stack, "Function", image=image)
    function.invoked_asynchronously()

    assert isinstance(function, WellArchitectedFunction)
    assert types(stack) == types(other)


def types(stack: cdk.Stack) -> list[str]:
    return sorted(resource["Type"] for resource in synthesize(stack)["Resources"].values())


def test_an_image_has_the_settings_of_every_function(stack: cdk.Stack, image: ContainerImage) -> None:
    WellArchitectedImageFunction(stack, "Function", image=image)
    define_zip(stack, "Zip")

    (of_image, of_zip) = resources(synthesize(stack), "AWS::Lambda::Function").values()
    shared = ("Architectures", "MemorySize", "Timeout", "TracingConfig", "RecursiveLoop")
    assert {name: of_image[name] for name in shared} == {name: of_zip[name] for name in shared}


def test_options_are_those_of_every_function(stack: cdk.Stack, image: ContainerImage) -> None:
    WellArchitectedImageFunction(
        stack,
        "Function",
        image=image,
        memory_size=10_240,
        timeout=cdk.Duration.minutes(15),
        ephemeral_storage_size=cdk.Size.gibibytes(10),
        retry_attempts=0,
    )

    template = synthesize(stack)
    function = the_function(template)
    assert (function["MemorySize"], function["Timeout"], function["EphemeralStorage"]) == (
        10_240,
        900,
        {"Size": 10_240},
    )
    (config,) = resources(template, "AWS::Lambda::EventInvokeConfig").values()
    assert config["MaximumRetryAttempts"] == 0


LAYERED: dict[str, Callable[[cdk.Stack], Any]] = {
    "layers": lambda stack: [
        lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", "arn:aws:lambda:eu-west-1:1:layer:own:1")
    ],
    "params_and_secrets": lambda _: lambda_.ParamsAndSecretsLayerVersion.from_version(
        lambda_.ParamsAndSecretsVersions.V1_0_103
    ),
    "adot_instrumentation": lambda _: lambda_.AdotInstrumentationConfig(
        layer_version=lambda_.AdotLayerVersion.from_python_sdk_layer_version(
            lambda_.AdotLambdaLayerPythonSdkVersion.LATEST
        ),
        exec_wrapper=lambda_.AdotLambdaExecWrapper.INSTRUMENT_HANDLER,
    ),
}


@pytest.mark.parametrize("option", LAYERED)
def test_fails_when_an_option_would_add_a_layer(option: str, stack: cdk.Stack, image: ContainerImage) -> None:
    options = {option: LAYERED[option](stack)}

    refusal(
        lambda: WellArchitectedImageFunction(stack, "Function", image=image, **options),
        "LayersOnImage",
        f"{option} for an image",
    )


def test_layers_that_are_left_out_are_none(stack: cdk.Stack, image: ContainerImage) -> None:
    options: dict[str, Any] = {"layers": None}

    WellArchitectedImageFunction(stack, "Function", image=image, **options)


def test_insights_come_with_the_image_and_the_right_to_report(stack: cdk.Stack, image: ContainerImage) -> None:
    WellArchitectedImageFunction(
        stack, "Function", image=image, insights_version=lambda_.LambdaInsightsVersion.VERSION_1_0_333_0
    )

    template = synthesize(stack)
    assert "Layers" not in the_function(template)
    assert "logs:CreateLogGroup" in actions(template)


def test_a_secret_is_granted_and_referred_to_without_a_layer(stack: cdk.Stack, image: ContainerImage) -> None:
    function = WellArchitectedImageFunction(stack, "Function", image=image)

    function.secret("DB_SECRET", secretsmanager.Secret(stack, "Database"))

    template = synthesize(stack)
    assert "Layers" not in the_function(template)
    assert the_function(template)["Environment"]["Variables"].keys() == {"DB_SECRET"}
    assert "secretsmanager:GetSecretValue" in actions(template)


def test_fails_when_the_image_is_a_name(stack: cdk.Stack) -> None:
    name: Any = "public.ecr.aws/lambda/python:3.14"

    refusal(lambda: WellArchitectedImageFunction(stack, "Function", image=name), "TypeMismatch", "str")


def test_fails_when_lambda_lacks_the_architecture(stack: cdk.Stack, image: ContainerImage) -> None:
    refusal(
        lambda: WellArchitectedImageFunction(
            stack, "Function", image=image, architecture=lambda_.Architecture.custom("riscv64")
        ),
        "ArchitectureUnknown",
        "riscv64",
    )


def test_fails_at_the_function_when_a_value_is_refused(stack: cdk.Stack, image: ContainerImage) -> None:
    refusal(
        lambda: WellArchitectedImageFunction(stack, "Function", image=image, memory_size=64),
        "MemorySizeOutOfRange",
        "64",
    )


def test_code_of_an_image_needs_the_image_function(stack: cdk.Stack, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()

    image_code = lambda_.Code.from_asset_image(str(tmp_path))

    error = refusal(lambda: define_zip(stack, code=image_code), "ImageCode", "a container image")

    assert "WellArchitectedImageFunction" in str(error)
