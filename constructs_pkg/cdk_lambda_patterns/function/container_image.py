"""The container image of a function: built from a folder at deployment, or taken from a repository."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_ecr as ecr, aws_ecr_assets as ecr_assets, aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.tokens import is_token

from .cdk_refusals import cdk_refusals, require_type
from .given import given_path, given_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk_lambda_patterns.validation import Where

_PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


@dataclass(frozen=True, kw_only=True)
class ContainerImage:
    """An image for `WellArchitectedImageFunction`. Made with `from_folder` or `from_repository`."""

    folder: Path | None = None
    """The folder with the Dockerfile."""
    repository: ecr.IRepository | None = None
    """The repository that holds the image."""
    tag_or_digest: str | None = None
    """Which image of the repository."""
    command: Sequence[str] | None = None
    """The handler, or other arguments of the entry point, in place of the image's `CMD`."""
    entrypoint: Sequence[str] | None = None
    """What is started, in place of the image's `ENTRYPOINT`."""
    working_directory: str | None = None
    """Where it is started, in place of the image's `WORKDIR`."""
    build_options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Options of `aws_ecr_assets.DockerImageAsset` for the build."""

    @classmethod
    def from_folder(
        cls,
        folder: str | Path,
        *,
        file: str | None = None,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
        exclude: Sequence[str] | None = None,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        working_directory: str | None = None,
    ) -> ContainerImage:
        """An image that `cdk deploy` builds for the function's architecture and pushes.

        Args:
            folder: The folder with the Dockerfile.
            file: The Dockerfile, relative to the folder.
                Default: - `Dockerfile`.
            target: The stage of the Dockerfile to build.
                Default: - the last one.
            build_args: Build arguments. They end up in the image: no secrets.
                Default: - none.
            exclude: Patterns of files that are no part of the build.
                Default: - what `.dockerignore` says.
            command: In place of the image's `CMD`, at most 1,500 entries.
                Default: - the image's.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
            entrypoint: In place of the image's `ENTRYPOINT`, at most 1,500 entries.
                Default: - the image's.
            working_directory: In place of the image's `WORKDIR`, at most 1,000 characters.
                Default: - the image's.

        Raises:
            ValidationError: There is no such folder or Dockerfile, or a list is none.
        """
        folder = given_path("folder", folder)
        dockerfile = Path(f"{folder}/{file or 'Dockerfile'}")  # as the CDK does: also where "file" begins with a slash
        if not dockerfile.is_file():
            message = f"'folder' must hold a Dockerfile, got no file {dockerfile}; name another one with 'file'"
            raise ValidationError(message, code="DockerfileMissing")
        options = {"file": file, "target": target, "build_args": build_args, "exclude": exclude}
        return cls(
            folder=folder,
            command=None if command is None else given_texts("command", command),
            entrypoint=None if entrypoint is None else given_texts("entrypoint", entrypoint),
            working_directory=working_directory,
            build_options={name: value for name, value in options.items() if value is not None},
        )

    @classmethod
    def from_repository(
        cls,
        repository: ecr.IRepository,
        *,
        tag_or_digest: str,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        working_directory: str | None = None,
    ) -> ContainerImage:
        """An image that stands in an ECR repository. It must have been built for the function's architecture.

        Args:
            repository: The repository, in the function's Region.
            tag_or_digest: Which image. A digest, or a tag that never moves: behind a moving tag a deployment changes
                nothing.
            command: In place of the image's `CMD`, at most 1,500 entries.
                Default: - the image's.
            entrypoint: In place of the image's `ENTRYPOINT`, at most 1,500 entries.
                Default: - the image's.
            working_directory: In place of the image's `WORKDIR`, at most 1,000 characters.
                Default: - the image's.

        Raises:
            ValidationError: The tag is none that ECR has, or `latest`.
        """
        if not isinstance(cast("object", tag_or_digest), str) or not tag_or_digest:
            message = (
                f"'tag_or_digest' must name one image, got {tag_or_digest!r}; "
                "give a digest or a tag that is never used again"
            )
            raise ValidationError(message, code="ImageTagMissing")
        if not is_token(tag_or_digest) and not re.fullmatch(quotas.IMAGE_TAG_OR_DIGEST_PATTERN, tag_or_digest):
            message = (
                "'tag_or_digest' must be a tag of letters, digits, '_', '.' and '-', or 'sha256:' with 64 hexadecimal "
                f"digits, got {tag_or_digest!r}; correct it"
            )
            raise ValidationError(message, code="ImageTagInvalid")
        if tag_or_digest == "latest":
            message = (
                "'tag_or_digest' must name one image, got 'latest', which moves without a deployment; "
                "give a digest or a tag that is never used again"
            )
            raise ValidationError(message, code="ImageTagMoves")
        return cls(
            repository=repository,
            tag_or_digest=tag_or_digest,
            command=None if command is None else given_texts("command", command),
            entrypoint=None if entrypoint is None else given_texts("entrypoint", entrypoint),
            working_directory=working_directory,
        )

    def code_for(self, where: Where, *, architecture: str) -> lambda_.Code:
        """The image as the CDK wants it, for one architecture.

        Raises:
            ValidationError: An entry point, command or working directory beyond the service's limits.
        """
        where.size("entrypoint", self.entrypoint, quotas.IMAGE_ENTRYPOINT)
        where.size("command", self.command, quotas.IMAGE_COMMAND)
        where.size("working_directory", self.working_directory, quotas.IMAGE_WORKING_DIRECTORY)
        start: dict[str, Any] = {
            "cmd": None if self.command is None else list(self.command),
            "entrypoint": None if self.entrypoint is None else list(self.entrypoint),
            "working_directory": self.working_directory,
        }
        if self.folder is None:
            require_type(where, "repository", self.repository, "repository_arn", "aws_ecr.IRepository")
            repository = cast("ecr.IRepository", self.repository)
            with cdk_refusals(where):
                return lambda_.Code.from_ecr_image(repository, tag_or_digest=self.tag_or_digest, **start)
        platform = ecr_assets.Platform.custom(_PLATFORMS[architecture])
        with cdk_refusals(where):
            return lambda_.Code.from_asset_image(str(self.folder), platform=platform, **start, **self.build_options)
