"""Puts `cdk_lambda_patterns.settings` into the package of a function whose code imports it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = Path(__file__).parents[2]
_IMPORT = re.compile(rb"^\s*(?:from|import)\s+cdk_lambda_patterns\.settings\b", re.MULTILINE)


def with_settings(files: Mapping[str, Path]) -> Mapping[str, Path]:
    """The files, with those of `cdk_lambda_patterns.settings` where one of them imports it.

    Args:
        files: The files of a function's package, by their names in it.
    """
    if not any(name.endswith(".py") and _IMPORT.search(path.read_bytes()) for name, path in files.items()):
        return files
    needed = [_PACKAGE / "__init__.py", _PACKAGE / "lazy_names.py", *sorted((_PACKAGE / "settings").glob("*.py"))]
    return {**files, **{path.relative_to(_PACKAGE.parent).as_posix(): path for path in needed}}
