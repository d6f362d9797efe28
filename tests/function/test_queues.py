from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.queues import define_dead_letter_queue, define_queue
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import only
from tests.triggers.polling import logical_id

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
