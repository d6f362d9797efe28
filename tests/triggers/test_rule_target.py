"""The queue behind a trigger that is called, and what a rule, a topic and a schedule have in common about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns, aws_sqs as sqs
from constructs import Construct

from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, logical_id
from tests.triggers.undelivered import bucket, rule, schedule, senders, topic

if TYPE_CHECKING:
    from cdk_lambda_patterns import EventBridgeTrigger, S3Trigger, ScheduleTrigger, SnsTrigger

    Trigger = EventBridgeTrigger | S3Trigger | ScheduleTrigger | SnsTrigger

QUEUE = "arn:aws:sqs:us-east-1:123456789012:failures"


each_trigger = pytest.mark.parametrize("make", [bucket, rule, schedule, topic])


def dead_letter_arn(template: Any) -> Any:  # noqa: ANN401
    """Where the template's rule, schedule or subscription sends what it cannot deliver."""
    (found,) = (
        [
            properties["Targets"][0]["DeadLetterConfig"]["Arn"]
            for properties in resources(template, "AWS::Events::Rule").values()
        ]
        or [
            properties["Target"]["DeadLetterConfig"]["Arn"]
            for properties in resources(template, "AWS::Scheduler::Schedule").values()
        ]
        or [
            properties["RedrivePolicy"]["deadLetterTargetArn"]
            for properties in resources(template, "AWS::SNS::Subscription").values()
        ]
    )
    return found


@each_trigger
class TestQueue:
    def test_is_the_functions_failure_queue(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        function = define(stack)

        defined: Trigger = make(stack, function=function)

        template = synthesize(stack)
        assert defined.dead_letter_queue is function.failure_queue
        assert len(resources(template, "AWS::SQS::Queue")) == 1
        assert dead_letter_arn(template) == {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "Arn"]}
        assert set(defined.alarms) == {"EventsLost"}
        assert "FailureQueue" in function.alarms

    def test_is_an_own_one_where_failures_go_elsewhere(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        failures = sns.Topic(stack, "Failures")

        defined: Trigger = make(stack, function=define(stack, on_failure=failures, notify=failures))

        template = synthesize(stack)
        assert defined.dead_letter_queue.node.path == "Stack/Trigger/DeadLetterQueue"
        queue = resources(template, "AWS::SQS::Queue")[logical_id(defined.dead_letter_queue)]
        assert queue == {"MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": True}
        assert dead_letter_arn(template) == {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "Arn"]}
        assert set(defined.alarms) == {"DeadLetterQueue", "EventsLost"}
        for alarm in defined.alarms.values():
            found = resources(template, "AWS::CloudWatch::Alarm")[logical_id(alarm)]
            assert found["AlarmActions"] == [{"Ref": logical_id(failures)}]
            assert (found["Threshold"], found["TreatMissingData"]) == (1, "notBreaching")

    def test_is_an_own_one_in_another_stack_than_the_functions(self, make: Any, app: cdk.App) -> None:  # noqa: ANN401
        function = define(cdk.Stack(app, "Functions"))
        stack = cdk.Stack(app, "Triggers")

        defined: Trigger = make(stack, function=function)

        assert defined.dead_letter_queue.node.path == "Triggers/Trigger/DeadLetterQueue"
        assert dead_letter_arn(synthesize(stack)) == {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "Arn"]}
        assert function.failure_queue is not None, "what the function fails on stays with it"

    def test_may_be_the_users(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        failures = sqs.Queue(stack, "Failures")

        defined: Trigger = make(stack, function=define(stack), dead_letter_queue=failures)

        assert defined.dead_letter_queue is failures
        assert dead_letter_arn(synthesize(stack)) == {"Fn::GetAtt": [logical_id(failures), "Arn"]}
        assert set(defined.alarms) == {"DeadLetterQueue", "EventsLost"}

    def test_may_be_the_users_in_another_stack(self, make: Any, app: cdk.App) -> None:  # noqa: ANN401
        queues, stack = cdk.Stack(app, "Queues"), cdk.Stack(app, "Stack")
        failures = sqs.Queue(queues, "Failures")

        make(stack, function=define(stack), dead_letter_queue=failures)

        assert synthesize(stack)
        sources = {sender.source for sender in senders(synthesize(queues))}
        assert sources <= {
            "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/Stack-*",
            "arn:<AWS::Partition>:sns:<AWS::Region>:<AWS::AccountId>:*",
        }

    def test_fails_when_it_keeps_order(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        failures = sqs.Queue(stack, "Failures", fifo=True)

        refusal(
            lambda: make(stack, function=define(stack), dead_letter_queue=failures),
            "DeadLetterQueueFifo",
            "Stack/Failures",
        )

    def test_fails_when_it_is_an_address(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        error = refusal(lambda: make(stack, function=define(stack), dead_letter_queue=QUEUE), "TypeMismatch", "str")

        assert "'dead_letter_queue'" in str(error)

    def test_triggers_of_one_name_keep_their_own_alarms(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        function = define(stack, on_failure=sns.Topic(stack, "Failures"))

        defined: list[Trigger] = [make(Construct(stack, name), function=function) for name in ("One", "Two")]

        template = synthesize(stack)
        ids = {logical_id(alarm) for trigger in defined for alarm in trigger.alarms.values()}
        assert len(ids) == 4
        assert ids < resources(template, "AWS::CloudWatch::Alarm").keys()


each_delivery = pytest.mark.parametrize("make", [bucket, rule, schedule])


def target(template: Any) -> dict[str, Any]:  # noqa: ANN401
    """The one target of the template's rule or schedule."""
    rules = [properties["Targets"][0] for properties in resources(template, "AWS::Events::Rule").values()]
    starts = [properties["Target"] for properties in resources(template, "AWS::Scheduler::Schedule").values()]
    (found,) = [*rules, *starts]
    return dict(found)


@each_delivery
class TestRetries:
    def test_are_awss_own(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        make(stack, function=define(stack))

        assert "RetryPolicy" not in target(synthesize(stack))

    @pytest.mark.parametrize("attempts", [0, 185])
    @pytest.mark.parametrize("age", [60, 86_400])
    def test_are_as_many_as_said(self, make: Any, stack: cdk.Stack, attempts: int, age: int) -> None:  # noqa: ANN401
        options = {"retry_attempts": attempts, "max_event_age": cdk.Duration.seconds(age)}

        make(stack, function=define(stack), **options)

        retries = {"MaximumEventAgeInSeconds": age, "MaximumRetryAttempts": attempts}
        assert target(synthesize(stack))["RetryPolicy"] == retries

    def test_may_be_known_at_deployment_only(self, make: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        options = {"retry_attempts": NUMBER, "max_event_age": cdk.Duration.seconds(NUMBER)}

        make(stack, function=define(stack), **options)

        retries = {"MaximumEventAgeInSeconds": {"Ref": "Number"}, "MaximumRetryAttempts": {"Ref": "Number"}}
        assert target(synthesize(stack))["RetryPolicy"] == retries

    @pytest.mark.parametrize(
        ("options", "code", "got"),
        [
            ({"retry_attempts": -1}, "RetryAttemptsOutOfRange", "-1"),
            ({"retry_attempts": 186}, "RetryAttemptsOutOfRange", "186"),
            ({"max_event_age": cdk.Duration.seconds(0)}, "EventAgeOutOfRange", "0"),
            ({"max_event_age": cdk.Duration.seconds(59)}, "EventAgeOutOfRange", "59"),
            ({"max_event_age": cdk.Duration.seconds(86_401)}, "EventAgeOutOfRange", "86,401"),
            ({"max_event_age": cdk.Duration.millis(60_500)}, "EventAgeOutOfRange", "60.5"),
            ({"max_event_age": 300}, "DurationExpected", "300"),
        ],
    )
    def test_fails_when_they_are_out_of_range(
        self,
        make: Any,  # noqa: ANN401
        stack: cdk.Stack,
        options: dict[str, Any],
        code: str,
        got: str,
    ) -> None:
        refusal(lambda: make(stack, function=define(stack), **options), code, got, path="Stack/Trigger")


@each_delivery
@pytest.mark.parametrize(("enabled", "state"), [(True, "ENABLED"), (False, "DISABLED")])
def test_may_wait(make: Any, enabled: bool, state: str, stack: cdk.Stack) -> None:  # noqa: ANN401, FBT001
    make(stack, function=define(stack), enabled=enabled)

    template = synthesize(stack)
    found = {**resources(template, "AWS::Events::Rule"), **resources(template, "AWS::Scheduler::Schedule")}
    assert [properties["State"] for properties in found.values()] == [state]
