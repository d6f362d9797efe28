"""Takes the visitor's address out of each page view; leaves out robots, and keeps apart what is no page view."""

import base64
import json
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"records": [{"recordId": record["recordId"], **cleaned(record["data"])} for record in event["records"]]}


def cleaned(data: str) -> dict[str, str]:
    try:
        view = json.loads(base64.b64decode(data))
        if view["robot"]:
            return {"result": "Dropped", "data": data}
        view.pop("address", None)
    except (KeyError, TypeError, ValueError):
        return {"result": "ProcessingFailed", "data": data}
    # A line each: Firehose puts records into an object one after the other.
    return {"result": "Ok", "data": base64.b64encode(f"{json.dumps(view)}\n".encode()).decode()}
