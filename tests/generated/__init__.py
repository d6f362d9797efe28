"""The files of this project that are made from others, never by hand.

A generator is a function that returns text; listing it here is all there is to do: `make generate` writes its file and a
test fails when the committed one is stale.
"""

from __future__ import annotations

from pathlib import Path

from tests.generated.function_kwargs import function_kwargs

ROOT = Path(__file__).parents[2]


def generated_files() -> dict[str, str]:
    """The text of each generated file, by its path in the project."""
    return {"constructs_pkg/cdk_lambda_patterns/function/function_kwargs.py": function_kwargs()}
