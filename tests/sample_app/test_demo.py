"""The demo, as `make demo` runs it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdk_lambda_patterns.local_cloud import LocalCloud, LocalCloudError
from sample_app import demo

PROJECT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "sample_app.demo"]


def port_in(line: str) -> int:
    match = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    assert match, line
    return int(match[1])


def answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.local_cloud
@pytest.mark.slow
def test_a_workbook_is_converted_and_a_broken_one_kept_and_nothing_is_left_running() -> None:
    done = subprocess.run(COMMAND, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    for seen in (
        "\n      2026-0001,Müller & Söhne AG,2026-01-05,2026-01-07T09:30:00,",
        "RetriesExhausted after 3 invocations of Convert:live",
        "    NotAWorkbookError: s3://",
        "Convert/FailureQueueAlarm is in ALARM",
    ):
        assert seen in done.stdout
    assert re.search(
        r"^quarterly-orders\.xlsx +Convert:live +CsvFiles: 3 files, 16 rows +\d+\.\d$", done.stdout, re.MULTILINE
    )
    assert re.search(
        r"^truncated\.xlsx +Convert:live +Convert/FailureQueue, .* ALARM +\d+\.\d$", done.stdout, re.MULTILINE
    )
    assert not re.search(r" $", done.stdout, re.MULTILINE)
    assert not answers(port_in(done.stdout))


@pytest.mark.local_cloud
@pytest.mark.slow
@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM])
def test_stops_what_it_started_when_it_is_interrupted(interruption: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as output, subprocess.Popen(COMMAND, cwd=PROJECT, stdout=output, stderr=output) as process:
        while "deploy" not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        port = port_in(log.read_text())
        assert answers(port)

        process.send_signal(interruption)
        process.wait(60)

    # A shell says 130 of both: Python kills itself where the interruption came while it executed generated code.
    assert process.returncode in (130, -signal.SIGINT), log.read_text()
    assert re.search(
        r"^deploy with cdk deploy .* failed\nstop the local cloud .*\ninterrupted$", log.read_text(), re.MULTILINE
    )
    assert not answers(port)


def test_fails_when_a_step_does_not_happen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(**_: object) -> LocalCloud:
        raise LocalCloudError("no room left")

    monkeypatch.setattr(LocalCloud, "start", refuse)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    assert demo.main([]) == 1

    output, error = capsys.readouterr()
    assert re.fullmatch(r"start the local cloud +\d+\.\d s  failed\n", output)
    assert error == "error: no room left\n"


def test_what_it_says_to_type_works_in_a_shell_that_knows_nothing_of_the_project() -> None:
    source, status, *_ = (line.strip().partition("   ")[0] for line in demo.how_to_look_around().splitlines())

    done = subprocess.run(
        ["/bin/bash", "-c", f"{source.strip()} && {status} --help"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "cdk-lambda-patterns local status" in done.stdout


def test_long_lines_are_wrapped_and_excerpts_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    steps = demo.Steps()

    with steps.step("try"):
        steps.say("done", "a reason that takes more than one line to give")
        steps.show("first,record,that,is,longer,than,the,terminal\nsecond\nthird", lines=2)

    first, *others = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"try +\d+\.\d s  done", first)
    assert others == [
        "    a reason that takes more than one",
        "      line to give",
        "",
        "      first,record,that,is,longer,than,…",
        "      second",
        "      ... 3 lines",
        "",
    ]


def test_what_is_told_within_a_step_stands_on_lines_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    steps = demo.Steps()

    with steps.step("release"):
        steps.tell("half of it")
        steps.tell("all of it")
        steps.say("done")
    with steps.step("stop"):
        pass

    title, *told, released, stopped = capsys.readouterr().out.splitlines()
    assert (title, told) == ("release", ["    half of it", "    all of it"])
    assert re.fullmatch(r"release {25} +\d+\.\d s  done", released)
    assert re.fullmatch(r"stop {28} +\d+\.\d s", stopped)
