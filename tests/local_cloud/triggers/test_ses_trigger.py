"""Mail: the local cloud receives none, so the example's function is handed what SES would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import example_stack
from tests.triggers.ses_events import MESSAGE_ID, event

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def test_the_example_reads_mail_from_the_bucket(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("ses_trigger"))
    deployed.bucket("Bucket").put(f"help/{MESSAGE_ID}", "Subject: Help\r\n\r\nIt does not start.\r\n")

    answer = deployed.function("Read").invoke(event())

    assert (answer.error, answer.payload) == (None, "It does not start.\r\n")
    recorded = {entry.type for entry in local_cloud.recorded()}
    assert {"AWS::SES::ReceiptRule", "AWS::SES::ReceiptRuleSet"} <= recorded, "when SES is emulated, send real mail"


def test_mail_that_the_function_fails_on_ends_in_its_failure_queue(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("ses_trigger"))

    deployed.function("Read").invoke_asynchronously(event())

    record = deployed.queue("Read/FailureQueue").receive(within=30).body
    assert record["requestPayload"] == event()
    assert record["responsePayload"]["errorType"] == "NoSuchKey"
