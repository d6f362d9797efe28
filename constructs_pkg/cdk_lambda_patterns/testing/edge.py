"""Calls handlers of Lambda@Edge in tests, with the events that CloudFront documents.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses.html
"""

from __future__ import annotations

import base64
import http.client
import json
from typing import TYPE_CHECKING, Any, Literal

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.json_values import as_list, as_mapping

from .edge_restrictions import Refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NO_CONTENT = "204"
_BODY_LIMITS = {"viewer-request": quotas.EDGE_VIEWER_BODY_BYTES, "origin-request": quotas.EDGE_ORIGIN_BODY_BYTES}


class EdgeFunctionError(RuntimeError):
    """The handler returned what CloudFront does not take: visitors would get 502."""


def run_edge_handler(
    handler: Callable[[dict[str, Any], Any], Any], event: Mapping[str, Any], context: object = None
) -> dict[str, Any]:
    """Call a handler of Lambda@Edge and return the request or response that it returned.

        request = run_edge_handler(languages.handler, edge_request("/news", headers={"Accept-Language": "de"}))
        assert request["uri"] == "/de/news"

    What the handler raises comes through.

    Args:
        handler: The handler.
        event: `edge_request()` or `edge_response()`. It stays as it is.
        context: What the handler gets as its context.
            Default: - None.

    Raises:
        EdgeFunctionError: It returned neither a request nor a response, or one that CloudFront does not take. Or the
            event is a viewer response with a status of 400 or more, which CloudFront calls no function for.
    """
    cf = event["Records"][0]["cf"]
    refusals = Refusals(EdgeFunctionError, cf["config"]["eventType"])
    if "response" in cf:
        refusals.check_called(cf["response"]["status"])
    given: dict[str, Any] = json.loads(json.dumps(event))
    returned = handler(given, context)
    try:
        result = as_mapping(json.loads(json.dumps(returned)))
    except (TypeError, ValueError) as error:
        raise EdgeFunctionError(f"what is returned must be JSON, got {returned!r}: {error}") from error
    if result is None:
        raise EdgeFunctionError(f"a request or a response must be returned, got {returned!r}")
    _check(refusals, result, cf)
    return dict(result)


def edge_request(
    uri: str = "/",
    *,
    event_type: Literal["viewer-request", "origin-request"] = "origin-request",
    method: str = "GET",
    querystring: str = "",
    headers: Mapping[str, str] | None = None,
    custom_headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> dict[str, Any]:
    """The event of a request, at a distribution in front of a bucket.

    Args:
        uri: The path, from its `/` on.
            Default: "/"
        event_type: Where it is: on its way into the cache, or from there to the origin.
            Default: "origin-request"
        method: The HTTP method.
            Default: "GET"
        querystring: What follows the `?`.
            Default: - nothing.
        headers: Its headers, beside those that CloudFront adds.
            Default: - none.
        custom_headers: The custom headers of the origin, which origin requests bring.
            Default: - none.
        body: Its body, as a function with `include_body` gets it: cut off at 40 KB, or 1 MB at origin requests.
            Default: - it has none, or is not asked for.
    """
    at_origin = event_type == "origin-request"
    added = {"host": "d111111abcdef8.cloudfront.net", "user-agent": "curl/7.66.0", "accept": "*/*"}
    if at_origin:
        added = {
            "x-forwarded-for": "203.0.113.178",
            "user-agent": "Amazon CloudFront",
            "via": "2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)",
            "host": "pages.s3.us-east-1.amazonaws.com",
            "cache-control": "no-cache",
        }
    request: dict[str, Any] = {
        "clientIp": "203.0.113.178",
        "headers": _headers({**added, **{name.lower(): value for name, value in (headers or {}).items()}}),
        "method": method,
        "querystring": querystring,
        "uri": uri,
    }
    if body is not None:
        most = _BODY_LIMITS[event_type]
        request["body"] = {
            "action": "read-only",
            "data": base64.b64encode(body[:most]).decode(),
            "encoding": "base64",
            "inputTruncated": len(body) > most,
        }
    if at_origin:
        request["origin"] = {
            "s3": {
                "authMethod": "none",
                "customHeaders": _headers(custom_headers or {}),
                "domainName": "pages.s3.us-east-1.amazonaws.com",
                "path": "",
                "region": "us-east-1",
            }
        }
    config = {
        "distributionDomainName": "d111111abcdef8.cloudfront.net",
        "distributionId": "EDFDVBD6EXAMPLE",
        "eventType": event_type,
        "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
    }
    return {"Records": [{"cf": {"config": config, "request": request}}]}


def edge_response(
    request: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The event of the response to a request: from the origin, or on its way to the visitor.

    Args:
        request: The event of its request: an origin request makes an origin response, a viewer request a viewer
            response.
            Default: - `edge_request()`.
        status: Its status.
            Default: 200
        headers: Its headers.
            Default: - none.
    """
    event: dict[str, Any] = json.loads(json.dumps(edge_request() if request is None else request))
    cf = event["Records"][0]["cf"]
    cf["config"]["eventType"] = cf["config"]["eventType"].replace("-request", "-response")
    cf["response"] = {
        "headers": _headers(headers or {}),
        "status": str(status),
        "statusDescription": http.client.responses.get(status, ""),
    }
    return event


def _headers(headers: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    return {name.lower(): [{"key": name.title(), "value": value}] for name, value in headers.items()}


def _check(refusals: Refusals, result: Mapping[str, Any], cf: Mapping[str, Any]) -> None:
    event_type: str = cf["config"]["eventType"]
    headers = as_mapping(result.get("headers")) or {}
    if "status" not in result:
        if event_type.endswith("-response"):
            raise EdgeFunctionError("a response must be returned, with its 'status', got a request")
        refusals.check_address(result.get("uri"), result.get("querystring", ""))
    for name, values in headers.items():
        _check_header(name, values)
    if "status" in result:
        _check_response(refusals, result, cf)
    else:
        _check_request(refusals, result, cf)


def _check_response(refusals: Refusals, response: Mapping[str, Any], cf: Mapping[str, Any]) -> None:
    event_type: str = cf["config"]["eventType"]
    given = as_mapping(cf.get("response")) or {}  # there is none at requests: the response is all the function's own
    status = response["status"]
    _check_status(status)
    if event_type == "viewer-response" and str(status) != given["status"]:
        was = given["status"]
        raise EdgeFunctionError(f"the status of a viewer response cannot be changed: {was}, got {status}")
    refusals.check_headers(_values(given), _values(response), quotas.EDGE_READ_ONLY_HEADERS[event_type])
    body = response.get("body")
    if body is not None:
        refusals.check_body(body, response.get("bodyEncoding", "text"), encoded_as="bodyEncoding")
    if body and event_type == "viewer-request" and str(status) == _NO_CONTENT:
        raise EdgeFunctionError(f"a response with status {_NO_CONTENT} must have no body at a viewer request")
    at_viewer = event_type.startswith("viewer-")
    most = quotas.EDGE_VIEWER_RESPONSE_BYTES if at_viewer else quotas.EDGE_ORIGIN_RESPONSE_BYTES
    if (size := _size(response)) > most:
        raise EdgeFunctionError(f"a response that a function makes must have at most {most:,} bytes, got {size:,}")


def _check_request(refusals: Refusals, request: Mapping[str, Any], cf: Mapping[str, Any]) -> None:
    event_type: str = cf["config"]["eventType"]
    given: Mapping[str, Any] = cf["request"]
    refusals.check_kept(given, request, "method", "clientIp")
    refusals.check_headers(_values(given), _values(request), quotas.EDGE_READ_ONLY_HEADERS[event_type])
    if request.get("body") is None:
        return
    body = as_mapping(request["body"])
    action = None if body is None else body.get("action", "read-only")
    if body is None or action not in {"read-only", "replace"}:
        raise EdgeFunctionError(
            "'body' of a request must be an object with 'data', 'encoding', and 'read-only' or 'replace' as its "
            f"'action', got {type(request['body']).__name__ if body is None else repr(action)}"
        )
    if action == "replace":
        encoding = body.get("encoding", "base64")
        size = len(refusals.check_body(body.get("data"), encoding, encoded_as="encoding").encode())
        most = quotas.EDGE_REPLACED_BODY_BYTES[event_type, encoding]
        if size > most:
            raise EdgeFunctionError(f"a body in {encoding} must have at most {most:,} bytes, got {size:,}")


def _values(message: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of a request's or a response's headers. How a name is written says nothing."""
    headers = as_mapping(message.get("headers")) or {}
    return {name: [value["value"] for value in values] for name, values in headers.items()}


def _size(response: Mapping[str, Any]) -> int:
    """The bytes of a response's headers and body."""
    headers = (as_mapping(response.get("headers")) or {}).items()
    texts = [text for name, values in headers for value in values for text in (name, value["value"])]
    return sum(len(text.encode()) for text in [*texts, str(response.get("body", ""))])


def _check_status(status: object) -> None:
    if not str(status).isdigit() or int(str(status)) not in quotas.EDGE_STATUS_CODES:
        raise EdgeFunctionError(f"'status' must be a number from 200 to 599, got {status!r}")


def _check_header(name: str, values: object) -> None:
    entries = [as_mapping(value) for value in as_list(values)]
    shaped = isinstance(values, list) and all(
        entry is not None and isinstance(entry.get("value"), str) for entry in entries
    )
    named = all(str((entry or {}).get("key", name)).lower() == name for entry in entries)
    if name != name.lower() or not shaped or not named:
        raise EdgeFunctionError(
            "a header must have a name in lower case and a list of {'key': the same name, 'value': '...'}, "
            f"got {json.dumps({name: values})}"
        )
