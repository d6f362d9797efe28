"""Events of Amazon SES.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html
"""

from __future__ import annotations

from typing import Any

MESSAGE_ID = "d6iitobk75ur44p8kdnnp7g2n800"


def event(*, spam: str = "PASS", virus: str = "PASS") -> dict[str, Any]:
    """The event of one mail to the help desk.

    Args:
        spam: The verdict on spam.
        virus: The verdict on viruses.
    """
    passed = {"status": "PASS"}
    return {
        "Records": [
            {
                "eventSource": "aws:ses",
                "eventVersion": "1.0",
                "ses": {
                    "receipt": {
                        "timestamp": "2015-09-11T20:32:33.936Z",
                        "processingTimeMillis": 222,
                        "recipients": ["help@example.com"],
                        "spamVerdict": {"status": spam},
                        "virusVerdict": {"status": virus},
                        "spfVerdict": passed,
                        "dkimVerdict": passed,
                        "dmarcVerdict": passed,
                        "dmarcPolicy": "reject",
                        "action": {
                            "type": "Lambda",
                            "invocationType": "Event",
                            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:Read:live",
                        },
                    },
                    "mail": {
                        "timestamp": "2015-09-11T20:32:33.936Z",
                        "source": "ann@example.org",
                        "messageId": MESSAGE_ID,
                        "destination": ["help@example.com"],
                        "headersTruncated": False,
                        "headers": [{"name": "Subject", "value": "Help"}],
                        "commonHeaders": {"from": ["ann@example.org"], "subject": "Help"},
                    },
                },
            }
        ]
    }
