"""Asks the Runtime API for events, in Python.

The compiled module of this name exists for one interpreter and one platform at a time. `awslambdaric` imports it as
`runtime_client` and decides everything but the transport itself.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import http.client
import os

_ACCEPTED = 202
_user_agent = ""
_connections: list[http.client.HTTPConnection] = []


def initialize_client(user_agent: str) -> None:
    """Remember who is asking."""
    global _user_agent  # noqa: PLW0603 - the compiled module's interface
    _user_agent = user_agent


def next() -> tuple[bytes, dict[str, str | int]]:  # noqa: A001 - the compiled module's interface
    """Wait for the next event: its payload, and the headers that came with it."""
    response, body = _request("GET", "/2018-06-01/runtime/invocation/next", None, {})
    headers: dict[str, str | int] = dict(response.headers.items())
    headers["Lambda-Runtime-Deadline-Ms"] = int(headers["Lambda-Runtime-Deadline-Ms"])
    return body, headers


def post_invocation_result(invoke_id: str, result: bytes, content_type: str, invocation_id: str | None = None) -> None:
    """Send what the handler returned."""
    del invocation_id
    _post(f"/2018-06-01/runtime/invocation/{invoke_id}/response", result, {"Content-Type": content_type})


def post_error(invoke_id: str, error: str, xray_cause: str, invocation_id: str | None = None) -> None:
    """Send the error that the handler raised."""
    del xray_cause, invocation_id
    _post(f"/2018-06-01/runtime/invocation/{invoke_id}/error", error.encode(), {"Content-Type": "application/json"})


def _post(path: str, body: bytes, headers: dict[str, str]) -> None:
    response, answer = _request("POST", path, body, headers)
    if response.status != _ACCEPTED:
        raise RuntimeError(f"the Runtime API answered {response.status} to {path}: {answer.decode(errors='replace')}")


def _request(
    method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    if not _connections:
        _connections.append(http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"]))
    connection = _connections[0]
    connection.request(method, path, body, {"User-Agent": _user_agent, **headers})
    response = connection.getresponse()
    return response, response.read()
