"""List the rules, or explain one: why it matters, how to mend it, what other tools call it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cdk_lambda_patterns.cli._exit_codes import UNUSABLE

if TYPE_CHECKING:
    import argparse

    from cdk_lambda_patterns.checks.rule import Rule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes."""
    parser.add_argument(
        "rule", nargs="?", help="the rule to explain, for example QueueVisibilityTimeout (default: a list of all)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    from cdk_lambda_patterns.checks.evaluation import unknown_rule
    from cdk_lambda_patterns.checks.rule import catalogue

    if arguments.rule is None:
        print(_listed())
        return 0
    rule = catalogue().get(arguments.rule)
    if rule is None:
        print(f"error: {unknown_rule(arguments.rule)}", file=sys.stderr)
        return UNUSABLE
    print(_explained(rule))
    return 0


def _listed() -> str:
    from cdk_lambda_patterns.checks.rule import Pillar, catalogue

    width = max(map(len, catalogue()))
    blocks: list[str] = []
    for pillar in Pillar:
        rows = [f"  {r.id:<{width}}  {r.severity!s:<7}  {r.title}" for r in catalogue().values() if r.pillar is pillar]
        if rows:
            blocks.append("\n".join([pillar, *rows]))
    return "\n\n".join(blocks)


def _explained(rule: type[Rule]) -> str:
    page = (sys.modules[rule.__module__].__doc__ or rule.title).strip()
    facts = [f"Severity: {rule.severity}", f"Pillar: {rule.pillar}", f"Source: {rule.source_url}"]
    facts += [f"In {tool}: {known}" for tool, known in sorted(rule.equivalents.items())]
    title, _, rest = page.partition("\n")
    return "\n".join([rule.id, title, "", *facts, rest])
