"""Draw the event flow of an app: who starts, feeds and fails to whom, with what the checks found.

Mermaid, or SVG where the output file ends in .svg. An SVG is placed by Graphviz if there is one, without a network.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cdk_lambda_patterns.cli._exit_codes import UNUSABLE

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes."""
    parser.add_argument(
        "paths", nargs="+", metavar="path", help="a cloud assembly folder, templates, or - for stdin, as for check"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write (default: standard output)")
    parser.add_argument(
        "--format",
        choices=["mermaid", "svg"],
        help="how to draw (default: svg for an output file of that ending, else mermaid)",
    )
    parser.add_argument(
        "--layout",
        choices=["graphviz", "bundled"],
        default="graphviz",
        help="what places the boxes of an SVG: Graphviz if there is one, or always the library itself, the same "
        "everywhere (default: graphviz)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw it."""
    from pathlib import Path

    from cdk_lambda_patterns.checks.diagram import Style, draw
    from cdk_lambda_patterns.checks.evaluation import check
    from cdk_lambda_patterns.checks.template import TemplateError

    output: str | None = arguments.output
    named = "svg" if output is not None and output.lower().endswith(".svg") else "mermaid"
    try:
        report = check(*arguments.paths)
    except TemplateError as error:
        print(f"error: {error}", file=sys.stderr)
        return UNUSABLE
    drawn = draw(report, Style(arguments.format or named), graphviz=arguments.layout == "graphviz")
    if output is None:
        sys.stdout.buffer.write(drawn.encode())
        return 0
    try:
        Path(output).write_text(drawn, encoding="utf-8")
    except OSError as error:
        print(f"error: {output}: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    return 0
