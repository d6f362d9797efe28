"""Draws the event flow of each example of the documentation: what it defines, seen at a glance."""

from __future__ import annotations

from cdk_lambda_patterns.checks.diagram import Style, draw
from cdk_lambda_patterns.checks.evaluation import check
from cdk_lambda_patterns.checks.picture import picture
from cdk_lambda_patterns.testing import fast_app
from tests.examples import EXAMPLES, example_stack


def pictures() -> dict[str, str]:
    """The picture of each example in which something leads somewhere, by its file."""
    drawn: dict[str, str] = {}
    for file in sorted(EXAMPLES.glob("*.py")):
        app = fast_app()
        stack = example_stack(file.stem)
        stack(app, stack.__name__)
        report = check(app.synth().directory)
        if picture(report).lines:
            drawn[f"docs/pictures/{file.stem}.svg"] = draw(report, Style.SVG)
    return drawn
