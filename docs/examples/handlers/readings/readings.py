"""Warns of devices that are too warm."""

import logging
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> None:
    device, temperature = event["device"], float(event["temperature"])
    logger.warning("%s has %.1f degrees", device, temperature)
