"""Reads mail to the help desk, unless it is spam."""

import email
import logging
import os
from email import policy
from email.message import EmailMessage
from typing import Any

import boto3

logger = logging.getLogger()


def handler(event: dict[str, Any], _context: object) -> str | None:
    (record,) = event["Records"]
    mail, receipt = record["ses"]["mail"], record["ses"]["receipt"]
    if "FAIL" in (receipt["spamVerdict"]["status"], receipt["virusVerdict"]["status"]):
        logger.info("passed over %s", mail["messageId"])
        return None
    key = f"{os.environ['PREFIX']}{mail['messageId']}"
    content = boto3.client("s3").get_object(Bucket=os.environ["BUCKET"], Key=key)["Body"].read()
    return text_of(email.message_from_bytes(content, EmailMessage, policy=policy.default))


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    return "" if part is None else str(part.get_content())
