"""Says which workbook arrived. The event is EventBridge's: its key is not URL-encoded."""

import logging
from typing import Any

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> None:
    detail = event["detail"]
    logger.info("s3://%s/%s", detail["bucket"]["name"], detail["object"]["key"])
