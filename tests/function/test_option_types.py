from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import ContainerImage, ValidationError, WellArchitectedImageFunction
from tests.function.support import define, refused

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG: dict[str, tuple[Any, str]] = {
    "architecture": ("arm64", "str"),
    "tracing": (True, "bool"),
    "logging_format": ("JSON", "str"),
    "application_log_level_v2": ("DEBUG", "str"),
    "recursive_loop": ("Allow", "str"),
    "description": (5, "int"),
    "function_name": (5, "int"),
    "profiling": ("yes", "str"),
    "profiling_group": (float("nan"), "float"),
    "snap_start": (False, "bool"),
    "filesystem": ("/mnt/data", "str"),
    "runtime_management_mode": ("Auto", "str"),
    "params_and_secrets": ("1", "str"),
    "durable_config": ("1 h", "str"),
    "environment": (["KEY"], "list"),
    "initial_policy": ([{"Effect": "Allow"}], "list of something else"),
    "current_version_options": ("retain", "str"),
    "log_removal_policy": ("destroy", "str"),
    "runtime": ("python3.13", "str"),
}


@pytest.mark.parametrize("option", WRONG)
def test_fails_when_an_option_is_of_another_type(option: str, stack: cdk.Stack) -> None:
    value, got = WRONG[option]

    error = refused(stack, "TypeMismatch", got, **{option: value})

    assert f"'{option}' must be of type " in str(error)
    assert "NoneType" not in str(error)
    assert "aws_cdk" not in str(error)


@pytest.mark.parametrize("option", ["memory_size", "reserved_concurrent_executions", "retry_attempts"])
def test_fails_when_a_number_is_a_boolean(option: str, stack: cdk.Stack) -> None:
    with pytest.raises(
        ValidationError, match=rf"'{option}' must be a whole number, .*, got True; .*\[Stack/Function\]"
    ):
        define(stack, **{option: True})


def test_fails_when_a_number_is_a_token_of_text(stack: cdk.Stack) -> None:
    error = refused(stack, "RetryAttemptsOutOfRange", repr(cdk.Aws.REGION), retry_attempts=cdk.Aws.REGION)

    assert "'retry_attempts' must be a whole number, at most 2 retries" in str(error)


@pytest.mark.parametrize("code", [None, "handlers/orders", Path("handlers"), b"code"])
def test_fails_when_the_code_is_a_path(code: object, stack: cdk.Stack) -> None:
    error = refused(stack, "TypeMismatch", repr(code), code=code)

    assert "PythonCode.from_folder" in str(error)


@pytest.mark.parametrize("handler", [None, 5])
def test_fails_when_the_handler_is_no_text(handler: object, stack: cdk.Stack) -> None:
    refused(stack, "TextExpected", repr(handler), handler=handler)


def test_fails_with_the_nearest_name_when_an_option_does_not_exist(stack: cdk.Stack) -> None:
    error = refused(stack, "OptionUnknown", "a value for it", memry_size=512)
    assert "'memry_size' is not an option of a function" in str(error)
    assert "did you mean 'memory_size'?" in str(error)

    assert "leave it out" in str(refused(stack, "OptionUnknown", "a value for it", xyz=512))


@pytest.mark.parametrize(
    ("config", "got"),
    [
        ({}, "one that needs 'execution_timeout'"),
        ({"execution_timeot": cdk.Duration.hours(1)}, "one that does not have 'execution_timeot'"),
    ],
)
def test_fails_when_a_dict_in_place_of_a_struct_has_other_members(
    config: dict[str, Any], got: str, stack: cdk.Stack
) -> None:
    error = refused(stack, "StructInvalid", got, durable_config=config)

    assert "DurableConfig" in str(error)


@pytest.mark.parametrize("option", ["code", "handler", "runtime"])
def test_fails_when_an_image_is_given_what_it_says_itself(option: str, stack: cdk.Stack, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    options: dict[str, Any] = {option: "anything"}

    with pytest.raises(ValidationError, match=f"'{option}' must be left out: the image says it, got {option} for an"):
        WellArchitectedImageFunction(stack, "Function", image=ContainerImage.from_folder(tmp_path), **options)


@pytest.mark.parametrize("image", [None, "repository:1"])
def test_fails_when_the_image_is_none(image: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError, match=r"'image' must be of type ContainerImage, got (None|str); "):
        WellArchitectedImageFunction(stack, "Function", image=image)


@pytest.mark.parametrize(
    "image",
    [
        ContainerImage,
        lambda: ContainerImage.from_repository("orders", tag_or_digest="1"),  # type: ignore[arg-type]
    ],
)
def test_fails_when_the_image_is_of_no_repository(image: Callable[[], ContainerImage], stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError, match=r"'repository' must be of type aws_ecr.IRepository, got (None|str); "):
        WellArchitectedImageFunction(stack, "Function", image=image())


@pytest.mark.parametrize("tag", [None, 1, ""])
def test_fails_when_a_tag_is_no_text(tag: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError, match=f"'tag_or_digest' must name one image, got {tag!r}; "):
        ContainerImage.from_repository(None, tag_or_digest=tag)  # type: ignore[arg-type]


@pytest.mark.parametrize("build_args", [["A=1"], {"A": 1}])
def test_fails_when_build_arguments_are_no_texts(build_args: Any, stack: cdk.Stack, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "Dockerfile").touch()
    image = ContainerImage.from_folder(tmp_path, build_args=build_args)

    with pytest.raises(ValidationError, match=r"'build_args' must be of type .*\(TypeMismatch\)"):
        WellArchitectedImageFunction(stack, "Function", image=image)


def test_a_secret_or_parameter_must_be_given(stack: cdk.Stack) -> None:
    function = define(stack)

    with pytest.raises(ValidationError, match=r"'secret' must be of type aws_secretsmanager.ISecret, got None"):
        function.secret("DB_SECRET", None)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match=r"'parameter' must be of type aws_ssm.IParameter, got None"):
        function.parameter("PARAMETER", None)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match=r"'source' must be of type aws_lambda.IEventSource, got (None|a string)"):
        function.add_event_source("queue")  # type: ignore[arg-type]


def test_every_type_of_the_cdk_is_accepted(stack: cdk.Stack) -> None:
    define(
        stack,
        architecture=lambda_.Architecture.X86_64,
        current_version_options={"description": "a dict in place of a struct"},
        tracing=lambda_.Tracing.PASS_THROUGH,
        environment={"KEY": "value"},
    )
