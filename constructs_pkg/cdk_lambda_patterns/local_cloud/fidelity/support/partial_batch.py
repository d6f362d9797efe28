"""What a handler says about the records of a batch that it could not process."""

from __future__ import annotations

from typing import TypeAlias

from .emulator import Emulated, Record

WHOLE_BATCH = None
"""The handler's answer cannot be read as a list of failures: Lambda takes the whole batch as failed."""

Failures: TypeAlias = frozenset[str] | None
"""The identifiers of the failed records, or `WHOLE_BATCH`."""


def reported_failures(mapping: Record, body: Emulated, identifiers: frozenset[str]) -> Failures:
    """Which records failed, from what the handler returned.

    Args:
        mapping: The event source mapping; without `ReportBatchItemFailures` nothing failed.
        body: What the handler returned.
        identifiers: The identifiers of the batch.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []) or not body:
        return frozenset()
    if not isinstance(body, dict):
        return WHOLE_BATCH
    items = body.get("batchItemFailures")
    if not items:
        return frozenset()
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    failed = frozenset(str(name) for name in named if name)
    return failed if len(failed) == len(set(named)) and failed <= identifiers else WHOLE_BATCH
