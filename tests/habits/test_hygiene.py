"""What a clone may contain: nothing of the machine that wrote it, and a top level that can be taken in at a glance."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOP_LEVEL = {
    "LICENSE",
    "Makefile",
    "README.md",
    "cdk.json",
    "constructs_pkg",
    "docs",
    "package-lock.json",
    "package.json",
    "pyproject.toml",
    "requirements.lock",
    "sample_app",
    "tests",
}

# Put together here, so that this file passes its own test.
REGISTRY_HOSTS = [
    ".".join(name) for name in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
]
MACHINE_PATHS = [f"/{name}/" for name in ("home", "root", "Users", "work")]


def committed() -> list[str]:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in files.split("\0") if name and (ROOT / name).is_file()]


FILES = committed()


def lines_with(pattern: str) -> list[str]:
    found = []
    for name in FILES:
        content = (ROOT / name).read_bytes()
        if b"\0" in content:
            continue  # a picture or a workbook
        for number, line in enumerate(content.decode().splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    return found


def test_the_top_level_holds_only_what_belongs_there() -> None:
    top_level = {name.split("/")[0] for name in FILES}

    assert {name for name in top_level if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_no_file_names_a_package_registry(host: str) -> None:
    assert lines_with(re.escape(host)) == []


@pytest.mark.parametrize("path", MACHINE_PATHS)
def test_no_file_names_a_path_of_somebodys_machine(path: str) -> None:
    assert lines_with(rf"(?<![\w.\-<>}}/]){path}") == []


def test_no_file_is_too_large_to_review() -> None:
    generated = {"requirements.lock"}

    assert [name for name in FILES if (ROOT / name).stat().st_size > 200_000 and name not in generated] == []
