"""Ships what was ordered. The event is what the rule makes of EventBridge's: the number of the order and the moment."""

import logging
from typing import TypedDict

logger = logging.getLogger()


class Placed(TypedDict):
    order: str
    at: str


def handler(event: Placed, _context: object) -> None:
    logger.info("order %s of %s", event["order"], event["at"])
