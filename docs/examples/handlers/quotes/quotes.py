"""Says what an order would cost."""

import json
from typing import Any

PRICES = {"tea": 4.5, "coffee": 6}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    order = json.loads(event["body"])
    if order["item"] not in PRICES:
        return {"statusCode": 404, "body": json.dumps({"message": "no such item"})}
    quote = {"item": order["item"], "total": PRICES[order["item"]] * order["number"]}
    return {"statusCode": 200, "body": json.dumps(quote)}
