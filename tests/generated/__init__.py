"""The files of this project that are made from others, never by hand.

A generator is a function that returns text; listing it here is all there is to do: `make generate` writes its file, and
a test fails when the committed one is stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.generated.function_kwargs import function_kwargs
from tests.generated.public_api import public_api

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]

GENERATORS: dict[str, Callable[[], str]] = {
    "constructs_pkg/cdk_lambda_patterns/function/function_kwargs.py": function_kwargs,
    "tests/generated/public_api.json": public_api,
}
"""What makes each generated file, by its path in the project."""
