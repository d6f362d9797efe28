"""What triggers on Kinesis streams and on tables' streams have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_dynamodb as dynamodb,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_s3 as s3,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import DynamoDbTrigger, KinesisTrigger, ValidationError, practices
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, alarm, granted, logical_id, the_mapping, warnings
from tests.triggers.sources import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_lambda_patterns.testing import Template

    Trigger: TypeAlias = Callable[..., KinesisTrigger | DynamoDbTrigger]

ROLE = "AWS::IAM::Role"


def reads_a_stream(stack: cdk.Stack, construct_id: str = "Changes", **options: Any) -> KinesisTrigger:  # noqa: ANN401
    given = {"function": options.pop("function", None) or define(stack, f"{construct_id}Function"), **options}
    return KinesisTrigger(stack, construct_id, **given)


def reads_a_table(stack: cdk.Stack, construct_id: str = "Changes", **options: Any) -> DynamoDbTrigger:  # noqa: ANN401
    table = stack.node.try_find_child("Table") or dynamodb.TableV2(stack, "Table", partition_key=KEY)
    given = {"function": options.pop("function", None) or define(stack, f"{construct_id}Function"), **options}
    return DynamoDbTrigger(stack, construct_id, **{"table": table, **given})


@pytest.fixture(params=[reads_a_stream, reads_a_table], ids=["Kinesis", "DynamoDB"])
def trigger(request: pytest.FixtureRequest) -> Trigger:
    """Makes a trigger of each kind, with a function of its own."""
    made: Trigger = request.param
    return made


def refused(trigger: Trigger, stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got, path="Stack/Changes")


def seconds(amount: float) -> cdk.Duration:
    return cdk.Duration.seconds(amount)


class TestMapping:
    def test_a_failing_record_is_isolated_tried_again_and_given_up(self, stack: cdk.Stack, trigger: Trigger) -> None:
        defined = trigger(stack)

        mapping = the_mapping(synthesize(stack))
        assert mapping == {
            "BatchSize": practices.STREAM_BATCH_SIZE,
            "BisectBatchOnFunctionError": True,
            "DestinationConfig": {
                "OnFailure": {"Destination": {"Fn::GetAtt": [logical_id(defined.failure_queue), "Arn"]}}
            },
            "Enabled": True,
            "EventSourceArn": mapping["EventSourceArn"],
            "FunctionName": {"Ref": logical_id(stack.node.find_child("ChangesFunction").node.find_child("Aliaslive"))},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "MaximumRecordAgeInSeconds": 12 * 3_600,
            "MaximumRetryAttempts": practices.STREAM_RETRY_ATTEMPTS,
            "ParallelizationFactor": 1,
            "StartingPosition": practices.STREAM_STARTING_POSITION,
        }

    def test_everything_may_be_said_otherwise(self, stack: cdk.Stack, trigger: Trigger) -> None:
        trigger(
            stack,
            batch_size=10_000,
            max_batching_window=seconds(300),
            parallelization_factor=10,
            tumbling_window=seconds(900),
            bisect_batch_on_error=False,
            report_batch_item_failures=False,
            retry_attempts=10_000,
            max_record_age=seconds(60),
            starting_position=lambda_.StartingPosition.LATEST,
            enabled=False,
        )

        mapping = the_mapping(synthesize(stack))
        assert "FunctionResponseTypes" not in mapping
        kept = ("DestinationConfig", "EventSourceArn", "FunctionName")
        assert {name: value for name, value in mapping.items() if name not in kept} == {
            "BatchSize": 10_000,
            "BisectBatchOnFunctionError": False,
            "Enabled": False,
            "MaximumBatchingWindowInSeconds": 300,
            "MaximumRecordAgeInSeconds": 60,
            "MaximumRetryAttempts": 10_000,
            "ParallelizationFactor": 10,
            "StartingPosition": "LATEST",
            "TumblingWindowInSeconds": 900,
        }

    def test_the_lowest_values_are_taken(self, stack: cdk.Stack, trigger: Trigger) -> None:
        trigger(stack, batch_size=1, max_batching_window=seconds(0), tumbling_window=seconds(0), retry_attempts=0)

        mapping = the_mapping(synthesize(stack))
        names = ("BatchSize", "MaximumBatchingWindowInSeconds", "TumblingWindowInSeconds", "MaximumRetryAttempts")
        assert [mapping[name] for name in names] == [1, 0, 0, 0]

    def test_what_is_only_known_at_deployment_is_kept(self, stack: cdk.Stack, trigger: Trigger) -> None:
        trigger(
            stack,
            batch_size=NUMBER,
            max_batching_window=seconds(NUMBER),
            max_record_age=seconds(NUMBER),
            tumbling_window=seconds(NUMBER),
            retry_attempts=NUMBER,
            parallelization_factor=NUMBER,
        )

        mapping = the_mapping(synthesize(stack))
        assert [name for name, value in mapping.items() if value == {"Ref": "Number"}] == [
            "BatchSize",
            "MaximumBatchingWindowInSeconds",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "ParallelizationFactor",
            "TumblingWindowInSeconds",
        ]

    @pytest.mark.parametrize(
        ("options", "code", "got"),
        [
            ({"batch_size": 0}, "BatchSizeOutOfRange", "0"),
            ({"batch_size": 10_001}, "BatchSizeOutOfRange", "10,001"),
            ({"max_batching_window": cdk.Duration.seconds(301)}, "BatchingWindowOutOfRange", "301"),
            ({"parallelization_factor": 0}, "ParallelizationOutOfRange", "0"),
            ({"parallelization_factor": 11}, "ParallelizationOutOfRange", "11"),
            ({"tumbling_window": cdk.Duration.seconds(901)}, "TumblingWindowOutOfRange", "901"),
            ({"retry_attempts": -1}, "RetryAttemptsOutOfRange", "-1"),
            ({"retry_attempts": 10_001}, "RetryAttemptsOutOfRange", "10,001"),
            ({"max_record_age": cdk.Duration.seconds(59)}, "RecordAgeOutOfRange", "59"),
            ({"max_record_age": cdk.Duration.seconds(0)}, "RecordAgeOutOfRange", "0"),
            ({"max_record_age": cdk.Duration.seconds(604_801)}, "RecordAgeOutOfRange", "604,801"),
            ({"max_record_age": 3_600}, "DurationExpected", "3600"),
            ({"tumbling_window": 60}, "DurationExpected", "60"),
            ({"function": "process"}, "TypeMismatch", "str"),
        ],
    )
    def test_fails_when_a_value_is_out_of_range(
        self, stack: cdk.Stack, trigger: Trigger, options: dict[str, Any], code: str, got: str
    ) -> None:
        refused(trigger, stack, code, got, **options)

    def test_the_role_may_read_before_the_mapping_is_made(self, stack: cdk.Stack, trigger: Trigger) -> None:
        """Lambda refuses a mapping whose function may not read the source."""
        function = define(stack)

        trigger(stack, function=function)

        template = synthesize(stack)
        (policy,) = resources(template, "AWS::IAM::Policy")
        assert policy in template["Resources"][logical_id(function)]["DependsOn"]


class TestFailures:
    def test_go_to_an_encrypted_queue_that_the_function_may_only_write_to(
        self, stack: cdk.Stack, trigger: Trigger
    ) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        assert only(template, "AWS::SQS::Queue") == {
            "MessageRetentionPeriod": 14 * 86_400,
            "SqsManagedSseEnabled": True,
        }
        assert granted(template)[logical_id(defined.failure_queue)] == ["sqs:SendMessage"]

    def test_go_to_a_queue_with_a_customers_key(self, stack: cdk.Stack, trigger: Trigger) -> None:
        key = kms.Key(stack, "Key")

        trigger(stack, encryption_key=key)

        template = synthesize(stack)
        assert only(template, "AWS::SQS::Queue")["KmsMasterKeyId"] == {"Fn::GetAtt": [logical_id(key), "Arn"]}
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= set(granted(template)[logical_id(key)])

    def test_go_to_a_queue_of_the_users(self, stack: cdk.Stack, trigger: Trigger) -> None:
        key = kms.Key(stack, "Key")
        queue = sqs.Queue(stack, "Queue", encryption_master_key=key)

        defined = trigger(stack, on_failure=queue)

        template = synthesize(stack)
        assert destination(template) == {"Fn::GetAtt": [logical_id(queue), "Arn"]}
        assert granted(template)[logical_id(queue)] == ["sqs:SendMessage"]
        assert granted(template)[logical_id(key)] == ["kms:Decrypt", "kms:GenerateDataKey"]
        assert defined.failure_queue is None
        assert list(defined.alarms) == ["IteratorAge", "DeliveryFailures"]

    def test_go_to_a_topic(self, stack: cdk.Stack, trigger: Trigger) -> None:
        key = kms.Key(stack, "Key")
        topic = sns.Topic(stack, "Topic", master_key=key)

        trigger(stack, on_failure=topic)

        template = synthesize(stack)
        assert destination(template) == {"Ref": logical_id(topic)}
        assert granted(template)[logical_id(topic)] == ["sns:Publish"]
        assert granted(template)[logical_id(key)] == ["kms:Decrypt", "kms:GenerateDataKey"]

    def test_go_to_a_bucket_of_this_account(self, stack: cdk.Stack, trigger: Trigger) -> None:
        key = kms.Key(stack, "Key")
        bucket = s3.Bucket(stack, "Bucket", encryption_key=key, encryption=s3.BucketEncryption.KMS)

        trigger(stack, on_failure=bucket)

        template = synthesize(stack)
        name = logical_id(bucket)
        assert destination(template) == {"Fn::GetAtt": [name, "Arn"]}
        assert granted(template)[f"{name}/aws/lambda/*"] == ["s3:PutObject"]
        assert granted(template)[name] == ["s3:ListBucket"]
        assert granted(template)[logical_id(key)] == ["kms:GenerateDataKey"]
        conditions = [
            statement["Condition"]
            for statement in only(template, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
            if "s3:" in str(statement["Action"])
        ]
        assert conditions == 2 * [{"StringEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}}]

    def test_go_to_an_imported_queue(self, stack: cdk.Stack, trigger: Trigger) -> None:
        arn = "arn:aws:sqs:us-east-1:123456789012:failures"

        trigger(stack, on_failure=sqs.Queue.from_queue_arn(stack, "Queue", arn))

        assert destination(synthesize(stack)) == arn
        assert granted(synthesize(stack))[arn] == ["sqs:SendMessage"]

    def test_fails_when_the_queue_is_fifo(self, stack: cdk.Stack, trigger: Trigger) -> None:
        queue = sqs.Queue(stack, "Queue", fifo=True)

        refused(trigger, stack, "DestinationFifo", "Stack/Queue", on_failure=queue)

    def test_fails_when_the_topic_is_fifo(self, stack: cdk.Stack, trigger: Trigger) -> None:
        topic = sns.Topic(stack, "Topic", fifo=True)

        refused(trigger, stack, "DestinationFifo", "Stack/Topic", on_failure=topic)

    def test_fails_when_it_is_something_else(self, stack: cdk.Stack, trigger: Trigger) -> None:
        refused(trigger, stack, "DestinationInvalid", "str", on_failure="arn:aws:sqs:us-east-1:123456789012:failures")


class TestAlarms:
    def test_tell_of_records_that_wait_of_failures_and_of_lost_ones(self, stack: cdk.Stack, trigger: Trigger) -> None:
        topic = sns.Topic(stack, "Team")

        defined = trigger(stack, function=define(stack, notify=topic))

        template = synthesize(stack)
        function = logical_id(stack.node.find_child("Function"))
        assert list(defined.alarms) == ["IteratorAge", "DeliveryFailures", "FailureQueue"]
        waiting, lost = alarm(template, "IteratorAge"), alarm(template, "DestinationDeliveryFailures")
        dimensions = [
            {"Name": "FunctionName", "Value": {"Ref": function}},
            {"Name": "Resource", "Value": {"Fn::Join": ["", [{"Ref": function}, ":live"]]}},
        ]
        assert waiting["Dimensions"] == lost["Dimensions"] == dimensions
        assert waiting["Threshold"] == 6 * 3_600 * 1_000, "milliseconds: half of what a record may wait"
        assert waiting["Statistic"] == "Maximum"
        assert (lost["Threshold"], lost["Statistic"]) == (1, "Sum")
        failed = alarm(template, "ApproximateNumberOfMessagesVisible")
        assert failed["Dimensions"][0]["Value"] == {"Fn::GetAtt": [logical_id(defined.failure_queue), "QueueName"]}
        for found in (waiting, lost, failed):
            assert found["AlarmActions"] == [{"Ref": logical_id(topic)}]

    def test_follow_the_age_that_is_given(self, stack: cdk.Stack, trigger: Trigger) -> None:
        trigger(stack, max_record_age=seconds(120))

        assert alarm(synthesize(stack), "IteratorAge")["Threshold"] == 60_000


class TestWarnings:
    def test_an_age_that_no_record_reaches_is_warned_of(self, stack: cdk.Stack, trigger: Trigger) -> None:
        trigger(stack, max_record_age=seconds(86_400))

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Changes"
        assert "given up after 86,400 seconds, and the stream keeps them 86,400" in text
        assert "cdk-lambda-patterns:recordAgeBeyondRetention" in text

    def test_one_that_is_a_second_shorter_is_not(self, stack: cdk.Stack, trigger: Trigger) -> None:
        trigger(stack, max_record_age=seconds(86_399))

        assert warnings(stack) == []


class TestStacks:
    def test_a_trigger_may_stand_in_another_stack_than_its_function(self, app: cdk.App, trigger: Trigger) -> None:
        functions, changes = cdk.Stack(app, "Functions"), cdk.Stack(app, "Stack")

        defined = trigger(changes, function=define(functions))

        app.synth()
        template = synthesize(changes)
        assert granted(template)[logical_id(defined.failure_queue)] == ["sqs:SendMessage"]
        (mapping,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
        assert mapping["DependsOn"] == list(resources(template, "AWS::IAM::Policy"))


def destination(template: Template) -> object:
    return the_mapping(template)["DestinationConfig"]["OnFailure"]["Destination"]
