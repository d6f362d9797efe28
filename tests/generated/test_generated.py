from __future__ import annotations

import re

import pytest

from tests.generated import ROOT, generated_files


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generated_files()


def test_generated_files_are_up_to_date(files: dict[str, str]) -> None:
    committed = {path: (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else "" for path in files}

    stale = [path for path in files if committed[path] != files[path]]

    assert not stale, f"run `make generate` and review the difference of {stale}"


@pytest.mark.parametrize("folder", ["docs/reference/api", "docs/rules"])
def test_pages_of_what_is_gone_are_gone(folder: str, files: dict[str, str]) -> None:
    assert {str(page.relative_to(ROOT)) for page in (ROOT / folder).glob("*.md")} <= files.keys()


def test_every_error_says_something(files: dict[str, str]) -> None:
    """Not only that something must be."""
    lines = files["docs/reference/errors.md"].splitlines()

    assert [line for line in lines if re.fullmatch(r"(Must be )?[… ]*", line) and line] == []
    assert "Must be arm64 or x86_64." in lines
    assert any("must be at least \u2039" in line for line in lines)
