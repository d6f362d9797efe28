"""Reads a project's pyproject.toml and uv.lock: what may be seen of them without uv, offline."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from .requirements import normalized
from .source_files import content_digest, digest, project_files
from .target import python_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cdk_lambda_patterns.validation import Where

Table = Mapping[str, Any]
"""What tomllib gives."""

_CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*(?:\.\*)?)\s*")

_LEADING_ZERO = re.compile(r"(?<![\d])0+(?=\d)")
_SOURCES = frozenset({"directory", "editable", "git", "path", "url", "virtual"})
_EXTRA = re.compile(r"extra == '([^']+)'")


@dataclass(frozen=True, slots=True)
class LockedProject:
    """A project whose lock was found and belongs to it."""

    folder: Path
    root: Path
    """Where uv.lock is: the folder, or that of its workspace."""
    edges: tuple[Table, ...]
    """What the project itself names, in the lock's words, with the extras and groups asked for."""
    packages: tuple[Table, ...]
    """The lock's entries for all that it reaches by them."""

    @property
    def names(self) -> frozenset[str]:
        """The normalised names of what the project needs."""
        return frozenset(package["name"] for package in self.packages)

    def digest(self, where: Where) -> str:
        """A digest of the entries, and of what they name on this machine: other entries of the lock may change."""
        sha = hashlib.sha256(json.dumps([self.edges, self.packages], sort_keys=True).encode())
        for package in self.packages:
            source = package.get("source", {})
            for kind in {"editable", "directory", "path"} & source.keys():
                local = self.root / source[kind]
                sha.update((digest(project_files(where, local)) if local.is_dir() else content_digest(local)).encode())
        return sha.hexdigest()


def read_project(
    where: Where, folder: Path, *, extras: Sequence[str], groups: Sequence[str], runtime: str
) -> LockedProject:
    """The project in a folder, its lock and what it needs.

    Raises:
        ValidationError: There is no pyproject.toml or no uv.lock, the lock is older than what the project says, an
            extra or a group is unknown, or the project does not support the runtime.
    """
    pyproject = _read(where, folder / "pyproject.toml")
    project: Table = pyproject.get("project", {})
    if "name" not in project:
        where.refuse(
            "project",
            "must be a folder whose pyproject.toml has a [project] table with a name",
            got=str(folder),
            fix="add the table, or use PythonCode.from_requirements",
            code="ProjectWithoutName",
        )
    root = _lock_folder(where, folder)
    lock = _read(where, root / "uv.lock")
    name = normalized(project["name"])
    entry = _own_entry(lock, name, root, folder)
    if entry is None:
        _refuse_stale(where, folder, f"no project '{name}' in {root / 'uv.lock'}")
    _check_options(where, pyproject, extras, groups)
    _check_runtime(where, str(lock.get("requires-python", "")), runtime)
    _check_lock(where, folder, pyproject, entry, groups)
    edges = _own_edges(entry, extras, groups)
    return LockedProject(folder, root, tuple(edges), _reached(lock, edges, besides=name))


def _read(where: Where, file: Path) -> Table:
    try:
        return _parsed(file.absolute(), file.stat().st_mtime_ns)
    except FileNotFoundError:
        where.refuse(
            "project",
            "must be a folder with pyproject.toml and uv.lock",
            got=f"no {file}",
            fix="correct the path, or use PythonCode.from_requirements or PythonCode.from_folder",
            code="ProjectNotFound",
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where.refuse(
            "project", "must have files in TOML", got=f"{file}: {error}", fix="correct the file", code="ProjectNotToml"
        )


@lru_cache(maxsize=256)
def _parsed(file: Path, _mtime: int) -> Table:
    """A file's content, read again only when it changed: functions of one workspace share its lock."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _lock_folder(where: Where, folder: Path) -> Path:
    absolute = folder.resolve()
    holder = next((path for path in (absolute, *absolute.parents) if (path / "uv.lock").is_file()), None)
    if holder is None:
        where.refuse(
            "project",
            "must have a uv.lock, in its folder or at the root of its workspace",
            got=f"none for {folder}",
            fix=f"run `uv lock --project {folder}` and commit the file",
            code="LockNotFound",
        )
    return folder if holder == absolute else holder


def _own_entry(lock: Table, name: str, root: Path, folder: Path) -> Table | None:
    for package in lock.get("package", ()):
        source = package.get("source", {})
        path = source.get("virtual", source.get("editable"))
        if package["name"] == name and path is not None and (root / path).resolve() == folder.resolve():
            return package  # type: ignore[no-any-return] # tomllib gives no types
    return None


def _check_options(where: Where, pyproject: Table, extras: Sequence[str], groups: Sequence[str]) -> None:
    known_extras = {normalized(extra) for extra in pyproject["project"].get("optional-dependencies", {})}
    known_groups = {normalized(group) for group in pyproject.get("dependency-groups", {})}
    for prop, asked, known in (("extras", extras, known_extras), ("groups", groups, known_groups)):
        for name in asked:
            if normalized(name) not in known:
                where.refuse(
                    prop,
                    "must be defined by the project",
                    got=f"'{name}'",
                    fix=f"choose of: {', '.join(sorted(known))}" if known else "leave it out: the project defines none",
                    code="ExtraNotFound" if prop == "extras" else "GroupNotFound",
                )


def _check_runtime(where: Where, requires_python: str, runtime: str) -> None:
    version = python_version(runtime)
    if version is not None and not _admits(requires_python, version):
        where.refuse(
            "runtime",
            f"must be one that the project supports, 'requires-python = \"{requires_python}\"'",
            got=runtime,
            fix="choose another runtime, or widen 'requires-python' and run `uv lock`",
            code="RuntimeNotSupported",
        )


def _admits(requires_python: str, version: tuple[int, int]) -> bool:
    """Whether some patch release of a Python version meets a requirement; what is not understood is met."""
    for clause in requires_python.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            continue
        operator = match[1]
        numbers = tuple(int(part) for part in match[2].removesuffix(".*").split("."))
        given = version[: len(numbers)]
        wanted = numbers[:2]
        patch = len(numbers) > len(version) and any(numbers[len(version) :])
        refused = {
            ">=": given < wanted,
            ">": given < wanted,
            "<": given > wanted or (given == wanted and not patch),
            "<=": given > wanted,
            "==": given != wanted,
            "!=": given == wanted and match[2].endswith(".*") and len(numbers) <= len(version),
            "~=": given < wanted or version[: len(numbers) - 1] != numbers[:-1],
        }[operator]
        if refused:
            return False
    return True


def _check_lock(where: Where, folder: Path, pyproject: Table, entry: Table, groups: Sequence[str]) -> None:
    """Refuse a lock that was made for other dependencies than the project names now."""
    project: Table = pyproject["project"]
    own = normalized(project["name"])
    metadata: Table = entry.get("metadata", {})
    by_extra: dict[str, list[Table]] = {}
    for locked in metadata.get("requires-dist", ()):
        extra = _EXTRA.search(locked.get("marker", ""))
        by_extra.setdefault(normalized(extra[1]) if extra else "", []).append(locked)
    dynamic = project.get("dynamic", ())
    if "dependencies" not in dynamic:
        _compare(where, folder, project.get("dependencies", ()), by_extra.get("", ()), own)
    if "optional-dependencies" not in dynamic:
        for extra, named in project.get("optional-dependencies", {}).items():
            _compare(where, folder, named, by_extra.get(normalized(extra), ()), own)
    by_group = {normalized(group): locked for group, locked in metadata.get("requires-dev", {}).items()}
    for group in groups:
        named = _flattened(pyproject.get("dependency-groups", {}), group)
        _compare(where, folder, named, by_group.get(normalized(group), ()), own)


def _flattened(defined: Table, group: str, above: frozenset[str] = frozenset()) -> list[str]:
    """What a dependency group names, with the groups that it includes."""
    names: list[str] = []
    for key, entries in defined.items():
        if normalized(key) != normalized(group) or normalized(key) in above:
            continue
        for element in entries:
            if isinstance(element, str):
                names.append(element)
            else:
                names += _flattened(defined, element["include-group"], above | {normalized(key)})
    return names


def _compare(where: Where, folder: Path, named: Iterable[str], locked: Iterable[Table], own: str) -> None:
    wanted = {_specification(requirement) for requirement in named}
    found = {
        # The lock keeps no version of what comes from a path or an address.
        (normalized(entry["name"]), None if entry.keys() & _SOURCES else _clauses(entry.get("specifier", "")))
        for entry in locked
    }
    wanted_names = {name for name, _ in wanted} - {own}
    found_names = {name for name, _ in found} - {own}
    if wanted_names - found_names:
        _refuse_stale(where, folder, f"'{min(wanted_names - found_names)}' in pyproject.toml and not in uv.lock")
    if found_names - wanted_names:
        _refuse_stale(where, folder, f"'{min(found_names - wanted_names)}' in uv.lock and not in pyproject.toml")
    for name, clauses in sorted(wanted - found, key=lambda pair: pair[0]):
        others = [other for found_name, other in found if found_name == name]
        if name != own and clauses is not None and None not in others:
            _refuse_stale(
                where, folder, f"'{name}{','.join(sorted(clauses))}' in pyproject.toml and other versions in uv.lock"
            )


def _specification(requirement: str) -> tuple[str, frozenset[str] | None]:
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^]]*\])?([^;]*)", requirement)
    return (normalized(match[1]), _clauses(match[2])) if match else (normalized(requirement), None)


def _clauses(specifier: str) -> frozenset[str] | None:
    """The clauses of a version specifier; None for one that may be written in several ways."""
    text = specifier.strip().removeprefix("(").removesuffix(")").strip()
    if not text:
        return frozenset()
    matches = [_CLAUSE.fullmatch(clause) for clause in text.split(",")]
    clauses = (f"{match[1]}{_LEADING_ZERO.sub('', match[2])}" for match in matches if match)
    return frozenset(clauses) if all(matches) else None


def _refuse_stale(where: Where, folder: Path, what: str) -> NoReturn:
    where.refuse(
        "project",
        "must have a uv.lock made for its pyproject.toml",
        got=what,
        fix=f"run `uv lock --project {folder}` and commit the file",
        code="LockStale",
    )


def _own_edges(entry: Table, extras: Sequence[str], groups: Sequence[str]) -> list[Table]:
    edges: list[Table] = list(entry.get("dependencies", ()))
    for table, asked in (("optional-dependencies", extras), ("dev-dependencies", groups)):
        names = {normalized(name) for name in asked}
        for name, found in entry.get(table, {}).items():
            edges += found if normalized(name) in names else ()
    return edges


def _reached(lock: Table, edges: Iterable[Table], *, besides: str) -> tuple[Table, ...]:
    """The entries that edges lead to, for any Python and platform."""
    by_name: dict[str, list[Table]] = {}
    for package in lock.get("package", ()):
        by_name.setdefault(package["name"], []).append(package)
    waiting = list(edges)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        edge = waiting.pop()
        step = (edge["name"], frozenset(edge.get("extra", ())))
        if step in seen:
            continue
        seen.add(step)
        for package in by_name.get(edge["name"], ()):
            waiting += package.get("dependencies", ())
            for extra in step[1]:
                waiting += package.get("optional-dependencies", {}).get(extra, ())
    names = sorted({name for name, _ in seen} - {besides})
    return tuple(package for name in names for package in by_name.get(name, ()))
