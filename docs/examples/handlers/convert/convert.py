"""Says which workbook arrived. The event is EventBridge's: its key is not URL-encoded."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], context: object) -> None:
    detail = event["detail"]
    logger.info("s3://%s/%s", detail["bucket"]["name"], detail["object"]["key"])
