"""The emulator's own Python environment: made once with uv from a hashed lock, kept in the user's cache.

It is apart from the app's environment because handlers run in it: what they can import must be what they were deployed
with, and boto3, as in Lambda, not the CDK that happens to be installed beside this package.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uv

from cdk_lambda_patterns.errors import LocalCloudError

from .locks import locked

if TYPE_CHECKING:
    from .settings import Progress

LOCK = Path(__file__).with_name("requirements.lock")
"""What the environment holds, each file with its hash."""

SUPPORTED_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""The interpreters that the emulator and Lambda's runtime client have been run on."""


_COMPLETE = ".complete"


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment that the emulator and every Python function run in."""

    python: Path
    """Its interpreter."""

    version: str
    """The interpreter's version, for example `3.13`."""


def environment(python: str | None = None, *, progress: Progress | None = None) -> Environment:
    """Return the emulator's environment, making it if this is the first use.

    Args:
        python: The Python version that functions run on, for example `3.13`; there must be a `python3.13` on `PATH`.
            Default: - the version that this process runs on.
        progress: Is told, in one line, if the environment has to be made: that takes seconds and a package index.

    Raises:
        LocalCloudError: There is no such interpreter, or uv could not install the lock; with uv's own words.
    """
    interpreter, version = _interpreter(python)
    lock = LOCK.read_bytes()
    key = hashlib.sha256(b"\0".join([lock, interpreter.encode(), platform.machine().encode()])).hexdigest()[:16]
    folder = cache_folder() / f"local-cloud-{key}"
    found = Environment(python=folder / "bin" / "python", version=version)
    if not _is_made(folder):
        with locked(folder.with_suffix(".lock")):
            if not _is_made(folder):
                if progress is not None:
                    progress(f"Installing the local cloud for Python {version} (once) ...")
                _make(folder, interpreter)
    return found


def cache_folder() -> Path:
    """Where this package keeps what it can make again: `$XDG_CACHE_HOME`, or `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "cdk-lambda-patterns"


def uv_platform() -> str:
    """This machine as uv's `--python-platform` names it."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin":
        return f"{machine}-apple-darwin"
    libc, version = platform.libc_ver()
    if libc != "glibc":
        return f"{machine}-unknown-linux-musl"
    recent = tuple(int(part) for part in version.split(".")[:2]) >= (2, 28)
    return f"{machine}-manylinux_2_28" if recent else f"{machine}-manylinux2014"


def _interpreter(python: str | None) -> tuple[str, str]:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python is None or python == own:
        # The interpreter behind a virtual environment: every environment made from it shares one emulator.
        return str(getattr(sys, "_base_executable", None) or sys.executable), own
    if python not in SUPPORTED_PYTHONS:
        raise LocalCloudError(
            f"the local cloud runs functions on Python {', '.join(SUPPORTED_PYTHONS)}, got {python}; name one of these"
        )
    working = _working_interpreter(python)
    if working is None:
        raise LocalCloudError(
            f"no working python{python} on PATH; install Python {python}, or leave it out to use Python {own}"
        )
    return working, python


def _working_interpreter(version: str) -> str | None:
    """The first interpreter of that version that really runs: version managers leave names on PATH that do not."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        candidate = shutil.which(f"python{version}", path=folder) if folder else None
        if candidate is None:
            continue
        command = [candidate, "-Ic", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            ran = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - a Python found on PATH
            answered, _, executable = ran.stdout.strip().partition(" ")
            if ran.returncode == 0 and answered == version and executable:
                return executable
    return None


def _is_made(folder: Path) -> bool:
    # Its interpreter is a link, and what it leads to may have been removed since.
    return (folder / _COMPLETE).exists() and (folder / "bin" / "python").exists()


def _make(folder: Path, interpreter: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _uv("venv", "--quiet", "--no-project", "--python", interpreter, str(folder), cwd=folder.parent)
    _uv(
        *("pip", "install", "--quiet", "--require-hashes", "--compile-bytecode"),
        *("--python", str(folder / "bin" / "python"), "--requirements", str(LOCK)),
        cwd=folder.parent,
    )
    (folder / _COMPLETE).touch()


def _uv(*arguments: str, cwd: Path) -> None:
    # The user's own settings for uv apply (an index, certificates); an interpreter is never downloaded.
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    for name in (
        "VIRTUAL_ENV",
        "UV_PYTHON",
        "UV_PROJECT_ENVIRONMENT",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH",
        "PYTHONHOME",
    ):
        env.pop(name, None)
    command = [os.fsdecode(uv.find_uv_bin()), *arguments]
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - uv itself
    if ran.returncode != 0:
        said = "\n".join(f"  {line}" for line in ran.stderr.strip().splitlines()[-20:])
        raise LocalCloudError(
            f"the local cloud could not be installed: uv {' '.join(arguments[:2])} ended with {ran.returncode}:\n{said}"
        )
