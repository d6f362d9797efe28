"""Messages that failed are sent back with the rights that the construct grants, on the local cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aws_cdk import CfnOutput

from cdk_lambda_patterns import DeadLetterRedrive, SqsTrigger
from tests.local_cloud.fidelity.lab import eventually
from tests.local_cloud.triggers.reading import reader, records_of

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def orders(stack: cdk.Stack) -> None:
    trigger = SqsTrigger(stack, "Orders", function=reader(stack), max_receive_count=1)
    redrive = DeadLetterRedrive(stack, "Redrive", queue=trigger, max_messages_per_second=10)
    CfnOutput(stack, "Command", value=redrive.command)


def test_what_failed_has_all_its_tries_again(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(orders)
    function, behind = deployed.function("Reader"), deployed.queue("Orders/DeadLetterQueue")
    deployed.queue("Orders/Queue").send("bad")
    records_of(function, 1)
    eventually(lambda: [1] * behind.depth().visible)

    options = deployed.outputs["Command"].removeprefix("aws sqs start-message-move-task ").split()
    given = dict(zip(options[::2], options[1::2], strict=True))
    local_cloud.client("sqs").start_message_move_task(
        SourceArn=given["--source-arn"],
        DestinationArn=given["--destination-arn"],
        MaxNumberOfMessagesPerSecond=int(given["--max-number-of-messages-per-second"]),
    )

    first, second = records_of(function, 2)
    assert [record["body"] for record in (first, second)] == ["bad", "bad"]
    assert second["attributes"]["ApproximateReceiveCount"] == "1"
    assert first["messageId"] != second["messageId"], "it comes as a new message"
    assert behind.receive(within=20).text == "bad", "and fails as before, since nobody has repaired the cause"
