"""The Runtime API of one execution environment: hands out events, takes results.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import re
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ..support.emulator import Record, part

MAXIMUM_RESPONSE_BYTES = 6_291_556
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

_RESULT = re.compile(r"/runtime/invocation/([^/]+)/(response|error)$")


@dataclass
class Invocation:
    """One event on its way through the environment."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    """What the handler returned, once `done`."""
    error: Record | None = None
    """What the runtime reported instead."""

    @property
    def headers(self) -> dict[str, str]:
        """What comes with the event."""
        return {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
        }


class RuntimeApi:
    """Serves one process; a new process gets a new one, so that nothing late reaches the wrong invocation."""

    settled: threading.Event
    """The process has asked for its first event, or has reported that it cannot start."""

    init_error: Record | None
    """Why it cannot start."""

    def __init__(self) -> None:
        self.settled = threading.Event()
        self.init_error = None
        self._waiting: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: Invocation | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True, name="runtime-api").start()

    @property
    def address(self) -> str:
        """Host and port, as `AWS_LAMBDA_RUNTIME_API` has them."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def hand_out(self, invocation: Invocation) -> None:
        """Give the process an event."""
        self._waiting.put(invocation)

    def close(self) -> None:
        """Stop serving; whoever waits for an event is sent away."""
        self._waiting.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next_invocation(self) -> Invocation | None:
        """Wait for an event, for the process. None when there will be no more."""
        self.settled.set()
        self._current = self._waiting.get()
        return self._current

    def report_init_error(self, error: Record) -> None:
        """Take what kept the process from starting."""
        self.init_error = error
        self.settled.set()

    def finish(self, request_id: str, kind: str, body: bytes) -> bool:
        """Take a result; False if nobody waits for it."""
        invocation = self._current
        if invocation is None or invocation.request_id != request_id:
            return False
        self._current = None
        if kind == "error":
            invocation.error = json.loads(body)
        elif len(body) > MAXIMUM_RESPONSE_BYTES:
            invocation.error = {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": f"Response payload size exceeded maximum allowed payload size "
                f"({MAXIMUM_RESPONSE_BYTES} bytes).",
            }
        else:
            invocation.result = json.loads(body)
        invocation.done.set()
        return True


class _Handler(BaseHTTPRequestHandler):
    api: RuntimeApi

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path.endswith("/runtime/restore/next"):
            self._answer(HTTPStatus.OK)
            return
        if not self.path.endswith("/runtime/invocation/next"):
            self._answer(HTTPStatus.NOT_FOUND)
            return
        invocation = self.api.next_invocation()
        if invocation is None:
            self._answer(HTTPStatus.GONE)
        else:
            self._answer(HTTPStatus.OK, invocation.payload, invocation.headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.endswith(("/runtime/init/error", "/runtime/restore/error")):
            self.api.report_init_error(json.loads(body))
            self._answer(HTTPStatus.ACCEPTED)
            return
        match = _RESULT.search(self.path)
        if match is None:
            self._answer(HTTPStatus.NOT_FOUND)
        elif self.api.finish(match[1], match[2], body):
            self._answer(HTTPStatus.ACCEPTED)
        else:
            self._answer(
                HTTPStatus.BAD_REQUEST, b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}'
            )

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's interface
        """Say nothing: the function's log is not ours."""

    def _answer(self, status: HTTPStatus, body: bytes = b"", headers: Record | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in part(headers).items():
            self.send_header(name, value)
        with suppress(BrokenPipeError, ConnectionResetError):  # the process ended while it waited
            self.end_headers()
            self.wfile.write(body)
