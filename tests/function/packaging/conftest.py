"""What tests of packaging get: folders of code, wheels, and functions that are really packaged."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from uv import find_uv_bin

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.packaging import PythonCode, bundling_errors, resolve
from cdk_lambda_patterns.validation import Where
from tests.function.packaging.wheels import WheelHouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

HANDLER = "def handler(event, context):\n    return event\n"

PYPROJECT = """
[project]
name = "process"
version = "1.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]

[project.optional-dependencies]
fast = ["fast-one"]

[dependency-groups]
dev = ["dev-one"]

[tool.uv]
no-index = true
find-links = ["../wheels"]
"""

Write: TypeAlias = "Callable[[Mapping[str, str]], Path]"
Requiring: TypeAlias = "Callable[..., PythonCode]"
Limit: TypeAlias = "Callable[[str, int], None]"


@pytest.fixture
def where(stack: cdk.Stack) -> Where:
    """A function that messages are about."""
    return Where(stack, "Process")


@pytest.fixture
def wheels(tmp_path: Path) -> WheelHouse:
    """An empty folder of distributions."""
    return WheelHouse(tmp_path / "wheels")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files below the test's folder and returns that folder."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


@pytest.fixture
def requiring(write: Write, wheels: WheelHouse) -> Requiring:
    """Writes code that requires what the lines say, of the wheels."""

    def requiring(*lines: str) -> PythonCode:
        folder = write({"process/process.py": HANDLER, "process/requirements.txt": wheels.requirements(*lines)})
        return PythonCode.from_requirements(folder / "process/requirements.txt")

    return requiring


@pytest.fixture
def listed(requiring: Requiring, wheels: WheelHouse) -> PythonCode:
    """Code with one package and its dependency."""
    wheels.wheel("top-one", requires=["below-one"])
    wheels.wheel("below-one")
    return requiring("top-one==1.0", "below-one==1.0")


@pytest.fixture
def locked(write: Write, wheels: WheelHouse) -> Path:
    """A locked project with one package, an extra and a group."""
    for name in ("top-one", "fast-one", "dev-one"):
        wheels.wheel(name)
    pyproject = PYPROJECT.format(dependencies='"top-one"')
    folder = write({"process/process.py": HANDLER, "process/pyproject.toml": pyproject}) / "process"
    lock(folder)
    return folder


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Sets the maximum of a quota."""

    def limit(name: str, maximum: int) -> None:
        monkeypatch.setattr(quotas, name, dataclasses.replace(getattr(quotas, name), maximum=maximum))

    return limit


@dataclass
class Packaging:
    """Packages code as an app does."""

    tmp_path: Path
    apps: int = 0

    def app(self, *, context: Mapping[str, Any] | None = None, outdir: Path | None = None) -> cdk.App:
        """An app that stages its assets, in a folder of its own."""
        self.apps += 1
        return cdk.App(
            outdir=str(outdir or self.tmp_path / f"cdk.out.{self.apps}"),
            builtin_cloud_formation_validation=False,
            analytics_reporting=False,
            tree_metadata=False,
            context=context,
        )

    def function(
        self,
        scope: cdk.Stack,
        code: PythonCode,
        *,
        construct_id: str = "Process",
        handler: str = "process.handler",
        runtime: str = "python3.14",
        architecture: str = "arm64",
        limit_zipped: bool = False,
        layers: Iterable[lambda_.ILayerVersion] = (),
    ) -> lambda_.Function:
        """A function, as `WellArchitectedFunction` makes it of its code."""
        where = Where(scope, construct_id)
        lambda_code = code.code_for(
            where, scope, handler=handler, runtime=runtime, architecture=architecture, limit_zipped=limit_zipped
        )
        with bundling_errors():
            return lambda_.Function(
                scope,
                construct_id,
                code=lambda_code,
                handler=handler,
                runtime=lambda_.Runtime(runtime, lambda_.RuntimeFamily.PYTHON),
                architecture=lambda_.Architecture.custom(architecture),
                layers=list(layers),
            )

    def package(
        self,
        code: PythonCode,
        *,
        context: Mapping[str, Any] | None = None,
        outdir: Path | None = None,
        handler: str = "process.handler",
        runtime: str = "python3.14",
        architecture: str = "arm64",
        limit_zipped: bool = False,
    ) -> Path:
        """The folder that the CDK would zip for a function with the code."""
        stack = cdk.Stack(self.app(context=context, outdir=outdir), "Stack")
        return staged(
            self.function(
                stack, code, handler=handler, runtime=runtime, architecture=architecture, limit_zipped=limit_zipped
            )
        )


@pytest.fixture
def packaging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packaging:
    """Packages code, without a network."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    return Packaging(tmp_path)


def staged(owner: lambda_.Function | lambda_.LayerVersion) -> Path:
    """The folder that the CDK staged for a function or a layer."""
    stage = cdk.Stage.of(owner)
    assert stage is not None
    return Path(stage.outdir, owner.node.find_child("Code").asset_path)  # type: ignore[attr-defined] # an Asset


def modules(folder: Path) -> set[str]:
    """The files of a package besides what describes its distributions."""
    return {name for name in names(folder) if ".dist-info/" not in name}


def names(folder: Path) -> set[str]:
    """The files of a folder, with forward slashes."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def tree_digest(folder: Path) -> str:
    """Of names, contents and modes."""
    sha = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        sha.update(f"{path.relative_to(folder).as_posix()} {path.stat().st_mode:o}\n".encode())
        if path.is_file():
            sha.update(path.read_bytes())
    return sha.hexdigest()


def lock(project: Path) -> None:
    """Write a project's uv.lock."""
    subprocess.run(
        [find_uv_bin(), "lock", "--quiet", "--offline", f"--python={sys.executable}"],
        cwd=project,
        check=True,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
    )


@pytest.fixture
def uv_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands of uv that are called from now on, with nothing remembered of earlier ones."""
    calls: list[str] = []
    run = resolve._uv

    def recorded(*arguments: str, folder: str) -> tuple[str, str]:
        calls.append(arguments[0])
        return run(*arguments, folder=folder)

    monkeypatch.setattr(resolve, "_uv", recorded)
    for remembered in (resolve._export, resolve._install, resolve._build):
        remembered.cache_clear()
    return calls
