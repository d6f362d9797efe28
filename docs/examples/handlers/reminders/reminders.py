"""Reminds of what is overdue."""

import json
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for record in event["Records"]:
        print(json.dumps({"reminded_of": json.loads(record["body"])}))  # noqa: T201 (the log is where reminders go)
    return {"batchItemFailures": []}
