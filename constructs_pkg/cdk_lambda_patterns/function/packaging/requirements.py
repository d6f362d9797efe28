"""Reads requirements as pip and uv write them, and refuses what would not give the same package twice."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit

from .source_files import content_digest, digest, project_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.validation import Where

_NAME = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^]]*\])?\s*"
_PINNED = re.compile(_NAME + r"={2,3}\s*(?P<version>[^\s,;*]+)")
_DIRECT = re.compile(_NAME + r"@\s*(?P<reference>.*)")
_HASH = re.compile(r"\s+--hash[= ]")
_COMMENT = re.compile(r"(^|\s+)#.*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One package: pinned, at an address, or on this machine."""

    name: str
    """Normalised, for example `et-xmlfile`."""
    line: str
    """As uv reads it, hashes included."""
    written: str
    """As it was written: the same on every machine."""
    version: str | None = None
    local: Path | None = None
    """The wheel, or the folder of the project, where it is on this machine."""
    marker: str = ""
    """For a local one: the condition, with its semicolon."""

    @property
    def hashed(self) -> bool:
        """Whether its hashes are given."""
        return _HASH.search(self.line) is not None


@dataclass(frozen=True, slots=True)
class Requirements:
    """What is to be installed, and nothing else: dependencies of dependencies are listed too."""

    packages: tuple[Requirement, ...] = ()
    options: tuple[str, ...] = ()
    """Lines of options, such as `--index-url`, as uv reads them."""
    written_options: tuple[str, ...] = ()
    find_links: tuple[Path, ...] = ()
    """The folders of wheels on this machine."""

    def without(self, names: frozenset[str]) -> Requirements:
        """These, less some packages."""
        kept = tuple(package for package in self.packages if package.name not in names)
        return Requirements(kept, self.options, self.written_options, self.find_links)

    def digest(self, where: Where) -> str:
        """A digest of what will be installed, of wheels and projects on this machine with their contents."""
        sha = hashlib.sha256()
        for package in sorted(self.packages, key=lambda package: (package.name, package.written)):
            sha.update(f"{package.written}\n".encode())
            for path in self._wheels(package):
                sha.update(f"{path.name} {content_digest(path)}\n".encode())
            if package.local is not None and package.local.is_dir():
                sha.update(digest(project_files(where, package.local)).encode())
        sha.update("\n".join(self.written_options).encode())
        return sha.hexdigest()

    def _wheels(self, package: Requirement) -> Iterator[Path]:
        if package.local is not None and package.local.is_file():
            yield package.local
        elif package.version is not None:
            for path in sorted(path for folder in self.find_links for path in folder.glob("*.whl")):
                name, version, *_ = path.name.split("-")
                if normalized(name) == package.name and version == package.version:
                    yield path


def normalized(name: str) -> str:
    """A distribution's name as all its spellings give it.

    Source: https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def read_requirements(where: Where, prop: str, file: Path, *, above: tuple[Path, ...] = ()) -> Requirements:
    """The requirements of a file and of the files that it names.

    Args:
        where: Who is told.
        prop: What names the file.
        file: The file.
        above: The files that name it.

    Raises:
        ValidationError: A package that is not pinned, that is no wheel, or a file that does not exist, is no text, or
            names itself.
    """
    require_file(where, prop, file)
    if file.resolve() in above:
        where.refuse(
            prop,
            "must name files that do not name each other",
            got=f"{file}, which is read already",
            fix="remove the line that names it",
            code="RequirementsCircle",
        )
    text = _decoded(where, prop, file)
    return parse_requirements(where, prop, text, folder=file.parent, origin=str(file), above=(*above, file.resolve()))


def require_file(where: Where, prop: str, file: Path) -> None:
    """Refuse a path that is not a file's."""
    if not file.is_file():
        where.refuse(
            prop,
            "must name a file of requirements",
            got=f"{file}, a folder" if file.is_dir() else str(file),
            fix="correct the path",
            code="RequirementsNotFound",
        )


def _decoded(where: Where, prop: str, file: Path) -> str:
    content = file.read_bytes()
    # PowerShell writes what a command prints as UTF-16.
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        where.refuse(
            prop,
            "must name a file of text in UTF-8",
            got=f"{file}, which is not",
            fix="save it as UTF-8",
            code="RequirementsNotText",
        )


def parse_requirements(
    where: Where, prop: str, text: str, *, folder: Path, origin: str, above: tuple[Path, ...] = ()
) -> Requirements:
    """The requirements of a text; paths in it count from the folder."""
    packages: list[Requirement] = []
    options: list[str] = []
    written: list[str] = []
    find_links: list[Path] = []
    for number, line in _logical_lines(text):
        option, _, value = re.sub(r"^(--[\w-]+)=", r"\1 ", line).partition(" ")
        value = value.strip()
        if option in {"-r", "--requirement", "--requirements"}:
            included = read_requirements(where, prop, folder / value, above=above)
            packages += included.packages
            options += included.options
            written += included.written_options
            find_links += included.find_links
        elif option in {"-e", "--editable"}:
            path = value if value.startswith(("/", "file:")) or "://" in value else f"./{value}"
            packages.append(_requirement(where, prop, path, folder, f"{origin}:{number}"))
        elif option in {"-f", "--find-links"}:
            links = _local(value, folder, bare=True)
            find_links += [links] if links is not None and links.is_dir() else []
            options.append(f"--find-links {value if links is None else links.as_uri()}")
            written.append(line)
        elif option in {"-c", "--constraint", "--constraints"}:
            options.append(f"--constraint {(folder / value).resolve()}")
        elif option.startswith("-"):
            options.append(line)
            written.append(line)
        else:
            packages.append(_requirement(where, prop, line, folder, f"{origin}:{number}"))
    return Requirements(tuple(packages), tuple(options), tuple(written), tuple(find_links))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, physical in lines:
        line = physical
        while line.endswith("\\"):
            _, following = next(lines, (0, ""))
            line = f"{line[:-1].rstrip()} {following.strip()}"
        line = _COMMENT.sub("", line).strip()
        if line:
            yield number, line


def _requirement(where: Where, prop: str, line: str, folder: Path, origin: str) -> Requirement:
    specification, *hashes = (part.strip() for part in _HASH.split(line))
    # In an address a semicolon may be part of it: a condition has a blank before.
    address, separator, condition = specification.partition(" ;" if "://" in specification else ";")
    direct = _DIRECT.fullmatch(address.strip())
    name = normalized(direct["name"]) if direct else ""
    reference = direct["reference"] if direct else address.strip()
    local = _local(reference, folder)
    if local is not None:
        marker = f" ; {condition.strip()}" if separator else ""
        return Requirement(
            name=name or _local_name(where, prop, local, origin),
            line=" ".join([f"{local.as_uri()}{marker}", *(f"--hash={value}" for value in hashes)]),
            written=line,
            local=local,
            marker=marker,
        )
    if direct and urlsplit(reference).path.endswith(".whl"):
        return Requirement(name, line, line)
    if direct or "://" in reference:
        _refuse_no_wheel(where, prop, specification, origin)
    pinned = _PINNED.fullmatch(address.strip())
    if pinned is None:
        where.refuse(
            prop,
            "must pin every package to one version with '=='",
            got=f"'{specification}' ({origin})",
            fix="pin it; `uv pip compile --generate-hashes` writes a file with every package pinned",
            code="RequirementNotPinned",
        )
    return Requirement(normalized(pinned["name"]), line, line, version=pinned["version"])


def _refuse_no_wheel(where: Where, prop: str, specification: str, origin: str) -> NoReturn:
    where.refuse(
        prop,
        "must name wheels: nothing is built for Lambda on this machine",
        got=f"'{re.sub('//[^/@]+@', '//', specification)}' ({origin})",  # an address may hold a password
        fix="pin a published version, or name the wheel's file or address",
        code="RequirementNotWheel",
    )


def _local(reference: str, folder: Path, *, bare: bool = False) -> Path | None:
    """The path on this machine that a reference names; None for a name or an address."""
    expanded = os.path.expandvars(reference)
    if expanded.startswith("file:"):
        return Path(unquote(urlsplit(expanded).path)).resolve()
    if "://" in expanded:
        return None
    if bare or expanded.startswith((".", "/")) or expanded.endswith(".whl"):
        return (folder / expanded).resolve()
    return None


def _local_name(where: Where, prop: str, path: Path, origin: str) -> str:
    if path.suffix == ".whl":
        return normalized(path.name.split("-")[0])
    project = path / "pyproject.toml"
    if not project.is_file():
        where.refuse(
            prop,
            "must name wheels and folders with a pyproject.toml",
            got=f"'{path.name}' ({origin})",
            fix="correct the path",
            code="RequirementNotFound",
        )
    table = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
    return normalized(table.get("name", path.name))
