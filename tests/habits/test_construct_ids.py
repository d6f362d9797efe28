"""A name that is taken is refused as everything else is, by every construct."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import cdk_lambda_patterns

PACKAGE = Path(cdk_lambda_patterns.__file__).parent


@cache
def constructors() -> dict[str, ast.FunctionDef]:
    """The constructor of each class that extends Construct and is given its name."""
    return {
        node.name: member
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and "Construct" in map(ast.unparse, node.bases)
        for member in node.body
        if isinstance(member, ast.FunctionDef) and member.name == "__init__"
        if "construct_id" in {argument.arg for argument in member.args.args}
    }


@pytest.mark.parametrize("name", sorted(constructors()))
def test_a_construct_is_made_where_refusals_of_the_cdk_are_heard(name: str) -> None:
    made = [
        ast.unparse(statement.items[0])
        for statement in ast.walk(constructors()[name])
        if isinstance(statement, ast.With)
        and "super().__init__(scope, construct_id)" in map(ast.unparse, statement.body)
    ]

    assert len(made) == 1
    assert made[0].startswith("cdk_refusals(")


def test_constructs_are_found() -> None:
    assert {"SqsTrigger", "FunctionFileSystem", "ProvisionedConcurrency"} <= set(constructors())
