"""Starts a function from an SQS queue, with a dead-letter queue behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import aws_cdk as cdk
from aws_cdk import Duration, aws_cloudwatch as cloudwatch, aws_lambda as lambda_, aws_sqs as sqs
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.alarms import define_alarm, queue_not_empty_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.function.durations import duration_within, seconds
from cdk_lambda_patterns.function.keys import complete_grant
from cdk_lambda_patterns.function.queues import define_dead_letter_queue, define_queue
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.json_values import as_mapping
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .event_source_mappings import (
    ProvisionedPollers,
    check_batch,
    check_first,
    check_max_concurrency,
    count_readers,
    define_mapping,
    reader_of,
)
from .filter_patterns import Pattern, Record, check_filters
from .message_retention import check_retentions, retention_of, warn_of_lost_messages
from .trigger_checks import check_key, check_region, check_unused, warn_of_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_at_once: dict[str, list[int]] = {}
"""How many executions of a function each of its queues may use."""

_RECORD = Record(
    "an SQS record",
    frozenset(
        {
            "messageId",
            "receiptHandle",
            "body",
            "attributes",
            "messageAttributes",
            "md5OfBody",
            "md5OfMessageAttributes",
            "eventSource",
            "eventSourceARN",
            "awsRegion",
        }
    ),
    "body",
)


class SqsTrigger(Construct):
    """Starts a function's `live` alias from an SQS queue, with a dead-letter queue behind it.

    Defines the queue and its dead-letter queue (both encrypted, TLS only, FIFO if asked), the event source mapping with
    partial batch responses, and alarms on messages that were given up and on messages that wait. The queue hides a
    message for six times the function's timeout, plus the batching window.

    The handler must report the messages it failed on (`batchItemFailures`); Powertools' `process_partial_response` does
    it. For a FIFO queue it stops at the first failure, and reports what is left too: else later messages overtake.
    """

    queue: sqs.IQueue
    """The queue that the function polls."""

    dead_letter_queue: sqs.IQueue | None
    """Where messages go that failed too often. None for a queue from outside of this app, which has its own or none."""

    event_source_mapping: lambda_.CfnEventSourceMapping
    """What polls the queue for the function."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `DeadLetterQueue` and `MessageAge`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        queue: sqs.IQueue | None = None,
        fifo: bool = False,
        content_based_deduplication: bool | None = None,
        visibility_timeout: Duration | None = None,
        max_receive_count: int | None = None,
        batch_size: int = practices.SQS_BATCH_SIZE,
        max_batching_window: Duration | None = None,
        report_batch_item_failures: bool = True,
        max_concurrency: int | None = None,
        provisioned_pollers: ProvisionedPollers | None = None,
        encryption_key: kms.IKey | kms.Key | None = None,
        filters: Sequence[Pattern] | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            queue: The queue. One of this app gets what it lacks: the visibility timeout and a dead-letter queue.
                Default: - one is defined.
            fifo: Whether the defined queue keeps the order of each message group.
                Default: False
            content_based_deduplication: For a FIFO queue: whether equal bodies within 5 minutes count as one message.
                Default: - the sender gives a deduplication id.
            visibility_timeout: How long a received message stays hidden, up to 12 hours. For a queue from outside of
                this app: what it is set to there.
                Default: - six times the function's timeout, plus the batching window.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            max_receive_count: Receives before a message moves to the dead-letter queue, 1 to 1,000. For a queue from
                outside of this app: what it is set to there.
                Default: - 5, see `practices.MAX_RECEIVE_COUNT`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            batch_size: Messages in one invocation at most: 1 to 10,000, above 10 with a batching window; FIFO 1 to 10.
                Default: 10
                Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
            max_batching_window: How long messages are gathered, up to 5 minutes. Not for FIFO queues.
                Default: - not at all.
            report_batch_item_failures: Whether the handler says which messages failed, so that only they come again.
                Without it one failure brings the whole batch again.
                Default: True
            max_concurrency: How many of the function's executions the queue may use at once, 2 to 1,000, and at most
                what is reserved for the function.
                Default: - what is reserved for the function; without that, no limit of its own.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
            provisioned_pollers: Pollers that stand ready. Not together with `max_concurrency`.
                Default: - Lambda adds pollers as messages come.
            encryption_key: A customer's key for both queues.
                Default: - SQS's own key.
            filters: Patterns over the record, as `{"body": {"kind": ["order"]}}`; messages that match none are deleted
                without starting the function.
                Default: - all messages are passed on.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
            enabled: Whether polling begins at once.
                Default: True

        Raises:
            ValidationError: A value outside the service's limits or in conflict with another; a queue that would show a
                message again while the function still works on it; a queue from outside of which that is not known.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        expect_type(where, "queue", queue, "queue_arn", "aws_sqs.IQueue")
        check_key(where, encryption_key)
        where.true_or_false(fifo=fifo, report_batch_item_failures=report_batch_item_failures, enabled=enabled)
        if content_based_deduplication is not None:
            where.true_or_false(content_based_deduplication=content_based_deduplication)
        is_fifo = fifo if queue is None else bool(queue.fifo)
        _check_queue_options(
            where, queue, fifo=fifo, encryption_key=encryption_key, deduplication=content_based_deduplication
        )
        if queue is not None:
            check_region(
                where,
                "queue",
                queue,
                "must be of the trigger's Region, where Lambda polls",
                fix="define the function and its trigger there",
                code="QueueRegion",
            )
            check_first(where, "queue", queue.queue_arn, function)
        _check_no_window_on_fifo(where, max_batching_window, fifo=is_fifo)
        window = check_batch(
            where,
            batch_size=batch_size,
            batch_quota=quotas.SQS_FIFO_BATCH_SIZE if is_fifo else quotas.SQS_BATCH_SIZE,
            window=max_batching_window,
            window_above=quotas.SQS_BATCH_WITHOUT_WINDOW,
        )
        check_max_concurrency(where, function, max_concurrency, quotas.SQS_MAX_CONCURRENCY)
        expect_type(where, "provisioned_pollers", provisioned_pollers, "checked", "ProvisionedPollers")
        pollers = _check_pollers(where, provisioned_pollers, max_concurrency)
        patterns = check_filters(where, filters, _RECORD)

        # 2 derive
        resource = cast("sqs.CfnQueue", queue.node.default_child) if isinstance(queue, sqs.Queue) else None
        delivery = _delivery(
            where,
            function,
            window=window,
            visibility=visibility_timeout,
            receives=max_receive_count,
            resource=resource,
            outside=queue is not None and resource is None,
        )
        if max_concurrency is None and pollers is None:
            max_concurrency = _reserved(function)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 3 define
        if queue is None:
            self.dead_letter_queue = define_dead_letter_queue(self, fifo=fifo, encryption_key=encryption_key)
            self.queue = define_queue(
                self,
                "Queue",
                fifo=fifo,
                encryption_key=encryption_key,
                visibility_timeout=seconds(int(delivery.hidden)) if visibility_timeout is None else visibility_timeout,
                dead_letter_queue=sqs.DeadLetterQueue(
                    queue=self.dead_letter_queue, max_receive_count=delivery.receives
                ),
                content_based_deduplication=content_based_deduplication,
            )
        else:
            self.queue = queue
            self.dead_letter_queue = (
                _completed(self, cast("sqs.Queue", queue), resource, delivery, fifo=is_fifo) if resource else None
            )

        # 4 connect
        reader = reader_of(self, function)
        queue_arn = self.queue.queue_arn
        self.queue.grant_consume_messages(reader)
        key = encryption_key if queue is None else queue.encryption_master_key
        if key is not None:
            complete_grant(reader, key, "kms:Decrypt")
        self.event_source_mapping = define_mapping(
            self,
            function,
            reader,
            event_source_arn=queue_arn,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=window,
            report_batch_item_failures=report_batch_item_failures,
            scaling_config=None
            if max_concurrency is None
            else lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=max_concurrency),
            provisioned_poller_config=pollers,
            filters=patterns,
            enabled=enabled,
        )
        tries, retention = delivery.hidden * delivery.receives, _retention(queue, resource)
        warn_of_lost_messages(self, tries, retention)
        self.alarms = _define_alarms(self, function, _late(tries, retention))
        _warn_of_readers(self, queue_arn)
        _warn_of_concurrency(self, function, max_concurrency)
        if queue is not None:
            warn_of_metrics(self, queue, "MessageAge")


class _Delivery(NamedTuple):
    """How often a message is tried, and how far apart."""

    hidden: float
    """Seconds that a received message stays hidden."""
    receives: float
    """Receives before it is given up."""


def _check_queue_options(
    where: Where,
    queue: sqs.IQueue | None,
    *,
    fifo: bool,
    encryption_key: kms.IKey | kms.Key | None,
    deduplication: bool | None,
) -> None:
    if queue is not None:
        _check_unset(where, fifo=fifo or None, encryption_key=encryption_key, content_based_deduplication=deduplication)
    elif deduplication is not None and not fifo:
        where.refuse(
            "content_based_deduplication",
            "is for FIFO queues only",
            got=deduplication,
            fix="say fifo=True, or leave it out",
            code="DeduplicationOnStandardQueue",
        )


def _check_unset(where: Where, **options: object) -> None:
    check_unused(
        where,
        options,
        "must be left out where 'queue' is given",
        fix="set it on the queue",
        code="QueueOptionsConflict",
    )


def _check_no_window_on_fifo(where: Where, window: Duration | None, *, fifo: bool) -> None:
    if fifo and window is not None:
        where.refuse(
            "max_batching_window",
            "must be left out for a FIFO queue",
            got=window.to_human_string(),
            fix="leave it out, or use a standard queue",
            code="BatchingWindowOnFifo",
        )


def _check_pollers(
    where: Where, pollers: ProvisionedPollers | None, max_concurrency: int | None
) -> lambda_.CfnEventSourceMapping.ProvisionedPollerConfigProperty | None:
    if pollers is None:
        return None
    if max_concurrency is not None:
        where.refuse(
            "provisioned_pollers",
            "must be left out where 'max_concurrency' is given",
            got=str(pollers),
            fix="limit the pollers with their maximum",
            code="PollersWithMaxConcurrency",
        )
    if pollers.group is not None:
        where.refuse(
            "provisioned_pollers",
            "must have no group: only Kafka's pollers are shared",
            got=repr(pollers.group),
            fix="leave 'group' out",
            code="PollerGroupWithoutKafka",
        )
    return pollers.checked(where, quotas.SQS_POLLERS_MINIMUM, quotas.SQS_POLLERS_MAXIMUM)


def _reserved(function: WellArchitectedFunction) -> int | None:
    """What is reserved for the function: more at once would only be throttled, and count as a receive."""
    reserved = function.reserved_concurrency
    return None if reserved is None or not quotas.SQS_MAX_CONCURRENCY.admits(reserved) else int(reserved)


def _delivery(
    where: Where,
    function: WellArchitectedFunction,
    *,
    window: float | None,
    visibility: Duration | None,
    receives: int | None,
    resource: sqs.CfnQueue | None,
    outside: bool,
) -> _Delivery:
    """How the queue delivers: as told, as the given queue is set, or derived. Refused if too hasty for the function."""
    hidden = duration_within(where, "visibility_timeout", visibility, quotas.QUEUE_VISIBILITY_TIMEOUT)
    where.within("max_receive_count", receives, quotas.QUEUE_MAX_RECEIVE_COUNT)
    prop = "visibility_timeout"
    if resource is not None:
        _check_unset(where, visibility_timeout=visibility)
        prop, hidden = "queue", _known(resource.visibility_timeout)
        if resource.redrive_policy is not None:
            _check_unset(where, max_receive_count=receives)
            receives = _known((as_mapping(resource.redrive_policy) or {}).get("maxReceiveCount"))
    elif outside and visibility is None:
        where.refuse(
            prop,
            "must be told for a queue from outside of this app: it cannot be seen from here",
            got="nothing",
            fix="give what the queue is set to",
            code="VisibilityTimeoutUnknown",
        )
    times = practices.MAX_RECEIVE_COUNT if receives is None or is_token(receives) else receives
    needed = _needed(function, _known(window))
    if hidden is not None and function.timeout_seconds is not None and hidden < needed:
        where.refuse(
            prop,
            f"must {'be' if prop == 'visibility_timeout' else 'hide messages for'} at least {needed:g} seconds, "
            f"{practices.VISIBILITY_TIMEOUT_FACTOR} times the timeout of {function.node.path}"
            f"{' plus the batching window' if window else ''}",
            got=f"{hidden:g}",
            fix="raise it or leave it out",
            code="VisibilityTimeoutTooShort",
        )
    return _Delivery(needed if hidden is None else hidden, times)


def _needed(function: WellArchitectedFunction, window: float | None) -> float:
    timeout = practices.TIMEOUT_SECONDS if function.timeout_seconds is None else function.timeout_seconds
    return practices.VISIBILITY_TIMEOUT_FACTOR * timeout + (window or 0)


def _known(value: Any) -> Any:  # noqa: ANN401 - a number in the CDK's loose types
    return value if isinstance(value, (int, float)) and not is_token(value) else None


def dead_letter_queue_of(queue: sqs.Queue) -> sqs.IQueue | None:
    """The dead-letter queue of a queue of this app: the one that it was given, or that a trigger gave it.

    Args:
        queue: The queue.
    """
    given = queue.dead_letter_queue
    found = queue.node.try_find_child("DeadLetterQueue") if given is None else given.queue
    return cast("sqs.IQueue | None", found)


def _completed(
    scope: Construct, queue: sqs.Queue, resource: sqs.CfnQueue, delivery: _Delivery, *, fifo: bool
) -> sqs.IQueue | None:
    """Give a queue of this app what it lacks, and return its dead-letter queue."""
    if resource.visibility_timeout is None:
        resource.visibility_timeout = delivery.hidden
    if resource.redrive_policy is None:
        # Part of the queue: in another stack than the trigger's, the queue's could not name it without a cycle.
        dead_letter_queue: sqs.IQueue = define_dead_letter_queue(
            queue, fifo=fifo, encryption_key=queue.encryption_master_key
        )
        resource.redrive_policy = {
            "deadLetterTargetArn": dead_letter_queue.queue_arn,
            "maxReceiveCount": delivery.receives,
        }
    else:
        found = dead_letter_queue_of(queue)
        if found is None:
            return None
        dead_letter_queue = found
    check_retentions(scope, resource, dead_letter_queue)
    return dead_letter_queue


def _warn_of_readers(trigger: SqsTrigger, queue_arn: str) -> None:
    readers = count_readers(trigger, queue_arn)
    if readers > 1:
        cdk.Annotations.of(trigger).add_warning_v2(
            "cdk-lambda-patterns:queueReaders",
            f"{readers} triggers poll this queue: each message reaches only one of them, and one's filters delete what "
            "is meant for another. Give each function a queue of its own behind one topic",
        )


def _retention(queue: sqs.IQueue | None, resource: sqs.CfnQueue | None) -> float | None:
    """How many seconds the queue keeps messages, as far as that is known."""
    if queue is None:
        return quotas.QUEUE_DEFAULT_RETENTION_SECONDS
    return None if resource is None else retention_of(resource)


def _warn_of_concurrency(trigger: SqsTrigger, function: WellArchitectedFunction, at_once: int | None) -> None:
    """Warn of queues that may use more executions together than are reserved for their function.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    reserved = function.reserved_concurrency
    if at_once is None or reserved is None or is_token(at_once) or is_token(reserved):
        return
    queues = _at_once.setdefault(reference(function), [])
    queues.append(at_once)
    if sum(queues) > reserved:
        cdk.Annotations.of(trigger).add_warning_v2(
            "cdk-lambda-patterns:concurrencyShared",
            f"{len(queues)} queues may use {sum(queues):,} executions of {function.node.path} at once, and "
            f"{reserved:,.12g} are reserved: a message that is throttled between the two counts as received, and lands "
            "in the dead-letter queue untried. Say 'max_concurrency' of each, together what is reserved at most",
        )


def _late(tries: float, retention: float | None) -> float:
    """From what age on nothing is processing a message: all its tries take less, or it will soon be deleted."""
    if retention is None:
        return tries
    return min(tries, retention * practices.MESSAGE_AGE_ALARM_SHARE_OF_RETENTION)


def _define_alarms(
    trigger: SqsTrigger, function: WellArchitectedFunction, late: float
) -> dict[str, cloudwatch.CfnAlarm]:
    alarms: dict[str, cloudwatch.CfnAlarm] = {}
    if trigger.dead_letter_queue is not None:
        alarms["DeadLetterQueue"] = queue_not_empty_alarm(
            trigger, trigger.dead_letter_queue.queue_name, function.alarm_actions, construct_id="DeadLetterQueueAlarm"
        )
    alarms["MessageAge"] = define_alarm(
        trigger,
        "MessageAgeAlarm",
        metric=("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"),
        dimensions={"QueueName": trigger.queue.queue_name},
        threshold=late,
        text="Messages wait longer than all their tries take. Look for throttles and errors, "
        "or let the function run more often at once.",
        actions=function.alarm_actions,
    )
    return alarms
