"""Starts a function when documents of a DocumentDB cluster change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch, aws_docdb as docdb, aws_iam as iam, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function, require_type
from cdk_lambda_patterns.function.durations import duration_within
from cdk_lambda_patterns.function.policies import arn_here
from cdk_lambda_patterns.function.secret_rights import Secret, let_read_secret
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .broker_access import access, check_timeout, let_enter_vpc
from .event_source_mappings import check_batch, define_mapping, reader_of, role_of
from .starting_position import check_start

if TYPE_CHECKING:
    from datetime import datetime

    from aws_cdk import Duration

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .event_source_mappings import Reader

FullDocument = Literal["Default", "UpdateLookup"]
"""What a change of a document brings: what has changed, or the whole document as well."""

_MILLISECONDS = 1_000


class DocumentDbTrigger(Construct):
    """Starts a function's `live` alias with the changes of a DocumentDB cluster's documents.

    Defines the event source mapping, the rights to find the cluster and to get in, and alarms on changes that wait and
    on changes that were too large. Lets a cluster of this app be reached from its own security group, from which Lambda
    reads.

    Lambda knows neither partial responses nor a place for failures here: a batch that fails comes again as a whole, and
    all changes behind it wait, one at a time, until the change stream forgets them; then the mapping is disabled. Let
    the handler set aside what it cannot process. The function's `Errors` alarm tells of the first failure.

    Change streams must be switched on for the collection, and the VPC needs a way to Lambda and Secrets Manager.
    """

    event_source_mapping: lambda_.CfnEventSourceMapping
    """What reads the change stream for the function."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `IteratorAge` and `OversizedRecords`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        cluster: docdb.IDatabaseCluster | docdb.DatabaseCluster,
        database: str,
        collection: str | None = None,
        secret: Secret | None = None,
        full_document: FullDocument = "Default",
        change_stream_retention: Duration | None = None,
        starting_position: lambda_.StartingPosition | None = None,
        starting_position_timestamp: datetime | None = None,
        batch_size: int = practices.STREAM_BATCH_SIZE,
        max_batching_window: Duration | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start, with a timeout of up to 14 minutes.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html
            cluster: The cluster: based on instances, version 4.0 or 5.0, with TLS.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html
            database: The database, up to 63 characters.
            collection: The collection, up to 57 characters.
                Default: - all collections of the database.
            secret: A user of the database: `username` and `password`.
                Default: - the cluster's own, which may do everything.
            full_document: What the change of a document brings: "Default", what has changed, or "UpdateLookup", the
                whole document as well.
                Default: "Default"
                Source: https://docs.aws.amazon.com/lambda/latest/api/API_DocumentDBEventSourceConfig.html
            change_stream_retention: How long the cluster keeps changes, 1 hour to 7 days, as its parameter
                `change_stream_log_retention_duration` says: the alarm goes by it.
                Default: - 3 hours, which is DocumentDB's own.
                Source: https://docs.aws.amazon.com/documentdb/latest/developerguide/change_streams.html
            starting_position: Where reading begins: `TRIM_HORIZON`, `LATEST`, or `AT_TIMESTAMP`.
                Default: - `AT_TIMESTAMP` if a timestamp is given; else `TRIM_HORIZON`, the oldest change: while a
                mapping is made or changed, which takes minutes, one at `LATEST` misses changes.
                It cannot be changed later.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html
            starting_position_timestamp: From what moment on, with its time zone.
                Default: - none.
            batch_size: Changes in one invocation at most, 1 to 10,000.
                Default: 100
                Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
            max_batching_window: How long changes are gathered, up to 5 minutes.
                Default: - half a second.
            enabled: Whether reading begins at once.
                Default: True

        Raises:
            ValidationError: A value outside the service's limits, or a cluster whose secret is not known.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_type(where, "cluster", cluster, "cluster_identifier", "aws_docdb.IDatabaseCluster")
        expect_type(where, "secret", secret, "secret_arn", "aws_secretsmanager.ISecret")
        check_timeout(where, function)
        where.true_or_false(enabled=enabled)
        _check_names(where, database, collection)
        _check_full_document(where, full_document)
        window = check_batch(
            where, batch_size=batch_size, batch_quota=quotas.STREAM_BATCH_SIZE, window=max_batching_window
        )
        kept = duration_within(
            where, "change_stream_retention", change_stream_retention, quotas.DOCUMENTDB_CHANGE_STREAM_RETENTION
        )
        start = check_start(where, starting_position, starting_position_timestamp)

        # 2 derive
        user = _secret(where, cluster) if secret is None else secret
        retention = quotas.DOCUMENTDB_DEFAULT_RETENTION_SECONDS if kept is None else kept
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        cluster_arn = cdk.Stack.of(self).format_arn(
            service="rds",
            resource="cluster",
            resource_name=cluster.cluster_identifier,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

        # 3 define and connect
        own = cluster if isinstance(cluster, docdb.DatabaseCluster) else None
        if own is not None:
            own.connections.allow_default_port_internally("Lambda reads the change stream")
        reader = reader_of(self, function)
        _let_find(reader, cluster_arn)
        let_read_secret(reader, user)
        let_enter_vpc(reader)
        self.event_source_mapping = define_mapping(
            self,
            function,
            reader,
            event_source_arn=cluster_arn,
            document_db_event_source_config=lambda_.CfnEventSourceMapping.DocumentDBEventSourceConfigProperty(
                database_name=database, collection_name=collection, full_document=full_document
            ),
            source_access_configurations=[access("BASIC_AUTH", user.secret_arn)],
            starting_position=start.position,
            starting_position_timestamp=start.timestamp,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=window,
            report_batch_item_failures=False,
            enabled=enabled,
        )
        if own is not None:
            # There is nobody to answer before its instances run.
            self.event_source_mapping.node.add_dependency(own)
        self.alarms = _define_alarms(self, function, retention)


def _check_names(where: Where, database: str, collection: str | None) -> None:
    where.text("database", database)
    if collection is not None:
        where.text("collection", collection)
    where.size("database", database, quotas.DOCUMENTDB_DATABASE_LENGTH)
    where.matches(
        "database",
        database,
        quotas.DOCUMENTDB_DATABASE_PATTERN,
        rule='must not hold blanks or any of /\\.$"',
        fix="give the name that the database has",
        code="DatabaseNameInvalid",
    )
    where.size("collection", collection, quotas.DOCUMENTDB_COLLECTION_LENGTH)
    where.matches(
        "collection",
        collection,
        quotas.DOCUMENTDB_COLLECTION_PATTERN,
        rule="must begin with a letter, a digit or _, not with system., and hold no $",
        fix="give the name that the collection has",
        code="CollectionNameInvalid",
    )


def _check_full_document(where: Where, value: object) -> None:
    if value not in get_args(FullDocument) and not is_token(value):
        where.refuse(
            "full_document",
            f"must be one of {', '.join(get_args(FullDocument))}",
            got=repr(value),
            fix="choose one",
            code="FullDocumentUnknown",
        )


def _secret(where: Where, cluster: docdb.IDatabaseCluster | docdb.DatabaseCluster) -> Secret:
    found = cluster.secret if isinstance(cluster, docdb.DatabaseCluster) else None
    if found is None:
        where.refuse(
            "secret",
            "must be given where the cluster's own is not known",
            got="nothing",
            fix="give the secret of a user who may read the database",
            code="SecretMissing",
        )
    return found


def _let_find(reader: Reader, cluster_arn: str) -> None:
    """Let Lambda find out how the cluster is reached.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html
    """
    for action, arn in (
        ("rds:DescribeDBClusters", cluster_arn),
        ("rds:DescribeDBClusterParameters", arn_here("rds", "cluster-pg:*")),
        ("rds:DescribeDBSubnetGroups", arn_here("rds", "subgrp:*")),
    ):
        iam.Grant.add_to_principal(grantee=reader, actions=[action], resource_arns=[arn])
        acknowledge_wildcard(role_of(reader), arn, "the groups that the cluster is in are not known by their names")


def _define_alarms(
    trigger: DocumentDbTrigger, function: WellArchitectedFunction, retention: float
) -> dict[str, cloudwatch.CfnAlarm]:
    return {
        "IteratorAge": define_alarm(
            trigger,
            "IteratorAgeAlarm",
            metric=("AWS/Lambda", "IteratorAge", "Maximum"),
            dimensions=function.live_dimensions,
            threshold=retention * practices.CHANGE_AGE_ALARM_SHARE_OF_RETENTION * _MILLISECONDS,
            text="Changes wait, and will be lost when the change stream forgets them; then the mapping is disabled. "
            "Look for a batch that fails again and again.",
            actions=function.alarm_actions,
        ),
        "OversizedRecords": define_alarm(
            trigger,
            "OversizedRecordsAlarm",
            metric=("AWS/Lambda", "OversizedRecordCount", "Sum"),
            dimensions={"FunctionName": function.live_dimensions["FunctionName"]},
            threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
            text="A change of more than 6 MB was dropped. Keep documents smaller, or do without the whole document.",
            actions=function.alarm_actions,
        ),
    }
