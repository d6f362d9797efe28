"""Events that a rule, a schedule or a topic cannot deliver.

What the published emulator does: it logs that the target is not there, and the event is gone; the dead-letter queue of
the target or of the subscription stays empty.

What AWS does: it sends what it could not deliver to that queue, with the reason in message attributes.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .support import delivery
from .support.emulator import Record, around, module, part, parts

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger("fidelity.target_dead_letters")


@dataclass(frozen=True)
class _Undelivered:
    payload: str
    message: str


_undelivered: ContextVar[list[_Undelivered] | None] = ContextVar("undelivered", default=None)
"""What the target that is being invoked could not take."""


def apply() -> None:
    """Look for the target before the emulator does, and keep what it cannot take."""
    _keep_events_of_rules()
    _keep_messages_of_topics()


def _keep_events_of_rules() -> None:
    eventbridge = module("services.eventbridge")

    @around(eventbridge, "_invoke_target", "target, event, rule, view")
    def _invoke(
        original: Callable[..., None], target: Record, event: Record, rule: Record, view: object = None
    ) -> None:
        undelivered: list[_Undelivered] = []
        token = _undelivered.set(undelivered)
        try:
            original(target, event, rule, view)
        finally:
            _undelivered.reset(token)
        queue = part(target, "DeadLetterConfig").get("Arn")
        for lost in undelivered:
            if queue:
                _send_later(str(queue), lost.payload, _attributes(target, event, rule, lost.message))

    for dispatch, parameters in (
        ("_dispatch_to_lambda", "arn, payload"),
        ("_dispatch_to_sqs", "spec, payload, sqs_parameters"),
        ("_dispatch_to_sns", "arn, payload"),
        ("_dispatch_to_stepfunctions", "arn, payload"),
    ):

        @around(eventbridge, dispatch, parameters)
        def _dispatch(original: Callable[..., None], target: object, payload: str, *args: object) -> None:
            undelivered = _undelivered.get()
            if undelivered is not None and not _exists(str(target)):
                undelivered.append(_Undelivered(payload, f"the target does not exist: {target}"))
                return
            original(target, payload, *args)


def _keep_messages_of_topics() -> None:
    sns = module("services.sns")

    @around(
        sns, "_deliver_to_lambda", "endpoint, envelope, topic_arn, sub_arn, msg_id, raw_message, message_attributes"
    )
    def _to_lambda(
        original: Callable[..., None], endpoint: str, envelope: str, topic_arn: str, sub_arn: str, *args: object
    ) -> None:
        if _exists(endpoint):
            original(endpoint, envelope, topic_arn, sub_arn, *args)
        else:
            _redrive(topic_arn, endpoint, envelope)

    @around(
        sns,
        "_deliver_to_sqs",
        "endpoint, envelope, raw, raw_message, message_group_id, message_dedup_id, message_attributes, topic_arn",
    )
    def _to_sqs(original: Callable[..., None], endpoint: str, envelope: str, *args: object, **kwargs: object) -> None:
        if _exists(endpoint):
            original(endpoint, envelope, *args, **kwargs)
        else:
            _redrive(str(kwargs.get("topic_arn")), endpoint, envelope)


def _redrive(topic_arn: str, endpoint: str, envelope: str) -> None:
    """Send a message to the dead-letter queue of the subscription that it could not be delivered to."""
    topic: Record | None = module("services.sns")._topics.get(topic_arn)
    for subscription in parts(topic, "subscriptions"):
        policy = part(subscription, "attributes").get("RedrivePolicy")
        if subscription.get("endpoint") == endpoint and policy:
            _send_later(json.loads(policy)["deadLetterTargetArn"], envelope, {})


def _exists(arn: str) -> bool:
    service = arn.split(":")[2]
    if service == "lambda":
        return module("services.lambda_svc")._get_func_record_for_ref(arn)[0] is not None
    if service == "sqs":
        return module("services.sqs")._queue_by_arn(arn) is not None
    if service == "sns":
        return arn in module("services.sns")._topics
    if service == "states":
        return module("services.stepfunctions")._resolve_state_machine_arn(arn) is not None
    return True


def _attributes(target: Record, event: Record, rule: Record, message: str) -> Record:
    named = {"ERROR_CODE": "NO_RESOURCE", "ERROR_MESSAGE": message, "TARGET_ARN": str(target["Arn"])}
    named["SCHEDULE_ARN" if event.get("Source") == "aws.scheduler" else "RULE_ARN"] = str(rule.get("Arn", ""))
    return {name: {"DataType": "String", "StringValue": value} for name, value in named.items()}


def _send_later(queue_arn: str, body: str, attributes: Record) -> None:
    """Send from a thread of its own: whoever delivers events may be serving a request."""

    def send() -> None:
        try:
            delivery.send_to_queue(queue_arn, body, attributes)
        except Exception:
            _logger.exception("an undelivered event could not be sent to %s", queue_arn)

    module("core.concurrency").spawn_background(send, thread_name="dead-letter")
