"""Puts a package together, in the CDK's own time: when it stages the asset, and not when it need not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns.errors import ValidationError

from . import package_size
from .handler_symbol import check_handler
from .source_files import SourceFile, content_digest, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from cdk_lambda_patterns.validation import Where

    from .dependencies import Dependencies
    from .target import Target

RECIPE = "1"
"""Raised when the same input makes another package: it is part of every asset's hash."""

_failures: ContextVar[list[Exception] | None] = ContextVar("_failures", default=None)


@contextmanager
def bundling_errors() -> Generator[None]:
    """Inside, a failure to make a package is the Python exception that it was.

    The CDK makes packages when a construct is constructed, in a callback from Node, and reports a failure as a
    RuntimeError with JavaScript's stack. Put around such a constructor, this raises the original, a ValidationError as
    a rule.
    """
    failures: list[Exception] = []
    token = _failures.set(failures)
    try:
        yield
    except Exception:
        if not failures:
            raise
        error = failures[0]
        # Where a refusal was raised says nothing to the user: the frames are those of the callback.
        raise (error.with_traceback(None) if isinstance(error, ValidationError) else error) from None
    finally:
        _failures.reset(token)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A package to be made: files of the user's own, and dependencies."""

    where: Where
    prop: str
    """What the user gave the code as, for messages."""
    asset_folder: Path
    """The folder that the CDK takes for the asset's source."""
    files: Mapping[str, Path]
    dependencies: Dependencies | None
    targets: tuple[Target, ...]
    """What the dependencies are for; with several, they must be the same for each."""
    prefix: str = ""
    """The folder in the package that everything goes into: `python` in a layer."""
    handler_in_dependencies: str | None = None
    """A handler that no file of the user's defines: looked for when the dependencies are there."""
    runtime: str = ""
    """The Lambda runtime that calls it."""
    limit_zipped: bool = False
    """Whether the limit of zipped bytes counts, as it does for Lambda@Edge."""

    def code(self) -> lambda_.Code:
        """The code, made when the CDK stages it."""
        return lambda_.Code.from_asset(
            str(self.asset_folder.absolute()),  # Node may run in another folder
            asset_hash=self.asset_hash(),
            asset_hash_type=cdk.AssetHashType.CUSTOM,
            bundling=cdk.BundlingOptions(
                image=cdk.DockerImage.from_registry("no-container-is-used"),
                local=_Bundler(self.write),
                output_type=cdk.BundlingOutput.NOT_ARCHIVED,
            ),
        )

    def asset_hash(self) -> str:
        """Of all that decides the package's content: the same on every machine and in every folder."""
        decisive = {
            "recipe": RECIPE,
            "targets": [[target.python, target.platform] for target in self.targets] if self.dependencies else [],
            "prefix": self.prefix,
            "dependencies": self.dependencies.digest if self.dependencies else "",
            "excluded": sorted(self.dependencies.excluded) if self.dependencies else [],
            # What is checked when the package is made: a staged one is not made, and not checked, again.
            "checks": [self.handler_in_dependencies, self.limit_zipped],
            "files": digest(SourceFile(name, path) for name, path in self.files.items()),
        }
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def write(self, output: Path) -> None:
        """Make the package in an empty folder."""
        content = output / self.prefix
        if self.dependencies is not None:
            installed = self._installed(self.dependencies)
            self._refuse_clashes(installed)
            shutil.copytree(installed, content, dirs_exist_ok=True)
        for name, path in self.files.items():
            target = content / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        _set_modes(output)
        if self.handler_in_dependencies is not None:
            self._check_handler(content, self.handler_in_dependencies)
        package_size.check_unzipped(self.where, self.prop, output, entries=content)
        if self.limit_zipped:
            package_size.check_zipped(self.where, self.prop, output)

    def _installed(self, dependencies: Dependencies) -> Path:
        first, *others = (dependencies.install(self.where, target) for target in self.targets)
        for target, other in zip(self.targets[1:], others, strict=True):
            if (differing := _differing(first, other)) is not None:
                self.where.refuse(
                    dependencies.prop,
                    "must be the same packages for every runtime and architecture that they are for",
                    got=f"another {differing} for {target.label} than for {self.targets[0].label}",
                    fix="make one layer for each",
                    code="LayerNotPortable",
                )
        return first

    def _refuse_clashes(self, installed: Path) -> None:
        """Refuse code of the user's that would hide a dependency, or be hidden by one."""
        for name in self.files:
            top, _, below = name.partition("/")
            module = top.removesuffix(".py") if not below else top
            package, file = installed / module, installed / f"{module}.py"
            regular = not below or f"{top}/__init__.py" in self.files
            if (installed / name).exists() or (
                name.endswith(".py")
                and (file.exists() or (package / "__init__.py").exists() or (regular and package.is_dir()))
            ):
                self.where.refuse(
                    self.prop,
                    "must not have the name of something that a dependency brings",
                    got=f"'{name}'",
                    fix="rename it, or name the dependency in 'exclude_packages'",
                    code="SourceHidesDependency",
                )

    def _check_handler(self, content: Path, handler: str) -> None:
        modules = {path.relative_to(content).as_posix(): path for path in content.rglob("*.py")}
        check_handler(self.where, handler, modules, runtime=self.runtime, place="the dependencies")


@jsii.implements(cdk.ILocalBundling)
class _Bundler:
    """What the CDK calls when it stages the asset."""

    def __init__(self, write: Callable[[Path], None]) -> None:
        self._write = write

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **_: Any) -> bool:  # noqa: ANN401, ARG002 - jsii's
        """Make the package; never leave it to a container."""
        try:
            self._write(Path(output_dir))
        except Exception as error:
            failures = _failures.get()
            if failures is not None:
                failures.append(error)
            raise
        return True


def _differing(one: Path, other: Path) -> str | None:
    """A file that two installs do not share; None if they are equal."""
    differing = set(_contents(one).items()) ^ set(_contents(other).items())
    return min(name for name, _ in differing) if differing else None


def _contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): content_digest(path) for path in files}


def _set_modes(folder: Path) -> None:
    """Give files and folders the modes that they have on every machine."""
    for place, _, names in os.walk(folder):
        Path(place).chmod(0o755)
        for name in names:
            path = Path(place, name)
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
