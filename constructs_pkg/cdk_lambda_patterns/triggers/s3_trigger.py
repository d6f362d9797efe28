"""Starts a function when objects in a bucket change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import jsii
from aws_cdk import aws_events as events, aws_s3 as s3
from constructs import Construct, IValidation

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.durations import seconds
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .bucket_recursion import written_patterns
from .rule_target import add_live_target, dead_letter_queue_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

# What EventBridge calls S3's events: the detail type, and where S3 distinguishes further the field that does.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
_DETAILS: dict[s3.EventType, tuple[str, str | None, str | None]] = {
    s3.EventType.OBJECT_CREATED: ("Object Created", None, None),
    s3.EventType.OBJECT_CREATED_PUT: ("Object Created", "reason", "PutObject"),
    s3.EventType.OBJECT_CREATED_POST: ("Object Created", "reason", "POST Object"),
    s3.EventType.OBJECT_CREATED_COPY: ("Object Created", "reason", "CopyObject"),
    s3.EventType.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD: ("Object Created", "reason", "CompleteMultipartUpload"),
    s3.EventType.OBJECT_REMOVED: ("Object Deleted", None, None),
    s3.EventType.OBJECT_REMOVED_DELETE: ("Object Deleted", "deletion-type", "Permanently Deleted"),
    s3.EventType.OBJECT_REMOVED_DELETE_MARKER_CREATED: ("Object Deleted", "deletion-type", "Delete Marker Created"),
    s3.EventType.LIFECYCLE_EXPIRATION: ("Object Deleted", "reason", "Lifecycle Expiration"),
    s3.EventType.LIFECYCLE_TRANSITION: ("Object Storage Class Changed", None, None),
    s3.EventType.INTELLIGENT_TIERING: ("Object Access Tier Changed", None, None),
    s3.EventType.OBJECT_RESTORE_POST: ("Object Restore Initiated", None, None),
    s3.EventType.OBJECT_RESTORE_COMPLETED: ("Object Restore Completed", None, None),
    s3.EventType.OBJECT_RESTORE_DELETE: ("Object Restore Expired", None, None),
    s3.EventType.OBJECT_TAGGING_PUT: ("Object Tags Added", None, None),
    s3.EventType.OBJECT_TAGGING_DELETE: ("Object Tags Deleted", None, None),
    s3.EventType.OBJECT_ACL_PUT: ("Object ACL Updated", None, None),
}

_REPORTING = s3.CfnBucket.NotificationConfigurationProperty(
    event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
)


class S3Trigger(Construct):
    """Starts a function's `live` alias when objects in a bucket change.

    Defines a bucket (encrypted, TLS only, versioned, no public access) unless one is given, has it report to
    EventBridge, and a rule that passes the events on. An event that does not reach the function ends in the function's
    failure queue, as does one that it fails to process.

    EventBridge is S3's way without a custom resource, and without a dependency from the bucket to the function: bucket
    and function may stand in different stacks. The event has EventBridge's shape, where the key is not URL-encoded:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    bucket: s3.IBucket
    """The bucket whose objects start the function."""

    rule: events.Rule
    """The rule that passes the bucket's events on."""

    dead_letter_queue: sqs.IQueue
    """Where events go that did not reach the function: its failure queue, or where it has none in this stack, an own
    one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        bucket: s3.IBucket | None = None,
        prefix: str | None = None,
        suffix: str | None = None,
        event_types: Sequence[s3.EventType] = (s3.EventType.OBJECT_CREATED,),
        reports_to_event_bridge: bool | None = None,
        allow_recursion: str | None = None,
    ) -> None:
        """Define the trigger.

        Args:
        scope: The construct that this one is part of.
        construct_id: Its name there.
        function: The function to start.
        bucket: The bucket. One of this app is switched to report to EventBridge.
            Default: - one is defined.
        prefix: What the keys begin with, up to 1,024 characters, taken literally.
            Default: - any.
        suffix: What the keys end with, up to 1,024 characters, taken literally.
            Default: - any.
        event_types: What has to happen. Events that need different filters take a trigger each.
            Default: - an object is created, in any way.
            Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
        reports_to_event_bridge: For a bucket from outside of this app, that it reports to EventBridge: nothing here can
            switch it on. True is the only answer that works.
            Default: - unknown, which is refused for such a bucket.
        allow_recursion: Why the function may write where its own trigger looks, and what ends the loop.
            Default: - it may not.
            Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html

        Raises:
            ValidationError: A filter with wildcards or too long, event types that EventBridge does not know or that
            need
                different filters, an outside bucket not known to report to EventBridge. At synthesis: the function may
                write to the same bucket and prefix.
        """
        # 1 validate
        where = Where(scope, construct_id)
        _check_filter(where, "prefix", prefix)
        _check_filter(where, "suffix", suffix)
        detail_types, detail = _event_detail(where, event_types)
        _check_reports(where, bucket, reports_to_event_bridge)
        if allow_recursion is not None and not allow_recursion.strip():
            where.refuse(
                "allow_recursion",
                "must say why",
                got=repr(allow_recursion),
                fix="write what ends the loop, or leave it out",
                code="ReasonMissing",
            )
        super().__init__(scope, construct_id)

        # 2 define
        if bucket is None:
            self.bucket = own = _define_bucket(self)
            cast("s3.CfnBucket", own.node.default_child).notification_configuration = _REPORTING
        else:
            self.bucket = bucket
            if isinstance(bucket, s3.Bucket):
                _report_to_event_bridge(bucket)
        self.dead_letter_queue = dead_letter_queue_for(self, function)

        # 3 connect
        key = _key_filter(prefix, suffix)
        detail["bucket"] = {"name": [self.bucket.bucket_name]}
        if key is not None:
            detail["object"] = {"key": [key]}
        self.rule = events.Rule(
            self,
            "Rule",
            event_pattern=events.EventPattern(source=["aws.s3"], detail_type=detail_types, detail=detail),
        )
        add_live_target(self, self.rule, function, self.dead_letter_queue)
        if allow_recursion is None:
            self.node.add_validation(cast("IValidation", _NoRecursion(self, function, prefix)))


@jsii.implements(IValidation)
class _NoRecursion:
    """At synthesis, when all grants are made: the function must not write where its own trigger looks."""

    def __init__(self, trigger: S3Trigger, function: WellArchitectedFunction, prefix: str | None) -> None:
        self._trigger = trigger
        self._function = function
        self._prefix = prefix or ""

    def validate(self) -> list[str]:
        """The findings, for the CDK to report."""
        watched = "" if is_token(self._prefix) else self._prefix
        return [
            f"'bucket' must not be written to by the function that it starts, got a grant to write {pattern!r} where "
            f"objects under {watched + '*'!r} start {self._function.node.path}; write to another bucket or prefix, or "
            "say in 'allow_recursion' what ends the loop (RecursionThroughBucket)"
            for pattern in written_patterns(self._function, self._trigger.bucket)
            if _overlap(pattern, watched)
        ]


def _overlap(pattern: str, prefix: str) -> bool:
    """Whether a pattern of keys, with wildcards, may hold a key that begins with the prefix."""
    literal = pattern.split("*", 1)[0].split("?", 1)[0]
    if literal == pattern:
        return pattern.startswith(prefix)
    return literal.startswith(prefix) or prefix.startswith(literal)


def _check_filter(where: Where, prop: str, value: str | None) -> None:
    where.size(prop, value, quotas.OBJECT_KEY_LENGTH)
    if value is not None and not is_token(value) and "*" in value:
        where.refuse(
            prop,
            "is taken literally and must not hold wildcards",
            got=repr(value),
            fix=f"write {value.replace('*', '')!r}",
            code="FilterWildcard",
        )


def _check_reports(where: Where, bucket: s3.IBucket | None, reports: bool | None) -> None:  # noqa: FBT001 (private)
    if bucket is None or isinstance(bucket, s3.Bucket) or reports:
        return
    where.refuse(
        "bucket",
        "must report to EventBridge, which cannot be switched on from here for a bucket of another app",
        got="a bucket from outside",
        fix="switch it on where the bucket is defined and say reports_to_event_bridge=True",
        code="BucketEventBridgeUnknown",
    )


def _event_detail(where: Where, event_types: Sequence[s3.EventType]) -> tuple[list[str], dict[str, Any]]:
    """The detail types, and what else the events' detail must be."""
    unknown = [event_type.name for event_type in event_types if event_type not in _DETAILS]
    if unknown or not event_types:
        where.refuse(
            "event_types",
            "must be events that S3 sends to EventBridge",
            got=", ".join(unknown) or "none",
            fix=f"choose among {', '.join(event_type.name for event_type in _DETAILS)}",
            code="EventTypeUnknown",
        )
    kinds = [_DETAILS[event_type] for event_type in event_types]
    detail_types = list(dict.fromkeys(detail_type for detail_type, _, _ in kinds))
    fields = {field for _, field, _ in kinds}
    if fields == {None}:
        return detail_types, {}
    if len(fields) > 1 or len(detail_types) > 1:
        where.refuse(
            "event_types",
            "must be told apart by one filter",
            got=", ".join(event_type.name for event_type in event_types),
            fix="make a trigger for each",
            code="EventTypesMixed",
        )
    return detail_types, {cast("str", fields.pop()): [value for _, _, value in kinds]}


def _key_filter(prefix: str | None, suffix: str | None) -> dict[str, str] | None:
    if prefix and suffix:
        return {"wildcard": f"{_escaped(prefix)}*{_escaped(suffix)}"}
    if prefix:
        return {"prefix": prefix}
    return {"suffix": suffix} if suffix else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


def _define_bucket(scope: Construct) -> s3.Bucket:
    return s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=practices.MINIMUM_TLS_VERSION,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=seconds(practices.ABORT_MULTIPART_UPLOAD_SECONDS),
            )
        ],
    )


def _report_to_event_bridge(bucket: s3.Bucket) -> None:
    """Have the bucket report to EventBridge, natively where that is possible."""
    if bucket.node.try_find_child("Notifications") is not None:
        # The CDK's custom resource owns the whole configuration of this bucket and would overwrite ours.
        bucket.enable_event_bridge_notification()
        return
    resource = cast("s3.CfnBucket", bucket.node.default_child)
    if resource.notification_configuration is None:
        resource.notification_configuration = _REPORTING
    else:
        resource.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled",
            True,
        )
