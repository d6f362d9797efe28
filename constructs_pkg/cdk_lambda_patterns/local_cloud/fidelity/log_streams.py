"""What functions leave in their log groups.

What the published emulator does: it opens a log stream for each invocation, cuts one record of several lines into
several events, and writes the platform's own records as text, whatever the function's log format is.

What AWS does: an execution environment writes to one stream, the one its context names. A record of the runtime is one
event. With the JSON format the platform's records are JSON too, down to the level that the function asks for.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html,
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .support.clock import iso
from .support.emulator import Record, around, module, part
from .support.functions import config_of

if TYPE_CHECKING:
    from collections.abc import Callable

_STREAM = "stream:"
"""Marks a log source that is the name of the stream to write to."""


def apply() -> None:
    """Write the events of an invocation as Lambda does."""
    lambda_svc = module("services.lambda_svc")

    @around(lambda_svc, "_emit_lambda_logs", "func, request_id, log_text, error, duration_ms, log_source")
    def _emit(
        original: Callable[..., None],
        func: Record,
        request_id: str,
        log_text: str,
        error: bool,  # noqa: FBT001 - the emulator's interface
        duration_ms: int,
        *,
        log_source: str | None = None,
    ) -> None:
        if log_source == "rie":
            original(func, request_id, log_text, error, duration_ms, log_source=log_source)
            return
        config = config_of(func)
        stream = log_source.removeprefix(_STREAM) if log_source else _new_stream(config)
        messages = [
            *_platform(config, "start", request_id, error=error, duration_ms=duration_ms),
            # The runtime ends the lines inside a record with a carriage return.
            *(line.replace("\r", "\n") for line in log_text.split("\n") if line),
            *_platform(config, "report", request_id, error=error, duration_ms=duration_ms),
        ]
        _write(config, stream, messages)


def stream_source(stream: str) -> str:
    """A log source that makes an invocation's events go to this stream."""
    return f"{_STREAM}{stream}"


def _new_stream(config: Record) -> str:
    return f"{datetime.now(UTC):%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{uuid.uuid4().hex}"


def _platform(config: Record, kind: str, request_id: str, *, error: bool, duration_ms: int) -> list[str]:
    """The records that Lambda itself writes before and after the function's own."""
    logging = part(config, "LoggingConfig")
    version = config.get("Version", "$LATEST")
    memory = config.get("MemorySize", 128)
    if logging.get("LogFormat") != "JSON":
        if kind == "start":
            return [f"START RequestId: {request_id} Version: {version}"]
        used = module("services.lambda_svc")._probe_peak_memory_mb({"config": config})
        report = (
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms}.00 ms\tBilled Duration: {duration_ms} ms\t"
            f"Memory Size: {memory} MB\tMax Memory Used: {used} MB"
        )
        return [f"END RequestId: {request_id}", report]
    if logging.get("SystemLogLevel") == "WARN":
        return []
    record: Record = {"requestId": request_id}
    if kind == "start":
        record["version"] = version
    else:
        record["metrics"] = {"durationMs": duration_ms, "billedDurationMs": duration_ms, "memorySizeMB": memory}
        record["status"] = "error" if error else "success"
    return [json.dumps({"time": iso(), "type": f"platform.{kind}", "record": record})]


def _write(config: Record, stream_name: str, messages: list[str]) -> None:
    logs = module("services.cloudwatch_logs")
    group_name = part(config, "LoggingConfig").get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    now = int(time.time() * 1000)
    if group_name not in logs._log_groups:
        logs._log_groups[group_name] = {
            "arn": logs._make_group_arn(group_name),
            "creationTime": now,
            "retentionInDays": None,
            "tags": {},
            "subscriptionFilters": {},
            "streams": {},
        }
    stream = logs._log_groups[group_name]["streams"].setdefault(
        stream_name,
        {
            "events": [],
            "uploadSequenceToken": "1",
            "creationTime": now,
            "firstEventTimestamp": None,
            "lastEventTimestamp": None,
            "lastIngestionTime": None,
        },
    )
    events = [{"timestamp": now, "message": message} for message in messages]
    logs._append_log_events(stream, [{**event, "ingestionTime": now} for event in events])
    logs._fanout_to_subscription_filters(group_name, stream_name, events)
