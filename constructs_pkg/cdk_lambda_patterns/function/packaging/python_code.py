"""A function's Python code, with its dependencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_lambda_patterns.function.given import given_path, given_paths, given_texts
from cdk_lambda_patterns.tokens import is_token

from .bundle import Bundle
from .dependencies import listed_dependencies, locked_dependencies
from .handler_symbol import check_form, check_handler, is_among
from .requirements import normalized, require_file
from .settings_module import with_settings
from .source_files import gather
from .target import lambda_target, local_cloud_target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from cdk_lambda_patterns.function.given import PathLike
    from cdk_lambda_patterns.validation import Where

    from .dependencies import Dependencies


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonCode:
    """A function's Python code, packaged with its dependencies for the function's runtime and architecture.

    uv installs the dependencies: no container is used and nothing is compiled, for only wheels for Lambda's own
    platform are taken, whatever this machine is. The package is byte for byte the same on every machine, and is made
    again only when something in it changed. Made by `from_project`, `from_requirements` or `from_folder`.

    Every dependency is packaged, boto3 too where it is one. Lambda brings a boto3 of its own, which AWS updates when it
    likes and which need not fit a urllib3 that is packaged; AWS advises to package what a function uses.
    `exclude_packages` leaves it to Lambda all the same, and saves some 14 MB.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
    """

    source: Path
    """The folder with the code."""
    project: Path | None = None
    """The folder with pyproject.toml and uv.lock; None for code without a lock."""
    requirements: Path | None = None
    """The file of requirements; None for code without one."""
    include: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_packages: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    check_handler: bool = True

    @classmethod
    def from_project(
        cls,
        project: PathLike,
        *,
        source: PathLike | None = None,
        extras: Sequence[str] = (),
        groups: Sequence[str] = (),
        include: Sequence[PathLike] = (),
        exclude: Sequence[str] = (),
        exclude_packages: Sequence[str] = (),
        check_handler: bool = True,
    ) -> PythonCode:
        """The code of a uv project: its lock says what is installed, and is never changed here.

        Args:
            project: The folder with pyproject.toml and uv.lock; in a workspace the lock stands at its root. Other
                projects of the workspace, and projects named by path, are built into wheels and installed.
            source: The folder with the code, whose files come to the top of the package.
                Default: - the project's folder.
            extras: Extras of the project to install.
                Default: - none.
            groups: Dependency groups to install; the project's default groups, `dev` for one, are not.
                Default: - none.
            include: Folders and files that are added under their own names: with "lib/common", `import common` works.
                Default: - none.
            exclude: What to leave out of the source and of `include`: names (`*.md`) anywhere, paths from the folder
                (`/data/*.csv`) or from any folder (`**/data/*.csv`). Caches, environments, credentials, tests at the
                top and the like are left out anyway, see `source_files.LEFT_OUT`.
                Default: - nothing more.
            exclude_packages: Distributions not to install, because a layer or Lambda brings them.
                Default: - none.
            check_handler: Whether the handler must be found in the package. False is for one that a layer defines.
                Default: True
        """
        return cls(
            source=given_path("project", project) if source is None else given_path("source", source),
            project=given_path("project", project),
            extras=given_texts("extras", extras),
            groups=given_texts("groups", groups),
            include=given_paths("include", include),
            exclude=given_texts("exclude", exclude),
            exclude_packages=given_texts("exclude_packages", exclude_packages),
            check_handler=check_handler,
        )

    @classmethod
    def from_requirements(
        cls,
        requirements: PathLike,
        *,
        source: PathLike | None = None,
        include: Sequence[PathLike] = (),
        exclude: Sequence[str] = (),
        exclude_packages: Sequence[str] = (),
        check_handler: bool = True,
    ) -> PythonCode:
        """The code of a folder, with the packages that a file lists.

        Args:
            requirements: The file, as `uv pip compile --generate-hashes` or pip-tools write it: every package,
                dependencies of dependencies too, pinned to one version. Hashes are checked where they are given.
            source: The folder with the code, whose files come to the top of the package.
                Default: - the file's folder.
            include: Folders and files that are added under their own names.
                Default: - none.
            exclude: What to leave out, as for `from_project`.
                Default: - nothing more.
            exclude_packages: Distributions not to install, because a layer or Lambda brings them.
                Default: - none.
            check_handler: Whether the handler must be found in the package. False is for one that a layer defines.
                Default: True
        """
        return cls(
            source=given_path("requirements", requirements).parent if source is None else given_path("source", source),
            requirements=given_path("requirements", requirements),
            include=given_paths("include", include),
            exclude=given_texts("exclude", exclude),
            exclude_packages=given_texts("exclude_packages", exclude_packages),
            check_handler=check_handler,
        )

    @classmethod
    def from_folder(
        cls,
        source: PathLike,
        *,
        include: Sequence[PathLike] = (),
        exclude: Sequence[str] = (),
        check_handler: bool = True,
    ) -> PythonCode:
        """The code of a folder that needs nothing but Python, or what Lambda and layers bring.

        Args:
            source: The folder with the code.
            include: Folders and files that are added under their own names.
                Default: - none.
            exclude: What to leave out, as for `from_project`.
                Default: - nothing more.
            check_handler: Whether the handler must be found in the package. False is for one that a layer defines.
                Default: True
        """
        return cls(
            source=given_path("source", source),
            include=given_paths("include", include),
            exclude=given_texts("exclude", exclude),
            check_handler=check_handler,
        )

    def code_for(
        self,
        where: Where,
        scope: Construct,
        *,
        handler: str | None,
        runtime: str,
        architecture: str,
        limit_zipped: bool = False,
    ) -> lambda_.Code:
        """The code for one function: checked now, and packaged when the CDK stages it.

        A failure to package comes out of the function's constructor: put `bundling_errors()` around it.

        Args:
            where: The function, for messages.
            scope: Where context is read.
            handler: As Lambda takes it, `module.function`; None where there is none to check. One that is only known at
                deployment is not looked for.
            runtime: The Lambda runtime's name, for example `python3.14`.
            architecture: `arm64` or `x86_64`.
            limit_zipped: Whether the 50 MB of a zip file count too, as they do for Lambda@Edge. For others they do not:
                the CDK uploads through S3.
                Default: False

        Raises:
            ValidationError: A file or folder is missing, the lock is older than the project, a package is not pinned,
                or the handler is not in the code.
        """
        target = lambda_target(where, runtime, architecture)
        where.true_or_false(check_handler=self.check_handler)
        if self.requirements is not None:
            require_file(where, "requirements", self.requirements)  # or its folder would be read first
        prop = "project" if self.source == self.project else "source"
        gathered = gather(where, self.source, include=self.include, exclude=self.exclude, prop=prop)
        files = with_settings(where, gathered, runtime=runtime)
        dependencies = self._dependencies(where, runtime)
        deferred = False
        if handler is not None and self.check_handler and not is_token(handler):
            check_form(where, handler)
            deferred = dependencies is not None and not is_among(files, handler) and _may_bring(dependencies, handler)
            if not deferred:
                check_handler(where, handler, files, runtime=runtime, place=str(self.source))
        return Bundle(
            where=where,
            prop="code",
            asset_folder=self.source,
            files=files,
            dependencies=dependencies,
            targets=(local_cloud_target(where, scope) or target,) if dependencies else (target,),
            handler_in_dependencies=handler if deferred else None,
            runtime=runtime,
            limit_zipped=limit_zipped,
        ).code()

    def _dependencies(self, where: Where, runtime: str) -> Dependencies | None:
        if self.project is not None:
            return locked_dependencies(
                where,
                self.project,
                extras=self.extras,
                groups=self.groups,
                excluded=self.exclude_packages,
                runtimes=[runtime],
            )
        if self.requirements is not None:
            return listed_dependencies(where, self.requirements, excluded=self.exclude_packages)
        return None


def _may_bring(dependencies: Dependencies, handler: str) -> bool:
    """Whether a dependency may define the handler's module: by its name, for nothing is installed yet."""
    return normalized(handler.replace("/", ".").split(".")[0]) in dependencies.names - dependencies.excluded
