from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from cdk_lambda_patterns.triggers.message_retention import check_retentions, warn_of_lost_messages
from tests.triggers.polling import warnings


@pytest.mark.parametrize(
    ("source", "behind", "warned"),
    [
        (None, None, True),
        (None, cdk.Duration.days(5), False),
        (cdk.Duration.days(14), cdk.Duration.days(14), True),
        (cdk.Duration.days(1), None, False),
        (cdk.Duration.seconds(cdk.Token.as_number({"Ref": "Kept"})), cdk.Duration.days(1), False),
    ],
)
def test_messages_shall_outlive_their_queue(
    stack: cdk.Stack, source: cdk.Duration | None, behind: cdk.Duration | None, *, warned: bool
) -> None:
    queue = sqs.CfnQueue(stack, "Queue", message_retention_period=None if source is None else source.to_seconds())
    failures = sqs.Queue(stack, "Failures", retention_period=behind)

    check_retentions(stack, queue, failures)

    assert bool(warnings(stack)) == warned


def test_of_a_queue_from_outside_nothing_is_known(stack: cdk.Stack) -> None:
    failures = sqs.Queue.from_queue_arn(stack, "Failures", "arn:aws:sqs:us-east-1:123456789012:failures")

    check_retentions(stack, sqs.CfnQueue(stack, "Queue", message_retention_period=1_209_600), failures)

    assert warnings(stack) == []


@pytest.mark.parametrize(
    ("tries", "retention", "warned"),
    [(0, 60, False), (59, 60, False), (60, 60, True), (61, 60, True), (1_000_000, None, False)],
)
def test_a_message_shall_be_given_up_before_its_queue_deletes_it(
    stack: cdk.Stack, tries: float, retention: float | None, *, warned: bool
) -> None:
    warn_of_lost_messages(stack, tries, retention)

    assert [text.startswith(f"all tries of a message take {tries:,} seconds") for _, text in warnings(stack)] == [
        True
    ] * warned
