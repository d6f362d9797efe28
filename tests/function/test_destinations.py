from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import (
    aws_events as events,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_lambda_destinations as destinations,
    aws_s3 as s3,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import ValidationError, WellArchitectedFunction
from cdk_lambda_patterns.json_values import as_list
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import actions, define, only, refused, resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct

    from cdk_lambda_patterns.testing import Template

ARN = "arn:aws:{service}:eu-west-1:111111111111:{name}"


def queue(stack: cdk.Stack, **options: Any) -> sqs.Queue:  # noqa: ANN401
    return sqs.Queue(stack, "Target", **options)


def topic(stack: cdk.Stack, **options: Any) -> sns.Topic:  # noqa: ANN401
    return sns.Topic(stack, "Target", **options)


def plain_function(stack: cdk.Stack) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Target",
        code=lambda_.Code.from_inline("x"),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )


def sent_to(template: Template, prop: str = "OnFailure") -> Any:  # noqa: ANN401
    return only(template, "AWS::Lambda::EventInvokeConfig")["DestinationConfig"][prop]["Destination"]


TARGETS: dict[str, tuple[Callable[[cdk.Stack], Any], str, str]] = {
    "queue": (queue, "AWS::SQS::Queue", "sqs:SendMessage"),
    "topic": (topic, "AWS::SNS::Topic", "sns:Publish"),
    "event bus": (lambda stack: events.EventBus(stack, "Target"), "AWS::Events::EventBus", "events:PutEvents"),
    "bucket": (lambda stack: s3.Bucket(stack, "Target"), "AWS::S3::Bucket", "s3:PutObject"),
    "wrapped queue": (lambda stack: destinations.SqsDestination(queue(stack)), "AWS::SQS::Queue", "sqs:SendMessage"),
    "wrapped topic": (lambda stack: destinations.SnsDestination(topic(stack)), "AWS::SNS::Topic", "sns:Publish"),
    "wrapped event bus": (
        lambda stack: destinations.EventBridgeDestination(events.EventBus(stack, "Target")),
        "AWS::Events::EventBus",
        "events:PutEvents",
    ),
    "wrapped bucket": (
        lambda stack: destinations.S3Destination(s3.Bucket(stack, "Target")),
        "AWS::S3::Bucket",
        "s3:PutObject",
    ),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_failures_go_where_they_are_sent_and_the_role_may_send_them(kind: str, stack: cdk.Stack) -> None:
    make, resource_type, action = TARGETS[kind]

    function = define(stack, on_failure=make(stack))

    template = synthesize(stack)
    target = next(name for name in resources(template, resource_type) if name.startswith("Target"))
    reference = sent_to(template)
    assert target in (reference.get("Ref"), reference.get("Fn::GetAtt", [None])[0])
    assert any(name.startswith(action) for name in actions(template))
    assert function.failure_queue is None
    assert len(resources(template, "AWS::SQS::Queue")) == ("queue" in kind)


@pytest.mark.parametrize("kind", [kind for kind in TARGETS if "bucket" not in kind])
def test_results_go_where_they_are_sent(kind: str, stack: cdk.Stack) -> None:
    make, resource_type, action = TARGETS[kind]

    function = define(stack, on_success=make(stack))

    template = synthesize(stack)
    target = next(name for name in resources(template, resource_type) if name.startswith("Target"))
    reference = sent_to(template, "OnSuccess")
    assert target in (reference.get("Ref"), reference.get("Fn::GetAtt", [None])[0])
    assert any(name.startswith(action) for name in actions(template))
    assert function.failure_queue is not None, "failures are kept still"
    assert sent_to(template) != reference


IMPORTED: dict[str, tuple[Callable[[cdk.Stack], Any], str]] = {
    "queue": (
        lambda stack: sqs.Queue.from_queue_arn(stack, "Target", ARN.format(service="sqs", name="failed")),
        ARN.format(service="sqs", name="failed"),
    ),
    "topic": (
        lambda stack: sns.Topic.from_topic_arn(stack, "Target", ARN.format(service="sns", name="failed")),
        ARN.format(service="sns", name="failed"),
    ),
    "event bus": (
        lambda stack: events.EventBus.from_event_bus_arn(
            stack, "Target", ARN.format(service="events", name="event-bus/failed")
        ),
        ARN.format(service="events", name="event-bus/failed"),
    ),
    "function": (
        lambda stack: lambda_.Function.from_function_attributes(
            stack, "Target", function_arn=ARN.format(service="lambda", name="function:failed"), same_environment=True
        ),
        ARN.format(service="lambda", name="function:failed"),
    ),
    "alias": (
        lambda stack: lambda_.Alias.from_alias_attributes(
            stack,
            "Target",
            alias_name="live",
            alias_version=lambda_.Version.from_version_arn(
                stack, "Version", ARN.format(service="lambda", name="function:failed:1")
            ),
        ),
        ARN.format(service="lambda", name="function:failed:live"),
    ),
    "bucket": (lambda stack: s3.Bucket.from_bucket_arn(stack, "Target", "arn:aws:s3:::failed"), "arn:aws:s3:::failed"),
}


@pytest.mark.parametrize("kind", IMPORTED)
def test_a_destination_may_be_imported(kind: str, stack: cdk.Stack) -> None:
    make, arn = IMPORTED[kind]

    define(stack, on_failure=make(stack))

    assert sent_to(synthesize(stack)) == arn


def test_fails_when_an_imported_function_may_be_of_another_account(stack: cdk.Stack) -> None:
    target = lambda_.Function.from_function_arn(stack, "Target", ARN.format(service="lambda", name="function:failed"))

    with pytest.raises(ValidationError, match=r"^cannot modify permission .* \[Stack/Function\] \(CannotModifyLambda"):
        define(stack, on_failure=target)


def test_a_plain_function_is_called_as_it_is(stack: cdk.Stack) -> None:
    target = plain_function(stack)

    define(stack, on_failure=target)

    template = synthesize(stack)
    assert sent_to(template)["Fn::GetAtt"][0] == stack.get_logical_id(target.node.default_child)  # type: ignore[arg-type]
    assert "lambda:InvokeFunction" in actions(template)


def test_a_function_of_ours_is_called_through_live_and_keeps_its_own_failures(stack: cdk.Stack) -> None:
    """What its destination fails at would be lost else: a record is an asynchronous event like any other."""
    target = define(stack, "Target")

    function = define(stack, on_failure=target)

    template = synthesize(stack)
    (live,) = [name for name in resources(template, "AWS::Lambda::Alias") if name.startswith("Target")]
    destinations_of = {
        config["DestinationConfig"]["OnFailure"]["Destination"].get("Ref")
        for config in resources(template, "AWS::Lambda::EventInvokeConfig").values()
    }
    assert destinations_of == {live, None}
    assert function.failure_queue is None
    assert target.failure_queue is not None


def test_a_function_behind_the_cdks_wrapper_is_called_as_the_user_said(stack: cdk.Stack) -> None:
    target = define(stack, "Target")

    define(stack, on_success=destinations.LambdaDestination(target.live, response_only=True))

    rules = resources(synthesize(stack), "AWS::Events::Rule")
    assert len(rules) == 1


FIFO: dict[str, Callable[[cdk.Stack], Any]] = {
    "queue": lambda stack: queue(stack, fifo=True),
    "topic": lambda stack: topic(stack, fifo=True),
    "wrapped queue": lambda stack: destinations.SqsDestination(queue(stack, fifo=True)),
    "wrapped topic": lambda stack: destinations.SnsDestination(topic(stack, fifo=True)),
}
FIFO_IMPORTED: dict[str, Callable[[cdk.Stack], Any]] = {
    "queue": lambda stack: sqs.Queue.from_queue_arn(stack, "Target", ARN.format(service="sqs", name="a.fifo")),
    "topic": lambda stack: sns.Topic.from_topic_arn(stack, "Target", ARN.format(service="sns", name="a.fifo")),
}


@pytest.mark.parametrize("prop", ["on_failure", "on_success"])
@pytest.mark.parametrize("kind", FIFO)
def test_fails_when_a_destination_is_fifo(kind: str, prop: str, stack: cdk.Stack) -> None:
    got = "Stack/Target/Resource" if "wrapped" in kind else "Stack/Target"

    error = refused(stack, "DestinationFifo", got, **{prop: FIFO[kind](stack)})

    assert f"'{prop}' must not be a FIFO queue or topic" in str(error)
    assert error.path == "Stack/Function"


@pytest.mark.parametrize("prop", ["on_failure", "on_success"])
@pytest.mark.parametrize("kind", FIFO_IMPORTED)
def test_fails_when_an_imported_destination_is_fifo(kind: str, prop: str, stack: cdk.Stack) -> None:
    refused(stack, "DestinationFifo", "Stack/Target", **{prop: FIFO_IMPORTED[kind](stack)})


def test_fails_when_a_wrapped_destination_is_an_imported_fifo_queue(stack: cdk.Stack) -> None:
    wrapped = destinations.SqsDestination(FIFO_IMPORTED["queue"](stack))

    refused(stack, "DestinationFifo", ARN.format(service="sqs", name="a.fifo"), on_failure=wrapped)


def test_fails_when_a_wrapped_fifo_queue_stands_in_another_stack(app: cdk.App) -> None:
    other, stack = cdk.Stack(app, "Other"), cdk.Stack(app, "Stack")

    refused(
        stack,
        "DestinationFifo",
        "Other/Target/Resource",
        on_failure=destinations.SqsDestination(queue(other, fifo=True)),
    )


@pytest.mark.parametrize("wrapped", [False, True])
def test_fails_when_results_are_sent_to_a_bucket(wrapped: bool, stack: cdk.Stack) -> None:  # noqa: FBT001
    bucket = s3.Bucket(stack, "Target")
    target = destinations.S3Destination(bucket) if wrapped else bucket

    refused(stack, "DestinationBucketForSuccess", "a bucket", on_success=target)


@pytest.mark.parametrize("target", ["arn:aws:sqs:eu-west-1:111111111111:failed", 5, object()])
@pytest.mark.parametrize("prop", ["on_failure", "on_success"])
def test_fails_when_a_destination_is_none(target: object, prop: str, stack: cdk.Stack) -> None:
    refused(stack, "DestinationInvalid", type(target).__name__, **{prop: target})


def test_fails_when_what_is_bound_otherwise_is_a_destination(stack: cdk.Stack) -> None:
    refused(stack, "DestinationInvalid", "aws_lambda.InlineCode", on_failure=lambda_.Code.from_inline("x"))


def test_a_destination_may_be_of_a_class_of_the_users(stack: cdk.Stack) -> None:
    @jsii.implements(lambda_.IDestination)
    class Journal:
        def bind(
            self,
            scope: Construct,
            fn: lambda_.IFunction,
            *,
            type: lambda_.DestinationType,  # noqa: A002 - the CDK's
        ) -> lambda_.DestinationConfig:
            assert isinstance(scope, WellArchitectedFunction)
            assert fn is scope
            return lambda_.DestinationConfig(destination=f"arn:aws:sqs:eu-west-1:111111111111:{type.value.lower()}")

    define(stack, on_failure=Journal())

    assert sent_to(synthesize(stack)) == "arn:aws:sqs:eu-west-1:111111111111:failure"


KEY_ARN = ARN.format(service="kms", name="key/1")
NEEDED: dict[str, tuple[str, list[str]]] = {
    "queue": ("sqs:SendMessage", ["kms:Decrypt", "kms:GenerateDataKey"]),
    "topic": ("sns:Publish", ["kms:Decrypt", "kms:GenerateDataKey"]),
    "bucket": ("s3:PutObject", ["kms:GenerateDataKey"]),
}


def guarded(stack: cdk.Stack, kind: str, key: Any) -> Any:  # noqa: ANN401
    """A queue, topic or bucket under a customer's key."""
    if kind == "bucket":
        return s3.Bucket(stack, "Target", encryption_key=key)
    return topic(stack, master_key=key) if kind == "topic" else queue(stack, encryption_master_key=key)


def granted(template: Template) -> list[dict[str, Any]]:
    """What the function's role may do beside what every function may."""
    return [statement for policy in resources(template, "AWS::IAM::Policy").values() for statement in rights(policy)]


def rights(policy: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**each, "Action": as_list(each["Action"])} for each in policy["PolicyDocument"]["Statement"]]


def of_keys(template: Template) -> list[dict[str, Any]]:
    return [statement for statement in granted(template) if statement["Action"][0].startswith("kms:")]


class TestCustomerKeys:
    """Lambda uses the function's role to write to a destination: without rights on its key the record is lost."""

    @pytest.mark.parametrize("kind", NEEDED)
    def test_the_role_may_use_the_destinations_key_and_do_nothing_else(self, kind: str, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        define(stack, on_failure=guarded(stack, kind, key))

        template = synthesize(stack)
        action, used = NEEDED[kind]
        assert {name for statement in granted(template) for name in statement["Action"]} - {"s3:ListBucket"} == {
            action,
            *used,
        }
        (statement,) = of_keys(template)
        assert statement == {"Effect": "Allow", "Action": as_list(used), "Resource": stack.resolve(key.key_arn)}

    def test_objects_are_put_into_lambdas_part_of_a_bucket_of_this_account(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Target")

        define(stack, on_failure=bucket)

        arn, account = (
            stack.resolve(bucket.bucket_arn),
            {"StringEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}},
        )
        put, list_ = granted(synthesize(stack))
        assert put == {
            "Effect": "Allow",
            "Action": ["s3:PutObject"],
            "Resource": {"Fn::Join": ["", [arn, "/aws/lambda/*"]]},
            "Condition": account,
        }
        assert list_ == {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": arn, "Condition": account}

    @pytest.mark.parametrize("kind", NEEDED)
    def test_a_key_may_be_imported(self, kind: str, stack: cdk.Stack) -> None:
        key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)

        define(stack, on_failure=guarded(stack, kind, key))

        (statement,) = of_keys(synthesize(stack))
        assert (statement["Action"], statement["Resource"]) == (NEEDED[kind][1], KEY_ARN)

    @pytest.mark.parametrize("kind", ["queue", "topic", "bucket"])
    def test_the_cdks_own_destinations_grant_more(self, kind: str, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        wrap: dict[str, Any] = {
            "queue": destinations.SqsDestination,
            "topic": destinations.SnsDestination,
            "bucket": destinations.S3Destination,
        }

        define(stack, on_failure=wrap[kind](guarded(stack, kind, key)))

        assert "kms:GenerateDataKey*" in {name for each in of_keys(synthesize(stack)) for name in each["Action"]}

    def test_the_bus_uses_its_key_itself(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        define(stack, on_failure=events.EventBus(stack, "Target", kms_key=key))

        template = synthesize(stack)
        policy = only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        assert {"Service": "events.amazonaws.com"} in [statement["Principal"] for statement in policy]
        assert of_keys(template) == []

    @pytest.mark.parametrize("kind", NEEDED)
    def test_the_key_may_stand_in_another_stack(self, kind: str, app: cdk.App) -> None:
        other, stack = cdk.Stack(app, "Other"), cdk.Stack(app, "Stack")
        key = kms.Key(other, "Key")

        define(stack, on_failure=guarded(other, kind, key))

        (statement,) = of_keys(synthesize(stack))
        assert statement["Action"] == NEEDED[kind][1]
        assert other.dependencies == []


def test_a_destination_may_stand_in_another_stack(app: cdk.App) -> None:
    other, stack = cdk.Stack(app, "Other"), cdk.Stack(app, "Stack")

    define(stack, on_failure=queue(other))

    synthesize(stack)
    assert stack.dependencies == [other]
    assert other.dependencies == []
