"""What is installed into a package: read from a lock or a file of requirements, installed when the package is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .locked_project import read_project
from .requirements import normalized, read_requirements
from .resolve import export_lock, install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from cdk_lambda_patterns.validation import Where

    from .requirements import Requirements
    from .target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What is installed into a package."""

    prop: str
    """What names it, for messages."""
    folder: Path
    """Where uv runs, and reads its settings."""
    names: frozenset[str]
    """The normalised names of what is installed, for any platform."""
    digest: str
    """Of all that decides what is installed."""
    read: Callable[[], Requirements]
    """Says what to install; may call uv."""
    complete: bool
    """Whether to refuse packages whose own dependencies are not listed."""
    excluded: frozenset[str]
    """The normalised names of packages that are left out."""

    def install(self, where: Where, target: Target) -> Path:
        """A folder with everything installed for a target."""
        return install(
            where,
            self.prop,
            self.read().without(self.excluded),
            target,
            folder=self.folder,
            excluded=self.excluded,
            complete=self.complete,
        )


def locked_dependencies(
    where: Where,
    folder: Path,
    *,
    extras: Sequence[str],
    groups: Sequence[str],
    excluded: Iterable[str],
    runtimes: Iterable[str],
) -> Dependencies:
    """What a project's uv.lock says; its own tool resolved it whole."""
    project = next(
        iter([read_project(where, folder, extras=extras, groups=groups, runtime=runtime) for runtime in runtimes])
    )
    digest = project.digest(where)
    return Dependencies(
        prop="project",
        folder=folder,
        names=project.names,
        digest=digest,
        read=lambda: export_lock(where, project, extras=extras, groups=groups, lock_digest=digest),
        complete=False,
        excluded=frozenset(map(normalized, excluded)),
    )


def listed_dependencies(where: Where, file: Path, *, excluded: Iterable[str]) -> Dependencies:
    """What a file of requirements lists."""
    requirements = read_requirements(where, "requirements", file)
    return Dependencies(
        prop="requirements",
        folder=file.parent,
        names=frozenset(package.name for package in requirements.packages),
        digest=requirements.digest(where),
        read=lambda: requirements,
        complete=True,
        excluded=frozenset(map(normalized, excluded)),
    )
