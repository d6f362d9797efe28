"""Starts a function from a Kinesis stream, and keeps what it could not process."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch, aws_iam as iam, aws_kinesis as kinesis, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.function.durations import duration_within
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .event_source_mappings import check_first, count_readers, reader_of
from .failure_destination import check_failure_destination
from .filter_patterns import Record, check_filters
from .starting_position import check_start
from .stream_source import check_reading, define_parts, warn_of_lost_records, warn_of_readers
from .trigger_checks import check_key, check_region, check_unused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aws_cdk import Duration, aws_kms as kms, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .event_source_mappings import Reader
    from .failure_destination import FailureDestination
    from .filter_patterns import Pattern

_RECORD = Record(
    "a Kinesis record",
    frozenset(
        {
            "data",
            "partitionKey",
            "sequenceNumber",
            "approximateArrivalTimestamp",
            "kinesisSchemaVersion",
            "eventID",
            "eventName",
            "eventSource",
            "eventSourceARN",
            "eventVersion",
            "awsRegion",
            "invokeIdentityArn",
        }
    ),
    "data",
)
_READ_STREAM = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
_READ_CONSUMER = ("kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard")
_SECONDS_OF_AN_HOUR = 3_600


class KinesisTrigger(Construct):
    """Starts a function's `live` alias with the records of a Kinesis stream.

    Defines the stream (encrypted, capacity on demand) unless one is given, the event source mapping, and the queue that
    is told of records that could not be processed. A batch that fails is halved until the bad record is alone, tried a
    bounded number of times, and given up before the stream forgets it. Alarms tell of records that wait, of failures,
    and of failures that could not be reported.

    The handler may report the first record it failed on (`batchItemFailures`); Powertools' `process_partial_response`
    does it.
    """

    stream: kinesis.IStream
    """The stream that the function reads."""

    consumer: kinesis.CfnStreamConsumer | None
    """With enhanced fan-out: the consumer, whose throughput is the function's own."""

    event_source_mapping: lambda_.CfnEventSourceMapping
    """What polls the stream for the function."""

    failure_queue: sqs.IQueue | None
    """The queue that is told of what failed. None where `on_failure` says where that goes."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `IteratorAge`, `DeliveryFailures`, and with a failure queue `FailureQueue`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        stream: kinesis.IStream | None = None,
        retention_period: Duration | None = None,
        enhanced_fan_out: bool = False,
        starting_position: lambda_.StartingPosition | None = None,
        starting_position_timestamp: datetime | None = None,
        batch_size: int = practices.STREAM_BATCH_SIZE,
        max_batching_window: Duration | None = None,
        parallelization_factor: int = 1,
        tumbling_window: Duration | None = None,
        bisect_batch_on_error: bool = True,
        report_batch_item_failures: bool = True,
        retry_attempts: int = practices.STREAM_RETRY_ATTEMPTS,
        max_record_age: Duration | None = None,
        on_failure: FailureDestination | None = None,
        encryption_key: kms.IKey | kms.Key | None = None,
        filters: Sequence[Pattern] | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            stream: The stream.
                Default: - one is defined.
            retention_period: How long the defined stream keeps records, 1 to 365 days.
                Default: - 1 day.
            enhanced_fan_out: Whether the function gets 2 MB a second of each shard for itself, for an hourly price,
                instead of sharing them with the other readers.
                Default: False
                Source: https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html
            starting_position: Where reading begins: `TRIM_HORIZON`, `LATEST`, or `AT_TIMESTAMP`.
                Default: - `AT_TIMESTAMP` if a timestamp is given; else `TRIM_HORIZON`, the oldest record: while a
                mapping is made or changed, which takes minutes, one at `LATEST` misses records.
                It cannot be changed later.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
            starting_position_timestamp: From what moment on, with its time zone.
                Default: - none.
            batch_size: Records in one invocation at most, 1 to 10,000.
                Default: 100
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
            max_batching_window: How long records are gathered, up to 5 minutes.
                Default: - not at all.
            parallelization_factor: Batches of one shard at once, 1 to 10; those with the same partition key stay in
                order.
                Default: 1
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
            tumbling_window: How long the function is handed the state that it returned last, up to 15 minutes.
                Default: - it is handed none.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
            bisect_batch_on_error: Whether a batch that fails is halved until the bad record is alone. Halving does not
                count as a retry.
                Default: True
            report_batch_item_failures: Whether the handler says which record failed, so that those before it do not
                come again.
                Default: True
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
            retry_attempts: How often a batch that fails is tried again, 0 to 10,000.
                Default: 10
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
            max_record_age: When a record is given up, 1 minute to 7 days.
                Default: - when half of the stream's retention is over; that of a stream from outside of this app is
                taken for a day.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
            on_failure: What is told of records that could not be processed: a standard queue or topic, told where in
                the stream they are; or a bucket, which gets the records themselves.
                Default: - `failure_queue`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
            encryption_key: A customer's key for what is defined: the stream and the failure queue.
                Default: - the services' own keys.
            filters: Patterns over the record, as `{"data": {"kind": ["order"]}}`; records that match none are passed
                over.
                Default: - all records are passed on.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
            enabled: Whether polling begins at once.
                Default: True

        Raises:
            ValidationError: A value outside the service's limits or in conflict with another, or a destination that
                cannot take records.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        expect_type(where, "stream", stream, "stream_arn", "aws_kinesis.IStream")
        check_key(where, encryption_key)
        where.true_or_false(
            enhanced_fan_out=enhanced_fan_out,
            bisect_batch_on_error=bisect_batch_on_error,
            report_batch_item_failures=report_batch_item_failures,
            enabled=enabled,
        )
        kept = _check_retention(where, retention_period)
        if stream is not None:
            _check_given(where, stream, retention_period, encryption_key, on_failure)
            if not enhanced_fan_out:
                check_first(where, "stream", stream.stream_arn, function)
        check_failure_destination(where, on_failure)
        start = check_start(where, starting_position, starting_position_timestamp)
        patterns = check_filters(where, filters, _RECORD)

        # 2 derive
        retention = _retention(stream, retention_period, kept)
        reading = check_reading(
            where,
            batch_size=batch_size,
            max_batching_window=max_batching_window,
            bisect_batch_on_error=bisect_batch_on_error,
            retry_attempts=retry_attempts,
            max_record_age=max_record_age,
            parallelization_factor=parallelization_factor,
            tumbling_window=tumbling_window,
            retention=retention,
        )
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 3 define
        self.stream = _define_stream(self, retention_period, encryption_key) if stream is None else stream
        stream_arn = self.stream.stream_arn
        self.consumer = _define_consumer(self, stream_arn) if enhanced_fan_out else None

        # 4 connect
        reader = reader_of(self, function)
        _let_read(reader, self.stream, self.consumer)
        parts = define_parts(
            self,
            function,
            reader,
            reading,
            on_failure=on_failure,
            encryption_key=encryption_key,
            event_source_arn=stream_arn if self.consumer is None else self.consumer.attr_consumer_arn,
            starting_position=start.position,
            starting_position_timestamp=start.timestamp,
            report_batch_item_failures=report_batch_item_failures,
            filters=patterns,
            enabled=enabled,
        )
        self.event_source_mapping = parts.event_source_mapping
        self.failure_queue = parts.failure_queue
        self.alarms = parts.alarms
        warn_of_lost_records(self, reading, retention)
        if self.consumer is None:
            readers = count_readers(self, stream_arn)
            warn_of_readers(self, readers, quotas.STREAM_READERS, "give one of them its own with 'enhanced_fan_out'")


def _check_retention(where: Where, period: Duration | None) -> float | None:
    kept = duration_within(where, "retention_period", period, quotas.KINESIS_RETENTION, unit="hours")
    if kept is not None and kept % _SECONDS_OF_AN_HOUR:
        where.refuse(
            "retention_period",
            "must be a whole number of hours",
            got=f"{kept:,.12g} seconds",
            fix="round it",
            code=quotas.KINESIS_RETENTION.code,
        )
    return kept


def _check_given(
    where: Where,
    stream: kinesis.IStream,
    retention_period: Duration | None,
    encryption_key: kms.IKey | kms.Key | None,
    on_failure: FailureDestination | None,
) -> None:
    check_region(
        where,
        "stream",
        stream,
        "must be of the trigger's Region, where Lambda polls",
        fix="define the function and its trigger there",
        code="StreamRegion",
    )
    check_unused(
        where,
        {"retention_period": retention_period},
        "must be left out where 'stream' is given",
        fix="set it on the stream",
        code="StreamOptionsConflict",
    )
    check_unused(
        where,
        {"encryption_key": None if on_failure is None else encryption_key},
        "must be left out where 'stream' and 'on_failure' are given: nothing is defined that it could encrypt",
        fix="set it on the stream and on the destination",
        code="StreamOptionsConflict",
    )


def _retention(stream: kinesis.IStream | None, period: Duration | None, known: float | None) -> float | None:
    """How many seconds the stream keeps records, as far as that is known."""
    if stream is None:
        return quotas.KINESIS_DEFAULT_RETENTION_SECONDS if period is None else known
    if not isinstance(stream, kinesis.Stream):
        return None
    hours = cast("kinesis.CfnStream", stream.node.default_child).retention_period_hours
    if hours is None:
        return quotas.KINESIS_DEFAULT_RETENTION_SECONDS
    return None if is_token(hours) else hours * _SECONDS_OF_AN_HOUR


def _define_stream(
    scope: Construct, retention_period: Duration | None, encryption_key: kms.IKey | kms.Key | None
) -> kinesis.Stream:
    return kinesis.Stream(
        scope,
        "Stream",
        stream_mode=kinesis.StreamMode(practices.KINESIS_STREAM_MODE),
        encryption=kinesis.StreamEncryption.MANAGED if encryption_key is None else kinesis.StreamEncryption.KMS,
        encryption_key=cast("kms.IKey | None", encryption_key),
        retention_period=retention_period,
    )


def _define_consumer(scope: Construct, stream_arn: str) -> kinesis.CfnStreamConsumer:
    # CloudFormation makes no name for it.
    name = cdk.Names.unique_resource_name(scope, max_length=quotas.STREAM_CONSUMER_NAME_LENGTH)
    return kinesis.CfnStreamConsumer(scope, "Consumer", consumer_name=name, stream_arn=stream_arn)


def _let_read(reader: Reader, stream: kinesis.IStream, consumer: kinesis.CfnStreamConsumer | None) -> None:
    stream.grant(reader, *_READ_STREAM)
    if consumer is not None:
        iam.Grant.add_to_principal(
            grantee=reader, actions=[*_READ_CONSUMER], resource_arns=[consumer.attr_consumer_arn]
        )
    key = stream.encryption_key
    if key is not None:
        let_use(reader, key, "kms:Decrypt")
