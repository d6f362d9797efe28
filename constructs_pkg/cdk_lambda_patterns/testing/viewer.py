"""Runs CloudFront Functions in tests: in Node, with the events that CloudFront documents.

The runtime's language is JavaScript as far as Node knows it, which is further than CloudFront does; its modules are
CloudFront's. Its limits of time and memory are not there.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import cdk_lambda_patterns.local_cloud
from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.json_values import as_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_cloudfront as cloudfront

_RUNTIME = Path(__file__).with_name("viewer_function.mjs")
# One text for both: what tests run here is what the local cloud runs.
_CLOUDFRONT = Path(cdk_lambda_patterns.local_cloud.__path__[0], "fidelity", "viewer_functions", "cloudfront.js")
_SECONDS = 10


class ViewerFunctionError(RuntimeError):
    """The function failed, or returned what CloudFront does not take: visitors would get 502 or 503."""


def run_viewer_function(
    code: Path | str | cloudfront.FunctionCode,
    event: Mapping[str, Any],
    *,
    key_values: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run a CloudFront Function and return the request or response that it returned.

        moved = run_viewer_function("edge/moved.js", viewer_request("/old"), key_values={"/old": "/new"})
        assert moved["statusCode"] == 301

    What it logs is printed.

    Args:
        code: The path of its file, or its `cloudfront.FunctionCode`.
        event: `viewer_request()` or `viewer_response()`.
        key_values: What the store holds that it reads.
            Default: - it has none.

    Raises:
        ViewerFunctionError: It failed, or returned neither a request nor a response. Or there is no Node.js.
    """
    text = Path(code).read_text(encoding="utf-8") if isinstance(code, (str, Path)) else code.render()
    request = {
        "code": text,
        "event": event,
        "keyValues": None if key_values is None else dict(key_values),
        "cloudfront": _CLOUDFRONT.read_text(encoding="utf-8"),
    }
    outcome = _run(json.dumps(request))
    for line in outcome["logged"]:
        sys.stdout.write(f"{line}\n")
    if "error" in outcome:
        raise ViewerFunctionError(outcome["error"])
    return _checked(outcome["result"])


def viewer_request(
    uri: str = "/",
    *,
    method: str = "GET",
    querystring: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    ip: str = "198.51.100.11",
) -> dict[str, Any]:
    """The event of a visitor's request.

    Args:
        uri: The path, from its `/` on.
            Default: "/"
        method: The HTTP method.
            Default: "GET"
        querystring: Its parameters.
            Default: - none.
        headers: Its headers, beside `host`; names become lower case.
            Default: - none.
        cookies: Its cookies.
            Default: - none.
        ip: The visitor's address.
            Default: "198.51.100.11"
    """
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==",
        },
        "viewer": {"ip": ip},
        "request": {
            "method": method,
            "uri": uri,
            "querystring": _values(querystring),
            "headers": _values({"host": "d111111abcdef8.cloudfront.net", **_lower(headers)}),
            "cookies": _values(cookies),
        },
    }


def viewer_response(
    request: Mapping[str, Any] | None = None,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The event of a response on its way to the visitor.

    Args:
        request: The event of its request.
            Default: - `viewer_request()`.
        status_code: Its status.
            Default: 200
        headers: Its headers; names become lower case.
            Default: - none.
        cookies: The cookies that it sets.
            Default: - none.
    """
    event = viewer_request() if request is None else dict(request)
    return {
        **event,
        "context": {**event["context"], "eventType": "viewer-response"},
        "response": {
            "statusCode": status_code,
            "statusDescription": "OK",
            "headers": _values(_lower(headers)),
            "cookies": _values(cookies),
        },
    }


def _run(request: str) -> dict[str, Any]:
    """What a process of Node answers."""
    command = [_node(), "--experimental-vm-modules", "--no-warnings", str(_RUNTIME)]
    try:
        done = subprocess.run(  # noqa: S603 - the project's own program
            command, input=request, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ViewerFunctionError(f"the function did not end within {_SECONDS} seconds") from None
    if done.returncode != 0:
        raise ViewerFunctionError(done.stderr.strip())
    return cast("dict[str, Any]", json.loads(done.stdout))


def _checked(result: object) -> dict[str, Any]:
    """The result, where CloudFront would take it."""
    returned = as_mapping(result)
    if returned is None:
        raise ViewerFunctionError(f"a request or a response must be returned, got {json.dumps(result)}")
    if "statusCode" in returned:
        if returned["statusCode"] not in quotas.EDGE_STATUS_CODES:
            raise ViewerFunctionError(f"'statusCode' must be a number from 200 to 599, got {returned['statusCode']!r}")
    elif not str(returned.get("uri", "")).startswith("/"):
        raise ViewerFunctionError(f"'uri' of a request must begin with '/', got {returned.get('uri')!r}")
    for name, header in (as_mapping(returned.get("headers")) or {}).items():
        value = (as_mapping(header) or {}).get("value")
        if name != name.lower() or not isinstance(value, str):
            raise ViewerFunctionError(
                f"a header must have a name in lower case and {{value: '...'}}, got {json.dumps({name: header})}"
            )
    return cast("dict[str, Any]", result)


def _values(values: Mapping[str, str] | None) -> dict[str, dict[str, str]]:
    return {name: {"value": value} for name, value in (values or {}).items()}


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _node() -> str:
    """The Node.js that jsii would use."""
    node = shutil.which(os.environ.get("JSII_NODE") or "node") or shutil.which("node")
    if node is None:
        raise ViewerFunctionError("Node.js was not found; install Node.js 22 or newer, or name it in JSII_NODE")
    return node
