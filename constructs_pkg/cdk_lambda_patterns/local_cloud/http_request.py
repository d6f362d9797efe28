"""Requests to what a deployed app serves: its APIs and function URLs, whose names only AWS's servers know."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cdk_lambda_patterns.errors import LocalCloudError

from .settings import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXECUTE_API = re.compile(r"^(?P<api>[\w-]+)\.execute-api\.[\w-]+\.amazonaws\.com(\.cn)?$")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer over HTTP."""

    status: int
    """The HTTP status, for example 200."""
    headers: Mapping[str, str]
    """By name in lower case; of several with one name, all, separated by commas."""
    body: bytes
    """The body as it came."""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The body as JSON."""
        return json.loads(self.body)


def send_request(
    port: int, url: str, *, method: str, body: bytes | str | object | None, headers: Mapping[str, str]
) -> Response:
    """Send a request for a public address to the emulator, which serves it under another.

    Raises:
        LocalCloudError: Nothing answers.
    """
    address = urlsplit(url)
    host = address.hostname or HOST
    api = _EXECUTE_API.match(host)
    if api is not None:
        host = f"{api['api']}.execute-api.localhost"
    if host in (HOST, "localhost"):
        host = f"{host}:{port}"
    sent = {"Host": host, **headers}
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
        sent.setdefault("Content-Type", "application/json")
    target = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request(method, target, body=body.encode() if isinstance(body, str) else body, headers=sent)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise LocalCloudError(f"the local cloud does not answer {method} {url}: {error}") from error
    finally:
        connection.close()
    merged: dict[str, str] = {}
    for name, value in answer.getheaders():
        key = name.lower()
        merged[key] = f"{merged[key]}, {value}" if key in merged else value
    return Response(status=answer.status, headers=merged, body=content)
