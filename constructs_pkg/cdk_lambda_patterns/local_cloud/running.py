"""Finds the local cloud of a project again, from any shell: what `local up` started, `local down` must stop."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .cloud import LocalCloud
from .environment import cache_folder
from .locks import locked
from .process import EmulatorProcess

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def project_folder(start: Path | None = None) -> Path:
    """The project that a folder belongs to: the nearest folder above with a `cdk.json`, or else the folder itself.

    Args:
        start: The folder.
            Default: - the current one.
    """
    start = (start or Path.cwd()).resolve()
    return next((folder for folder in (start, *start.parents) if (folder / "cdk.json").is_file()), start)


def remember(cloud: LocalCloud, project: Path) -> None:
    """Note that a cloud is the project's."""
    process = cloud.process
    note = {
        "process": {"pid": process.pid, "started": process.started, "port": process.port},
        "folder": str(process.folder),
        "python": cloud.python,
        "account": cloud.account,
        "region": cloud.region,
        "project": str(project),
    }
    file = _note_of(project)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(note))
    partial.replace(file)


def find(project: Path) -> LocalCloud | None:
    """The cloud that was noted for a project. It may have died since: ask whether it is `running`."""
    try:
        note = json.loads(_note_of(project).read_text())
        process = EmulatorProcess(**note["process"], folder=Path(note["folder"]))
        return LocalCloud(process, python=note["python"], account=note["account"], region=note["region"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        # None noted, or by another version of this package in another form.
        return None


def stop(project: Path) -> bool:
    """Stop the project's cloud, and clean up after one that died. Returns whether one was running."""
    cloud = find(project)
    was_running = cloud is not None and cloud.running
    if cloud is not None:
        cloud.stop()
    _note_of(project).unlink(missing_ok=True)
    return was_running


def alone(project: Path) -> AbstractContextManager[None]:
    """Keep other processes from starting or stopping the project's cloud meanwhile; they wait."""
    return locked(_note_of(project).with_suffix(".lock"))


def _note_of(project: Path) -> Path:
    key = hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:16]
    return cache_folder() / "running" / f"{key}.json"
