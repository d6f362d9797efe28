"""Every snippet of the README and of the documentation works, and passes the project's own linter.

A page is a small project. Snippets with a title are its files; the other Python snippets are one program, run from top
to bottom, so that a page can tell a story. What is called `app.py` is run like a program, what is called `test_*.py` by
pytest, with the fixtures that a user has.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {
    str(page.relative_to(ROOT)): page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if not {"site", ".cache", "api", "rules"}
    & set(page.parts)  # those of rules are fragments, tested by their fixtures
}

_FENCE = re.compile(
    r'^(?P<indent> *)```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?[^\n]*\n(?P<code>.*?)^(?P=indent)```',
    re.MULTILINE | re.DOTALL,
)
# Habits of a library that a page for readers need not have.
_RELAXED = "ANN,ARG,B018,CPY,D,DTZ,E402,ERA,F811,FA,INP,PLC,PLR,S101,S105,S106,T20"


@dataclass(frozen=True, slots=True)
class Snippet:
    language: str
    title: str | None
    code: str


def snippets(page: Path) -> list[Snippet]:
    """The snippets of a page, without the examples that it includes: these are tested as the files that they are."""
    found = [
        Snippet(match["language"], match["title"], textwrap.dedent(match["code"]))
        for match in _FENCE.finditer(page.read_text())
    ]
    return [snippet for snippet in found if "--8<--" not in snippet.code]


SNIPPETS = {name: found for name, page in PAGES.items() if (found := snippets(page))}
PROGRAMS = {name: found for name, found in SNIPPETS.items() if any(s.language == "python" for s in found)}


def files(name: str) -> dict[str, str]:
    return {snippet.title: snippet.code for snippet in SNIPPETS[name] if snippet.title}


def program(name: str) -> list[str]:
    return [snippet.code for snippet in SNIPPETS[name] if snippet.language == "python" and not snippet.title]


def marked(name: str) -> object:
    marks = [pytest.mark.slow]
    if any("(local_cloud)" in snippet.code for snippet in SNIPPETS[name]):
        marks.append(pytest.mark.local_cloud)
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [marked(name) for name in PROGRAMS])
def test_the_snippets_of_a_page_work(name: str, tmp_path: Path) -> None:
    write({"page.py": "\n\n".join(program(name)), **files(name)}, tmp_path)

    run(["page.py"], tmp_path)
    if "app.py" in files(name):
        run(["app.py"], tmp_path)
    if any(Path(title).name.startswith("test_") for title in files(name)):
        run(["-m", "pytest", "-p", "no:cacheprovider", "--snapshot-update"], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("README.md", "function=process", "function=process, visibility_timeout=cdk.Duration.seconds(60)"),
        ("docs/index.md", 'handler="orders.handler"', 'handler="orders.handler", timeout=cdk.Duration.seconds(901)'),
    ],
)
def test_the_error_that_a_page_shows_is_the_one_that_its_app_gets(
    name: str, right: str, wrong: str, tmp_path: Path
) -> None:
    (shown,) = (s.code for s in SNIPPETS[name] if s.code.startswith("ValidationError: "))
    sources = files(name)
    assert right in sources["app.py"]
    write({**sources, "app.py": sources["app.py"].replace(right, wrong)}, tmp_path)

    with pytest.raises(AssertionError) as failed:
        run(["app.py"], tmp_path)

    assert " ".join(shown.split()) in str(failed.value)


def test_snippets_are_linted_like_code(tmp_path: Path) -> None:
    folders = {name: tmp_path / name.removesuffix(".md").replace("/", "_") for name in PROGRAMS}
    for name, folder in folders.items():
        write({"page.py": "\n\n".join(program(name)), **files(name)}, folder)

    sources = ", ".join(f'"{folder}"' for folder in folders.values())
    settings = ["--config", str(ROOT / "pyproject.toml"), "--config", f"src = [{sources}]"]
    run(["-m", "ruff", "check", *settings, "--extend-ignore", _RELAXED, "."], tmp_path)
    run(["-m", "ruff", "format", "--diff", *settings, "."], tmp_path)


def write(texts: dict[str, str], folder: Path) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def run(arguments: list[str], folder: Path) -> None:
    """A Python process of its own: what it imports is gone with it, and Node's folder is this one."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_that_a_page_names_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    commands = re.findall(r"`(make [^`]+)`", PAGES[name].read_text())
    commands += [s.code for s in SNIPPETS.get(name, []) if s.language in {"console", "bash"}]

    named = {target for command in commands for target in re.findall(r"\bmake ([a-z]+)", command)}

    assert named <= targets
