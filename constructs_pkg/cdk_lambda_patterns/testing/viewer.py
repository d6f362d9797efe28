"""Runs CloudFront Functions in tests: in Node, with the events that CloudFront documents.

The language, the modules and the global names are those that CloudFront lists; methods of arrays, texts and other
objects are Node's, some of which CloudFront may not have. Its limits of time and memory are not there.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import cdk_lambda_patterns.local_cloud
from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.json_values import as_list, as_mapping

from .edge_restrictions import Refusals

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
        ViewerFunctionError: It failed, is written in more than CloudFront's JavaScript, or returned neither a request
            nor a response, or one that CloudFront does not take. Or the event is a response with a status of 400 or
            more, which CloudFront calls no function for. Or there is no Node.js.
    """
    refusals = Refusals(ViewerFunctionError, "viewer-response" if "response" in event else "viewer-request")
    if "response" in event:
        refusals.check_called(event["response"]["statusCode"])
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
    return _checked(refusals, outcome["result"], event)


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

    Raises:
        ViewerFunctionError: Cookies among the headers, where functions do not find them.
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

    Raises:
        ViewerFunctionError: Cookies among the headers, where functions do not find them.
    """
    event = viewer_request() if request is None else dict(request)
    return {
        **event,
        "context": {**event["context"], "eventType": "viewer-response"},
        "response": {
            "statusCode": status_code,
            "statusDescription": http.client.responses.get(status_code, ""),
            "headers": _values(_lower(headers)),
            "cookies": _values(cookies),
        },
    }


def _run(request: str) -> dict[str, Any]:
    """What a process of Node answers."""
    command = [_node(), "--experimental-vm-modules", "--expose-internals", "--no-warnings", str(_RUNTIME)]
    try:
        done = subprocess.run(  # noqa: S603 - the project's own program
            command, input=request, capture_output=True, encoding="utf-8", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ViewerFunctionError(f"the function did not end within {_SECONDS} seconds") from None
    if done.returncode != 0:
        raise ViewerFunctionError(done.stderr.strip())
    return cast("dict[str, Any]", json.loads(done.stdout))


def _checked(refusals: Refusals, result: object, event: Mapping[str, Any]) -> dict[str, Any]:
    """The result, where CloudFront would take it."""
    returned = as_mapping(result)
    if returned is None:
        raise ViewerFunctionError(f"a request or a response must be returned, got {json.dumps(result)}")
    kind = "response" if "response" in event else "request"
    query = returned.get("querystring", "")
    if "statusCode" in returned:
        _check_response(refusals, returned)
    elif kind == "response":
        raise ViewerFunctionError("a response must be returned, with its 'statusCode', got a request")
    else:
        refusals.check_address(returned.get("uri"), "" if as_mapping(query) is not None else query)
    for name, header in (as_mapping(returned.get("headers")) or {}).items():
        if name != name.lower() or not _has_value(header):
            raise ViewerFunctionError(
                f"a header must have a name in lower case and {{value: '...'}}, got {json.dumps({name: header})}"
            )
    for field, what in (("querystring", query), ("cookies", returned.get("cookies", {}))):
        _check_values(field, what)
    # A response at a request is all the function's own.
    given: Mapping[str, Any] = {} if "statusCode" in returned and kind == "request" else event[kind]
    refusals.check_headers(_texts(given), _texts(returned), quotas.VIEWER_READ_ONLY_HEADERS[f"viewer-{kind}"])
    if "statusCode" not in returned:
        refusals.check_kept(given, returned, "method")
    return cast("dict[str, Any]", result)


def _check_response(refusals: Refusals, response: Mapping[str, Any]) -> None:
    if response["statusCode"] not in quotas.EDGE_STATUS_CODES:
        raise ViewerFunctionError(f"'statusCode' must be a number from 200 to 599, got {response['statusCode']!r}")
    body = response.get("body")
    if (encoded := as_mapping(body)) is not None:
        refusals.check_body(encoded.get("data"), encoded.get("encoding"), encoded_as="encoding")
    elif body is not None:
        refusals.check_body(body, "text", encoded_as="encoding")


def _check_values(field: str, values: object) -> None:
    # A query string may be text as well, as in an example of AWS:
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/example_cloudfront_functions_normalize_query_string_parameters_section.html
    if field == "querystring" and isinstance(values, str):
        return
    named = as_mapping(values)
    if named is None or not all(map(_has_value, named.values())):
        raise ViewerFunctionError(f"'{field}' must be {{name: {{value: '...'}}}}, got {json.dumps(values)}")


def _has_value(entry: object) -> bool:
    fields = as_mapping(entry) or {}
    return isinstance(fields.get("value"), str) and all(map(_has_value, as_list(fields.get("multiValue"))))


def _texts(message: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of a request's or a response's headers."""
    headers = as_mapping(message.get("headers")) or {}
    return {name: [each["value"] for each in header.get("multiValue", [header])] for name, header in headers.items()}


def _values(values: Mapping[str, str] | None) -> dict[str, dict[str, str]]:
    return {name: {"value": value} for name, value in (values or {}).items()}


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    for name in ("cookie", "set-cookie"):
        if name in lower:
            raise ViewerFunctionError(f"an event has no header '{name}': give its cookies as 'cookies'")
    return lower


def _node() -> str:
    """The Node.js that jsii would use."""
    node = shutil.which(os.environ.get("JSII_NODE") or "node") or shutil.which("node")
    if node is None:
        raise ViewerFunctionError("Node.js was not found; install Node.js 22 or newer, or name it in JSII_NODE")
    return node
