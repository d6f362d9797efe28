"""The handler with buckets and a memory of its own: no AWS."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer

from cdk_lambda_patterns.settings import SettingsError
from sample_app.handlers.document_conversion.converter import handler as handler_module
from sample_app.handlers.document_conversion.converter.errors import (
    NotAWorkbookError,
    UnexpectedEventError,
)
from sample_app.handlers.document_conversion.converter.handler import create_handler

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

    from sample_app.handlers.document_conversion.converter.settings import Settings

    from .conftest import Buckets

    Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Memory(BasePersistenceLayer):
    """Where Powertools keeps what was done; conditional like the table."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.records: dict[str, DataRecord] = {}

    def _get_record(self, idempotency_key: str) -> DataRecord:
        if idempotency_key not in self.records:
            raise IdempotencyItemNotFoundError
        return self.records[idempotency_key]

    def _put_record(self, data_record: DataRecord) -> None:
        if data_record.idempotency_key in self.records:
            raise IdempotencyItemAlreadyExistsError
        self.records[data_record.idempotency_key] = data_record

    def _update_record(self, data_record: DataRecord) -> None:
        self.records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record: DataRecord) -> None:
        del self.records[data_record.idempotency_key]


@dataclass
class Context:
    function_name: str = "converter"
    function_version: str = "1"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:converter:live"
    aws_request_id: str = "4f5e1c80-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def event(key: str = "Zürich orders.xlsx", *, version: str = "v1") -> dict[str, Any]:
    """As EventBridge sends it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "000000000000",
        "time": "2026-11-21T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::documents"],
        "detail": {
            "version": "0",
            "bucket": {"name": "documents"},
            "object": {"key": key, "size": 9623, "etag": "b1946ac9", "version-id": version, "sequencer": "0061"},
            "request-id": "C3D13FE58DE4C810",
            "requester": "000000000000",
            "source-ip-address": "127.0.0.1",
            "reason": "PutObject",
        },
    }


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def handler(buckets: Buckets, memory: Memory, settings: Settings) -> Handler:
    return create_handler(buckets, memory, settings)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(handler_module.logger.registered_handler, "stream", stream)
    return stream


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """The metrics printed since the last look, in CloudWatch's embedded metric format."""
    found: dict[str, float] = {}
    for line in lines(capsys.readouterr().out):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            assert directive["Namespace"] == "SampleApp"
            for metric in directive["Metrics"]:
                found[metric["Name"]] = sum(line[metric["Name"]])
    found.pop("ColdStart", None)
    return found


def test_answers_what_was_written(handler: Handler, buckets: Buckets, real_workbook: bytes) -> None:
    buckets.documents["Zürich orders.xlsx"] = real_workbook

    answer = handler(event(), Context())

    assert answer == {
        "document": "s3://documents/Zürich orders.xlsx",
        "csv_bucket": "csv-bucket",
        "files": [
            {"key": "Zürich orders.csv", "rows": 8},
            {"key": "Zürich orders.Summary.csv", "rows": 6},
            {"key": "Zürich orders.Lager _ Büro.csv", "rows": 2},
        ],
    }
    assert list(buckets.csv) == [file["key"] for file in answer["files"]]


def test_counts_documents_and_rows(
    handler: Handler, buckets: Buckets, real_workbook: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    buckets.documents["Zürich orders.xlsx"] = real_workbook

    handler(event(), Context())

    assert metrics(capsys) == {"DocumentsReceived": 1, "DocumentsConverted": 1, "RowsConverted": 16}


def test_logs_say_which_request_and_document(
    handler: Handler, buckets: Buckets, real_workbook: bytes, log: io.StringIO
) -> None:
    buckets.documents["Zürich orders.xlsx"] = real_workbook

    handler(event(), Context())

    (line,) = lines(log.getvalue())
    assert line["message"] == "converted"
    assert line["document"] == "s3://documents/Zürich orders.xlsx"
    assert line["version"] == "v1"
    assert line["function_request_id"] == Context.aws_request_id
    assert line["service"] == "document-conversion"


def test_the_same_event_again_is_answered_without_converting_again(
    handler: Handler, buckets: Buckets, real_workbook: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    buckets.documents["Zürich orders.xlsx"] = real_workbook
    first = handler(event(), Context())
    capsys.readouterr()

    again = handler(event(), Context())

    assert again == first
    assert len(buckets.reads) == 1
    assert metrics(capsys) == {"DocumentsReceived": 1}


@pytest.mark.parametrize("other", [event(version="v2"), event("other.xlsx")])
def test_another_version_or_key_is_another_document(
    handler: Handler, buckets: Buckets, real_workbook: bytes, other: dict[str, Any]
) -> None:
    buckets.documents = {"Zürich orders.xlsx": real_workbook, "other.xlsx": real_workbook}
    handler(event(), Context())

    handler(other, Context())

    assert len(buckets.reads) == 2


def test_a_failed_document_is_tried_again(
    handler: Handler, buckets: Buckets, memory: Memory, real_workbook: bytes, truncated_workbook: bytes
) -> None:
    buckets.documents["Zürich orders.xlsx"] = truncated_workbook
    with pytest.raises(NotAWorkbookError):
        handler(event(), Context())
    assert memory.records == {}
    buckets.documents["Zürich orders.xlsx"] = real_workbook

    assert len(handler(event(), Context())["files"]) == 3


def test_a_rejected_document_is_counted_logged_and_raised(
    handler: Handler,
    buckets: Buckets,
    truncated_workbook: bytes,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
) -> None:
    buckets.documents["Zürich orders.xlsx"] = truncated_workbook

    with pytest.raises(
        NotAWorkbookError, match=r"s3://documents/Zürich orders\.xlsx is not an Excel workbook"
    ) as failure:
        handler(event(), Context())

    assert metrics(capsys) == {"DocumentsReceived": 1, "DocumentsRejected": 1}
    assert [line["reason"] for line in lines(log.getvalue())] == [str(failure.value)]


def test_fails_when_the_event_is_of_another_kind(handler: Handler, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnexpectedEventError, match=r"aws\.sqs"):
        handler({"Records": [{"eventSource": "aws.sqs"}]}, Context())

    assert metrics(capsys) == {"DocumentsReceived": 1}


def test_keys_of_one_document_do_not_stay_in_the_log_of_the_next(
    handler: Handler, buckets: Buckets, real_workbook: bytes, log: io.StringIO
) -> None:
    buckets.documents = {"a.xlsx": real_workbook, "b.xlsx": real_workbook}

    handler(event("a.xlsx"), Context())
    handler(event("b.xlsx"), Context())

    assert [line["document"] for line in lines(log.getvalue())] == ["s3://documents/a.xlsx", "s3://documents/b.xlsx"]


@pytest.fixture
def import_main(monkeypatch: pytest.MonkeyPatch) -> Callable[[], ModuleType]:
    """Imports `main` as a new execution environment does."""
    name = "sample_app.handlers.document_conversion.converter.main"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def load() -> ModuleType:
        monkeypatch.delitem(sys.modules, name, raising=False)
        return import_module(name)

    return load


def test_the_entry_is_wired_from_the_environment(
    import_main: Callable[[], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSV_BUCKET", "csv")
    monkeypatch.setenv("IDEMPOTENCY_TABLE", "table")

    assert callable(import_main().handler)


def test_fails_at_the_start_when_a_setting_is_missing(
    import_main: Callable[[], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSV_BUCKET", "csv")
    monkeypatch.delenv("IDEMPOTENCY_TABLE", raising=False)

    with pytest.raises(SettingsError, match="IDEMPOTENCY_TABLE is missing"):
        import_main()
