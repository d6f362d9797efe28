"""Draws the event flow of each example of the documentation: what it defines, seen at a glance."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path

import aws_cdk as cdk

from cdk_lambda_patterns.checks.diagram import Style, draw
from cdk_lambda_patterns.checks.evaluation import check
from cdk_lambda_patterns.checks.picture import picture
from cdk_lambda_patterns.testing import fast_app

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def pictures() -> dict[str, str]:
    """The picture of each example in which something leads somewhere, by its file."""
    drawn: dict[str, str] = {}
    for file in sorted(EXAMPLES.glob("*.py")):
        app = fast_app()
        for stack in _stacks_of(file):
            stack(app, stack.__name__)
        report = check(app.synth().directory)
        if picture(report).lines:
            drawn[f"docs/pictures/{file.stem}.svg"] = draw(report, Style.SVG)
    return drawn


def _stacks_of(file: Path) -> list[type[cdk.Stack]]:
    name = f"docs_pictures_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = (member for _, member in inspect.getmembers(module, inspect.isclass))
    return [member for member in classes if issubclass(member, cdk.Stack) and member.__module__ == name]
