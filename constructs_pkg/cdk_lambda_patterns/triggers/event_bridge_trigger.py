"""Starts a function from an EventBridge rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.json_values import as_mapping
from cdk_lambda_patterns.validation import Where

from .filter_patterns import Pattern, check_rule_pattern
from .rule_target import add_live_target, check_dead_letter_queue, check_retries, dead_letter_queue_for
from .trigger_checks import check_account, check_region

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

# How the CDK calls the fields of an event.
_FIELDS = {
    "source": "source",
    "detail-type": "detail_type",
    "detail": "detail",
    "account": "account",
    "region": "region",
    "resources": "resources",
    "time": "time",
    "id": "id",
    "version": "version",
}
_SELECTIVE = frozenset({"source", "detail-type", "account", "detail"})


class EventBridgeTrigger(Construct):
    """Starts a function's `live` alias when an event on an event bus matches a pattern.

    Defines a rule. An event that does not reach the function ends in the function's failure queue, as does one that the
    function fails to process; an alarm tells if even that queue cannot be reached. `event_patterns` has ready patterns
    for AWS's own events.
    """

    rule: events.Rule
    """The rule that passes the events on. It takes four more targets with `add_target`; those have no dead-letter queue
    but what they bring."""

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
        pattern: Pattern,
        event_bus: events.IEventBus | events.EventBus | None = None,
        target_input: events.RuleTargetInput | None = None,
        retry_attempts: int | None = None,
        max_event_age: cdk.Duration | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            pattern: Which events, as JSON: `{"source": ["shop"], "detail-type": ["Order Placed"]}`. It names at least
                the source, the detail type, the account or some detail: a rule for everything pays for everything.
                Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
            event_bus: The event bus.
                Default: - the account's default bus.
            target_input: What the function gets in place of the event, for example `RuleTargetInput.from_object` with
                `EventField.from_path`.
                Default: - the whole event.
                Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
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
            ValidationError: Not a pattern, a pattern for everything, a queue that cannot keep events, or a value
                outside the service's limits.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        where.true_or_false(enabled=enabled)
        expect_type(where, "event_bus", event_bus, "event_bus_name", "aws_events.IEventBus")
        if event_bus is not None:
            check_region(
                where,
                "event_bus",
                event_bus,
                "must be of the trigger's Region, where its rule is",
                fix="pass events on with a rule of that bus whose target is a bus of this Region",
                code="EventBusRegion",
            )
            check_account(
                where,
                "event_bus",
                event_bus,
                "must be of the trigger's account, where its rule is",
                fix="pass events on with a rule of that bus whose target is a bus of this account",
                code="EventBusAccount",
            )
        expect_type(where, "target_input", target_input, "bind", "aws_events.RuleTargetInput")
        check_rule_pattern(where, "pattern", pattern)
        _check_selective(where, pattern)
        retries = check_retries(where, retry_attempts, max_event_age)
        check_dead_letter_queue(where, dead_letter_queue, service="EventBridge")
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        self.rule = events.Rule(
            self,
            "Rule",
            event_bus=cast("events.IEventBus | None", event_bus),  # type: ignore[redundant-cast] # pyright needs it
            event_pattern=events.EventPattern(**_fields(pattern)),
            enabled=enabled,
        )
        self.alarms = {}
        self.dead_letter_queue = dead_letter_queue_for(self, function, given=dead_letter_queue, alarms=self.alarms)

        # 3 connect
        self.alarms["EventsLost"] = add_live_target(
            self,
            self.rule,
            function,
            self.dead_letter_queue,
            bus_name=None if event_bus is None else event_bus.event_bus_name,
            target_input=target_input,
            retries=retries,
        )


def _fields(pattern: Pattern) -> dict[str, Any]:
    """The pattern as the CDK takes it, which wants plain text in the lists, or a token for all else."""
    return {
        _FIELDS[name]: value if name == "detail" or all(isinstance(entry, str) for entry in value) else _as_token(value)
        for name, value in pattern.items()
    }


def _as_token(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    return cdk.Token.as_list(list(value))


def _check_selective(where: Where, pattern: Pattern) -> None:
    unknown = pattern.keys() - _FIELDS.keys()
    if unknown:
        where.refuse(
            "pattern",
            f"must be made of an event's fields ({', '.join(_FIELDS)})",
            got=", ".join(sorted(unknown)),
            fix="put what the event says of itself below 'detail'",
            code="EventPatternField",
        )
    deep = next((name for name, value in pattern.items() if name != "detail" and as_mapping(value) is not None), None)
    if deep is not None or ("detail" in pattern and as_mapping(pattern["detail"]) is None):
        where.refuse(
            "pattern",
            "must have an object below 'detail' and lists below the other fields",
            got=f"{type(pattern[deep or 'detail']).__name__} below {deep or 'detail'!r}",
            fix='write for example {"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}',
            code="EventPatternField",
        )
    for name, entries in pattern.items():
        if name != "detail" and any(isinstance(entry, (bool, int, float)) for entry in entries):
            where.refuse(
                "pattern",
                f"must compare {name!r} with text, which it is in every event",
                got=str(list(entries)),
                fix="write it in quotes",
                code="EventPatternField",
            )
    if not pattern.keys() & _SELECTIVE:
        where.refuse(
            "pattern",
            "must name the source, the detail type, the account or some detail",
            got=str(dict(pattern)),
            fix='add for example "source": ["my.app"]',
            code="EventPatternTooWide",
        )
