"""The handler of the example, called as CloudFront calls it.

The events have the shapes that CloudFront documents.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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


def origin_request(uri: str, **headers: str) -> dict[str, Any]:
    """The event of a request that CloudFront is about to send to the origin."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    everywhere = {"x-forwarded-for": "203.0.113.178", "user-agent": "Amazon CloudFront", "host": "example.org"}
    request = {
        "clientIp": "203.0.113.178",
        "headers": {name: [{"key": name.title(), "value": value}] for name, value in {**everywhere, **given}.items()},
        "method": "GET",
        "origin": {
            "s3": {
                "authMethod": "none",
                "customHeaders": {},
                "domainName": "pages.s3.us-east-1.amazonaws.com",
                "path": "",
                "region": "us-east-1",
            }
        },
        "querystring": "",
        "uri": uri,
    }
    config = {
        "distributionDomainName": "d111111abcdef8.cloudfront.net",
        "distributionId": "EDFDVBD6EXAMPLE",
        "eventType": "origin-request",
        "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
    }
    return {"Records": [{"cf": {"config": config, "request": request}}]}


@pytest.mark.parametrize(
    ("accepted", "folder"),
    [("de-CH,de;q=0.9,en;q=0.8", "de"), ("es, FR;q=0.5", "fr"), ("ja", "en"), ("", "en"), ("*", "en")],
)
def test_a_page_comes_from_the_folder_of_the_visitors_language(
    languages: ModuleType, accepted: str, folder: str
) -> None:
    event = origin_request("/news/index.html", accept_language=accepted)

    request = languages.handler(event, None)

    assert request["uri"] == f"/{folder}/news/index.html"


def test_without_a_language_it_comes_from_the_first_folder(languages: ModuleType) -> None:
    assert languages.handler(origin_request("/index.html"), None)["uri"] == "/en/index.html"


def test_the_rest_of_the_request_stays_as_it_is(languages: ModuleType) -> None:
    event = origin_request("/index.html", accept_language="fr")
    before = {
        name: value
        for name, value in origin_request("/index.html", accept_language="fr")["Records"][0]["cf"]["request"].items()
        if name != "uri"
    }

    request = languages.handler(event, None)

    assert {name: value for name, value in request.items() if name != "uri"} == before
