from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function.packaging.target import LOCAL_CLOUD, lambda_target, local_cloud_target

if TYPE_CHECKING:
    from cdk_lambda_patterns.validation import Where


@pytest.mark.parametrize(
    ("runtime", "architecture", "python", "platform"),
    [
        ("python3.14", "arm64", "3.14", "aarch64-manylinux_2_34"),
        ("python3.12", "x86_64", "3.12", "x86_64-manylinux_2_34"),
        ("python3.11", "arm64", "3.11", "aarch64-manylinux_2_17"),
        ("python3.10", "x86_64", "3.10", "x86_64-manylinux_2_17"),
    ],
)
def test_runtime_and_architecture_are_a_platform(
    runtime: str, architecture: str, python: str, platform: str, where: Where
) -> None:
    target = lambda_target(where, runtime, architecture)

    assert (target.python, target.platform) == (python, platform)
    assert target.label == f"{runtime} on {architecture}"


@pytest.mark.parametrize("runtime", ["nodejs24.x", "provided.al2023", "python2.7"])
def test_fails_when_the_runtime_is_not_python(runtime: str, where: Where) -> None:
    with pytest.raises(ValidationError, match=rf"got {runtime}; .*RuntimeNotPython"):
        lambda_target(where, runtime, "arm64")


def scope(value: object) -> cdk.App:
    return cdk.App(context={LOCAL_CLOUD: value})


def test_without_context_there_is_no_local_cloud(where: Where, stack: cdk.Stack) -> None:
    assert local_cloud_target(where, stack) is None


def test_context_names_the_local_cloud(where: Where) -> None:
    target = local_cloud_target(where, scope("3.11/x86_64-manylinux_2_28"))

    assert target is not None
    assert (target.python, target.platform) == ("3.11", "x86_64-manylinux_2_28")


@pytest.mark.parametrize("value", ["3.11", "x86_64-manylinux_2_28", "3.11/", "/x", 3.11, True])
def test_fails_when_the_context_is_something_else(value: object, where: Where) -> None:
    with pytest.raises(ValidationError, match=rf"got {value!r}; .*LocalCloudTarget"):
        local_cloud_target(where, scope(value))
