"""The handler of the example, called as CloudFront calls it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns.testing import edge_request, run_edge_handler

if TYPE_CHECKING:
    from types import ModuleType

HANDLERS = Path(__file__).parents[2] / "docs" / "examples" / "handlers"


@pytest.fixture(scope="module")
def languages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("languages", HANDLERS / "languages" / "languages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("accepted", "folder"),
    [("de-CH,de;q=0.9,en;q=0.8", "de"), ("es, FR;q=0.5", "fr"), ("ja", "en"), ("", "en"), ("*", "en")],
)
def test_a_page_comes_from_the_folder_of_the_visitors_language(
    languages: ModuleType, accepted: str, folder: str
) -> None:
    event = edge_request("/news/index.html", headers={"Accept-Language": accepted})

    request = run_edge_handler(languages.handler, event)

    assert request == {**event["Records"][0]["cf"]["request"], "uri": f"/{folder}/news/index.html"}


def test_without_a_language_it_comes_from_the_first_folder(languages: ModuleType) -> None:
    assert run_edge_handler(languages.handler, edge_request("/index.html"))["uri"] == "/en/index.html"
