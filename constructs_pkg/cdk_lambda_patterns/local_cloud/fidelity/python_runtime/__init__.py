"""Python functions run as they do in Lambda.

What the published emulator does: it imports the handler into a process of its own interpreter, with everything
installed beside the emulator on the import path and the emulator's environment variables. Every error has the type
`Runtime.HandlerError` and no stack trace, an error ends the environment, and what a handler writes to file descriptor 1
is taken for its result. An update of the function, or the end of a version, ends the invocations that it is in.

What AWS does: its runtime client, `awslambdaric`, asks the Runtime API for events and reports errors by their type,
with a stack trace and the request id; the environment stays warm after an error, and ends an invocation that it has
begun whatever becomes of the function. A function can import its package, its layers, the standard library and boto3.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html,
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html,
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..support.emulator import Record, around, module
from .execution_environment import ExecutionEnvironment, execute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LINEAGE = re.compile(r"Lineage=\d+:[0-9a-f]+:(\d+)")


def apply() -> None:
    """Run Python functions with Lambda's runtime client."""
    lambda_runtime = module("core.lambda_runtime")
    lambda_svc = module("services.lambda_svc")

    @around(lambda_runtime, "_worker_class_for", "config")
    def _worker_class_for(original: Callable[..., Any], config: Record) -> object:
        return ExecutionEnvironment if _is_python(config) else original(config)

    @around(lambda_svc, "_execute_function_warm", "func, event, request_id")
    def _execute(original: Callable[..., Any], func: Record, event: object, request_id: str) -> object:
        run = execute if _is_python(func.get("config") or func) else original
        return run(func, event, request_id)

    @around(lambda_runtime, "kill_workers", "workers")
    def _kill(original: Callable[..., None], workers: Sequence[object]) -> None:
        original([worker for worker in workers if not isinstance(worker, ExecutionEnvironment)])
        for worker in workers:
            if isinstance(worker, ExecutionEnvironment):
                worker.retire()

    @around(lambda_runtime, "reset", "")
    def _reset(original: Callable[..., None]) -> None:
        for worker in [each for pool in lambda_runtime._workers.values() for each in pool]:
            if isinstance(worker, ExecutionEnvironment):
                worker.kill()
        original()

    @around(lambda_svc, "_inbound_invoke_depth", "headers")
    def _depth(original: Callable[..., int], headers: Record) -> int:
        # Clients in a function send its trace header on; the published emulator has a header of its own.
        lineage = _LINEAGE.search(headers.get("x-amzn-trace-id", ""))
        return max(original(headers), int(lineage[1]) if lineage else 0)


def _is_python(config: Record) -> bool:
    return str(config.get("Runtime", "")).startswith("python")
