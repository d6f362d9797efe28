"""Lets one process at a time do what two must not do at once."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from cdk_lambda_patterns.errors import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Let one process at a time in; the others wait for it.

    Args:
        path: A file of that purpose alone; it stays.

    Raises:
        LocalCloudError: This is Windows, which has neither these locks nor the local cloud's process groups.
    """
    if sys.platform == "win32":
        raise LocalCloudError("the local cloud needs Linux, macOS, or Windows with WSL")
    import fcntl  # noqa: PLC0415 - not on Windows

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
