"""The entry point: finds the subcommand, runs it, and turns what it raises into one clear line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from typing import TYPE_CHECKING

from cdk_lambda_patterns import cli
from cdk_lambda_patterns.errors import LocalCloudError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_EXIT_CODES = """\
exit codes:
  0    done
  1    it failed, or found what it looks for; the last line says what
  2    the command line is wrong, or what it names cannot be used
  3    there is no local cloud to say something about
  130  interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        argv: The arguments.
            Default: - those of this process.
    """
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()  # `--help` too ends here, by SystemExit
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python must not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="cdk-lambda-patterns",
        description="AWS Lambda done right, in Python CDK, and proven before it is deployed.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    _add_commands(parser, cli, [argument for argument in argv if not argument.startswith("-")])
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if arguments.traceback:
            raise
        expected = isinstance(error, (LocalCloudError, ValidationError, TimeoutError))
        what = str(error) if expected else f"{type(error).__name__}: {error} (--traceback shows where)"
        print(f"error: {what}", file=sys.stderr)
        return 1


def _add_commands(parser: argparse.ArgumentParser, package: ModuleType, words: Sequence[str]) -> None:
    """Add the subcommands that a package holds: only the one that was typed, if one was."""
    names = {_command(info.name): info.name for info in pkgutil.iter_modules(package.__path__)}
    names = {command: name for command, name in names.items() if name != "main" and not name.startswith("_")}
    typed = words[0] if words and words[0] in names else None
    commands = parser.add_subparsers(title="commands", metavar="<command>", required=True)
    for command in [typed] if typed is not None else names:
        module = importlib.import_module(f"{package.__name__}.{names[command]}")
        documentation = (module.__doc__ or "").strip()
        subparser = commands.add_parser(
            command,
            help=documentation.partition("\n")[0],
            description=documentation,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if hasattr(module, "__path__"):
            _add_commands(subparser, module, words[1:])
        else:
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)


def _command(module_name: str) -> str:
    return module_name.replace("_", "-")
