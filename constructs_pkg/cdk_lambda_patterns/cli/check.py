"""Check templates: cloud assemblies, CloudFormation and SAM, of any tool.

Exit code 0 means that nothing was found at or above the threshold, 1 that something was, 2 that the input is unusable
or that a check itself failed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cdk_lambda_patterns.cli._exit_codes import UNUSABLE

if TYPE_CHECKING:
    import argparse
    from datetime import date

    from cdk_lambda_patterns.checks.evaluation import Report

_NEVER = "never"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the subcommand takes."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="path",
        help="a cloud assembly folder (cdk.out), a template in JSON or YAML, a SAM template, or - for stdin; several "
        "are checked together, as one app",
    )
    parser.add_argument(
        "--format",
        choices=["text", "json", "sarif", "markdown", "junit"],
        default="text",
        help="how to report: text to read, json to compare with, sarif for code scanning, markdown for a pull request, "
        "junit for a list of tests (default: text)",
    )
    parser.add_argument(
        "--fail-on",
        choices=["error", "warning", "info", _NEVER],
        default="warning",
        help="the least severity that gives exit code 1 (default: warning)",
    )
    parser.add_argument(
        "--select", action="append", default=[], metavar="RULES", help="only these rules, by comma (default: all)"
    )
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULES", help="all but these rules, by comma (default: none)"
    )
    parser.add_argument(
        "--as-of",
        type=_date,
        metavar="DATE",
        help="the day for which dates hold, such as the end of a runtime (default: the day that the facts were "
        "gathered)",
    )
    parser.add_argument("--baseline", metavar="FILE", help="an earlier report in JSON: only what is new is reported")
    parser.add_argument("--undecided", action="store_true", help="also say what cannot be told, and why")


def run(arguments: argparse.Namespace) -> int:
    """Check, report, and say by the exit code what was found."""
    from cdk_lambda_patterns.checks.evaluation import UnknownRuleError, check
    from cdk_lambda_patterns.checks.template import TemplateError

    try:
        report = check(
            *arguments.paths,
            select=_ids(arguments.select),
            ignore=_ids(arguments.ignore),
            as_of=arguments.as_of,
        )
        if arguments.baseline is not None:
            _compare(report, arguments.baseline)
    except (TemplateError, UnknownRuleError) as error:
        print(f"error: {error}", file=sys.stderr)
        return UNUSABLE
    return _told(report, arguments)


def _told(report: Report, arguments: argparse.Namespace) -> int:
    from cdk_lambda_patterns.checks.report import Format, write
    from cdk_lambda_patterns.checks.rule import Severity

    threshold = None if arguments.fail_on == _NEVER else Severity[arguments.fail_on.upper()]
    width = _width()
    text = write(
        report,
        Format(arguments.format),
        fail_on=threshold,
        color=width is not None and _colors(),
        width=width,
        undecided=arguments.undecided,
    )
    _print(text)
    if threshold is not None and report.at_least(threshold):
        return 1
    return UNUSABLE if report.errors else 0


def _ids(given: list[str]) -> list[str]:
    return [rule_id.strip() for part in given for rule_id in part.split(",") if rule_id.strip()]


def _compare(report: Report, file: str) -> None:
    import json
    from pathlib import Path

    from cdk_lambda_patterns.checks.report import without_known
    from cdk_lambda_patterns.checks.template import TemplateError

    try:
        without_known(report, json.loads(Path(file).read_text(encoding="utf-8")))
    except OSError as error:
        raise TemplateError(f"{file}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise TemplateError(f"{file}: no baseline: {error}") from None


def _width() -> int | None:
    """The terminal's width; None where nobody looks."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _colors() -> bool:
    import os

    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _date(text: str) -> date:
    import argparse
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a date such as 2026-11-21 is expected, got {text!r}") from None
