from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kinesis as kinesis, aws_kms as kms, aws_lambda as lambda_, aws_sqs as sqs

from cdk_lambda_patterns import KinesisTrigger, ValidationError
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, alarm, granted, logical_id, the_mapping, warnings

OUTSIDE = "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"
READ = [
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
]


def trigger(stack: cdk.Stack, construct_id: str = "Clicks", **options: Any) -> KinesisTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"function": define(stack, f"{construct_id}Function"), **options}
    return KinesisTrigger(stack, construct_id, **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got)


class TestOwnStream:
    def test_is_encrypted_and_takes_what_comes(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        assert only(template, "AWS::Kinesis::Stream") == {
            "RetentionPeriodHours": 24,
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
            "StreamModeDetails": {"StreamMode": "ON_DEMAND"},
        }
        assert granted(template)[logical_id(defined.stream)] == READ
        assert the_mapping(template)["EventSourceArn"] == {"Fn::GetAtt": [logical_id(defined.stream), "Arn"]}
        assert defined.consumer is None

    def test_is_encrypted_with_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        trigger(stack, encryption_key=key, on_failure=sqs.Queue(stack, "Queue"))

        template = synthesize(stack)
        arn = {"Fn::GetAtt": [logical_id(key), "Arn"]}
        assert only(template, "AWS::Kinesis::Stream")["StreamEncryption"]["KeyId"] == arn
        assert granted(template)[logical_id(key)] == ["kms:Decrypt"]

    @pytest.mark.parametrize(("days", "age"), [(1, 43_200), (10, 432_000), (365, 604_800)])
    def test_gives_up_records_when_half_of_its_retention_is_over(self, stack: cdk.Stack, days: int, age: int) -> None:
        trigger(stack, retention_period=cdk.Duration.days(days))

        template = synthesize(stack)
        assert only(template, "AWS::Kinesis::Stream")["RetentionPeriodHours"] == 24 * days
        assert the_mapping(template)["MaximumRecordAgeInSeconds"] == age
        assert alarm(template, "IteratorAge")["Threshold"] == age * 500
        assert warnings(stack) == []

    def test_may_keep_records_for_a_time_that_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        trigger(stack, retention_period=cdk.Duration.hours(NUMBER))

        template = synthesize(stack)
        assert only(template, "AWS::Kinesis::Stream")["RetentionPeriodHours"] == {"Ref": "Number"}
        assert the_mapping(template)["MaximumRecordAgeInSeconds"] == 43_200

    @pytest.mark.parametrize(
        ("period", "got"),
        [
            (cdk.Duration.seconds(86_399), "86,399"),
            (cdk.Duration.seconds(31_536_001), "31,536,001"),
            (cdk.Duration.minutes(24 * 60 + 1), "86,460 seconds"),
        ],
    )
    def test_fails_when_it_cannot_keep_records_so_long(self, stack: cdk.Stack, period: cdk.Duration, got: str) -> None:
        refused(stack, "StreamRetentionOutOfRange", got, retention_period=period)


class TestGivenStream:
    def test_is_read_as_it_is(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        stream = kinesis.Stream(
            stack, "Stream", encryption_key=key, shard_count=3, retention_period=cdk.Duration.days(4)
        )

        defined = trigger(stack, stream=stream)

        template = synthesize(stack)
        assert defined.stream is stream
        assert only(template, "AWS::Kinesis::Stream")["ShardCount"] == 3
        assert granted(template)[logical_id(stream)] == READ
        assert granted(template)[logical_id(key)] == ["kms:Decrypt"]
        assert the_mapping(template)["MaximumRecordAgeInSeconds"] == 2 * 86_400

    def test_from_outside_is_taken_to_keep_records_for_a_day(self, stack: cdk.Stack) -> None:
        key = "arn:aws:kms:us-east-1:123456789012:key/clicks"
        stream = kinesis.Stream.from_stream_attributes(
            stack, "Stream", stream_arn=OUTSIDE, encryption_key=kms.Key.from_key_arn(stack, "Key", key)
        )

        trigger(stack, stream=stream, max_record_age=cdk.Duration.days(7))

        template = synthesize(stack)
        assert the_mapping(template)["MaximumRecordAgeInSeconds"] == 7 * 86_400
        assert granted(template)[OUTSIDE] == READ
        assert granted(template)[key] == ["kms:Decrypt"]
        assert warnings(stack) == [], "it may well keep them longer"

    def test_fails_when_its_retention_is_given_too(self, stack: cdk.Stack) -> None:
        stream = kinesis.Stream(stack, "Stream")

        refused(stack, "StreamOptionsConflict", "2 days", stream=stream, retention_period=cdk.Duration.days(2))

    def test_fails_when_a_key_has_nothing_to_encrypt(self, stack: cdk.Stack) -> None:
        options = {"stream": kinesis.Stream(stack, "Stream"), "on_failure": sqs.Queue(stack, "Queue")}

        refused(stack, "StreamOptionsConflict", "aws_kms.Key", encryption_key=kms.Key(stack, "Key"), **options)

    def test_fails_when_it_is_an_address(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", stream=OUTSIDE)


class TestStart:
    def test_is_at_a_moment(self, stack: cdk.Stack) -> None:
        moment = datetime(2026, 11, 21, 12, tzinfo=UTC)

        trigger(stack, starting_position_timestamp=moment)

        mapping = the_mapping(synthesize(stack))
        assert (mapping["StartingPosition"], mapping["StartingPositionTimestamp"]) == ("AT_TIMESTAMP", 1_795_262_400)

    def test_may_be_said_twice(self, stack: cdk.Stack) -> None:
        moment = datetime(2026, 11, 21, tzinfo=UTC)

        trigger(stack, starting_position=lambda_.StartingPosition.AT_TIMESTAMP, starting_position_timestamp=moment)

        assert the_mapping(synthesize(stack))["StartingPosition"] == "AT_TIMESTAMP"

    def test_fails_when_there_is_no_moment(self, stack: cdk.Stack) -> None:
        position = lambda_.StartingPosition.AT_TIMESTAMP

        refused(stack, "TimestampMissing", "AT_TIMESTAMP alone", starting_position=position)

    def test_fails_when_the_moment_is_not_used(self, stack: cdk.Stack) -> None:
        options = {
            "starting_position": lambda_.StartingPosition.LATEST,
            "starting_position_timestamp": datetime(2026, 11, 21, tzinfo=UTC),
        }

        refused(stack, "TimestampUnused", "2026-11-21T00:00:00+00:00", **options)

    def test_fails_when_the_moment_has_no_time_zone(self, stack: cdk.Stack) -> None:
        moment = datetime(2026, 11, 21)  # noqa: DTZ001 - on purpose

        refused(stack, "TimestampWithoutZone", "2026-11-21T00:00:00", starting_position_timestamp=moment)


class TestReaders:
    def test_the_third_on_one_stream_is_warned_of(self, stack: cdk.Stack) -> None:
        stream = kinesis.Stream(stack, "Stream")

        for number in range(2):
            trigger(stack, f"Reader{number}", stream=stream)
        assert warnings(stack) == []
        trigger(stack, "Reader2", stream=stream)

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Reader2"
        assert "3 triggers read this stream" in text
        assert "'enhanced_fan_out'" in text
        assert "cdk-lambda-patterns:streamReaders" in text

    def test_are_counted_for_a_stream_from_outside_and_for_each_app(self, stack: cdk.Stack) -> None:
        other = cdk.Stack(cdk.App(), "Stack")
        for number in range(2):
            for where in (stack, other):
                stream = kinesis.Stream.from_stream_arn(where, f"Stream{number}", OUTSIDE)
                trigger(where, f"Reader{number}", stream=stream)
        assert warnings(stack) == []

        trigger(stack, "Reader2", stream=kinesis.Stream.from_stream_arn(stack, "Stream2", OUTSIDE))

        assert len(warnings(stack)) == 1

    def test_are_counted_where_the_stack_made_the_app_for_itself(self) -> None:
        """That app is another object of Python each time."""
        stack = cdk.Stack()
        stream = kinesis.Stream(stack, "Stream")

        for number in range(3):
            trigger(stack, f"Reader{number}", stream=stream)

        assert len(warnings(stack)) == 1

    def test_with_throughput_of_their_own_do_not_count(self, stack: cdk.Stack) -> None:
        stream = kinesis.Stream(stack, "Stream")

        for number in range(3):
            trigger(stack, f"Reader{number}", stream=stream, enhanced_fan_out=number == 0)

        assert warnings(stack) == []

    def test_may_have_throughput_of_their_own(self, stack: cdk.Stack) -> None:
        defined = trigger(stack, enhanced_fan_out=True)

        template = synthesize(stack)
        consumer = logical_id(defined.consumer)
        assert only(template, "AWS::Kinesis::StreamConsumer") == {
            "ConsumerName": "StackClicks8882F1B5",
            "StreamARN": {"Fn::GetAtt": [logical_id(defined.stream), "Arn"]},
        }
        assert the_mapping(template)["EventSourceArn"] == {"Fn::GetAtt": [consumer, "ConsumerARN"]}
        assert granted(template)[consumer] == ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"]
        assert granted(template)[logical_id(defined.stream)] == READ


def test_records_are_filtered_by_their_data(stack: cdk.Stack) -> None:
    trigger(stack, filters=[{"data": {"kind": ["click"]}}, {"partitionKey": ["a"]}])

    filters = the_mapping(synthesize(stack))["FilterCriteria"]["Filters"]
    assert filters == [{"Pattern": '{"data":{"kind":["click"]}}'}, {"Pattern": '{"partitionKey":["a"]}'}]


def test_fails_when_a_filter_would_pass_over_every_record(stack: cdk.Stack) -> None:
    error = refused(stack, "FilterFieldUnknown", "'kind'", filters=[{"kind": ["click"]}])

    assert "{'data': {'kind': ...}}" in str(error)


def test_an_existing_stream_is_not_defined_again(stack: cdk.Stack) -> None:
    trigger(stack, stream=kinesis.Stream.from_stream_arn(stack, "Stream", OUTSIDE))

    assert resources(synthesize(stack), "AWS::Kinesis::Stream") == {}
