"""Packages that import names when these are used say the same to people, to Python and to type checkers."""

from __future__ import annotations

import ast
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import cdk_lambda_patterns

LAZY = [
    name
    for name in [
        "cdk_lambda_patterns",
        *(m.name for m in pkgutil.walk_packages(cdk_lambda_patterns.__path__, "cdk_lambda_patterns.")),
    ]
    if (file := Path(*cdk_lambda_patterns.__path__).parent.joinpath(*name.split("."), "__init__.py")).exists()
    and "lazy_names(" in file.read_text()
]


def source(name: str) -> ast.Module:
    return ast.parse(Path(str(import_module(name).__file__)).read_text())


def for_type_checkers(tree: ast.Module) -> set[str]:
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {
        alias.asname or alias.name
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom) and (node.level or str(node.module).startswith("cdk_lambda_patterns"))
        for alias in node.names
    }


def test_the_root_is_one_of_them() -> None:
    assert "cdk_lambda_patterns" in LAZY


@pytest.mark.parametrize("name", LAZY)
def test_every_public_name_is_there_for_python_and_for_type_checkers(name: str) -> None:
    package = import_module(name)

    public = set(package.__all__)

    assert public <= for_type_checkers(source(name))
    assert [missing for missing in public if not hasattr(package, missing)] == []
    assert set(dir(package)) >= public


@pytest.mark.parametrize("name", LAZY)
def test_a_misspelt_name_is_an_error_for_python_and_for_type_checkers(name: str) -> None:
    with pytest.raises(AttributeError, match="WellArchitectedFuncton"):
        _ = import_module(name).WellArchitectedFuncton

    hidden = [node for node in source(name).body if isinstance(node, ast.If) and "not" in ast.unparse(node.test)]
    assert "__getattr__ =" in ast.unparse(hidden[0]), "a type checker that sees __getattr__ accepts every name"
