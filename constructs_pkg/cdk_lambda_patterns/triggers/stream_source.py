"""What triggers on Kinesis streams and on tables' streams share: batches, retries, age, failures, readers.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch, aws_lambda as lambda_, aws_sqs as sqs

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.function.durations import as_seconds, duration_within
from cdk_lambda_patterns.tokens import is_token

from .event_source_mappings import check_batch, define_mapping
from .failure_destination import define_failure_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration, aws_kms as kms
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where

    from .event_source_mappings import Reader
    from .failure_destination import FailureDestination

_MILLISECONDS = 1_000


@dataclass(frozen=True, kw_only=True)
class StreamReading:
    """How a stream is read: checked, and as the mapping wants it."""

    properties: Mapping[str, Any]
    record_age: float
    """Seconds after which a record is given up; the default of a day's stream where only the deployment knows."""


def check_reading(
    where: Where,
    *,
    batch_size: int,
    max_batching_window: Duration | None,
    bisect_batch_on_error: bool,
    retry_attempts: int,
    max_record_age: Duration | None,
    parallelization_factor: int,
    tumbling_window: Duration | None,
    retention: float | None,
) -> StreamReading:
    """Refuse what the service does not know, and derive what was left out.

    Args:
        where: The trigger.
        batch_size: Records in one invocation.
        max_batching_window: How long records are gathered.
        bisect_batch_on_error: Whether a batch that fails is halved.
        retry_attempts: How often a batch is tried again.
        max_record_age: When a record is given up.
        parallelization_factor: Batches of a shard at once.
        tumbling_window: How long a state is handed on.
        retention: Seconds that the stream keeps records. None where that is not known.
    """
    window = check_batch(where, batch_size=batch_size, batch_quota=quotas.STREAM_BATCH_SIZE, window=max_batching_window)
    where.within("retry_attempts", retry_attempts, quotas.STREAM_RETRY_ATTEMPTS)
    where.within("parallelization_factor", parallelization_factor, quotas.STREAM_PARALLELIZATION)
    tumbling = duration_within(where, "tumbling_window", tumbling_window, quotas.TUMBLING_WINDOW)
    age = duration_within(where, "max_record_age", max_record_age, quotas.STREAM_RECORD_AGE)
    derived = _derived_age(retention)
    return StreamReading(
        properties={
            "batch_size": batch_size,
            "maximum_batching_window_in_seconds": window,
            "bisect_batch_on_function_error": bisect_batch_on_error,
            "maximum_retry_attempts": retry_attempts,
            "maximum_record_age_in_seconds": derived if max_record_age is None else as_seconds(max_record_age, age),
            "parallelization_factor": parallelization_factor,
            "tumbling_window_in_seconds": as_seconds(tumbling_window, tumbling),
        },
        record_age=derived if age is None else age,
    )


def _derived_age(retention: float | None) -> float:
    known = quotas.KINESIS_DEFAULT_RETENTION_SECONDS if retention is None else retention
    return min(int(known * practices.RECORD_AGE_SHARE_OF_RETENTION), quotas.STREAM_RECORD_AGE.maximum)


@dataclass(frozen=True, kw_only=True)
class StreamParts:
    """What a trigger on a stream defines."""

    event_source_mapping: lambda_.CfnEventSourceMapping
    failure_queue: sqs.IQueue | None
    alarms: dict[str, cloudwatch.CfnAlarm]


def define_parts(
    scope: Construct,
    function: WellArchitectedFunction,
    reader: Reader,
    reading: StreamReading,
    *,
    on_failure: FailureDestination | None,
    encryption_key: kms.IKey | kms.Key | None = None,
    **properties: Any,  # noqa: ANN401 - parameters of define_mapping
) -> StreamParts:
    """The mapping, its failure path and its alarms.

    Args:
        scope: The trigger.
        function: The function.
        reader: Who was granted to read the stream.
        reading: How it is read.
        on_failure: Where failures go.
        encryption_key: A customer's key for the queue of failures.
        **properties: Further parameters of `define_mapping`.
    """
    failures = define_failure_path(scope, function, reader, on_failure, encryption_key=encryption_key)
    mapping = define_mapping(
        scope,
        function,
        reader,
        destination_config=failures.config,
        **reading.properties,
        **properties,
    )
    late = define_alarm(
        scope,
        "IteratorAgeAlarm",
        metric=("AWS/Lambda", "IteratorAge", "Maximum"),
        dimensions=function.live_dimensions,
        threshold=reading.record_age * practices.ITERATOR_AGE_ALARM_SHARE_OF_RECORD_AGE * _MILLISECONDS,
        text="Records wait half as long as it takes until they are given up. Look for errors and throttles; a higher "
        "parallelization factor, more memory or more shards let the function keep up.",
        actions=function.alarm_actions,
    )
    return StreamParts(
        event_source_mapping=mapping, failure_queue=failures.queue, alarms={"IteratorAge": late, **failures.alarms}
    )


def warn_of_lost_records(scope: Construct, reading: StreamReading, retention: float | None) -> None:
    """Warn of records that leave the stream before they are given up: they vanish without a trace.

    Args:
        scope: The trigger.
        reading: How the stream is read.
        retention: Seconds that it keeps records. None where that is not known.
    """
    if retention is None or is_token(retention) or reading.record_age < retention:
        return
    cdk.Annotations.of(scope).add_warning_v2(
        "cdk-lambda-patterns:recordAgeBeyondRetention",
        f"records are given up after {reading.record_age:,.12g} seconds, and the stream keeps them "
        f"{retention:,.12g}: what waits longer vanishes and is not reported. Shorten 'max_record_age', or let the "
        "stream keep records longer",
    )


def warn_of_readers(scope: Construct, readers: int, limit: int, remedy: str) -> None:
    """Warn of one reader too many.

    Args:
        scope: The trigger.
        readers: How many triggers read the stream.
        limit: How many may.
        remedy: What to do instead.
    """
    if readers > limit:
        cdk.Annotations.of(scope).add_warning_v2(
            "cdk-lambda-patterns:streamReaders",
            f"{readers} triggers read this stream, and more than {limit} of them slow each other down: {remedy}",
        )
