"""From event to answer: logs, metrics and traces around the logic, and each document only once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function

from .conversion import convert
from .document import Document
from .errors import ConversionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from .settings import Settings
    from .storage import DocumentStore

_SERVICE = "document-conversion"
# Longer than anybody sends an event again by himself: Lambda retries for 6 hours, EventBridge for 24.
_REMEMBERED_SECONDS = 2 * 24 * 60 * 60

logger = Logger(service=_SERVICE)
tracer = Tracer(service=_SERVICE, patch_modules=["botocore"])
metrics = Metrics(namespace="SampleApp", service=_SERVICE)


def create_handler(
    store: DocumentStore, remembered: BasePersistenceLayer, settings: Settings
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """The function's entry: an 'Object Created' event of S3 in, what was written out.

    Args:
        store: Where documents are read and CSV files written.
        remembered: Where Powertools keeps which documents were converted.
        settings: The limits.
    """
    config = IdempotencyConfig(
        event_key_jmespath="[bucket, key, version]",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=_REMEMBERED_SECONDS,
    )

    @tracer.capture_method(capture_response=False)
    def convert_document(*, document: Document) -> dict[str, Any]:
        files = convert(document, store, settings)
        rows = sum(file.rows for file in files)
        metrics.add_metric("DocumentsConverted", MetricUnit.Count, 1)
        metrics.add_metric("RowsConverted", MetricUnit.Count, rows)
        logger.info("converted", rows=rows, files=[file.key for file in files])
        return {"document": str(document), "csv_bucket": settings.csv_bucket, "files": [asdict(file) for file in files]}

    convert_once: Callable[..., dict[str, Any]] = idempotent_function(
        convert_document, data_keyword_argument="document", persistence_store=remembered, config=config
    )

    @logger.inject_lambda_context(clear_state=True)
    @metrics.log_metrics(capture_cold_start_metric=True)
    @tracer.capture_lambda_handler(capture_response=False)
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        config.register_lambda_context(context)
        metrics.add_metric("DocumentsReceived", MetricUnit.Count, 1)
        document = Document.from_event(event)
        logger.append_keys(document=str(document), version=document.version)
        try:
            return convert_once(document=document)
        except ConversionError as error:
            metrics.add_metric("DocumentsRejected", MetricUnit.Count, 1)
            logger.warning("rejected", reason=str(error))
            raise

    entry: Callable[[dict[str, Any], LambdaContext], dict[str, Any]] = handler
    return entry
