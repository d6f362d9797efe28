"""What a handler says about the records of a batch that it could not process."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .emulator import as_record, part, parts

if TYPE_CHECKING:
    from .emulator import Emulated, Record

Failures: TypeAlias = frozenset[str] | None
"""The identifiers of the records that failed; None is the whole batch, where the answer names no record of it."""


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
    answer = as_record(body)
    if answer is None:
        return None
    named = {str(part(as_record(item)).get("itemIdentifier")) for item in parts(answer, "batchItemFailures")}
    return frozenset(named) if named <= identifiers else None
