"""Starts a function when objects in a bucket change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import jsii
from aws_cdk import aws_events as events, aws_s3 as s3
from constructs import Construct, IValidation

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.tokens import is_token, without_tokens
from cdk_lambda_patterns.validation import Where

from .bucket_recursion import grants_in, overlaps
from .buckets import define_bucket, keep_reporting, report_to_event_bridge
from .rule_target import add_live_target, check_dead_letter_queue, check_retries, dead_letter_queue_for
from .s3_events import CAUSES, event_detail
from .trigger_checks import check_account, check_region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration, aws_cloudwatch as cloudwatch, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


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
    """Where events go that did not reach the function: the one given, its failure queue, or else an own one."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `EventsLost`, and `DeadLetterQueue` where that queue is not the function's own."""

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
        retry_attempts: int | None = None,
        max_event_age: Duration | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            bucket: The bucket. One of this app is switched to report to EventBridge.
                Default: - one is defined.
            prefix: What the keys begin with, up to 1,024 bytes, taken literally.
                Default: - any.
            suffix: What the keys end with, up to 1,024 bytes, taken literally.
                Default: - any.
            event_types: What has to happen. Events that need different filters take a trigger each. Removals include
                those by lifecycle rules.
                Default: - an object is created, in any way.
                Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
            reports_to_event_bridge: For a bucket from outside of this app, that it reports to EventBridge: nothing here
                can switch it on. True is the only answer that works.
                Default: - unknown, which is refused for such a bucket.
            allow_recursion: Why the function may change what its own trigger watches, and what ends the loop.
                Default: - it may not: at synthesis a grant that would let it is an error (RecursionThroughBucket).
                Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
            retry_attempts: How often the delivery is tried again, 0 to 185.
                Default: - 185.
                Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
            max_event_age: How long the delivery is tried, 1 minute to 24 hours.
                Default: - 24 hours.
                Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
            dead_letter_queue: A standard queue for what does not reach the function. Its policy, and that of its key,
                let EventBridge send.
                Default: - the function's failure queue.
                Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
            enabled: Whether the rule passes events on at once.
                Default: True

        Raises:
            ValidationError: A filter with wildcards or too long, event types that EventBridge does not know or that
                need different filters, an outside bucket not known to report to EventBridge, a queue that cannot keep
                events, or a value outside the service's limits.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        where.true_or_false(reports_to_event_bridge=reports_to_event_bridge or False, enabled=enabled)
        expect_type(where, "bucket", bucket, "bucket_arn", "aws_s3.IBucket")
        _check_filter(where, "prefix", prefix)
        _check_filter(where, "suffix", suffix)
        detail_types, fields = event_detail(where, event_types)
        _check_reports(where, bucket, reports_to_event_bridge)
        if allow_recursion is not None:
            _check_reason(where, allow_recursion)
        retries = check_retries(where, retry_attempts, max_event_age)
        check_dead_letter_queue(where, dead_letter_queue, service="EventBridge")
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        if bucket is None:
            self.bucket = define_bucket(self, reporting=True)
        else:
            self.bucket = bucket
            if isinstance(bucket, s3.Bucket):
                report_to_event_bridge(bucket)
        self.alarms = {}
        self.dead_letter_queue = dead_letter_queue_for(self, function, given=dead_letter_queue, alarms=self.alarms)

        # 3 connect
        key = _key_filter(prefix, suffix)
        detail: dict[str, Any] = {**fields, "bucket": {"name": [self.bucket.bucket_name]}}
        if key is not None:
            detail["object"] = {"key": [key]}
        self.rule = events.Rule(
            self,
            "Rule",
            event_pattern=events.EventPattern(source=["aws.s3"], detail_type=detail_types, detail=detail),
            enabled=enabled,
        )
        self.alarms["EventsLost"] = add_live_target(self, self.rule, function, self.dead_letter_queue, retries=retries)
        causes = [cause for detail_type in detail_types for cause in CAUSES.get(detail_type, ())]
        watched = None if allow_recursion is not None else _Watched(prefix or "", suffix or "", causes)
        self.node.add_validation(cast("IValidation", _AtSynthesis(self, function, watched)))


@jsii.implements(IValidation)
class _AtSynthesis:
    """What can only be seen when everything is defined: all grants, and who else configures the bucket."""

    def __init__(self, trigger: S3Trigger, function: WellArchitectedFunction, watched: _Watched | None) -> None:
        self._trigger = trigger
        self._function = function
        self._watched = watched

    def validate(self) -> list[str]:
        """The findings, for the CDK to report."""
        bucket = self._trigger.bucket
        keep_reporting(bucket)
        watched = self._watched
        if watched is None:
            return []
        return [
            f"'bucket' must not be changed by the function that it starts where the trigger looks, got a grant of "
            f"{grant.action} on {_shown(grant.keys)} while {watched} start {self._function.node.path}; give it another "
            "bucket or prefix, or say in 'allow_recursion' what ends the loop (RecursionThroughBucket)"
            for grant in grants_in(self._function, bucket, watched.causes)
            if overlaps(grant.keys, watched.prefix, watched.suffix)
        ]


class _Watched(NamedTuple):
    """What starts the function."""

    prefix: str
    suffix: str
    causes: Sequence[str]
    """The IAM actions that lead to the events."""

    def __str__(self) -> str:
        return f"events of {_shown(f'{self.prefix}*{self.suffix}')}"


def _shown(keys: str) -> str:
    return repr(without_tokens(keys).replace("\0", "..."))


def _check_filter(where: Where, prop: str, value: str | None) -> None:
    if value is None or is_token(value):
        return
    where.text(prop, value)
    where.size(prop, value.encode(), quotas.OBJECT_KEY_LENGTH)
    if "*" in value:
        where.refuse(
            prop,
            "is taken literally and must not hold wildcards",
            got=repr(value),
            fix=f"write {value.replace('*', '')!r}",
            code="FilterWildcard",
        )


def _check_reason(where: Where, reason: str) -> None:
    if not isinstance(cast("object", reason), str) or not reason.strip():
        where.refuse(
            "allow_recursion",
            "must say why",
            got=repr(reason),
            fix="write what ends the loop, or leave it out",
            code="ReasonMissing",
        )


def _check_reports(where: Where, bucket: s3.IBucket | None, reports: bool | None) -> None:  # noqa: FBT001 (private)
    if bucket is None:
        return
    check_region(
        where,
        "bucket",
        bucket,
        "must be of the trigger's Region, where the rule is that gets its events",
        fix="define the function and its trigger there",
        code="BucketRegion",
    )
    check_account(
        where,
        "bucket",
        bucket,
        "must be of the trigger's account, where the rule is that gets its events",
        fix="pass them on with a rule there whose target is a bus of this account, and use EventBridgeTrigger",
        code="BucketAccount",
    )
    if isinstance(bucket, s3.Bucket) or reports:
        return
    where.refuse(
        "bucket",
        "must report to EventBridge, which cannot be switched on from here for a bucket of another app",
        got="a bucket from outside",
        fix="switch it on where the bucket is defined and say reports_to_event_bridge=True",
        code="BucketEventBridgeUnknown",
    )


def _key_filter(prefix: str | None, suffix: str | None) -> dict[str, str] | None:
    if prefix and suffix:
        return {"wildcard": f"{_escaped(prefix)}*{_escaped(suffix)}"}
    if prefix:
        return {"prefix": prefix}
    return {"suffix": suffix} if suffix else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")
