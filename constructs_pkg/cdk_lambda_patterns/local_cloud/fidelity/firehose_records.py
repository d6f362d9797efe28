"""Records on their way through Firehose to a bucket: gathered, transformed, and kept where that fails.

What the published emulator does: it hands each record to the function alone, while the producer waits; records that the
function fails on go to the bucket untransformed, those that it refuses are gone, nothing is logged and no source record
is kept. Each record becomes an object.

What AWS does: it gathers records, invokes the function with all of them, tries a failed invocation again, and puts what
was transformed into one object. Records that could not be transformed are put below `ErrorOutputPrefix`, each as a line
of JSON with the reason; unless the function itself refused the record, the reason is logged. With backup of the source,
records are put there as they came too.

Here records are gathered for an instant, whatever the buffering hints say.

Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html,
https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .support import delivery, metrics
from .support.emulator import Record, around, as_record, module, part, parts

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger("fidelity.firehose_records")
_GATHERED_SECONDS = 0.2
_DEFAULT_RETRIES = 3
_ANSWER_BYTES = 6 * 1024 * 1024


class _Failure(NamedTuple):
    """Why a record, or a whole invocation, failed."""

    code: str
    message: str


_NOT_THERE = _Failure("Lambda.MissingFunction", "The specified Lambda function does not exist.")
_ERROR = _Failure(
    "Lambda.FunctionError", "The Lambda function was successfully invoked but it returned an error result."
)
_NO_RECORDS = _Failure("Lambda.JsonProcessingException", "The response of the function could not be parsed.")
_MISSING = _Failure("Lambda.MissingRecordId", "Ensure that the Lambda function returns all received record Ids.")
_REFUSED = _Failure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record")
_NO_FORM = _Failure("Lambda.InvalidReturnFormat", "Check the Lambda function output format.")


@dataclass
class _Batch:
    """Records that are gathered for one destination."""

    stream: Record
    dest: Record
    records: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])


_batches: dict[int, _Batch] = {}
_gathering = threading.Lock()


def apply() -> None:
    """Gather what is put, and deliver it later; streams that partition or convert stay with the emulator."""
    firehose = module("services.firehose")

    @around(firehose, "_deliver_records_to_s3", "stream, dest, records")
    def _deliver(original: Callable[..., None], stream: Record, dest: Record, records: list[tuple[str, bytes]]) -> None:
        config = part(dest, "config")
        if any(
            part(config, name).get("Enabled")
            for name in ("DynamicPartitioningConfiguration", "DataFormatConversionConfiguration")
        ):
            original(stream, dest, records)
            return
        with _gathering:
            batch = _batches.setdefault(id(dest), _Batch(stream, dest))
            first = not batch.records
            batch.records += records
        if first:
            module("core.concurrency").spawn_background(_deliver_later, id(dest), thread_name="firehose-records")


def _deliver_later(key: int) -> None:
    time.sleep(_GATHERED_SECONDS)
    with _gathering:
        batch = _batches.pop(key)
    config = part(batch.dest, "config")
    if config.get("S3BackupMode") == "Enabled":
        backup = {"config": part(config, "S3BackupConfiguration")}
        _put(batch.stream, backup, [data for _id, data in batch.records])
    _put(batch.stream, batch.dest, _transformed(batch, config))


def _put(stream: Record, dest: Record, records: list[bytes]) -> None:
    if records:
        module("services.firehose")._deliver_to_s3(stream, dest, b"".join(records))


def _transformed(batch: _Batch, config: Record) -> list[bytes]:
    processing = part(config, "ProcessingConfiguration")
    function = _parameter(processing, "LambdaArn")
    if not processing.get("Enabled") or function is None:
        return [data for _id, data in batch.records]
    arrived = _now()
    answer, attempts = _invoke(batch, function, int(_parameter(processing, "NumberOfRetries") or _DEFAULT_RETRIES))
    transformed: list[bytes] = []
    lines: list[str] = []
    for record_id, data in batch.records:
        outcome = answer if isinstance(answer, _Failure) else _outcome(answer.get(record_id))
        if isinstance(outcome, bytes):
            transformed.append(outcome)
        elif outcome is not None:
            line = {
                "attemptsMade": attempts,
                "arrivalTimestamp": arrived,
                "errorCode": outcome.code,
                "errorMessage": outcome.message,
                "attemptEndingTimestamp": _now(),
                "rawData": base64.b64encode(data).decode(),
                "lambdaArn": function,
            }
            lines.append(json.dumps(line))
            if outcome is not _REFUSED:
                _log(batch.stream, config, outcome)
    if lines:
        _keep(batch.stream, config, lines)
    return transformed


def _parameter(processing: Record, name: str) -> str | None:
    for processor in parts(processing, "Processors"):
        for parameter in parts(processor, "Parameters"):
            if processor.get("Type") == "Lambda" and parameter["ParameterName"] == name:
                return str(parameter["ParameterValue"])
    return None


def _invoke(batch: _Batch, function: str, retries: int) -> tuple[dict[str, Record] | _Failure, int]:
    """What the function answered, by the records' ids, or why it did not; and how often it was asked."""
    lambda_svc = module("services.lambda_svc")
    stream_arn = str(batch.stream["arn"])
    event = {
        "invocationId": str(uuid.uuid4()),
        "deliveryStreamArn": stream_arn,
        "region": stream_arn.split(":")[3],
        "records": [
            {
                "recordId": record_id,
                "approximateArrivalTimestamp": _now(),
                "data": base64.b64encode(data).decode(),
            }
            for record_id, data in batch.records
        ],
    }
    failure = _NOT_THERE
    for attempt in range(1, retries + 2):
        record, config, _name = lambda_svc._get_func_record_for_ref(function)
        if record is None or config is None:
            return _NOT_THERE, attempt
        result: Record = lambda_svc._execute_function(lambda_svc._execution_record_for_config(record, config), event)
        if result.get("error"):
            failure = _ERROR
            continue
        return _answer(result.get("body")), attempt
    return failure, retries + 1


def _answer(body: object) -> dict[str, Record] | _Failure:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    if len(text) > _ANSWER_BYTES:
        return _ERROR
    try:
        answer = as_record(json.loads(text))
    except ValueError:
        return _NO_RECORDS
    if answer is None or not isinstance(answer.get("records"), list):
        return _NO_RECORDS
    return {str(record.get("recordId")): record for record in parts(answer, "records")}


def _outcome(answer: Record | None) -> bytes | _Failure | None:
    """The record as it was transformed, why it was not, or None where it is to be left out."""
    if answer is None:
        return _MISSING
    match answer.get("result"):
        case "Ok":
            try:
                return base64.b64decode(str(answer["data"]), validate=True)
            except (KeyError, ValueError):
                return _NO_FORM
        case "Dropped":
            return None
        case "ProcessingFailed":
            return _REFUSED
        case _:
            return _NO_FORM


def _keep(stream: Record, config: Record, lines: list[str]) -> None:
    firehose = module("services.firehose")
    moment = firehose._arrival_time(config)
    prefix = config.get("ErrorOutputPrefix")
    if prefix:
        folder = firehose._evaluate_prefix(prefix, moment, error_type="processing-failed")
    else:
        folder = f"{config.get('Prefix', '')}processing-failed/{firehose._java_time('yyyy/MM/dd/HH/', moment)}"
    name = f"{stream['name']}-1-{firehose._java_time('yyyy-MM-dd-HH-mm-ss', moment)}-{uuid.uuid4()}"
    delivery.put_object(str(config["BucketARN"]), f"{folder}{name}", "".join(f"{line}\n" for line in lines))


def _log(stream: Record, config: Record, failure: _Failure) -> None:
    options = part(config, "CloudWatchLoggingOptions")
    if not options.get("Enabled"):
        return
    message = {
        "deliveryStreamARN": stream["arn"],
        "destination": config["BucketARN"],
        "deliveryStreamVersionId": stream.get("version", 1),
        "message": failure.message,
        "errorCode": failure.code,
    }
    group = str(options["LogGroupName"])
    try:
        delivery.client("logs").put_log_events(
            logGroupName=group,
            logStreamName=str(options["LogStreamName"]),
            logEvents=[{"timestamp": _now(), "message": json.dumps(message)}],
        )
    except Exception:
        _logger.exception("the error could not be logged to %s", group)
        return
    metrics.put("AWS/Logs", "IncomingLogEvents", 1, "Count", {"LogGroupName": group})


def _now() -> int:
    return int(time.time() * 1000)
