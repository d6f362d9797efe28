"""Lambda's metrics, for every invocation and under every dimension.

What the published emulator does: it publishes four metrics with the dimension `FunctionName`, and only for invocations
through the Invoke API; those by queues, streams, rules and topics leave no trace.

What AWS does: every invocation counts, under `FunctionName`, under `FunctionName` and `Resource` (the alias or version
that was invoked), and for an alias also under `ExecutedVersion`; throttled requests count as `Throttles` and not as
`Invocations`.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .support import metrics
from .support.emulator import Record, around, module
from .support.functions import config_of

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Publish where functions are executed instead of where the Invoke API is served."""
    lambda_svc = module("services.lambda_svc")

    @around(lambda_svc, "_emit_lambda_metrics", "function_name, duration_ms, error, throttle")
    def _emit(original: object, function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:  # noqa: FBT001 - the emulator's interface
        del original, function_name, duration_ms, error, throttle

    @around(lambda_svc, "_execute_function", "func, event")
    def _execute(original: Callable[..., Record], func: Record, event: object) -> Record:
        config = config_of(func)
        if lambda_svc._function_config_scope_mismatch(config):
            # The emulator comes back here in the function's own account and Region.
            return original(func, event)
        started = time.monotonic()
        result = original(func, event)
        duration_ms = (time.monotonic() - started) * 1000
        version = str(config.get("Version", "$LATEST"))
        if result.get("throttle"):
            metrics.put_lambda(config, "Throttles", 1, version=version)
            return result
        for name, value, unit in (
            ("Invocations", 1, "Count"),
            ("Errors", int(bool(result.get("error"))), "Count"),
            ("Throttles", 0, "Count"),
            ("Duration", result.get("duration_ms", duration_ms), "Milliseconds"),
        ):
            metrics.put_lambda(config, name, value, unit, version=version)
        return result

    @around(lambda_svc, "_execute_function_dispatch", "func, config, event, request_id, started")
    def _dispatch(original: Callable[..., Record], func: Record, config: Record, *args: object) -> Record:
        running = lambda_svc._inflight.get(lambda_svc._inflight_key(config), 0)
        metrics.put_lambda(config, "ConcurrentExecutions", running)
        return original(func, config, *args)
