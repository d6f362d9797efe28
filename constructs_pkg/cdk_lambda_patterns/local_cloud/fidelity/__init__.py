"""Makes the emulator behave as AWS does, where it matters for Lambda: one behaviour a module.

Each module says what the published emulator does, what AWS does and where AWS says so, and has one function, `apply`,
that puts it right from the outside. The emulator itself stays as published.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .support import emulator

if TYPE_CHECKING:
    from collections.abc import Iterable

BEHAVIOURS = (
    "recorded_resources",
    "function_properties",
    "limits",
    "python_runtime",
    "log_streams",
    "log_filters",
    "lambda_metrics",
    "alias_routing",
    "asynchronous_invocation",
    "stream_event_sources",
    "sqs_event_source",
    "sqs_metrics",
    "message_moves",
    "alarms",
    "code_deploy",
    "alb_targets",
    "front_doors",
    "s3_events",
    "firehose_records",
    "schedules",
    "service_permissions",
    "target_dead_letters",
    "template_secrets",
    "stack_outputs",
    "stack_waits",
    "vpc_addresses",
    "bucket_origins",
    "viewer_functions",
)
"""In the order they are applied: of two that change the same function, the later one runs around the earlier."""


def apply(without: Iterable[str] = ()) -> None:
    """Put every behaviour right but those named.

    Args:
        without: Names of behaviours to leave out. `all` leaves out every one.

    Raises:
        ValueError: There is no behaviour of that name.
        IncompatibleError: The emulator is not the one that the behaviours are written against.
    """
    left_out = {name.strip() for name in without} - {""}
    unknown = left_out - {*BEHAVIOURS, "all"}
    if unknown:
        raise ValueError(f"no behaviour is called {', '.join(sorted(unknown))}; there are {', '.join(BEHAVIOURS)}")
    emulator.require_version()
    if "all" in left_out:
        return
    for name in BEHAVIOURS:
        if name not in left_out:
            importlib.import_module(f".{name}", __name__).apply()


def serve() -> None:
    """Serve until the process is told to end; then end at once, whoever is still connected."""
    emulator.replace_value(importlib.import_module("hypercorn.config").Config, "graceful_timeout", 0.0)
    emulator.module("app").main()
