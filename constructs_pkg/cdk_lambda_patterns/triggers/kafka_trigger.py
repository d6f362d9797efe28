"""Starts a function from a Kafka topic, and keeps what it could not process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from aws_cdk import (
    aws_cloudwatch as cloudwatch,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
)
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.function.durations import as_seconds, duration_within
from cdk_lambda_patterns.validation import Where, type_name

from .broker_access import check_timeout, waiting_alarm
from .event_source_mappings import check_batch, check_first, define_mapping, reader_of
from .failure_destination import (
    FailureDestination,
    check_failure_destination,
    check_failure_key,
    define_failure_path,
)
from .filter_patterns import Pattern, Record, check_filters
from .kafka_cluster import KafkaCluster, MskCluster, SelfManagedKafka
from .starting_position import check_start
from .trigger_checks import check_key, check_unused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aws_cdk import Duration, aws_kms as kms, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .event_source_mappings import ProvisionedPollers, Reader

_RECORD = Record(
    "a Kafka record",
    frozenset({"topic", "partition", "offset", "timestamp", "timestampType", "key", "value", "headers"}),
    "value",
)
# The classes stand beside the interface because pyright does not see that they implement it (aws/jsii#4541).
SchemaRegistry: TypeAlias = (
    lambda_.ISchemaRegistry | event_sources.GlueSchemaRegistry | event_sources.ConfluentSchemaRegistry
)
"""What records are checked and unpacked with."""

_TOPIC_PREFIX = "kafka://"
_T = TypeVar("_T")


class KafkaTrigger(Construct):
    """Starts a function's `live` alias with the records of a Kafka topic.

    Defines the event source mapping, the rights to read this topic, and the queue that is told of records that could
    not be processed, with alarms on records that wait, on failures, and on failures that could not be reported. With
    provisioned pollers a batch that fails is also halved until the bad record is alone, and tried a number of times
    that you choose; with those that Lambda adds as records come, it is tried ten times as it is.

    Lambda reads from within the cluster's VPC: its security group must let itself in. Without provisioned pollers the
    VPC needs a way to Lambda and STS, to Secrets Manager where there is a secret, and to where failures go.
    """

    event_source_mapping: lambda_.CfnEventSourceMapping
    """What polls the topic for the function."""

    failure_queue: sqs.IQueue | None
    """The queue that is told of what failed. None where `on_failure` says where that goes."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `OffsetLag`, `DeliveryFailures`, and with a failure queue `FailureQueue`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        cluster: KafkaCluster,
        topic: str,
        consumer_group_id: str | None = None,
        starting_position: lambda_.StartingPosition | None = None,
        starting_position_timestamp: datetime | None = None,
        batch_size: int = practices.STREAM_BATCH_SIZE,
        max_batching_window: Duration | None = None,
        provisioned_pollers: ProvisionedPollers | None = None,
        bisect_batch_on_error: bool | None = None,
        report_batch_item_failures: bool | None = None,
        retry_attempts: int | None = None,
        max_record_age: Duration | None = None,
        schema_registry: SchemaRegistry | None = None,
        on_failure: FailureDestination | str | None = None,
        encryption_key: kms.IKey | kms.Key | None = None,
        filters: Sequence[Pattern] | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start, with a timeout of up to 14 minutes.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
            cluster: Where the topic is: `MskCluster` or `SelfManagedKafka`.
            topic: The topic.
            consumer_group_id: The consumer group, up to 200 characters. With MSK's IAM the role may then use no other
                group. It cannot be changed later.
                Default: - one that Lambda names after the mapping.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-consumer-group-id.html
            starting_position: Where reading begins: `TRIM_HORIZON`, `LATEST`, or `AT_TIMESTAMP`.
                Default: - `AT_TIMESTAMP` if a timestamp is given; else `TRIM_HORIZON`, the oldest record: while a
                mapping is made or changed, which takes minutes, one at `LATEST` misses records.
                It cannot be changed later.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-starting-positions.html
            starting_position_timestamp: From what moment on, with its time zone.
                Default: - none.
            batch_size: Records in one invocation at most, 1 to 10,000.
                Default: 100
                Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
            max_batching_window: How long records are gathered, up to 5 minutes.
                Default: - half a second.
            provisioned_pollers: Pollers that stand ready, 1 to 200 at least and 1 to 2,000 at most, paid for by the
                hour. What follows up to `schema_registry` needs them.
                Default: - Lambda adds pollers as records come.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-scaling-modes.html
            bisect_batch_on_error: Whether a batch that fails is halved until the bad record is alone.
                Default: - it is, with provisioned pollers.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
            report_batch_item_failures: Whether the handler says which record failed, so that those before it do not
                come again.
                Default: - it does, with provisioned pollers.
            retry_attempts: How often a batch that fails is tried again, 0 to 10,000.
                Default: - 10, see `practices.STREAM_RETRY_ATTEMPTS`, which is also what Lambda does without provisioned
                pollers.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
            max_record_age: When a record is given up, 1 minute to 7 days.
                Default: - when the topic forgets it.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
            schema_registry: What records are checked and unpacked with: `GlueSchemaRegistry` or
                `ConfluentSchemaRegistry` of `aws_lambda_event_sources`.
                Default: - they are passed on as they are.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html
            on_failure: What is told of records that could not be processed: a standard queue or topic, told where they
                are; a bucket, which gets the records themselves; or with provisioned pollers the name of another Kafka
                topic of the cluster, which also gets them.
                Default: - `failure_queue`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
            encryption_key: A customer's key for the failure queue.
                Default: - SQS's own key.
            filters: Patterns over the record, as `{"value": {"kind": ["order"]}}`; records that match none are passed
                over.
                Default: - all records are passed on.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html
            enabled: Whether polling begins at once.
                Default: True

        Raises:
            ValidationError: A value outside the service's limits or in conflict with another, a cluster that cannot be
                reached, or a destination that cannot take records.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        check_timeout(where, function)
        where.true_or_false(
            bisect_batch_on_error=_or(bisect_batch_on_error, otherwise=True),
            report_batch_item_failures=_or(report_batch_item_failures, otherwise=True),
            enabled=enabled,
        )
        _check_names(where, topic, consumer_group_id)
        _check_cluster(where, cluster)
        check_first(where, "topic", cluster.identity, function, topic)
        expect_type(where, "provisioned_pollers", provisioned_pollers, "checked", "ProvisionedPollers")
        expect_type(where, "schema_registry", schema_registry, "bind", "aws_lambda_event_sources.GlueSchemaRegistry")
        only_provisioned: dict[str, Any] = {
            "bisect_batch_on_error": bisect_batch_on_error,
            "report_batch_item_failures": report_batch_item_failures,
            "retry_attempts": retry_attempts,
            "max_record_age": max_record_age,
            "schema_registry": schema_registry,
            "on_failure": on_failure if isinstance(on_failure, str) else None,
        }
        if provisioned_pollers is None:
            check_unused(
                where,
                only_provisioned,
                "needs provisioned pollers",
                fix="give 'provisioned_pollers', for example ProvisionedPollers(minimum=1), or leave it out",
                code="ProvisionedPollersMissing",
            )
        _check_destination(where, on_failure, topic)
        check_key(where, encryption_key)
        check_failure_key(where, encryption_key, on_failure)
        where.within("retry_attempts", retry_attempts, quotas.STREAM_RETRY_ATTEMPTS)
        age = duration_within(where, "max_record_age", max_record_age, quotas.STREAM_RECORD_AGE)
        window = check_batch(
            where, batch_size=batch_size, batch_quota=quotas.STREAM_BATCH_SIZE, window=max_batching_window
        )
        start = check_start(where, starting_position, starting_position_timestamp)
        patterns = check_filters(where, filters, _RECORD)

        # 2 derive
        handling: dict[str, Any] = {}
        if provisioned_pollers is not None:
            handling = {
                "provisioned_poller_config": _pollers(where, provisioned_pollers),
                "bisect_batch_on_function_error": _or(bisect_batch_on_error, otherwise=True),
                "maximum_retry_attempts": _or(retry_attempts, otherwise=practices.STREAM_RETRY_ATTEMPTS),
                "maximum_record_age_in_seconds": as_seconds(max_record_age, age),
            }
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 3 define and connect
        reader = reader_of(self, function)
        failed_topic = only_provisioned["on_failure"]
        cluster.let_read(reader, topic=topic, group=consumer_group_id, failures=failed_topic)
        failures = define_failure_path(
            self,
            function,
            reader,
            f"{_TOPIC_PREFIX}{failed_topic}" if failed_topic else on_failure,
            encryption_key=encryption_key,
        )
        self.event_source_mapping = define_mapping(
            self,
            function,
            reader,
            source=cluster.identity,
            part=topic,
            topics=[topic],
            batch_size=batch_size,
            maximum_batching_window_in_seconds=window,
            starting_position=start.position,
            starting_position_timestamp=start.timestamp,
            report_batch_item_failures=_or(report_batch_item_failures, otherwise=provisioned_pollers is not None),
            destination_config=failures.config,
            filters=patterns,
            enabled=enabled,
            **cluster.source(),
            **handling,
        )
        _configure(self, reader, cluster, consumer_group_id, schema_registry)
        self.failure_queue = failures.queue
        self.alarms = {
            "OffsetLag": waiting_alarm(
                self,
                "OffsetLagAlarm",
                function,
                metric=("AWS/Lambda", "OffsetLag"),
                dimensions=function.live_dimensions,
                batch_size=batch_size,
                text="A hundred batches of records wait. Look for errors and throttles; larger batches, more "
                "partitions or provisioned pollers let the function keep up.",
            ),
            **failures.alarms,
        }


def _check_names(where: Where, topic: str, group: str | None) -> None:
    where.text("topic", topic)
    where.size("topic", topic, quotas.KAFKA_TOPIC_LENGTH)
    _check_topic(where, "topic", topic)
    if group is not None:
        where.text("consumer_group_id", group)
    where.size("consumer_group_id", group, quotas.KAFKA_GROUP_ID_LENGTH)
    where.matches(
        "consumer_group_id",
        group,
        quotas.KAFKA_GROUP_ID_PATTERN,
        rule="must consist of letters, digits and -/*:_+=.@",
        fix="leave out other characters",
        code="ConsumerGroupIdInvalid",
    )


def _check_topic(where: Where, prop: str, topic: str) -> None:
    where.matches(
        prop,
        topic,
        quotas.KAFKA_TOPIC_PATTERN,
        rule="must be the name of a topic: letters, digits, -, _ and ., and no . at its beginning",
        fix="leave out other characters",
        code="TopicInvalid",
    )


def _check_cluster(where: Where, cluster: object) -> None:
    if not isinstance(cluster, (MskCluster, SelfManagedKafka)):
        where.refuse(
            "cluster",
            "must be an MskCluster or SelfManagedKafka",
            got=type_name(cluster),
            fix="write cluster=MskCluster(...)",
            code="TypeMismatch",
        )
    cluster.check(where)


def _check_destination(where: Where, target: FailureDestination | str | None, topic: str) -> None:
    if not isinstance(target, str):
        check_failure_destination(where, target)
        return
    where.size("on_failure", target, quotas.KAFKA_TOPIC_LENGTH)
    _check_topic(where, "on_failure", target)
    if target == topic:
        where.refuse(
            "on_failure",
            "must be another topic than the one that is read",
            got=repr(target),
            fix="write failures to a topic of their own",
            code="TopicLoop",
        )


def _pollers(
    where: Where, pollers: ProvisionedPollers
) -> lambda_.CfnEventSourceMapping.ProvisionedPollerConfigProperty:
    where.size("provisioned_pollers", pollers.group, quotas.POLLER_GROUP_LENGTH)
    where.matches(
        "provisioned_pollers",
        pollers.group,
        quotas.POLLER_GROUP_PATTERN,
        rule="must have a group of letters, digits, - and _",
        fix="leave out other characters",
        code="PollerGroupInvalid",
    )
    return pollers.checked(where, quotas.KAFKA_POLLERS_MINIMUM, quotas.KAFKA_POLLERS_MAXIMUM)


def _or(value: _T | None, *, otherwise: _T) -> _T:
    return otherwise if value is None else value


def _configure(
    trigger: KafkaTrigger,
    reader: Reader,
    cluster: KafkaCluster,
    group: str | None,
    registry: SchemaRegistry | None,
) -> None:
    """The consumer group and the schema registry, which have one property for each kind of cluster."""
    if group is None and registry is None:
        return
    mapping, kinds = trigger.event_source_mapping, lambda_.CfnEventSourceMapping
    schemas = None if registry is None else _bound(trigger, reader, registry)
    if isinstance(cluster, MskCluster):
        mapping.amazon_managed_kafka_event_source_config = kinds.AmazonManagedKafkaEventSourceConfigProperty(
            consumer_group_id=group, schema_registry_config=schemas
        )
    else:
        mapping.self_managed_kafka_event_source_config = kinds.SelfManagedKafkaEventSourceConfigProperty(
            consumer_group_id=group, schema_registry_config=schemas
        )


def _bound(
    trigger: KafkaTrigger, reader: Reader, registry: SchemaRegistry
) -> lambda_.CfnEventSourceMapping.SchemaRegistryConfigProperty:
    """The registry as the mapping wants it; the CDK grants the reader what it takes to ask it."""
    mapping = lambda_.EventSourceMapping.from_event_source_mapping_id(
        trigger, "Reference", trigger.event_source_mapping.ref
    )
    config = registry.bind(mapping, _as_function(trigger, reader))
    kinds = lambda_.CfnEventSourceMapping
    return kinds.SchemaRegistryConfigProperty(
        schema_registry_uri=config.schema_registry_uri,
        event_record_format=config.event_record_format.value,
        access_configs=[
            kinds.SchemaRegistryAccessConfigProperty(type=entry.type.type, uri=entry.uri)
            for entry in config.access_configs or ()
        ]
        or None,
        schema_validation_configs=[
            kinds.SchemaValidationConfigProperty(attribute=entry.attribute.value)
            for entry in config.schema_validation_configs
        ],
    )


def _as_function(trigger: KafkaTrigger, reader: Reader) -> lambda_.IFunction:
    """Whom the CDK grants; the role of a function of another stack in the shape of one."""
    if isinstance(reader, lambda_.Function):
        return cast("lambda_.IFunction", reader)
    arn = trigger.event_source_mapping.function_name
    return lambda_.Function.from_function_attributes(
        trigger, "Reader", function_arn=arn, role=reader, same_environment=True
    )
