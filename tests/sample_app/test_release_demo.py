"""The demonstration of a release, as `make demo-release` runs it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sample_app.test_demo import answers, port_in

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]

PROJECT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "sample_app.release_demo"]


def test_a_bad_version_is_rolled_back_by_its_alarm_and_its_repair_goes_live() -> None:
    done = subprocess.run(COMMAND, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    shown = done.stdout
    assert re.search(r"^ {4}version 1 \d0 %, version 2 \d0 %", shown, re.MULTILINE)
    assert re.search(
        r"^ {4}version 1 100 %; version 2 failed for \d+ of \d+ customers\n"
        r"release one without yen +\d+\.\d s  UPDATE_ROLLBACK_COMPLETE$",
        shown,
        re.MULTILINE,
    )
    assert "Activated alarms: <Quotes-" in re.sub(r"\s+", " ", shown)
    assert re.search(r"^ {4}version 3 100 %\nrelease a repaired one +\d+\.\d s  UPDATE_COMPLETE$", shown, re.MULTILINE)
    assert not re.search(r" $", shown, re.MULTILINE)
    first, second, third = (
        re.search(rf"^{row}$", shown, re.MULTILINE)
        for row in (
            r"1 +the first +up to 100 % +(\d+) +0 +replaced by version 3",
            r"2 +without yen +up to (\d+) % +\d+ +([1-9]\d*) +rolled back by its alarm",
            r"3 +repaired +up to 100 % +(\d+) +0 +live",
        )
    )
    assert first
    assert second
    assert third
    assert int(second[1]) < 100, "not every customer has met the bad version"
    assert not answers(port_in(shown))


def test_stops_its_customers_and_the_cloud_when_it_is_interrupted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as output, subprocess.Popen(COMMAND, cwd=PROJECT, stdout=output, stderr=output) as process:
        deadline = time.monotonic() + 120
        while ", version 2 " not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

        process.send_signal(signal.SIGTERM)
        process.wait(60)

    # A shell says 130 of both: Python kills itself where the interruption came while it executed generated code.
    assert process.returncode in (130, -signal.SIGINT), log.read_text()
    assert log.read_text().endswith("interrupted\n")
    assert "Traceback" not in log.read_text()
    assert not answers(port_in(log.read_text()))
