"""Secrets and parameters are fetched when they are asked for: through the extension, or else with the SDK."""

from __future__ import annotations

import json
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns.settings import Parameter, Secret, references

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWERS = {
    "/secretsmanager/get?secretId=arn%3Asecret": {"SecretString": '{"user": "ann"}'},
    "/systemsmanager/parameters/get?name=%2Frates&withDecryption=true": {"Parameter": {"Value": "3.5"}},
}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "_kept", {})


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str | None]]]:
    """The extension as AWS documents it, and what it was asked with which token."""
    asked: list[tuple[str, str | None]] = []

    class Extension(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("X-Aws-Parameters-Secrets-Token")))
            answer = ANSWERS.get(self.path)
            self.send_response(200 if answer else 400)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Extension)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(server.server_port))
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> list[dict[str, Any]]:
    """boto3's two clients, where no extension runs, and what they were asked."""
    asked: list[dict[str, Any]] = []

    class Client:
        def get_secret_value(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401
            asked.append(given)
            return {"SecretString": "s"}

        def get_parameter(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401
            asked.append(given)
            return {"Parameter": {"Value": "p"}}

    boto3 = types.SimpleNamespace(client=lambda _service: Client())
    monkeypatch.setitem(sys.modules, "boto3", boto3)  # as much of it as is used
    monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(unused_port))
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    return asked


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return server.server_port


def test_a_secret_comes_from_the_extension_and_is_kept(extension: list[tuple[str, str | None]]) -> None:
    secret = Secret("arn:secret")

    assert secret.value() == '{"user": "ann"}'
    assert secret.json() == {"user": "ann"}
    assert extension == [("/secretsmanager/get?secretId=arn%3Asecret", "token")]


def test_a_parameter_comes_decrypted_from_the_extension(extension: list[tuple[str, str | None]]) -> None:
    assert Parameter("/rates").value() == "3.5"
    assert len(extension) == 1


def test_the_extension_is_asked_past_any_proxy(
    extension: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_port}")
    monkeypatch.setattr("urllib.request._opener", None)  # made once for a process, with its proxies

    Secret("arn:secret").value()

    assert len(extension) == 1


def test_after_five_minutes_it_is_asked_for_again(
    extension: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    Secret("arn:secret").value()
    now += 299.9
    Secret("arn:secret").value()
    assert len(extension) == 1

    now += 0.1
    Secret("arn:secret").value()

    assert len(extension) == 2


@pytest.mark.usefixtures("extension")
def test_fails_when_the_extension_refuses() -> None:
    with pytest.raises(OSError, match="400"):
        Secret("arn:other").value()


def test_without_a_token_the_sdk_is_used(
    sdk: list[dict[str, Any]], extension: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with SnapStart, whose credentials do not come as variables."""
    monkeypatch.delenv("AWS_SESSION_TOKEN")

    assert Secret("arn:secret").value() == "s"
    assert (sdk, extension) == ([{"SecretId": "arn:secret"}], [])


def test_without_the_extension_the_sdk_is_used(sdk: list[dict[str, Any]]) -> None:
    assert Secret("arn:secret").value() == "s"
    assert Parameter("/rates").value() == "p"
    assert sdk == [{"SecretId": "arn:secret"}, {"Name": "/rates", "WithDecryption": True}]
