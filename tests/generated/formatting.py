"""Generated Python as the project's own formatter writes it."""

from __future__ import annotations

import subprocess
import sys

_RUFF = [sys.executable, "-m", "ruff"]


def formatted(source: str) -> str:
    """The source with its imports sorted, formatted."""
    for command in (["check", "--select=I", "--fix", "--quiet", "-"], ["format", "--quiet", "-"]):
        source = subprocess.run([*_RUFF, *command], input=source, capture_output=True, text=True, check=True).stdout
    return source
