"""Calls uv: exports a lock, installs wheels for another platform, builds local projects. Each once in a process."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .requirements import normalized, parse_requirements
from .source_files import digest, project_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_lambda_patterns.validation import Where

    from .locked_project import LockedProject
    from .requirements import Requirement, Requirements
    from .target import Target

_WRITTEN_BY_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
"""Files of a .dist-info folder that say how and whence it was installed: they differ between machines."""

_NO_WHEEL = re.compile(r"Because ([\w.-]+)(?:\{[^}]*\})?==(\S+) has no (?:usable )?wheels")
_OTHER_WHEEL = re.compile(
    r"A path (?:\(|dependency is incompatible with the current platform: )(?:\S*/)?([\w.]+)-([\w.+!]+)-[^/\s)]*\.whl"
)
_MISSING = re.compile(r"The package `(?P<package>[^`]+)` requires `(?P<name>[\w.-]+)[^`]*`.*")
_PROGRESS = re.compile(
    r"(Using CPython|Resolved|Prepared|Installed|Downloading|Downloaded|Building|Audited|Checked|Updating) ?"
)


_SETTINGS_FOR_OTHERS = frozenset(
    {
        "UV_COMPILE_BYTECODE",
        "UV_CONSTRAINT",
        "UV_EXCLUDE",
        "UV_NO_SOURCES",
        "UV_NO_SOURCES_PACKAGE",
        "UV_OVERRIDE",
        "UV_PROJECT",
        "UV_WORKING_DIR",
        "UV_WORKING_DIRECTORY",
    }
)
"""What a machine's environment may say for the environments that it makes with uv: in a package it would make other
bytes than elsewhere, or none. Where packages come from (indexes, credentials, the cache) is the machine's to say."""


class UvError(Exception):
    """Uv failed; the text is its own."""


def export_lock(
    where: Where, project: LockedProject, *, extras: Sequence[str], groups: Sequence[str], lock_digest: str
) -> Requirements:
    """What a lock says to install, with hashes. The lock's digest says when two locks are the same."""
    try:
        text = _export(str(project.folder), tuple(extras), tuple(groups), lock_digest)
    except UvError as error:
        _refuse(where, "project", error)
    return parse_requirements(where, "project", text, folder=project.root, origin=str(project.root / "uv.lock"))


@cache
def _export(folder: str, extras: tuple[str, ...], groups: tuple[str, ...], _digest: str) -> str:
    options = [*(f"--extra={extra}" for extra in extras), *(f"--group={group}" for group in groups)]
    # Without --python: a frozen export needs no interpreter, and the project may require a newer one than this.
    layout = ("--no-header", "--no-annotate", "--no-emit-project", "--no-editable")
    return _uv("export", "--quiet", "--frozen", "--no-default-groups", *layout, *options, folder=folder)[0]


def install(
    where: Where,
    prop: str,
    requirements: Requirements,
    target: Target,
    *,
    folder: Path,
    excluded: frozenset[str],
    complete: bool,
) -> Path:
    """A folder with the packages installed for a target, as they go into a package. Not to be changed.

    Args:
        where: Who is told.
        prop: What names the packages.
        requirements: The packages.
        target: The Python version and platform.
        folder: Where uv runs: it reads the settings there and above, the index for example.
        excluded: Names that may be missing.
        complete: Also refuse packages whose own dependencies are not listed.

    Raises:
        ValidationError: A package has no wheel for the target, a dependency is not listed, or uv failed for another
            reason.
    """
    wheels = tuple(_line(where, prop, package) for package in requirements.packages)
    hashed = bool(requirements.packages) and all(package.hashed for package in requirements.packages)
    key = hashlib.sha256(f"{requirements.digest(where)}\n{hashed}".encode()).hexdigest()
    try:
        installed, warnings = _install(
            "\n".join((*requirements.options, *wheels)), target, str(folder), key, hashed=hashed
        )
    except UvError as error:
        _refuse_no_wheel(where, prop, str(error), target)
        _refuse(where, prop, error)
    missing = [match[0] for match in _MISSING.finditer(warnings) if normalized(match["name"]) not in excluded]
    if complete and missing:
        where.refuse(
            prop,
            "must list the dependencies of its packages too, in versions that they accept",
            got=missing[0][0].lower() + missing[0][1:],
            fix="let `uv pip compile` write the file, or name in 'exclude_packages' what a layer brings",
            code="RequirementMissing",
        )
    return installed


@cache
def _install(text: str, target: Target, folder: str, key: str, *, hashed: bool) -> tuple[Path, str]:
    site = Path(tempfile.mkdtemp(prefix=f"{key[:12]}-", dir=_workspace())) / "site"
    site.mkdir()
    if not text.strip():
        return site, ""
    file = site.with_name("requirements.txt")
    file.write_text(text, encoding="utf-8")
    _, warnings = _uv(
        "pip",
        "install",
        f"--python={sys.executable}",
        f"--target={site}",
        f"--python-platform={target.platform}",
        f"--python-version={target.python}",
        "--only-binary=:all:",
        "--no-deps",
        *(["--require-hashes"] if hashed else []),
        "--no-compile-bytecode",
        "--link-mode=copy",
        "--strict",
        f"--requirements={file}",
        folder=folder,
    )
    _normalize(site)
    return site, warnings


def _normalize(site: Path) -> None:
    """Leave what a function imports, and nothing that differs between two installs."""
    shutil.rmtree(site / "bin", ignore_errors=True)
    (site / ".lock").unlink(missing_ok=True)
    for info in site.glob("*.dist-info"):
        for name in _WRITTEN_BY_INSTALLERS:
            (info / name).unlink(missing_ok=True)
    for bytecode in list(site.rglob("__pycache__")):
        shutil.rmtree(bytecode)


def _line(where: Where, prop: str, package: Requirement) -> str:
    """The requirement as uv is to read it: a project on this machine is built first."""
    if package.local is None or not package.local.is_dir():
        return package.line
    try:
        wheel = _build(str(package.local), digest(project_files(where, package.local)))
    except UvError as error:
        _refuse(where, prop, error)
    return f"{wheel.as_uri()}{package.marker}"


@cache
def _build(folder: str, _digest: str) -> Path:
    output = Path(tempfile.mkdtemp(prefix="wheel-", dir=_workspace()))
    _uv("build", "--quiet", "--wheel", f"--python={sys.executable}", f"--out-dir={output}", folder, folder=folder)
    return next(output.glob("*.whl"))


def _uv(*arguments: str, folder: str) -> tuple[str, str]:
    # COLUMNS: uv would break its words, which are read here, where the terminal ends.
    environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS_FOR_OTHERS}
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "COLUMNS": "10000"}
    done = subprocess.run(  # noqa: S603 - options of this module, and paths of the user's own app
        [_executable(), *arguments],
        cwd=folder,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UvError(done.stderr.strip() or f"uv {arguments[0]} ended with {done.returncode}")
    return done.stdout, done.stderr


@cache
def _executable() -> str:
    from uv import find_uv_bin  # noqa: PLC0415 - wanted only where something is installed

    return find_uv_bin()


@cache
def _workspace() -> Path:
    """A folder for this process, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="cdk-lambda-patterns-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _refuse_no_wheel(where: Where, prop: str, words: str, target: Target) -> None:
    match = _NO_WHEEL.search(words) or _OTHER_WHEEL.search(words)
    if match is not None:
        where.refuse(
            prop,
            f"must name packages that have a wheel for {target.label}",
            got=f"{match[1].replace('_', '-')} {match[2]}, which has none",
            fix="choose another version or architecture, build a wheel and name its folder with --find-links, "
            "or use a container image",
            code="NoWheel",
        )


def _refuse(where: Where, prop: str, error: UvError) -> NoReturn:
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not _PROGRESS.match(line)]
    where.refuse(
        prop,
        "must be something that uv can install",
        got="this answer of uv: " + "; ".join(line.rstrip(".") for line in lines).removeprefix("error: "),
        fix="correct what it names",
        code="PackagingFailed",
    )
