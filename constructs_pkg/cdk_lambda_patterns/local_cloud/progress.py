"""How the local cloud says what it is doing while one waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], object]
"""Is called with each line as it comes, without its line end; `print` will do."""
