"""Secrets and parameters in a handler: their values are fetched when they are asked for."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal


@dataclass(frozen=True)
class Reference:
    """Something whose value is fetched when it is asked for, and never stands in a template."""

    reference: str
    """A secret's ARN, or a parameter's name."""


@dataclass(frozen=True)
class Secret(Reference):
    """A secret of Secrets Manager."""

    def value(self) -> str:
        """The secret's text, kept for five minutes.

        Not while the module is imported: the extension serves once the function runs.
        """
        return _fetched("secret", self.reference)

    def json(self) -> Any:  # noqa: ANN401 - what the secret holds
        """The secret's text, as JSON."""
        return json.loads(self.value())


@dataclass(frozen=True)
class Parameter(Reference):
    """A parameter of Systems Manager."""

    def value(self) -> str:
        """The parameter's value, decrypted, kept for five minutes.

        Not while the module is imported: the extension serves once the function runs.
        """
        return _fetched("parameter", self.reference)


_KEPT_SECONDS = 300
_kept: dict[tuple[str, str], tuple[float, str]] = {}


def _fetched(kind: Literal["secret", "parameter"], reference: str) -> str:
    key = (kind, reference)
    until, value = _kept.get(key, (0.0, ""))
    if time.monotonic() >= until:
        answer = _from_extension(kind, reference) or _from_sdk(kind, reference)
        value = str(answer["SecretString"] if kind == "secret" else answer["Parameter"]["Value"])
        _kept[key] = (time.monotonic() + _KEPT_SECONDS, value)
    return value


def _from_extension(kind: str, reference: str) -> dict[str, Any] | None:
    """What AWS's Parameters and Secrets extension answers; None where it does not run, as in an image or a test.

    It wants the session's token, which a function with SnapStart does not have.
    Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html,
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials
    """
    token = os.environ.get("AWS_SESSION_TOKEN")
    if token is None:
        return None
    import urllib.error  # noqa: PLC0415 - a cold start does without
    import urllib.parse  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    quoted = urllib.parse.quote_plus(reference)
    paths = {
        "secret": f"/secretsmanager/get?secretId={quoted}",
        "parameter": f"/systemsmanager/parameters/get?name={quoted}&withDecryption=true",
    }
    port = os.environ.get("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "2773")
    request = urllib.request.Request(
        f"http://localhost:{port}{paths[kind]}", headers={"X-Aws-Parameters-Secrets-Token": token}
    )
    # A proxy of the function's would not find it, and must not see the token.
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with directly.open(request, timeout=5) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError:
        return None


def _from_sdk(kind: str, reference: str) -> dict[str, Any]:
    client: Any = import_module("boto3").client  # a fifth of a second, and only where it is needed
    if kind == "secret":
        return dict(client("secretsmanager").get_secret_value(SecretId=reference))
    return dict(client("ssm").get_parameter(Name=reference, WithDecryption=True))
