"""One process that runs one version of a function, one event at a time, and stays warm between them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from ..log_streams import stream_source
from ..support.emulator import Record, module
from .log_pipe import LogPipe
from .process_environment import ProcessEnvironment, process_environment
from .runtime_api import Invocation, RuntimeApi

INIT_SECONDS = 10.0
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib."""

_POLL_SECONDS = 0.02


class ExecutionEnvironment:
    """Stands where the emulator's `Worker` stands: its pool leases and ends it by these attributes and methods."""

    def __init__(self, func_name: str, config: Record, code_zip: bytes) -> None:
        self.func_name = func_name
        self.config = config
        self.code_zip = code_zip
        self.in_use = False
        self.last_used = time.time()
        now = datetime.now(UTC)
        self.log_stream = f"{now:%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{uuid.uuid4().hex}"
        self._cold = True
        self._retired = False
        self._lock = threading.Lock()
        self._proc: subprocess.Popen[bytes] | None = None
        self._api: RuntimeApi | None = None
        self._log: LogPipe | None = None
        self._environment: ProcessEnvironment | None = None

    def invoke(self, event: Any, request_id: str, function_arn: str, trace_id: str) -> Record:  # noqa: ANN401 - any JSON
        """Run the handler.

        Returns:
            `body`: what the invoker gets; `error`: whether that is an error; `log`: what the process wrote.
        """
        with self._lock:
            timeout = int(self.config.get("Timeout", 3))
            error = self._start(timeout, request_id)
            if error is None:
                invocation = Invocation(
                    request_id=request_id,
                    payload=json.dumps(event).encode(),
                    deadline_ms=int((time.time() + timeout) * 1000),
                    function_arn=function_arn,
                    trace_id=trace_id,
                )
                error = self._run(invocation, timeout)
                if error is None:
                    return {"body": invocation.result, **self._log_of_invocation()}
            return {"body": error, "error": True, "function_error": "Unhandled", **self._log_of_invocation()}

    def retire(self) -> None:
        """End it once it is idle. Lambda lets the invocations that it is in end, whatever becomes of the function."""
        self._retired = True
        self.end_if_retired()

    def end_if_retired(self) -> None:
        """End it if it is retired and idle: what retires it and what makes it idle both ask, in this order."""
        if self._retired and self._lock.acquire(blocking=False):
            try:
                self._discard()
            finally:
                self._lock.release()

    def kill(self) -> None:
        """End it, and the invocation that it is in with an error."""
        self._retired = True
        process = self._proc
        if process is not None:
            process.kill()

    def _start(self, timeout: int, request_id: str) -> Record | None:
        """Have the process running, or say why it does not."""
        if self._proc is not None and self._proc.poll() is None:
            return None
        if self._spawn_within(INIT_SECONDS) or self._spawn_within(timeout):
            error = self._api.init_error if self._api else None
            exit_error = self._exit_error(request_id) if error is None else None
            if error is None and exit_error is None:
                return None
            self._take_log_into_memory()
            self._discard()
            return self._as_on_aws(error) if error else exit_error
        self._discard()
        return _timed_out(request_id, timeout)

    def _run(self, invocation: Invocation, timeout: int) -> Record | None:
        if self._api is None or self._proc is None:
            raise RuntimeError("the process is started before it is given an event")
        deadline = time.monotonic() + timeout
        self._api.hand_out(invocation)
        while not invocation.done.wait(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic()))):
            exit_error = self._exit_error(invocation.request_id)
            # The process may end after its answer was sent and before it was read.
            if exit_error is not None and not invocation.done.wait(_POLL_SECONDS):
                self._take_log_into_memory()
                self._discard()
                return exit_error
            if time.monotonic() >= deadline and not invocation.done.is_set():
                self._take_log_into_memory()
                self._discard()
                return _timed_out(invocation.request_id, timeout)
        return self._as_on_aws(invocation.error) if invocation.error else None

    # What the emulator's pool calls.

    def _spawn(self) -> None:
        if not self._spawn_within(INIT_SECONDS):
            raise RuntimeError("the function did not start in time")
        if self._api is not None and self._api.init_error is not None:
            raise RuntimeError(json.dumps(self._api.init_error))

    def _discard_tmpdir(self) -> None:
        self._discard()

    # The process.

    def _spawn_within(self, seconds: float) -> bool:
        """Start the process; False if it neither asked for an event nor ended in time."""
        self._discard()
        api = self._api = RuntimeApi()
        environment = self._environment = process_environment(self.config, self.code_zip, api.address, self.log_stream)
        log = self._log = LogPipe()
        try:
            self._proc = subprocess.Popen(  # noqa: S603 - the function's interpreter
                environment.command,
                cwd=environment.task_root,
                env=environment.variables,
                stdin=subprocess.DEVNULL,
                stdout=log.write_end,
                stderr=subprocess.STDOUT,
            )
        finally:
            os.close(log.write_end)
        self._cold = False
        deadline = time.monotonic() + seconds
        while not api.settled.wait(_POLL_SECONDS):
            if self._proc.poll() is not None:
                return True
            if time.monotonic() >= deadline:
                return False
        return True

    def _exit_error(self, request_id: str) -> Record | None:
        status = self._proc.poll() if self._proc is not None else None
        if status is None:
            return None
        how = f"signal: {-status}" if status < 0 else f"exit status {status}"
        reason = f"Runtime exited with error: {how}" if status else "Runtime exited without providing a reason"
        return {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {reason}"}

    def _discard(self) -> None:
        process, self._proc = self._proc, None
        api, self._api = self._api, None
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        if api is not None:
            api.close()
        if self._environment is not None:
            shutil.rmtree(self._environment.variables["TMPDIR"], ignore_errors=True)

    # What it said.

    _kept_log = ""

    def _take_log_into_memory(self) -> None:
        if self._log is not None:
            with contextlib.suppress(OSError):
                self._kept_log += self._log.take()

    def _log_of_invocation(self) -> Record:
        self._take_log_into_memory()
        text, self._kept_log = self._kept_log, ""
        log = self._environment.as_on_aws(text) if self._environment else text
        return {"log": log, "log_source": stream_source(self.log_stream)}

    def _as_on_aws(self, error: Record) -> Record:
        """The error with the stack trace's files called what they are called on AWS."""
        environment = self._environment
        if environment is None or not isinstance(error.get("stackTrace"), list):
            return error
        return {**error, "stackTrace": [environment.as_on_aws(str(line)) for line in error["stackTrace"]]}


def execute(func: Record, event: Any, request_id: str) -> Record:  # noqa: ANN401 - any JSON
    """Run a Python function in an environment of the emulator's pool; what the emulator calls to execute it."""
    lambda_svc = module("services.lambda_svc")
    lambda_runtime = module("core.lambda_runtime")
    config: Record = func.get("config") or func
    code = func.get("code_zip")
    if not code:
        return {
            "body": {"errorType": "Runtime.ImportModuleError", "errorMessage": "the function has no code"},
            "error": True,
            "function_error": "Unhandled",
            "log": "",
        }
    lambda_svc._ensure_reaper_thread()
    environment, _how = lambda_runtime.acquire_worker(
        config["FunctionName"], config, code, qualifier=config.get("Version", "$LATEST")
    )
    try:
        result: Record = environment.invoke(event, request_id, config.get("FunctionArn", ""), _trace_id(config))
    finally:
        lambda_runtime.release_worker(environment)
        environment.end_if_retired()
    return result


def _timed_out(request_id: str, timeout: int) -> Record:
    message = f"RequestId: {request_id} Error: Task timed out after {timeout}.00 seconds"
    return {"errorType": "Sandbox.Timedout", "errorMessage": message}


def _trace_id(config: Record) -> str:
    """The trace header, with the lineage that recursive loops are found by."""
    lambda_svc = module("services.lambda_svc")
    traced: str | None = lambda_svc._xray_trace_id_for_invocation(config)
    root = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"
    function = uuid.uuid5(uuid.NAMESPACE_URL, config["FunctionName"]).hex[:8]
    return f"{traced or root};Lineage=1:{function}:{lambda_svc._invoke_depth.get()}"
