"""The emulator's own environment: made once, by one process, from the lock."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_lambda_patterns.local_cloud import LocalCloudError, environment as module
from cdk_lambda_patterns.local_cloud.environment import environment, uv_platform

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of the test's own, and a lock that needs no package index."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("# nothing\n")
    monkeypatch.setattr(module, "LOCK", lock)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return tmp_path / "cache" / "cdk-lambda-patterns"


def test_it_is_made_once(cache: Path) -> None:
    told: list[str] = []

    first = environment(progress=told.append)
    again = environment(progress=told.append)

    assert first == again
    assert first.version == OWN
    assert told == [f"Installing the local cloud for Python {OWN} (once) ..."]
    assert first.python.is_relative_to(cache)
    prefix = subprocess.run(
        [first.python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True
    )
    assert prefix.stdout.strip() == str(first.python.parents[1])


def test_two_processes_at_once_make_it_once(cache: Path, tmp_path: Path) -> None:
    script = (
        "import pathlib; from cdk_lambda_patterns.local_cloud import environment as module;"
        f"module.LOCK = pathlib.Path({str(tmp_path / 'requirements.lock')!r});"
        "print(module.environment(progress=print).python)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0].splitlines() for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert sum(len(lines) for lines in said) == 3, "one of them made it, both used it"
    assert said[0][-1] == said[1][-1]
    assert Path(said[0][-1]).is_relative_to(cache)


@pytest.mark.parametrize("missing", [".complete", "bin/python"])
@pytest.mark.usefixtures("cache")
def test_an_environment_that_was_left_half_made_is_made_again(missing: str) -> None:
    made = environment().python.parents[1]
    (made / "left-over").touch()
    (made / missing).unlink()

    assert environment().python.exists()
    assert not (made / "left-over").exists()


def test_another_lock_makes_another_environment(cache: Path, tmp_path: Path) -> None:
    before = environment()
    (tmp_path / "requirements.lock").write_text("# nothing else\n")

    assert environment().python != before.python
    assert before.python.is_relative_to(cache)


@pytest.mark.usefixtures("cache")
def test_fails_with_uvs_own_words_when_it_cannot_be_installed(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(
        LocalCloudError, match=r"(?s)could not be installed: uv pip install ended with .*no-such-package"
    ):
        environment()


@pytest.mark.usefixtures("cache")
def test_an_interpreter_that_only_has_a_name_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = next(version for version in module.SUPPORTED_PYTHONS if version != OWN)
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / f"python{other}").write_text("#!/bin/sh\nexit 127\n")
    (shims / f"python{other}").chmod(0o755)
    monkeypatch.setenv("PATH", str(shims))

    with pytest.raises(LocalCloudError, match=f"no working python{other} on PATH"):
        environment(other)


@pytest.mark.usefixtures("cache")
def test_an_interpreter_behind_one_that_only_has_a_name_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = next(version for version in module.SUPPORTED_PYTHONS if version != OWN)
    for folder, script in {"shims": "exit 127", "real": f"echo {other} /opt/python"}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"python{other}").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / folder / f"python{other}").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "shims"), str(tmp_path / "real")]))

    assert module._working_interpreter(other) == "/opt/python"


def test_fails_when_the_version_is_not_supported() -> None:
    with pytest.raises(LocalCloudError, match=r"runs functions on Python 3\.11, .*got 2\.7"):
        environment("2.7")


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        ("linux", "x86_64", ("glibc", "2.36"), "x86_64-manylinux_2_28"),
        ("linux", "aarch64", ("glibc", "2.28"), "aarch64-manylinux_2_28"),
        ("linux", "x86_64", ("glibc", "2.17"), "x86_64-manylinux2014"),
        ("linux", "x86_64", ("", ""), "x86_64-unknown-linux-musl"),
        ("darwin", "arm64", ("", ""), "aarch64-apple-darwin"),
        ("darwin", "x86_64", ("", ""), "x86_64-apple-darwin"),
    ],
)
def test_this_machine_has_a_name_that_uv_knows(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: tuple[str, str], expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)

    assert uv_platform() == expected


def test_uv_takes_the_name_of_this_machine(tmp_path: Path) -> None:
    import uv  # noqa: PLC0415

    command = [uv.find_uv_bin(), "pip", "install", "--offline", "--dry-run", "--python", sys.executable]
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("")

    ran = subprocess.run(
        [*command, "--python-platform", uv_platform(), "-r", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
