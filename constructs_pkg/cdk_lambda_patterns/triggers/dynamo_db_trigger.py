"""Starts a function when items of a DynamoDB table change, and keeps what it could not process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_cloudwatch as cloudwatch, aws_dynamodb as dynamodb, aws_iam as iam, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function, require_type
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.function.resolved_property import resolved_property
from cdk_lambda_patterns.json_values import as_sequence
from cdk_lambda_patterns.validation import Where

from .event_source_mappings import check_first, count_readers, reader_of
from .failure_destination import check_failure_destination, check_failure_key
from .filter_patterns import Record, check_filters
from .starting_position import check_start
from .stream_source import check_reading, define_parts, warn_of_lost_records, warn_of_readers
from .trigger_checks import check_key, check_region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration, aws_kms as kms, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .event_source_mappings import Reader
    from .failure_destination import FailureDestination
    from .filter_patterns import Pattern

_RECORD = Record(
    "a record of a table's stream",
    frozenset(
        {
            "dynamodb",
            "eventID",
            "eventName",
            "eventSource",
            "eventSourceARN",
            "eventVersion",
            "awsRegion",
            "userIdentity",
        }
    ),
    "dynamodb",
)
# ListStreams too: Lambda looks whether the role has it before it makes the mapping.
_READ = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")


class DynamoDbTrigger(Construct):
    """Starts a function's `live` alias with the changes of a DynamoDB table's items.

    Switches the table's stream on, defines the event source mapping, and the queue that is told of changes that could
    not be processed. A batch that fails is halved until the bad record is alone, tried a bounded number of times, and
    given up before the stream forgets it, which it does after a day. Alarms tell of changes that wait, of failures, and
    of failures that could not be reported.

    The handler may report the first record it failed on (`batchItemFailures`); Powertools' `process_partial_response`
    does it.
    """

    table: dynamodb.ITable
    """The table whose changes start the function."""

    stream_arn: str
    """The ARN of the table's stream."""

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
        table: dynamodb.ITable,
        starting_position: lambda_.StartingPosition | None = None,
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
            table: The table. The stream of one of this app is switched on if it is off, with old and new images.
                Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
            starting_position: Where reading begins: `TRIM_HORIZON` or `LATEST`.
                Default: - `TRIM_HORIZON`, the oldest record: while a mapping is made or changed, which takes minutes,
                one at `LATEST` misses records. It cannot be changed later.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
            batch_size: Records in one invocation at most, 1 to 10,000.
                Default: 100
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
            max_batching_window: How long records are gathered, up to 5 minutes.
                Default: - not at all.
            parallelization_factor: Batches of one shard at once, 1 to 10; changes of the same item stay in order.
                Default: 1
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
            tumbling_window: How long the function is handed the state that it returned last, up to 15 minutes.
                Default: - it is handed none.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
            bisect_batch_on_error: Whether a batch that fails is halved until the bad record is alone. Halving does not
                count as a retry.
                Default: True
            report_batch_item_failures: Whether the handler says which record failed, so that those before it do not
                come again.
                Default: True
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
            retry_attempts: How often a batch that fails is tried again, 0 to 10,000.
                Default: 10
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
            max_record_age: When a record is given up, 1 minute to 7 days.
                Default: - after 12 hours, when half of the day is over for which the stream keeps it.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
            on_failure: What is told of records that could not be processed: a standard queue or topic, told where in
                the stream they are; or a bucket, which gets the records themselves.
                Default: - `failure_queue`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
            encryption_key: A customer's key for the failure queue.
                Default: - SQS's own key.
            filters: Patterns over the record, as `{"eventName": ["INSERT"]}`, or
                `{"dynamodb": {"NewImage": {"kind": {"S": ["order"]}}}}`; records that match none are passed over.
                Default: - all records are passed on.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
            enabled: Whether polling begins at once.
                Default: True

        Raises:
            ValidationError: A value outside the service's limits or in conflict with another, a destination that cannot
                take records, or a table from outside of this app whose stream is not known.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_type(where, "table", table, "table_arn", "aws_dynamodb.ITable")
        check_key(where, encryption_key)
        where.true_or_false(
            bisect_batch_on_error=bisect_batch_on_error,
            report_batch_item_failures=report_batch_item_failures,
            enabled=enabled,
        )
        check_region(
            where,
            "table",
            table,
            "must be of the trigger's Region, where Lambda polls",
            fix="define the function and its trigger there, or read the table's replica here",
            code="TableRegion",
        )
        _check_position(where, starting_position)
        check_failure_destination(where, on_failure)
        check_failure_key(where, encryption_key, on_failure)
        patterns = check_filters(where, filters, _RECORD)

        # 2 derive
        stream_arn = _stream_of(where, table)
        check_first(where, "table", stream_arn, function)
        reading = check_reading(
            where,
            batch_size=batch_size,
            max_batching_window=max_batching_window,
            bisect_batch_on_error=bisect_batch_on_error,
            retry_attempts=retry_attempts,
            max_record_age=max_record_age,
            parallelization_factor=parallelization_factor,
            tumbling_window=tumbling_window,
            retention=quotas.DYNAMODB_STREAM_RETENTION_SECONDS,
        )
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 3 define and connect
        self.table = table
        self.stream_arn = stream_arn
        reader = reader_of(self, function)
        _let_read(reader, stream_arn, table.encryption_key)
        parts = define_parts(
            self,
            function,
            reader,
            reading,
            on_failure=on_failure,
            encryption_key=encryption_key,
            event_source_arn=stream_arn,
            starting_position=check_start(where, starting_position, None).position,
            report_batch_item_failures=report_batch_item_failures,
            filters=patterns,
            enabled=enabled,
        )
        self.event_source_mapping = parts.event_source_mapping
        self.failure_queue = parts.failure_queue
        self.alarms = parts.alarms
        warn_of_lost_records(self, reading, quotas.DYNAMODB_STREAM_RETENTION_SECONDS)
        _check_readers(self)


def _check_position(where: Where, position: lambda_.StartingPosition | None) -> None:
    if position is lambda_.StartingPosition.AT_TIMESTAMP:
        where.refuse(
            "starting_position",
            "must be TRIM_HORIZON or LATEST: a table's stream cannot be read from a moment on",
            got="AT_TIMESTAMP",
            fix="take TRIM_HORIZON, at most a day back",
            code="StartingPositionUnsupported",
        )


def _stream_of(where: Where, table: dynamodb.ITable) -> str:
    """The ARN of the table's stream, switched on where that is possible."""
    if not isinstance(table, (dynamodb.Table, dynamodb.TableV2)):
        stream_arn = table.table_stream_arn
        if stream_arn is None:
            where.refuse(
                "table",
                "must have a stream, which cannot be switched on from here for a table from outside of this app",
                got="a table without one",
                fix="import it with from_table_attributes(table_stream_arn=...)",
                code="TableStreamUnknown",
            )
        return stream_arn
    resource = cast("dynamodb.CfnTable | dynamodb.CfnGlobalTable", table.node.default_child)
    if resolved_property(resource, "streamSpecification") is None:
        view = type(resource).StreamSpecificationProperty(stream_view_type=practices.TABLE_STREAM_VIEW)
        cast("Any", resource).stream_specification = view
    return resource.attr_stream_arn


def _check_readers(trigger: DynamoDbTrigger) -> None:
    """Warn of one reader too many: the third, or the second of a global table's stream, which replication reads."""
    readers = count_readers(trigger, trigger.stream_arn)
    if readers <= quotas.GLOBAL_TABLE_STREAM_READERS:
        return
    replicas = (
        as_sequence(resolved_property(cast("dynamodb.CfnGlobalTable", trigger.table.node.default_child), "replicas"))
        if isinstance(trigger.table, dynamodb.TableV2)
        else None
    )
    is_global = replicas is not None and len(replicas) > 1
    warn_of_readers(
        trigger,
        readers,
        quotas.GLOBAL_TABLE_STREAM_READERS if is_global else quotas.STREAM_READERS,
        "let one function do the work of two, pass the changes on through an EventBridge bus or a topic, or send them "
        "to a Kinesis stream",
    )


def _let_read(reader: Reader, stream_arn: str, key: kms.IKey | kms.Key | None) -> None:
    # Not the CDK's grant, which would let the streams of all tables be listed.
    iam.Grant.add_to_principal(grantee=reader, actions=[*_READ], resource_arns=[stream_arn])
    if key is not None:
        let_use(reader, key, "kms:Decrypt")
