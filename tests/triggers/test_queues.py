from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_sqs as sqs

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.testing import synthesize
from cdk_lambda_patterns.triggers.queues import check_retentions, define_dead_letter_queue, define_queue
from tests.function.support import only
from tests.triggers.polling import logical_id, warnings

QUEUE = "AWS::SQS::Queue"


def test_a_queue_is_encrypted_and_refuses_plain_connections(stack: cdk.Stack) -> None:
    define_queue(stack, "Queue", fifo=False, encryption_key=None)

    template = synthesize(stack)
    assert only(template, QUEUE) == {"SqsManagedSseEnabled": True}
    (statement,) = only(template, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_a_queue_takes_other_options_too(stack: cdk.Stack) -> None:
    define_queue(stack, "Queue", fifo=True, encryption_key=None, delivery_delay=cdk.Duration.seconds(5))

    assert only(synthesize(stack), QUEUE) == {"DelaySeconds": 5, "FifoQueue": True, "SqsManagedSseEnabled": True}


def test_a_dead_letter_queue_keeps_messages_as_long_as_sqs_does(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")

    define_dead_letter_queue(stack, fifo=True, encryption_key=key)

    assert only(synthesize(stack), QUEUE) == {
        "FifoQueue": True,
        "KmsMasterKeyId": {"Fn::GetAtt": [logical_id(key), "Arn"]},
        "MessageRetentionPeriod": quotas.QUEUE_RETENTION.maximum,
    }


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
