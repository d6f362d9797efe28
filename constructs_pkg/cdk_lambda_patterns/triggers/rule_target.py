"""How an EventBridge rule reaches a function: the `live` alias, a dead-letter queue, and rights that rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_events as events, aws_sqs as sqs

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function.alarms import define_alarm, queue_not_empty_alarm
from cdk_lambda_patterns.function.resource_policy import rules_of
from cdk_lambda_patterns.triggers.senders import let_send

from .queues import define_dead_letter_queue

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_EVENTS = "events.amazonaws.com"


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
    retry_policy: events.CfnRule.RetryPolicyProperty | None = None,
) -> None:
    """Have a rule start a function's `live` alias, and keep what does not reach it.

    Args:
        scope: The trigger.
        rule: The rule.
        function: The function.
        dead_letter_queue: Where events go that do not reach the function.
        bus_name: The rule's event bus if it is not the default one.
        target_input: What the function gets in place of the event.
        retry_policy: How often and how long the delivery is tried.
    """
    stack = cdk.Stack.of(scope)
    sources = rules_of(stack, rule.rule_arn, bus_name=bus_name)
    rule.add_target(
        cast(
            "events.IRuleTarget",
            _LiveTarget(
                events.RuleTargetConfig(
                    arn=function.live.function_arn,
                    input=target_input,
                    retry_policy=retry_policy,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letter_queue.queue_arn),
                )
            ),
        )
    )
    function.callers.allow(scope, "Permission", principal=_EVENTS, source_arn=sources)
    let_send(dead_letter_queue, _EVENTS, sources)
    _alarm_on_loss(scope, rule, function, bus_name)


def dead_letter_queue_for(scope: Construct, function: WellArchitectedFunction) -> sqs.IQueue:
    """The function's failure queue; where it has none or stands in another stack, an own queue with its alarm.

    Args:
        scope: The trigger.
        function: The function, which is called asynchronously.
    """
    function.features.check_event_source(scope)
    function.invoked_asynchronously()
    shared = function.failure_queue
    # In another stack the queue would have to name the source, and the source already names the function: a cycle.
    if shared is not None and cdk.Stack.of(scope) is cdk.Stack.of(function):
        return shared
    queue = define_dead_letter_queue(scope)
    alarm = queue_not_empty_alarm(scope, queue.queue_name, function.alarm_actions, construct_id="DeadLetterQueueAlarm")
    function.alarms[f"{scope.node.id}DeadLetterQueue"] = alarm
    return queue


def _alarm_on_loss(
    scope: Construct, rule: events.Rule, function: WellArchitectedFunction, bus_name: str | None
) -> None:
    dimensions = {"RuleName": rule.rule_name}
    if bus_name is not None:
        # On a bus of one's own, a rule's reference is "bus|rule".
        dimensions = {"EventBusName": bus_name, "RuleName": cdk.Fn.select(1, cdk.Fn.split("|", rule.rule_name))}
    function.alarms[f"{scope.node.id}EventsLost"] = define_alarm(
        scope,
        "EventsLostAlarm",
        metric=("AWS/Events", "InvocationsFailedToBeSentToDlq", "Sum"),
        dimensions=dimensions,
        threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
        text="Events reached neither the function nor its dead-letter queue and are lost. "
        "Check the queue's policy and its key.",
        actions=function.alarm_actions,
    )
