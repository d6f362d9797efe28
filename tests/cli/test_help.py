"""What a command takes: the help and the page of the reference tell the same, choices and defaults included."""

from __future__ import annotations

import argparse
import re

import pytest

from cdk_lambda_patterns import cli
from cdk_lambda_patterns.cli.main import _add_commands, main
from tests.generated.command_line_page import command_line_page


def commands_in(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    below = {
        name: leaf for group in groups for one in group.choices.values() for name, leaf in commands_in(one).items()
    }
    return below if groups else {parser.prog: parser}


PARSER = argparse.ArgumentParser(prog="cdk-lambda-patterns")
_add_commands(PARSER, cli, [])
COMMANDS = commands_in(PARSER)
OPTIONS = [
    pytest.param(command, action, id=f"{command} {action.dest}")
    for command, parser in COMMANDS.items()
    for action in parser._actions
    if not isinstance(action, argparse._HelpAction)
]


def test_there_are_commands() -> None:
    assert {"cdk-lambda-patterns check", "cdk-lambda-patterns diagram", "cdk-lambda-patterns local up"} <= set(COMMANDS)


@pytest.mark.parametrize(("command", "action"), OPTIONS)
def test_help_and_page_say_what_an_option_takes(
    command: str, action: argparse.Action, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "500")

    with pytest.raises(SystemExit):
        main([*command.split()[1:], "--help"])
    told = " ".join(capsys.readouterr().out.split())
    page = command_line_page().partition(f"## `{command}")[2].partition("\n## ")[0]

    text = action.help or ""

    assert text in told
    assert text in page
    if action.choices:
        choices = "{" + ",".join(action.choices) + "}"
        assert choices in told
        assert f"`{action.option_strings[0]} {choices}`" in page
    if isinstance(action.default, str):
        assert f"(default: {action.default})" in text


@pytest.mark.parametrize(("command", "action"), OPTIONS)
def test_an_option_says_what_holds_without_it(command: str, action: argparse.Action) -> None:
    given = action.nargs == 0 or action.required or action.dest in {"context", "baseline"}

    assert given or re.search(r"\(default: [^)]+\)", action.help or ""), f"{command} {action.dest}"
