"""The command line answers at once, and says in one line what went wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_lambda_patterns import cli
from cdk_lambda_patterns.cli.main import main

COMMAND = Path(sys.executable).with_name("cdk-lambda-patterns")


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder whose modules are subcommands too."""
    monkeypatch.setattr(cli, "__path__", [*cli.__path__, str(tmp_path)])
    return tmp_path


def add_command(folder: Path, name: str, run: str, docstring: str = "Do as told.") -> None:
    (folder / f"{name}.py").write_text(
        f'"""{docstring}"""\n'
        "from cdk_lambda_patterns.errors import LocalCloudError, ValidationError\n"
        "def add_arguments(parser):\n    parser.add_argument('--number', type=int, default=0)\n"
        f"def run(arguments):\n    {run}\n"
    )


def test_a_file_is_a_subcommand(added: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_command(added, "count_up", "print(arguments.number + 1); return arguments.number")

    assert main(["count-up", "--number", "4"]) == 4
    assert capsys.readouterr().out == "5\n"
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    help_text = capsys.readouterr().out
    assert "count-up" in help_text
    assert "Do as told." in help_text
    assert "local" in help_text


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("raise LocalCloudError('it did not start')", "error: it did not start"),
        ("raise ValidationError('x must be 1', code='NotOne')", "error: x must be 1 (NotOne)"),
        ("raise TimeoutError('no message')", "error: no message"),
        ("{}['key']", "error: KeyError: 'key' (--traceback shows where)"),
    ],
)
def test_fails_with_one_line_and_exit_code_1(
    added: Path, capsys: pytest.CaptureFixture[str], statement: str, line: str
) -> None:
    name = f"fail_{abs(hash(statement))}"
    add_command(added, name, statement)

    assert main([name.replace("_", "-")]) == 1
    assert capsys.readouterr().err == f"{line}\n"


def test_where_an_error_came_from_is_shown_on_demand(added: Path) -> None:
    add_command(added, "fail_loudly", "{}['key']")

    with pytest.raises(KeyError):
        main(["--traceback", "fail-loudly"])


def test_an_interruption_has_its_own_exit_code(added: Path) -> None:
    add_command(added, "be_interrupted", "raise KeyboardInterrupt")

    assert main(["be-interrupted"]) == 130


@pytest.mark.parametrize("arguments", [["local", "down", "--help"], ["rules"]])
def test_a_reader_that_has_seen_enough_is_no_error(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    ran = subprocess.run([COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)

    os.close(writing)
    assert ran.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["local"], ["local", "no-such-command"]])
def test_fails_with_exit_code_2_when_the_command_line_is_wrong(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: cdk-lambda-patterns" in capsys.readouterr().err


def test_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    assert [line.split()[0] for line in capsys.readouterr().out.partition("exit codes:\n")[2].splitlines()] == [
        "0",
        "1",
        "2",
        "3",
        "130",
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["local", "status", "--help"]])
def test_it_answers_without_the_cdk_and_without_boto3(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from cdk_lambda_patterns.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(sorted({'aws_cdk', 'jsii', 'boto3', 'botocore', 'pytest'} & set(sys.modules)), file=sys.stderr)\n"
    )

    ran = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)

    assert ran.stdout.startswith("usage: cdk-lambda-patterns")
    assert ran.stderr == "[]\n"


def test_the_installed_command_is_this_one() -> None:
    ran = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True)

    assert "AWS Lambda done right" in ran.stdout
