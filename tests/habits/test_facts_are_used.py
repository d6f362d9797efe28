"""A limit that nothing checks protects nobody, and a practice that nothing follows is none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cdk_lambda_patterns
from cdk_lambda_patterns import practices, quotas

PACKAGE = Path(cdk_lambda_patterns.__file__).parent
ABOUT_THE_TABLE = {"AS_OF"}
"""What the reference pages and the checks' data say of the table itself."""


def names_read_from(module: str) -> set[str]:
    """The names that the package's code reads as `<module>.NAME` or imports. Comments and texts do not count."""
    names: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        if file.name == f"{module}.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module:
                names.add(node.attr)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2] == module:
                names.update(alias.name for alias in node.names)
    return names


@pytest.mark.parametrize("module", [quotas, practices], ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_limit_and_every_practice_is_used(module: object) -> None:
    name = getattr(module, "__name__", "").rpartition(".")[2]
    stated = {name for name in vars(module) if name.isupper() and not name.startswith("_")} - ABOUT_THE_TABLE

    assert stated - names_read_from(name) == set()


def test_what_is_read_is_found() -> None:
    read = names_read_from("quotas")

    assert "TIMEOUT" in read
    assert "QUOTA_OF_NOTHING" not in read
