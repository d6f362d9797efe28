"""Converts amounts. What takes long is done when the module is imported, and is part of the snapshot."""

import csv
import io
from typing import Any

RATES = {
    row["currency"]: float(row["rate"]) for row in csv.DictReader(io.StringIO("currency,rate\nCHF,0.93\nUSD,1.08\n"))
}


def handler(event: dict[str, Any], _context: object) -> dict[str, float]:
    return {"amount": round(event["euros"] * RATES[event["currency"]], 2)}
