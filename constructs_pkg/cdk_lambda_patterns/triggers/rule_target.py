"""How an EventBridge rule reaches a function: the `live` alias, a dead-letter queue, and rights that rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_events as events, aws_sqs as sqs

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.alarms import queue_not_empty_alarm
from cdk_lambda_patterns.function.cdk_refusals import expect_type
from cdk_lambda_patterns.function.durations import as_seconds, duration_within
from cdk_lambda_patterns.function.queues import define_dead_letter_queue
from cdk_lambda_patterns.function.references import in_one_stack
from cdk_lambda_patterns.function.resource_policy import rules_of

from .senders import events_lost_alarm, let_send
from .trigger_checks import check_region, warn_of_metrics

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where

_EVENTS = "events.amazonaws.com"
_DEFAULT_BUS = "default"


@jsii.implements(events.IRuleTarget)
class _LiveTarget:
    """The CDK's own target would add a permission and a queue policy statement for each rule, until both are full."""

    def __init__(self, config: events.RuleTargetConfig) -> None:
        self._config = config

    def bind(self, rule: events.IRule, id: str | None = None) -> events.RuleTargetConfig:  # noqa: A002, ARG002 (CDK's names)
        return self._config


def add_live_target(
    scope: Construct,
    rule: events.Rule,
    function: WellArchitectedFunction,
    dead_letter_queue: sqs.IQueue,
    *,
    bus_name: str | None = None,
    target_input: events.RuleTargetInput | None = None,
    retries: Retries | None = None,
) -> cloudwatch.CfnAlarm:
    """Have a rule start a function's `live` alias, and keep what does not reach it.

    Args:
        scope: The trigger.
        rule: The rule.
        function: The function.
        dead_letter_queue: Where events go that do not reach the function.
        bus_name: The rule's event bus if it is not the default one.
        target_input: What the function gets in place of the event.
        retries: How often and how long the delivery is tried, from `check_retries`.

    Returns:
        The alarm on events that did not even reach the dead-letter queue.
    """
    if bus_name == _DEFAULT_BUS:
        bus_name = None  # in ARNs and metrics its rules stand without it
    rule_arn = rule.rule_arn
    sources = rules_of(cdk.Stack.of(scope), bus_name=bus_name)
    rule.add_target(
        cast(
            "events.IRuleTarget",
            _LiveTarget(
                events.RuleTargetConfig(
                    arn=function.live.function_arn,
                    input=target_input,
                    retry_policy=None
                    if retries is None
                    else events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=retries.attempts, maximum_event_age_in_seconds=retries.age
                    ),
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letter_queue.queue_arn),
                )
            ),
        )
    )
    function.callers.allow(scope, "Permission", principal=_EVENTS, source_arn=sources)
    if bus_name is not None and not in_one_stack(dead_letter_queue, scope):
        # The bus may be of the rule's stack, which names the queue: named by the queue's policy it would be a cycle.
        sources = rules_of(cdk.Stack.of(scope), bus_name="*")
    let_send(dead_letter_queue, _EVENTS, sources)
    return events_lost_alarm(
        scope,
        function,
        metric=("AWS/Events", "InvocationsFailedToBeSentToDlq"),
        dimensions=_dimensions(rule, rule_arn, bus_name),
    )


class Retries(NamedTuple):
    """How often and how long a delivery is tried."""

    attempts: int | None
    age: float | None
    """In seconds."""


def check_retries(where: Where, attempts: int | None, age: cdk.Duration | None) -> Retries | None:
    """Refuse retries that EventBridge's rules and schedules do not know. None where nothing is said of them.

    Args:
        where: The trigger.
        attempts: How often a delivery is tried again.
        age: How long it is tried.

    Raises:
        ValidationError: A value outside the limits.
    """
    where.within("retry_attempts", attempts, quotas.RULE_RETRY_ATTEMPTS)
    known = duration_within(where, "max_event_age", age, quotas.RULE_EVENT_AGE)
    return None if attempts is None and age is None else Retries(attempts, as_seconds(age, known))


def check_dead_letter_queue(where: Where, queue: sqs.IQueue | None, *, service: str | None = None) -> None:
    """Refuse what cannot keep undelivered events.

    Args:
        where: The trigger.
        queue: What the user gave.
        service: Who sends them, as `EventBridge`, if it is not a role of ours.

    Raises:
        ValidationError: No queue, one of another Region, a FIFO queue, or one with a key that the service can never
            use.
    """
    expect_type(where, "dead_letter_queue", queue, "queue_arn", "aws_sqs.IQueue")
    if queue is None:
        return
    check_region(
        where,
        "dead_letter_queue",
        queue,
        "must be of the trigger's Region, where undelivered events stay",
        fix="define one there",
        code="DeadLetterQueueRegion",
    )
    if queue.fifo is True:
        where.refuse(
            "dead_letter_queue",
            "must be a standard queue: undelivered events are not sent to FIFO queues",
            got=queue.node.path,
            fix="give a standard one; single failures have no order",
            code="DeadLetterQueueFifo",
        )
    managed = isinstance(queue, sqs.Queue) and queue.encryption_type is sqs.QueueEncryption.KMS_MANAGED
    if service is not None and managed:
        where.refuse(
            "dead_letter_queue",
            f"must not be encrypted with AWS's own key for SQS: {service} cannot be let use it",
            got=queue.node.path,
            fix="encrypt it with SQS_MANAGED, or with a customer's key, which is granted",
            code="DeadLetterQueueKey",
        )


def dead_letter_queue_for(
    scope: Construct,
    function: WellArchitectedFunction,
    *,
    given: sqs.IQueue | None = None,
    alarms: dict[str, cloudwatch.CfnAlarm] | None = None,
) -> sqs.IQueue:
    """The function's failure queue; where it has none or stands in another stack, an own queue. All have an alarm.

    Args:
        scope: The trigger.
        function: The function, which is called asynchronously.
        given: The queue that the user wants instead.
        alarms: The trigger's alarms: where a queue that is not the function's has its own.
    """
    function.features.check_event_source(scope)
    function.invoked_asynchronously()
    shared = function.failure_queue
    # In another stack the queue would have to name the source, and the source already names the function: a cycle.
    if given is None and shared is not None and in_one_stack(scope, function):
        return shared
    queue = define_dead_letter_queue(scope) if given is None else given
    if given is not None:
        warn_of_metrics(scope, given, "DeadLetterQueue")
    alarm = queue_not_empty_alarm(scope, queue.queue_name, function.alarm_actions, construct_id="DeadLetterQueueAlarm")
    if alarms is not None:
        alarms["DeadLetterQueue"] = alarm
    return queue


def _dimensions(rule: events.Rule, rule_arn: str, bus_name: str | None) -> dict[str, str]:
    """Those of the rule's metrics. A reference to a rule on a bus of one's own is no name: the ARN ends with it."""
    if bus_name is None:
        return {"RuleName": rule.rule_name}
    # "...:rule/<bus>/<rule>", where the buses of partners have slashes in their names.
    position = 2 + bus_name.count("/")
    return {"EventBusName": bus_name, "RuleName": cdk.Fn.select(position, cdk.Fn.split("/", rule_arn))}
