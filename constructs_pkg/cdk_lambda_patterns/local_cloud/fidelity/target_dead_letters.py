"""Events that a rule, a schedule or a topic cannot deliver.

What the published emulator does: it logs that the target is not there, and the event is gone; the dead-letter queue of
the target or of the subscription stays empty.

What AWS does: it sends what it could not deliver to that queue, with the reason in message attributes.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .support.emulator import Record, around, module, part
from .support.undelivered import Undelivered, collecting, give_up, redrive, send_later

if TYPE_CHECKING:
    from collections.abc import Callable


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
        with collecting() as undelivered:
            original(target, event, rule, view)
        queue = part(target, "DeadLetterConfig").get("Arn")
        for lost in undelivered:
            if queue:
                send_later(str(queue), lost.payload, _attributes(target, event, rule, lost))

    for dispatch, parameters in (
        ("_dispatch_to_lambda", "arn, payload"),
        ("_dispatch_to_sqs", "spec, payload, sqs_parameters"),
        ("_dispatch_to_sns", "arn, payload"),
        ("_dispatch_to_stepfunctions", "arn, payload"),
    ):

        @around(eventbridge, dispatch, parameters)
        def _dispatch(original: Callable[..., None], target: object, payload: str, *args: object) -> None:
            if _exists(str(target)):
                original(target, payload, *args)
            else:
                give_up(Undelivered(payload, "NO_RESOURCE", f"the target does not exist: {target}"))


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
            redrive(topic_arn, endpoint, envelope)

    @around(
        sns,
        "_deliver_to_sqs",
        "endpoint, envelope, raw, raw_message, message_group_id, message_dedup_id, message_attributes, topic_arn",
    )
    def _to_sqs(original: Callable[..., None], endpoint: str, envelope: str, *args: object, **kwargs: object) -> None:
        if _exists(endpoint):
            original(endpoint, envelope, *args, **kwargs)
        else:
            redrive(str(kwargs.get("topic_arn")), endpoint, envelope)


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


def _attributes(target: Record, event: Record, rule: Record, lost: Undelivered) -> Record:
    named = {"ERROR_CODE": lost.code, "ERROR_MESSAGE": lost.message, "TARGET_ARN": str(target["Arn"])}
    named["SCHEDULE_ARN" if event.get("Source") == "aws.scheduler" else "RULE_ARN"] = str(rule.get("Arn", ""))
    return {name: {"DataType": "String", "StringValue": value} for name, value in named.items()}
