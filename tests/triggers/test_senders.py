"""Who may put what could not be delivered into a queue."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_sns as sns, aws_sqs as sqs

from cdk_lambda_patterns import S3Trigger
from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, resources
from tests.refusals import refusal
from tests.triggers.polling import logical_id, warnings
from tests.triggers.undelivered import bucket, key_users, rule, schedule, senders, topic

TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"


@pytest.mark.parametrize(
    ("make", "service"),
    [(bucket, "events.amazonaws.com"), (rule, "events.amazonaws.com"), (topic, "sns.amazonaws.com")],
)
def test_a_customers_key_lets_the_service_use_it(make: Any, service: str, stack: cdk.Stack) -> None:  # noqa: ANN401
    failures = sqs.Queue(stack, "Failures", encryption_master_key=kms.Key(stack, "Key"))

    make(stack, function=define(stack), dead_letter_queue=failures)

    template = synthesize(stack)
    assert key_users(template) == [(service, ["kms:Decrypt", "kms:GenerateDataKey*"])]
    assert [(sender.queue, sender.service) for sender in senders(template)] == [(logical_id(failures), service)]


@pytest.mark.parametrize(("make", "service"), [(rule, "events.amazonaws.com"), (topic, "sns.amazonaws.com")])
def test_of_a_key_from_outside_is_warned(make: Any, service: str, stack: cdk.Stack) -> None:  # noqa: ANN401
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:123456789012:key/1")
    failures = sqs.Queue(stack, "Failures", encryption_master_key=key)

    make(stack, function=define(stack), dead_letter_queue=failures)

    ((path, text),) = warnings(stack)
    assert path == "/Stack/Failures"
    assert f"lets {service} do kms:Decrypt and kms:GenerateDataKey*" in text
    assert "cdk-lambda-patterns:keyPolicyUnknown" in text


def test_a_customers_key_lets_the_schedules_role_use_it(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    failures = sqs.Queue(stack, "Failures", encryption_master_key=key)

    defined = schedule(stack, function=define(stack), dead_letter_queue=failures)

    template = synthesize(stack)
    policies = [
        policy["PolicyDocument"]["Statement"]
        for policy in resources(template, "AWS::IAM::Policy").values()
        if policy["Roles"] == [{"Ref": logical_id(defined.role)}]
    ]
    assert policies == [
        [
            {
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Effect": "Allow",
                "Resource": {"Fn::GetAtt": [logical_id(key), "Arn"]},
            }
        ]
    ]
    assert senders(template) == [], "the role may send"


@pytest.mark.parametrize(("make", "service"), [(bucket, "EventBridge"), (rule, "EventBridge"), (topic, "SNS")])
def test_fails_when_the_key_can_never_be_used(make: Any, service: str, stack: cdk.Stack) -> None:  # noqa: ANN401
    failures = sqs.Queue(stack, "Failures", encryption=sqs.QueueEncryption.KMS_MANAGED)

    error = refusal(
        lambda: make(stack, function=define(stack), dead_letter_queue=failures), "DeadLetterQueueKey", "Stack/Failures"
    )

    assert f"{service} cannot be let use it" in str(error)


def test_a_role_may_use_awss_own_key(stack: cdk.Stack) -> None:
    failures = sqs.Queue(stack, "Failures", encryption=sqs.QueueEncryption.KMS_MANAGED)

    defined = schedule(stack, function=define(stack), dead_letter_queue=failures)

    assert defined.dead_letter_queue is failures


@pytest.mark.parametrize(("make", "service"), [(rule, "events.amazonaws.com"), (topic, "sns.amazonaws.com")])
def test_of_a_queue_from_outside_is_warned_once(make: Any, service: str, stack: cdk.Stack) -> None:  # noqa: ANN401
    failures = sqs.Queue.from_queue_arn(stack, "Failures", QUEUE)
    outside = {"topic": sns.Topic.from_topic_arn(stack, "Topic", TOPIC)} if make is topic else {}

    for number in range(2):
        function = define(stack, f"Function{number}")
        make(stack, f"Trigger{number}", function=function, dead_letter_queue=failures, **outside)

    ((path, text),) = warnings(stack)
    assert path == "/Stack/Failures"
    assert service in text
    assert "cdk-lambda-patterns:queuePolicyUnknown" in text


def test_many_rules_of_a_stack_share_the_rights_that_they_need(stack: cdk.Stack) -> None:
    function = define(stack)

    for number in range(20):
        rule(stack, f"Rule{number}", function=function)
    S3Trigger(stack, "Files", function=function)

    template = synthesize(stack)
    assert len(resources(template, "AWS::Events::Rule")) == 21
    assert len(resources(template, "AWS::Lambda::Permission")) == 1
    assert len(senders(template)) == 1


def test_topics_have_rights_of_their_own(stack: cdk.Stack) -> None:
    function = define(stack)

    topics = [topic(stack, name, function=function).topic for name in ("One", "Two")]

    template = synthesize(stack)
    sources = [{"Ref": logical_id(each)} for each in topics]
    assert [sender.source for sender in senders(template)] == sources
    assert [p["SourceArn"] for p in resources(template, "AWS::Lambda::Permission").values()] == sources


@pytest.mark.parametrize("make", [bucket, rule, schedule, topic])
def test_our_own_checks_find_that_a_customers_key_works(make: Any, app: cdk.App, stack: cdk.Stack) -> None:  # noqa: ANN401
    failures = sqs.Queue(stack, "Failures", encryption_master_key=kms.Key(stack, "Key"), enforce_ssl=True)

    make(stack, function=define(stack), dead_letter_queue=failures)

    assert_no_findings(app, select=["DeadLetterQueueKeyGrant", "RuleTargetDeadLetterQueue", "PermissionSource"])
