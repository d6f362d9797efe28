"""Puts `cdk_lambda_patterns.settings` into the package of a function whose code imports it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from .target import python_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.validation import Where

_PACKAGE = Path(__file__).parents[2]
_IMPORT = re.compile(
    rb"^\s*(?:(?:from|import)\s+cdk_lambda_patterns\.settings\b|from\s+cdk_lambda_patterns\s+import\s+[^#\n]*\bsettings\b)",
    re.MULTILINE,
)
_OLDEST = (3, 11)
"""The first Python that has all that the module imports."""


def with_settings(where: Where, files: Mapping[str, Path], *, runtime: str) -> Mapping[str, Path]:
    """The files, with those of `cdk_lambda_patterns.settings` where one of them imports it.

    Args:
        where: The function, for messages.
        files: The files of a function's package, by their names in it.
        runtime: The Lambda runtime's name.

    Raises:
        ValidationError: The module is imported, and the runtime's Python is older than it.
    """
    if not any(name.endswith(".py") and _IMPORT.search(path.read_bytes()) for name, path in files.items()):
        return files
    if (python_version(runtime) or _OLDEST) < _OLDEST:
        where.refuse(
            "runtime",
            "must be Python 3.11 or newer for code that imports cdk_lambda_patterns.settings",
            got=runtime,
            fix="choose a newer runtime",
            code="SettingsRuntime",
        )
    needed = [_PACKAGE / "__init__.py", _PACKAGE / "lazy_names.py", *sorted((_PACKAGE / "settings").glob("*.py"))]
    return {**files, **{path.relative_to(_PACKAGE.parent).as_posix(): path for path in needed}}
