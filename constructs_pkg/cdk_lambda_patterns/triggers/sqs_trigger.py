"""Starts a function from an SQS queue, with a dead-letter queue behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import Duration, aws_cloudwatch as cloudwatch, aws_lambda as lambda_, aws_sqs as sqs
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.alarms import define_alarm, queue_not_empty_alarm
from cdk_lambda_patterns.function.durations import in_seconds, seconds
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .event_source_mappings import ProvisionedPollers, check_batch, check_max_concurrency
from .filter_patterns import Pattern, check_filters
from .queues import define_dead_letter_queue, define_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


class SqsTrigger(Construct):
    """Starts a function's `live` alias from an SQS queue, with a dead-letter queue behind it.

    Defines the queue and its dead-letter queue (both encrypted, TLS only, FIFO if asked), the event source mapping with
    partial batch responses, and alarms on messages that were given up and on messages that wait. The queue hides a
    message for six times the function's timeout, plus the batching window.

    The handler must report the messages it failed on (`batchItemFailures`); Powertools' `process_partial_response` does
    it.
    """

    queue: sqs.IQueue
    """The queue that the function polls."""

    dead_letter_queue: sqs.IQueue | None
    """Where messages go that failed too often. None for a queue of another app, which has its own or none."""

    event_source_mapping: lambda_.EventSourceMapping
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
        visibility_timeout: Duration | None = None,
        max_receive_count: int = practices.MAX_RECEIVE_COUNT,
        batch_size: int = practices.SQS_BATCH_SIZE,
        max_batching_window: Duration | None = None,
        report_batch_item_failures: bool = True,
        max_concurrency: int | None = None,
        provisioned_pollers: ProvisionedPollers | None = None,
        filters: Sequence[Pattern] | None = None,
        encryption_key: kms.IKey | None = None,
        content_based_deduplication: bool | None = None,
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
            visibility_timeout: How long a received message stays hidden, up to 12 hours. For a queue of another app:
                what it is set to there.
                Default: - six times the function's timeout, plus the batching window.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            max_receive_count: Receives before a message moves to the dead-letter queue, 1 to 1,000.
                Default: 5
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
                Default: - no limit of its own.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
            provisioned_pollers: Pollers that stand ready. Not together with `max_concurrency`.
                Default: - Lambda adds pollers as messages come.
            filters: Patterns; messages that match none are deleted without starting the function.
                Default: - all messages are passed on.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
            encryption_key: A customer's key for both queues.
                Default: - SQS's own key.
            content_based_deduplication: For a FIFO queue: whether equal bodies within 5 minutes count as one message.
                Default: - the sender gives a deduplication id.
            enabled: Whether polling begins at once.
                Default: True

        Raises:
            ValidationError: A value outside the service's limits or in conflict with another; a queue that would show a
                message again while the function still works on it; a queue of another app of which that is not known.
        """
        # 1 validate
        where = Where(scope, construct_id)
        own = queue if isinstance(queue, sqs.Queue) else None
        is_fifo = fifo if queue is None else queue.fifo
        _check_queue_options(
            where, queue, fifo=fifo, encryption_key=encryption_key, deduplication=content_based_deduplication
        )
        where.within("max_receive_count", max_receive_count, quotas.QUEUE_MAX_RECEIVE_COUNT)
        if is_fifo and max_batching_window is not None:
            where.refuse(
                "max_batching_window",
                "must be left out for a FIFO queue",
                got=f"{in_seconds(max_batching_window):g} seconds",
                fix="leave it out, or use a standard queue",
                code="BatchingWindowOnFifo",
            )
        window = check_batch(
            where,
            batch_size=batch_size,
            batch_quota=quotas.SQS_FIFO_BATCH_SIZE if is_fifo else quotas.SQS_BATCH_SIZE,
            window=max_batching_window,
            window_above=quotas.SQS_BATCH_WITHOUT_WINDOW,
        )
        check_max_concurrency(where, function, max_concurrency, quotas.SQS_MAX_CONCURRENCY)
        pollers = _check_pollers(where, provisioned_pollers, max_concurrency)
        patterns = check_filters(where, filters)

        # 2 derive
        resource = None if own is None else cast("sqs.CfnQueue", own.node.default_child)
        hidden = _visibility(
            where, function, window, visibility_timeout, resource, imported=queue is not None and own is None
        )
        super().__init__(scope, construct_id)

        # 3 define
        self.alarms = {}
        self.dead_letter_queue = None
        if queue is None:
            self.dead_letter_queue = define_dead_letter_queue(self, fifo=fifo, encryption_key=encryption_key)
            deduplication = (
                {}
                if content_based_deduplication is None
                else {"content_based_deduplication": content_based_deduplication}
            )
            self.queue = define_queue(
                self,
                "Queue",
                fifo=fifo,
                encryption_key=encryption_key,
                visibility_timeout=visibility_timeout or seconds(int(hidden)),
                dead_letter_queue=sqs.DeadLetterQueue(
                    queue=self.dead_letter_queue, max_receive_count=max_receive_count
                ),
                **deduplication,
            )
        else:
            self.queue = queue
            if resource is not None:
                self._complete(
                    resource, hidden, max_receive_count, fifo=bool(is_fifo), encryption_key=queue.encryption_master_key
                )

        # 4 connect
        self.queue.grant_consume_messages(function)
        self.event_source_mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=cast("lambda_.IFunction", function.live),
            event_source_arn=self.queue.queue_arn,
            batch_size=batch_size,
            max_batching_window=max_batching_window,
            report_batch_item_failures=report_batch_item_failures,
            max_concurrency=max_concurrency,
            provisioned_poller_config=pollers,
            filters=patterns,
            enabled=enabled,
        )
        self._define_alarms(function, hidden, max_receive_count)

    def _complete(
        self,
        resource: sqs.CfnQueue,
        hidden: float,
        max_receive_count: int,
        *,
        fifo: bool,
        encryption_key: kms.IKey | None,
    ) -> None:
        """Give a queue of this app what it lacks."""
        if resource.visibility_timeout is None:
            resource.visibility_timeout = hidden
        if resource.redrive_policy is None:
            self.dead_letter_queue = define_dead_letter_queue(self, fifo=fifo, encryption_key=encryption_key)
            resource.redrive_policy = {
                "deadLetterTargetArn": self.dead_letter_queue.queue_arn,
                "maxReceiveCount": max_receive_count,
            }
        else:
            given = cast("sqs.Queue", self.queue).dead_letter_queue
            self.dead_letter_queue = None if given is None else given.queue

    def _define_alarms(self, function: WellArchitectedFunction, hidden: float, max_receive_count: int) -> None:
        if self.dead_letter_queue is not None:
            self.alarms["DeadLetterQueue"] = queue_not_empty_alarm(
                self, self.dead_letter_queue.queue_name, function.alarm_actions, construct_id="DeadLetterQueueAlarm"
            )
        self.alarms["MessageAge"] = define_alarm(
            self,
            "MessageAgeAlarm",
            metric=("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"),
            dimensions={"QueueName": self.queue.queue_name},
            # Older than all its tries take: nothing is processing it.
            threshold=hidden * max_receive_count,
            text="Messages wait longer than all their tries take. Look for throttles and errors, "
            "or let the function run more often at once.",
            actions=function.alarm_actions,
        )


def _check_queue_options(
    where: Where, queue: sqs.IQueue | None, *, fifo: bool, encryption_key: kms.IKey | None, deduplication: bool | None
) -> None:
    if queue is not None:
        given = {"fifo": fifo or None, "encryption_key": encryption_key, "content_based_deduplication": deduplication}
        for name, value in given.items():
            if value is not None:
                where.refuse(
                    name,
                    "must be left out where 'queue' is given",
                    got=type(value).__name__,
                    fix="set it on the queue",
                    code="QueueOptionsConflict",
                )
    elif deduplication is not None and not fifo:
        where.refuse(
            "content_based_deduplication",
            "is for FIFO queues only",
            got=deduplication,
            fix="say fifo=True, or leave it out",
            code="DeduplicationOnStandardQueue",
        )


def _check_pollers(
    where: Where, pollers: ProvisionedPollers | None, max_concurrency: int | None
) -> lambda_.ProvisionedPollerConfig | None:
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
    return pollers.checked(where, quotas.SQS_POLLERS_MINIMUM, quotas.SQS_POLLERS_MAXIMUM)


def _visibility(
    where: Where,
    function: WellArchitectedFunction,
    window: float | None,
    given: Duration | None,
    resource: sqs.CfnQueue | None,
    *,
    imported: bool,
) -> float:
    """How many seconds the queue hides a message, refused if that is too short for the function."""
    told = in_seconds(given)
    where.within("visibility_timeout", told, quotas.QUEUE_VISIBILITY_TIMEOUT)
    prop = "visibility_timeout"
    if resource is not None:
        if given is not None:
            where.refuse(
                prop,
                "must be left out where 'queue' is given",
                got=f"{told:g}",
                fix="set it on the queue",
                code="QueueOptionsConflict",
            )
        prop, told = "queue", resource.visibility_timeout
        if is_token(told):
            told = None
    if imported and given is None:
        where.refuse(
            "visibility_timeout",
            "must be told for a queue of another app: it cannot be seen from here",
            got="nothing",
            fix="give what the queue is set to",
            code="VisibilityTimeoutUnknown",
        )
    if function.timeout_seconds is None:
        return told or practices.TIMEOUT_SECONDS * practices.VISIBILITY_TIMEOUT_FACTOR
    needed = practices.VISIBILITY_TIMEOUT_FACTOR * function.timeout_seconds + (window or 0)
    if told is None:
        return needed
    if told < needed:
        where.refuse(
            prop,
            f"must {'be' if prop == 'visibility_timeout' else 'hide messages for'} at least {needed:g} seconds, "
            f"{practices.VISIBILITY_TIMEOUT_FACTOR} times the timeout of {function.node.path}"
            f"{' plus the batching window' if window else ''}",
            got=f"{told:g}",
            fix="raise it or leave it out",
            code="VisibilityTimeoutTooShort",
        )
    return told
