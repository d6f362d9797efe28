"""Runs a customer's own rules. No other customer ever gets this process, its memory or its /tmp."""

from typing import Any

cache: dict[str, Any] = {}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    cache.setdefault("rules", event.get("rules", []))
    return {"tenant": context.tenant_id, "rules": cache["rules"]}
