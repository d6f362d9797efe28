"""Asynchronous invocations: one request id, retries, event age, destinations, dead-letter queues.

What the published emulator does: each retry has another request id; there are no destinations for success; records for
failure lack the version, the time, the request id and the real number of invocations, and are not sent to buses or
buckets; what is configured on an alias or a version is ignored; a throttled event counts as failed. Topics, rules and
log subscriptions invoke once, without retries and without destinations.

What AWS does: an event keeps its request id over its retries. Settings of the qualifier that was invoked apply.
Throttled events go back to the queue until they are too old; with a reserved concurrency of zero they fail at once. The
outcome is recorded at a queue, topic, function, bus or bucket, and a failed event itself goes to the function's
dead-letter queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import logging
import os
import time
import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from .support import delivery, metrics
from .support.clock import iso
from .support.emulator import Record, around, module, part
from .support.functions import Invoked, config_of, reserved_concurrency

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger("fidelity.asynchronous_invocation")

# How long really passes before an event is tried again. The emulator has these two settings already.
_WAIT_SECONDS = float(os.environ.get("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "1"))
_LONGEST_WAIT_SECONDS = float(os.environ.get("LAMBDA_ASYNC_RETRY_MAX_SECONDS", "30"))

# How long AWS waits: that is how much older the event gets.
_WAITS_AFTER_ERRORS = (60, 120)
_LONGEST_WAIT_AFTER_THROTTLES = 300

_DEFAULT_RETRIES = 2
_DEFAULT_AGE_SECONDS = 21_600
_ERROR_MESSAGE_CHARACTERS = 1024

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id for the next execution, where the event has one already."""


def apply() -> None:
    """Route every asynchronous invocation through one queue that behaves like Lambda's."""
    lambda_svc = module("services.lambda_svc")

    @around(lambda_svc, "_execute_function_dispatch", "func, config, event, request_id, started")
    def _dispatch(
        original: Callable[..., Record], func: Record, config: Record, event: object, request_id: str, started: float
    ) -> Record:
        return original(func, config, event, _request_id.get() or request_id, started)

    @around(lambda_svc, "invoke_async_with_retry", "func, event")
    def _accept(original: object, func: Record, event: object) -> None:
        del original
        metrics.put_lambda(config_of(func), "AsyncEventsReceived", 1)
        queued = QueuedEvent(func, event)
        module("core.concurrency").spawn_background(queued.process, thread_name="asynchronous-invocation")

    _take_from_services()


@dataclass
class QueuedEvent:
    """An event between its acceptance and its end."""

    func: Record
    event: Any
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    accepted: float = field(default_factory=time.time)
    attempts: int = 0
    result: Record | None = None
    """What the last attempt gave."""

    def __post_init__(self) -> None:
        """Read what was invoked."""
        self.config = config_of(self.func)
        self.invoked = Invoked.of(self.config)
        self._waited_on_aws = 0.0

    def process(self) -> None:
        """Execute the function until the event is done with, and record the outcome."""
        with self.invoked.scope():
            settings = self._settings()
            condition = self._execute(
                retries=_setting(settings, "MaximumRetryAttempts", _DEFAULT_RETRIES),
                age=_setting(settings, "MaximumEventAgeInSeconds", _DEFAULT_AGE_SECONDS),
            )
            destinations = part(settings, "DestinationConfig")
            if condition is None:
                # Deleted meanwhile, with all that waits for it.
                return
            if condition == "Success":
                self._record(part(destinations, "OnSuccess"), condition)
                return
            metrics.put_lambda(self.config, "AsyncEventsDropped", 1)
            self._record(part(destinations, "OnFailure"), condition)
            self._dead_letter()

    def _settings(self) -> Record:
        """What is configured on the very qualifier that was invoked."""
        configured = part(self.invoked.function(), "event_invoke_configs")
        if self.invoked.qualifier in (None, "$LATEST"):
            return part(configured, "") or part(configured, "$LATEST")
        return part(configured, str(self.invoked.qualifier))

    def _execute(self, *, retries: int, age: int) -> str | None:
        throttled = 0
        while True:
            function = self.invoked.function()
            if function is None:
                return None
            if reserved_concurrency(function) == 0:
                return "ZeroReservedConcurrency"
            metrics.put_lambda(self.config, "AsyncEventAge", self._age() * 1000, "Milliseconds")
            if self._attempt():
                if not part(self.result).get("error"):
                    return "Success"
                if self.attempts > retries:
                    return "RetriesExhausted"
                self._waited_on_aws += _WAITS_AFTER_ERRORS[min(self.attempts, len(_WAITS_AFTER_ERRORS)) - 1]
            else:
                self._waited_on_aws += min(2**throttled, _LONGEST_WAIT_AFTER_THROTTLES)
                throttled += 1
            if self._age() > age:
                return "EventAgeExceeded"
            time.sleep(min(_WAIT_SECONDS * 2 ** (self.attempts + throttled - 1), _LONGEST_WAIT_SECONDS))

    def _age(self) -> float:
        """How old the event would be on AWS."""
        return time.time() - self.accepted + self._waited_on_aws

    def _attempt(self) -> bool:
        """Execute the function once; False if it was throttled, and so not executed."""
        token = _request_id.set(self.request_id)
        try:
            result: Record = module("services.lambda_svc")._execute_function(self.func, self.event)
        finally:
            _request_id.reset(token)
        if result.get("throttle"):
            return False
        self.attempts += 1
        self.result = result
        return True

    def _record(self, destination: Record, condition: str) -> None:
        """Send the invocation record to where the function's settings say."""
        arn = str(destination.get("Destination") or "")
        if not arn:
            return
        try:
            self._send(arn, json.dumps(self._invocation_record(condition)), condition)
        except Exception:
            # Nobody waits for it: as on AWS, a metric is all that shows.
            _logger.exception("the record for %s could not be sent to %s", self.invoked.arn, arn)
            metrics.put_lambda(self.config, "DestinationDeliveryFailures", 1)

    def _invocation_record(self, condition: str) -> Record:
        record: Record = {
            "version": "1.0",
            "timestamp": iso(),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": self.invoked.arn,
                "condition": condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": self.event,
        }
        if self.result is not None:
            version = self.result.get("executed_version") or self.config.get("Version", "$LATEST")
            response: Record = {"statusCode": 200, "executedVersion": version}
            if self.result.get("error"):
                response["functionError"] = self.result.get("function_error") or "Unhandled"
            record |= {"responseContext": response, "responsePayload": self.result.get("body")}
        return record

    def _send(self, arn: str, record: str, condition: str) -> None:
        service = arn.split(":")[2]
        if service == "sqs":
            delivery.send_to_queue(arn, record)
        elif service == "sns":
            delivery.publish(arn, record)
        elif service == "lambda":
            delivery.invoke_asynchronously(arn, json.loads(record))
        elif service == "events":
            outcome = "Success" if condition == "Success" else "Failure"
            delivery.put_event(
                arn,
                source="lambda",
                detail_type=f"Lambda Function Invocation Result - {outcome}",
                detail=record,
                resources=[arn, self.invoked.arn],
            )
        elif service == "s3":
            now = datetime.now(UTC)
            folder = f"aws/lambda/async/{self.invoked.function_name}/{now:%Y/%m/%d}"
            delivery.put_object(arn, f"{folder}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}", record)
        else:
            raise ValueError(f"not a destination: {arn}")

    def _dead_letter(self) -> None:
        """Send the event itself to the function's dead-letter queue or topic.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
        """
        arn = str(part(self.config, "DeadLetterConfig").get("TargetArn") or "")
        if not arn:
            return
        body: Any = part(self.result).get("body")
        message = str(cast("Record", body).get("errorMessage") or "") if isinstance(body, dict) else ""
        attributes = {
            "RequestID": {"DataType": "String", "StringValue": self.request_id},
            "ErrorCode": {"DataType": "Number", "StringValue": "200" if self.result else "429"},
            "ErrorMessage": {
                "DataType": "String",
                "StringValue": message[:_ERROR_MESSAGE_CHARACTERS] or "Rate Exceeded.",
            },
        }
        send = delivery.send_to_queue if arn.split(":")[2] == "sqs" else delivery.publish
        try:
            send(arn, json.dumps(self.event), attributes)
        except Exception:
            _logger.exception("the event for %s could not be sent to %s", self.invoked.arn, arn)
            metrics.put_lambda(self.config, "DeadLetterErrors", 1)


def _notification(sent: Record) -> Record:
    """A topic's message as functions get it, which differs from what queues get.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """
    renamed = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    told = {renamed.get(name, name): value for name, value in sent.items()}
    return {**told, "Subject": sent.get("Subject"), "MessageAttributes": part(sent, "MessageAttributes")}


def _setting(settings: Record, name: str, default: int) -> int:
    value = settings.get(name)
    return default if value is None else int(value)


def _take_from_services() -> None:
    """Let topics, rules and log subscriptions invoke asynchronously; objects in buckets do already."""
    sns = module("services.sns")
    eventbridge = module("services.eventbridge")
    iot = module("services.iot")

    @around(
        sns, "_deliver_to_lambda", "endpoint, envelope, topic_arn, sub_arn, msg_id, raw_message, message_attributes"
    )
    def _from_topic(
        original: object, endpoint: str, envelope: str, topic_arn: str, sub_arn: str, *args: object
    ) -> None:
        del original, topic_arn, args
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": sub_arn,
            "Sns": _notification(json.loads(envelope)),
        }
        delivery.invoke_asynchronously(endpoint, {"Records": [record]})

    @around(eventbridge, "_dispatch_to_lambda", "arn, payload")
    def _from_rule(original: object, arn: str, payload: str) -> None:
        del original
        delivery.invoke_asynchronously(arn, json.loads(payload))

    @around(iot, "_dispatch_rule_to_lambda", "account_id, region, function_arn, event")
    def _from_iot_rule(original: object, account_id: str, region: str, function_arn: str, event: object) -> None:
        del original
        with module("core.responses").request_scope(account_id, region):
            delivery.invoke_asynchronously(function_arn, event)
