"""Says what an amount in dollars is in another currency."""

from __future__ import annotations

import json
import os
from typing import Any

RATES: dict[str, float] = json.loads(os.environ["RATES"])


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """What Lambda calls."""
    currency = event["currency"]
    return {"currency": currency, "amount": round(event["dollars"] * RATES[currency], 2)}
