from __future__ import annotations

import pytest

from tests.generated import GENERATORS, ROOT


@pytest.mark.parametrize("path", GENERATORS)
def test_a_generated_file_is_up_to_date(path: str) -> None:
    committed = (ROOT / path).read_text(encoding="utf-8")

    assert committed == GENERATORS[path](), f"{path} is stale: run `make generate` and review the difference"
