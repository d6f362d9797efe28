"""Every Python snippet of the README and of the documentation runs, and passes the project's own linter.

The snippets of a page are one program, run from top to bottom, so that a page can tell a story. Those that define tests
are run by pytest, with the fixtures that a user has.
"""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {
    str(page.relative_to(ROOT)): page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if not {"site", ".cache", "api"} & set(page.parts)
}

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL
)
# Not a habit for libraries, but what a page for readers does.
_RELAXED = "ANN,ARG,B018,CPY,D,DTZ,E402,ERA,F811,INP,PGH,PLC,PLR,S101,S105,S106,T20"


def snippets(page: Path, language: str) -> list[str]:
    found = [match for match in _FENCE.finditer(page.read_text()) if match["language"] == language]
    return [textwrap.dedent(match["code"]) for match in found if "--8<--" not in match["code"]]


PROGRAMS = {name: blocks for name, page in PAGES.items() if (blocks := snippets(page, "python"))}


def defines_tests(code: str) -> bool:
    return re.search(r"^def test_", code, flags=re.MULTILINE) is not None


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_snippets_of_a_page_run(name: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "docs")  # snippets name the examples' handlers
    namespace: dict[str, Any] = {"__name__": name}
    for code in PROGRAMS[name]:
        if not defines_tests(code):
            exec(compile(code, name, "exec"), namespace)  # noqa: S102 - the project's own pages

    if any(map(defines_tests, PROGRAMS[name])):
        monkeypatch.chdir(pytester.path)
        file = pytester.makepyfile(test_page="\n".join(PROGRAMS[name]))
        result = pytester.runpytest_inprocess("-p", "no:xdist", "--snapshot-update", file)
        assert result.ret == 0


def test_snippets_are_linted_like_code(tmp_path: Path) -> None:
    for name, blocks in PROGRAMS.items():
        (tmp_path / f"{name.replace('/', '_')}.py").write_text("\n\n".join(blocks))

    settings = ["--config", str(ROOT / "pyproject.toml"), "--extend-ignore", _RELAXED]
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *settings, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert ruff.returncode == 0, ruff.stdout + ruff.stderr


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_that_a_page_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    commands = [*re.findall(r"`(make [^`]+)`", PAGES[name].read_text())]
    commands += [line for block in snippets(PAGES[name], "console") for line in block.splitlines() if "make " in line]

    named = {target for command in commands for target in re.findall(r"\bmake ([a-z]+)", command)}

    assert named <= targets
