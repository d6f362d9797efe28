"""Transforms the records of a Firehose stream with a function, and keeps those that it could not transform."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_kinesisfirehose as firehose, aws_logs as logs, aws_s3 as s3
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.function.durations import duration_within
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.function.policies import allow, policy_document
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .buckets import define_bucket
from .failed_objects import tell_of_objects
from .trigger_checks import check_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration, Size, aws_cloudwatch as cloudwatch, aws_kms as kms, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.quotas import Quota

_Stream = firehose.CfnDeliveryStream
_LOG_STREAM = "errors"
_FAILED_PREFIX, _SOURCE_PREFIX, _SOURCE_FAILED_PREFIX = _TAKEN_PREFIXES = ("failed/", "source/", "source-failed/")
_BY_ERROR = "!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
_BY_HOUR = "!{timestamp:yyyy/MM/dd/HH}/"
_UNTOLD = (
    "nobody is told of records that the function refuses: this bucket from outside cannot be made to report them from "
    "here. Have it report what comes under failed/ where it is defined"
)
_DELIVER = (
    "s3:AbortMultipartUpload",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:PutObject",
)


class FirehoseTransformation(Construct):
    """A Firehose stream whose records a function's `live` alias transforms on their way to a bucket.

    Defines the stream (encrypted), its role, the log group to which Firehose writes what went wrong, and the bucket
    unless one is given. Records that the function fails on after all tries, or answers with `ProcessingFailed`, are
    kept in the bucket under `failed/`, and the failure queue is told of each object there; with `keep_source` all of
    them as they came, under `source/`. Alarms tell of failures, of whatever Firehose reports, and of records that wait
    longer than buffers and tries can make them.

    The function must answer every record with its `recordId` and `Ok`, `Dropped` or `ProcessingFailed`, in at most 6
    MB.
    """

    stream: firehose.CfnDeliveryStream
    """The stream: `stream.ref` is its name."""

    bucket: s3.IBucket
    """Where the records go."""

    role: iam.Role
    """With which the stream calls the function and writes to the bucket."""

    log_group: logs.CfnLogGroup
    """Where Firehose reports errors."""

    failure_queue: sqs.IQueue | None
    """The queue that is told of objects with records that failed. None where the bucket is from outside of this app,
    since it cannot be made to report them from here."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `Errors`, `RecordAge`, and with a failure queue `FailureQueue` and
    `EventsLost`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        bucket: s3.IBucket | None = None,
        prefix: str | None = None,
        buffer_size: Size | None = None,
        buffer_interval: Duration | None = None,
        delivery_size: Size | None = None,
        delivery_interval: Duration | None = None,
        retry_attempts: int = practices.FIREHOSE_RETRY_ATTEMPTS,
        keep_source: bool = False,
        encryption_key: kms.IKey | kms.Key | None = None,
    ) -> None:
        """Define the stream.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function, with a timeout of at most 5 minutes.
                Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
            bucket: Where the records go. The rights on a customer's key are granted. One of this app is switched to
                report to EventBridge.
                Default: - one is defined.
            prefix: What the keys of transformed records begin with; the time (`yyyy/MM/dd/HH/`) follows, unless
                `!{timestamp:...}` is in it.
                Default: - nothing.
                Source: https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
            buffer_size: How much is gathered for one invocation, 0.2 to 3 MB.
                Default: - 1 MB.
            buffer_interval: How long it is gathered, up to 15 minutes.
                Default: - a minute.
            delivery_size: How much is gathered for one object, 1 to 128 MB.
                Default: - 5 MB.
            delivery_interval: How long it is gathered, up to 15 minutes.
                Default: - 5 minutes.
                Source: https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
            retry_attempts: How often a failed invocation is tried again, 0 to 300.
                Default: 3
                Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
            keep_source: Whether the records are also kept as they came. Firehose does not let it be switched off again.
                Default: False
                Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-source-record-backup.html
            encryption_key: A customer's key for the stream.
                Default: - Firehose's own key.

        Raises:
            ValidationError: A function that may run longer than Firehose waits, or a value outside the service's
                limits.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        expect_type(where, "bucket", bucket, "bucket_arn", "aws_s3.IBucket")
        check_key(where, encryption_key)
        where.within("function", function.timeout_seconds, quotas.FIREHOSE_FUNCTION_TIMEOUT)
        where.true_or_false(keep_source=keep_source)
        where.required_within("retry_attempts", retry_attempts, quotas.FIREHOSE_RETRY_ATTEMPTS)
        _check_prefix(where, prefix)
        gathered = _megabytes(where, "buffer_size", buffer_size, quotas.FIREHOSE_BUFFER_SIZE)
        object_size = _megabytes(where, "delivery_size", delivery_size, quotas.FIREHOSE_DELIVERY_SIZE)
        waited = _seconds(where, "buffer_interval", buffer_interval, quotas.FIREHOSE_BUFFER_INTERVAL)
        object_waited = _seconds(where, "delivery_interval", delivery_interval, quotas.FIREHOSE_DELIVERY_INTERVAL)

        # 2 derive
        gathered = practices.FIREHOSE_BUFFER_MB if gathered is None else gathered
        object_size = practices.FIREHOSE_DELIVERY_MB if object_size is None else object_size
        waited = practices.FIREHOSE_BUFFER_SECONDS if waited is None else waited
        object_waited = practices.FIREHOSE_DELIVERY_SECONDS if object_waited is None else object_waited
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        function.features.check_event_source(self)

        # 3 define
        self.bucket = define_bucket(self, reporting=True) if bucket is None else bucket
        self.log_group = logs.CfnLogGroup(self, "LogGroup", retention_in_days=practices.LOG_RETENTION_DAYS)
        self.log_group.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        logs.CfnLogStream(self, "LogStream", log_group_name=self.log_group.ref, log_stream_name=_LOG_STREAM)
        function_arn = function.live.function_arn
        self.role = _define_role(self, self.bucket, function_arn, self.log_group.attr_arn)
        destination = _define_destination(
            bucket_arn=self.bucket.bucket_arn,
            role_arn=self.role.role_arn,
            prefix=prefix,
            hints=_Stream.BufferingHintsProperty(interval_in_seconds=object_waited, size_in_m_bs=object_size),
            logging=_Stream.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=self.log_group.ref, log_stream_name=_LOG_STREAM
            ),
            processor={
                "LambdaArn": function_arn,
                "RoleArn": self.role.role_arn,
                "BufferSizeInMBs": gathered,
                "BufferIntervalInSeconds": waited,
                "NumberOfRetries": retry_attempts,
            },
            keep_source=keep_source,
        )
        self.stream = _Stream(
            self,
            "Stream",
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=_encryption(self.role, encryption_key),
            extended_s3_destination_configuration=destination,
        )
        # 4 connect
        self.alarms = _define_alarms(
            self,
            function,
            self.stream,
            self.log_group,
            age=_longest_age(waited, object_waited, retry_attempts, function.timeout_seconds),
        )
        self.failure_queue = None
        if isinstance(self.bucket, s3.Bucket):
            # Firehose itself tells nobody of records that the function refuses.
            prefixes = (_FAILED_PREFIX, _SOURCE_FAILED_PREFIX)
            told = tell_of_objects(self, function, self.bucket, prefixes, reports=bucket is None)
            self.failure_queue = told.queue
            self.alarms |= told.alarms
        else:
            cdk.Annotations.of(self).add_warning_v2("cdk-lambda-patterns:failedRecordsUntold", _UNTOLD)

    def grant_put_records(self, producer: iam.IGrantable) -> iam.Grant:
        """Let a producer write to the stream.

        Args:
            producer: For example a function.
        """
        actions = ["firehose:PutRecord", "firehose:PutRecordBatch"]
        return iam.Grant.add_to_principal(grantee=producer, actions=actions, resource_arns=[self.stream.attr_arn])


def _check_prefix(where: Where, prefix: str | None) -> None:
    if prefix is None:
        return
    where.text("prefix", prefix)
    if is_token(prefix):
        return
    where.size("prefix", prefix.encode(), quotas.OBJECT_KEY_LENGTH)
    if "!{firehose:error-output-type}" in prefix or prefix.startswith(_TAKEN_PREFIXES):
        where.refuse(
            "prefix",
            f"must be for transformed records alone, not for errors nor under {', '.join(_TAKEN_PREFIXES)}",
            got=repr(prefix),
            fix="choose another one; what failed is kept under failed/",
            code="FirehosePrefixInvalid",
        )


def _megabytes(where: Where, prop: str, size: Size | None, quota: Quota) -> float | None:
    if size is None:
        return None
    if not isinstance(cast("object", size), cdk.Size):
        where.refuse(
            prop, "must be an aws_cdk.Size", got=repr(size), fix=f"write Size.mebibytes({size})", code="SizeExpected"
        )
    if size.is_unresolved():
        with cdk_refusals(where):
            return size.to_mebibytes()
    amount = size.to_mebibytes(rounding=cdk.SizeRoundingBehavior.NONE)
    where.within(prop, amount, quota)
    return amount


def _seconds(where: Where, prop: str, interval: Duration | None, quota: Quota) -> float | None:
    known = duration_within(where, prop, interval, quota)
    return interval.to_seconds() if interval is not None and known is None else known


def _longest_age(waited: float, object_waited: float, retries: float, timeout: float | None) -> float:
    """How old buffers and tries can make a record, in seconds; what is not known counts for the longest."""
    interval, object_interval, tries = (
        maximum if is_token(value) else value
        for value, maximum in (
            (waited, quotas.FIREHOSE_BUFFER_INTERVAL.maximum),
            (object_waited, quotas.FIREHOSE_DELIVERY_INTERVAL.maximum),
            (retries, practices.FIREHOSE_RETRY_ATTEMPTS),
        )
    )
    return interval + object_interval + (tries + 1) * (timeout or quotas.FIREHOSE_FUNCTION_TIMEOUT.maximum)


def _define_alarms(
    scope: Construct,
    function: WellArchitectedFunction,
    stream: firehose.CfnDeliveryStream,
    log_group: logs.CfnLogGroup,
    *,
    age: float,
) -> dict[str, cloudwatch.CfnAlarm]:
    return {
        "Errors": define_alarm(
            scope,
            "ErrorsAlarm",
            metric=("AWS/Logs", "IncomingLogEvents", "Sum"),
            dimensions={"LogGroupName": log_group.ref},
            threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
            text="Firehose reports an error, in this log group: it could not call the function, or not write to the "
            "bucket.",
            actions=function.alarm_actions,
        ),
        "RecordAge": define_alarm(
            scope,
            "RecordAgeAlarm",
            metric=("AWS/Firehose", "DeliveryToS3.DataFreshness", "Maximum"),
            dimensions={"DeliveryStreamName": stream.ref},
            threshold=age * practices.FIREHOSE_AGE_ALARM_FACTOR,
            text="Records wait for the bucket longer than buffers and tries can make them; after a day Firehose gives "
            "them up. Check the policies of the bucket and its key.",
            actions=function.alarm_actions,
        ),
    }


def _define_role(scope: Construct, bucket: s3.IBucket, function_arn: str, log_group_arn: str) -> iam.Role:
    bucket_arn, objects = bucket.bucket_arn, bucket.arn_for_objects("*")
    statements = (
        allow(_DELIVER, [bucket_arn, objects]),
        allow(["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"], function_arn),
        allow("logs:PutLogEvents", log_group_arn),
    )
    policy = iam.PolicyDocument.from_json(policy_document(*statements))
    role = iam.Role(
        scope,
        "Role",
        assumed_by=principals.service_in_account("firehose.amazonaws.com"),
        inline_policies={"Deliver": policy},
    )
    acknowledge_wildcard(role, objects, "Firehose chooses the names of the objects")
    key = bucket.encryption_key
    if key is not None:
        let_use(role, key, "kms:Decrypt", "kms:GenerateDataKey")
    return role


def _encryption(
    role: iam.Role, key: kms.IKey | kms.Key | None
) -> firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty:
    if key is None:
        return _Stream.DeliveryStreamEncryptionConfigurationInputProperty(key_type="AWS_OWNED_CMK")
    let_use(role, key, "kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*")
    return _Stream.DeliveryStreamEncryptionConfigurationInputProperty(
        key_type="CUSTOMER_MANAGED_CMK", key_arn=key.key_arn
    )


def _define_destination(
    *,
    bucket_arn: str,
    role_arn: str,
    prefix: str | None,
    hints: firehose.CfnDeliveryStream.BufferingHintsProperty,
    logging: firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty,
    processor: Mapping[str, str | float],
    keep_source: bool,
) -> firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty:
    parameters = [
        _Stream.ProcessorParameterProperty(parameter_name=name, parameter_value=_as_text(value))
        for name, value in processor.items()
    ]
    return _Stream.ExtendedS3DestinationConfigurationProperty(
        bucket_arn=bucket_arn,
        role_arn=role_arn,
        prefix=prefix,
        error_output_prefix=f"{_FAILED_PREFIX}{_BY_ERROR}",
        buffering_hints=hints,
        cloud_watch_logging_options=logging,
        processing_configuration=_Stream.ProcessingConfigurationProperty(
            enabled=True, processors=[_Stream.ProcessorProperty(type="Lambda", parameters=parameters)]
        ),
        s3_backup_mode="Enabled" if keep_source else "Disabled",
        s3_backup_configuration=_Stream.S3DestinationConfigurationProperty(
            bucket_arn=bucket_arn,
            role_arn=role_arn,
            prefix=f"{_SOURCE_PREFIX}{_BY_HOUR}",
            error_output_prefix=f"{_SOURCE_FAILED_PREFIX}{_BY_ERROR}",
            buffering_hints=hints,
            cloud_watch_logging_options=logging,
        )
        if keep_source
        else None,
    )


def _as_text(value: str | float) -> str:
    """A parameter of a processor, which are all text."""
    if isinstance(value, str):
        return value
    return cdk.Tokenization.stringify_number(value) if is_token(value) else f"{value:.12g}"
