"""Which files of a folder are code, and what they are."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cdk_lambda_patterns.validation import is_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdk_lambda_patterns.validation import Where

LEFT_OUT: Mapping[str, str] = {
    ".#*": "an editor's locks",
    ".aws": "credentials of this machine",
    ".env*": "settings of this machine, often secrets",
    ".git": "history",
    ".hypothesis": "a tool's cache",
    ".idea": "an editor's settings",
    ".mypy_cache": "a tool's cache",
    ".netrc": "credentials of this machine",
    ".npmrc": "settings of this machine, often secrets",
    ".pypirc": "credentials of this machine",
    ".pytest_cache": "a tool's cache",
    ".ruff_cache": "a tool's cache",
    ".ssh": "credentials of this machine",
    ".tox": "environments of this machine",
    ".venv": "an environment of this machine; dependencies are resolved for Lambda instead",
    ".vscode": "an editor's settings",
    "*.egg-info": "written by installs on this machine",
    "*.py[co]": "bytecode of this machine's Python",
    ".DS_Store": "a folder's looks",
    "__pycache__": "bytecode of this machine's Python",
    "cdk.out*": "what the CDK synthesized, this package included",
    "node_modules": "the CDK's tools",
    "venv": "an environment of this machine; dependencies are resolved for Lambda instead",
}
"""Names that are never part of a package, wherever they are, each with the reason. Nor are environments of any name,
which are known by their `pyvenv.cfg`.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html (bytecode)"""

LEFT_OUT_AT_THE_TOP: Mapping[str, str] = {
    ".coverage": "tests",
    "Pipfile": "says what to install; nothing reads it in Lambda",
    "Pipfile.lock": "says what to install; nothing reads it in Lambda",
    "conftest.py": "tests",
    "poetry.lock": "says what to install; nothing reads it in Lambda",
    "pyproject.toml": "says how to build; nothing reads it in Lambda",
    "requirements*.txt": "says what to install; nothing reads it in Lambda",
    "tests": "tests",
    "uv.lock": "says what to install; nothing reads it in Lambda",
}
"""Names that are no part of a package where they stand at the top of the source, each with the reason."""


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """A file and where it belongs in the package."""

    name: str
    """Its path in the package, with forward slashes."""
    path: Path

    @property
    def executable(self) -> bool:
        """Whether its owner may execute it."""
        return bool(self.path.stat().st_mode & 0o100)


def gather(
    where: Where, source: Path, *, include: Iterable[Path] = (), exclude: Iterable[str] = (), prop: str = "source"
) -> dict[str, Path]:
    """The files of a package by their names in it, sorted.

    Args:
        where: Who is told.
        source: The folder whose files come to the top.
        include: Folders and files that are added under their own names.
        exclude: Further patterns of what to leave out: one without a slash matches names anywhere, one with a slash
            paths from the folder on, one that begins with `**/` paths from any folder on.
        prop: What names the source, for messages.

    Raises:
        ValidationError: A folder or file does not exist or cannot be read, a pattern could match nothing, or two files
            would have one name.
    """
    exclude = [_pattern(where, pattern) for pattern in exclude]
    if not source.is_dir():
        _refuse_missing(where, prop, source, "a folder")
    top = [f"/{name}" for name in LEFT_OUT_AT_THE_TOP]
    files = dict(_walk(where, prop, source, [*LEFT_OUT, *top, *exclude]))
    for path in include:
        own = Path(os.path.abspath(path)).name  # noqa: PTH100 - "." and ".." have a name too
        if own and path.is_dir():
            added = {f"{own}/{name}": file for name, file in _walk(where, "include", path, [*LEFT_OUT, *exclude])}
        elif own and path.is_file():
            added = {own: path}
        else:
            _refuse_missing(where, "include", path, "folders and files")
        for name in files.keys() & added.keys():
            where.refuse(
                "include",
                "must not have names that the package has already",
                got=f"{path}, for '{name}'",
                fix="rename one of them",
                code="IncludeHidesSource",
            )
        files |= added
    for path in files.values():
        _check_readable(where, prop, path)
    return dict(sorted(files.items()))


def project_files(where: Where, folder: Path) -> list[SourceFile]:
    """The files that a local project's wheel is built from."""
    return sorted(
        SourceFile(name, path)
        for name, path in _walk(where, "source", folder, [*LEFT_OUT, "/build", "/dist", "/tests"])
        if path.is_file()
    )


def digest(files: Iterable[SourceFile]) -> str:
    """A digest of names, contents and executable bits: the same on every machine and in every folder."""
    sha = hashlib.sha256()
    for file in files:
        sha.update(f"{file.name}\0{'x' if file.executable else '-'}\0{content_digest(file.path)}\n".encode())
    return sha.hexdigest()


def content_digest(path: Path) -> str:
    """The SHA-256 of a file, read again only when the file changed."""
    stat = path.stat()
    return _content_digest(path.absolute(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=65_536)
def _content_digest(path: Path, _size: int, _mtime: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_missing(where: Where, prop: str, path: Path, file_or_folder: str) -> NoReturn:
    siblings = [sibling.name for sibling in path.parent.iterdir() if sibling != path] if path.parent.is_dir() else []
    close = get_close_matches(path.name, siblings, n=1)
    fix = f"did you mean '{path.parent / close[0]}'?" if close else f"correct the path, which counts from {Path.cwd()}"
    got = f"'{path}', a file" if path.is_file() else f"'{path}'"
    where.refuse(prop, f"must be {file_or_folder}", got=got, fix=fix, code="SourceNotFound")


def _pattern(where: Where, written: str) -> str:
    """A pattern of `exclude`, as it is compared; what could match nothing is refused."""
    pattern = written.removeprefix("./")
    if not pattern.strip("/.") or pattern.startswith("!") or "\\" in pattern or ".." in pattern.split("/"):
        where.refuse(
            "exclude",
            "must have patterns of names, or of paths from the folder on",
            got=repr(written),
            fix="write '*.md', '/data/*.csv' or '**/fixtures/*.json'; what a pattern leaves out, none puts back",
            code="ExcludeInvalid",
        )
    return pattern


def _walk(where: Where, prop: str, folder: Path, patterns: list[str]) -> Iterator[tuple[str, Path]]:
    def walk(path: Path, prefix: str, above: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
        real = os.path.realpath(path)
        if real in above:
            where.refuse(
                prop,
                "must not hold a link to a folder that holds it",
                got=str(path),
                fix="remove the link, or name it in 'exclude'",
                code="SourceLinkCircle",
            )
        _check_readable(where, prop, path)
        with os.scandir(path) as entries:
            for entry in entries:
                name = f"{prefix}{entry.name}"
                if any(_matches(name, entry.name, pattern) for pattern in patterns):
                    continue
                if entry.is_dir():
                    if not os.path.isfile(f"{entry.path}/pyvenv.cfg"):  # noqa: PTH113 - asked of each folder
                        yield from walk(Path(entry.path), f"{name}/", (*above, real))
                elif entry.is_file() or not os.path.exists(entry.path):  # noqa: PTH110 - a link to nothing
                    yield name, Path(entry.path)

    return walk(folder, "", ())


def _check_readable(where: Where, prop: str, path: Path) -> None:
    """Refuse what would end the making of the package, or be missing in it."""
    if not is_unicode(str(path)):
        got = f"{str(path)!a}, whose name is not UTF-8"
    elif os.access(path, os.R_OK):
        return
    else:
        got = f"{path}, {'which may not be read' if path.exists() else 'a link to nothing'}"
    where.refuse(
        prop,
        "must hold files and folders that can be read",
        got=got,
        fix="correct it, or name it in 'exclude'",
        code="SourceUnreadable",
    )


def _matches(path: str, name: str, pattern: str) -> bool:
    if "/" not in pattern:
        return fnmatchcase(name, pattern)
    return any(fnmatchcase(path, part.strip("/")) for part in (pattern, pattern.removeprefix("**/")))
