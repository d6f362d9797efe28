"""Facts from outside that change: each file with the day that it is of."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast


@cache
def load(name: str) -> dict[str, Any]:
    """The facts of a file, for example `runtimes`."""
    return cast("dict[str, Any]", json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8")))
