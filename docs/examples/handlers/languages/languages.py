from typing import Any

LANGUAGES = ("en", "de", "fr")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """CloudFront has no answer in its cache: take the page from the folder of the visitor's language."""
    request: dict[str, Any] = event["Records"][0]["cf"]["request"]
    request["uri"] = f"/{language_for(request['headers'])}{request['uri']}"
    return request


def language_for(headers: dict[str, list[dict[str, str]]]) -> str:
    """The first of the visitor's languages that there is."""
    wanted = headers.get("accept-language", [{"value": ""}])[0]["value"]
    codes = [choice.strip()[:2].lower() for choice in wanted.split(",")]
    return next((code for code in codes if code in LANGUAGES), LANGUAGES[0])
