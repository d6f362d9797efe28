from __future__ import annotations

from pathlib import Path

import pytest

from tests.generated import ROOT, generated_files

FILES = generated_files()


@pytest.mark.parametrize("path", FILES)
def test_a_generated_file_is_up_to_date(path: str) -> None:
    committed = Path(ROOT / path).read_text(encoding="utf-8")

    assert committed == FILES[path], f"{path} is stale: run `make generate` and review the difference"
