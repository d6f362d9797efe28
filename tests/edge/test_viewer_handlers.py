"""The CloudFront Function of the example, run in Node as CloudFront calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdk_lambda_patterns.testing import run_viewer_function, viewer_request

MOVED = Path(__file__).parents[2] / "docs" / "examples" / "handlers" / "moved"
PAGES = json.loads((MOVED / "moved.json").read_text())


@pytest.mark.parametrize(("old", "new"), PAGES.items())
def test_a_page_that_has_moved_is_answered_with_its_new_address(old: str, new: str) -> None:
    answer = run_viewer_function(MOVED / "moved.js", viewer_request(old), key_values=PAGES)

    assert answer == {
        "statusCode": 301,
        "statusDescription": "Moved Permanently",
        "headers": {"location": {"value": new}},
    }


@pytest.mark.parametrize(
    ("asked", "got"), [("/about/", "/about/index.html"), ("/", "/index.html"), ("/logo.svg", "/logo.svg")]
)
def test_a_folder_is_its_index(asked: str, got: str) -> None:
    event = viewer_request(asked, headers={"User-Agent": "test"}, querystring={"page": "2"})

    request = run_viewer_function(MOVED / "moved.js", event, key_values=PAGES)

    assert request == {**event["request"], "uri": got}
