from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr, aws_lambda as lambda_

from cdk_lambda_patterns import ContainerImage, WellArchitectedImageFunction, quotas
from cdk_lambda_patterns.testing import synthesize
from cdk_lambda_patterns.validation import Where
from tests.function.support import resources, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from cdk_lambda_patterns.quotas import Quota

WHERE = Where(cast("Any", SimpleNamespace(node=SimpleNamespace(path="Stack"))), "Function")
DIGEST = "sha256:" + "9" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM public.ecr.aws/lambda/python:3.14\n")
    return tmp_path


@pytest.fixture
def repository(stack: cdk.Stack) -> ecr.IRepository:
    return ecr.Repository(stack, "Repository")


def define(stack: cdk.Stack, image: ContainerImage, **options: Any) -> WellArchitectedImageFunction:  # noqa: ANN401
    return WellArchitectedImageFunction(stack, "Function", image=image, **options)


def test_an_image_of_a_folder_is_built_for_the_functions_architecture(stack: cdk.Stack, folder: Path) -> None:
    function = define(stack, ContainerImage.from_folder(folder))

    template = synthesize(stack)
    properties = the_function(template)
    assert properties["PackageType"] == "Image"
    assert properties["Architectures"] == ["arm64"]
    assert "ImageUri" in properties["Code"]
    assert not {"Handler", "Runtime", "Layers", "ImageConfig"} & properties.keys()
    assert platform_of(function) == "linux/arm64"


def test_the_platform_follows_the_architecture(stack: cdk.Stack, folder: Path) -> None:
    function = define(stack, ContainerImage.from_folder(folder), architecture=lambda_.Architecture.X86_64)

    assert the_function(synthesize(stack))["Architectures"] == ["x86_64"]
    assert platform_of(function) == "linux/amd64"


def platform_of(function: WellArchitectedImageFunction) -> str:
    """The platform that Docker is told to build for, from the assets' manifest."""
    stack = cdk.Stack.of(function)
    assembly = cast("cdk.Stage", cdk.Stage.of(stack)).synth(force=True)
    manifest = json.loads((Path(assembly.directory) / f"{stack.artifact_id}.assets.json").read_text())
    (image,) = manifest["dockerImages"].values()
    return str(image["source"]["platform"])


def test_options_of_the_build_and_the_start_are_passed_on(stack: cdk.Stack, tmp_path: Path) -> None:
    (tmp_path / "Containerfile").touch()
    image = ContainerImage.from_folder(
        str(tmp_path),
        file="Containerfile",
        target="lambda",
        build_args={"VERSION": "1"},
        exclude=["tests"],
        command=["app.handler"],
        entrypoint=["/entry.sh"],
        working_directory="/app",
    )

    function = define(stack, image)

    assert the_function(synthesize(stack))["ImageConfig"] == {
        "Command": ["app.handler"],
        "EntryPoint": ["/entry.sh"],
        "WorkingDirectory": "/app",
    }
    assert image.build_options == {
        "file": "Containerfile",
        "target": "lambda",
        "build_args": {"VERSION": "1"},
        "exclude": ["tests"],
    }
    assert platform_of(function) == "linux/arm64"


@pytest.mark.parametrize(("reference", "separator"), [("v1.2.3", ":"), (DIGEST, "@")])
def test_an_image_of_a_repository_is_named_by_tag_or_digest(
    reference: str, separator: str, stack: cdk.Stack, repository: ecr.IRepository
) -> None:
    define(stack, ContainerImage.from_repository(repository, tag_or_digest=reference))

    uri = the_function(synthesize(stack))["Code"]["ImageUri"]
    assert uri["Fn::Join"][1][-1].endswith(f"{separator}{reference}")


def test_lambda_may_pull_from_the_repository(stack: cdk.Stack, repository: ecr.IRepository) -> None:
    define(stack, ContainerImage.from_repository(repository, tag_or_digest="v1"))

    (properties,) = resources(synthesize(stack), "AWS::ECR::Repository").values()
    (statement,) = properties["RepositoryPolicyText"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert "ecr:BatchGetImage" in statement["Action"]


def test_fails_when_the_folder_has_no_dockerfile(tmp_path: Path) -> None:
    refusal(lambda: ContainerImage.from_folder(tmp_path), "DockerfileMissing", f"no file {tmp_path / 'Dockerfile'}")


def test_fails_when_the_named_dockerfile_is_missing(folder: Path) -> None:
    refusal(
        lambda: ContainerImage.from_folder(folder, file="Containerfile"),
        "DockerfileMissing",
        f"no file {folder / 'Containerfile'}",
    )


def test_fails_when_the_dockerfile_is_named_from_the_root(folder: Path) -> None:
    refusal(
        lambda: ContainerImage.from_folder(folder, file=str(folder / "Dockerfile")),
        "DockerfileMissing",
        f"no file {folder}{folder}/Dockerfile",
    )


@pytest.mark.parametrize(
    ("tag", "code", "got"),
    [("latest", "ImageTagMoves", "'latest', which moves without a deployment"), ("", "ImageTagMissing", "''")],
)
def test_fails_when_the_tag_is_no_one_image(tag: str, code: str, got: str, repository: ecr.IRepository) -> None:
    refusal(lambda: ContainerImage.from_repository(repository, tag_or_digest=tag), code, got)


@pytest.mark.parametrize(
    "tag", ["1 0", ".1", "-1", "orders:1", "t" * 129, "sha256:abc", "sha256:" + "0" * 63, "sha256:" + "F" * 64]
)
def test_fails_when_the_tag_is_none(tag: str, repository: ecr.IRepository) -> None:
    refusal(lambda: ContainerImage.from_repository(repository, tag_or_digest=tag), "ImageTagInvalid", repr(tag))


@pytest.mark.parametrize("tag", ["1", "_x", "V1.2-rc_3", "t" * 128, "sha256:" + "0123456789abcdef" * 4])
def test_any_tag_or_digest_of_ecr_is_taken(tag: str, repository: ecr.IRepository) -> None:
    assert ContainerImage.from_repository(repository, tag_or_digest=tag).tag_or_digest == tag


def test_a_tag_that_is_only_known_at_deployment_passes(stack: cdk.Stack, repository: ecr.IRepository) -> None:
    tag = cdk.CfnParameter(stack, "Tag").value_as_string

    define(stack, ContainerImage.from_repository(repository, tag_or_digest=tag))

    assert {"Ref": "Tag"} in the_function(synthesize(stack))["Code"]["ImageUri"]["Fn::Join"][1]


LIMITED = [
    (quotas.IMAGE_COMMAND, "command", lambda n: ["x"] * n),
    (quotas.IMAGE_ENTRYPOINT, "entrypoint", lambda n: ["x"] * n),
    (quotas.IMAGE_WORKING_DIRECTORY, "working_directory", lambda n: "/" * n),
]


@pytest.mark.parametrize(("quota", "option", "value"), LIMITED, ids=[option for _, option, _ in LIMITED])
def test_the_start_keeps_to_its_quota(quota: Quota, option: str, value: Any, folder: Path) -> None:  # noqa: ANN401
    most = int(quota.maximum)
    for amount in (0, 1, most):
        ContainerImage.from_folder(folder, **{option: value(amount)}).code_for(WHERE, architecture="arm64")

    too_long = ContainerImage.from_folder(folder, **{option: value(most + 1)})
    error = refusal(lambda: too_long.code_for(WHERE, architecture="arm64"), quota.code, f"{most + 1:,}")

    assert f"'{option}' must have {quota.range}" in str(error)
