from __future__ import annotations

import base64
from typing import Any

import pytest

from cdk_lambda_patterns.testing import EdgeFunctionError, edge_request, edge_response, run_edge_handler

VIEWER = edge_request(event_type="viewer-request")
ORIGIN = edge_request()


def cf(event: dict[str, Any]) -> dict[str, Any]:
    (record,) = event["Records"]
    found: dict[str, Any] = record["cf"]
    return found


def returns(event: dict[str, Any], result: object) -> dict[str, Any]:
    return run_edge_handler(lambda _event, _context: result, event)


class TestEvents:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html."""

    def test_of_a_viewer_request_has_the_documented_shape(self) -> None:
        event = edge_request(
            "/a", event_type="viewer-request", method="POST", querystring="size=large", headers={"X-Name": "n"}
        )

        assert cf(event).keys() == {"config", "request"}
        assert cf(event)["config"].keys() == {"distributionDomainName", "distributionId", "eventType", "requestId"}
        assert cf(event)["config"]["eventType"] == "viewer-request"
        request = cf(event)["request"]
        assert request.keys() == {"clientIp", "headers", "method", "querystring", "uri"}
        assert (request["uri"], request["method"], request["querystring"]) == ("/a", "POST", "size=large")
        assert request["headers"]["x-name"] == [{"key": "X-Name", "value": "n"}]
        assert request["headers"].keys() == {"host", "user-agent", "accept", "x-name"}

    def test_of_an_origin_request_has_the_origin_as_well(self) -> None:
        request = cf(edge_request(custom_headers={"X-Stage": "prod"}, headers={"Via": "mine"}))["request"]

        assert cf(ORIGIN)["config"]["eventType"] == "origin-request"
        assert request["origin"] == {
            "s3": {
                "authMethod": "none",
                "customHeaders": {"x-stage": [{"key": "X-Stage", "value": "prod"}]},
                "domainName": "pages.s3.us-east-1.amazonaws.com",
                "path": "",
                "region": "us-east-1",
            }
        }
        assert request["headers"].keys() == {"x-forwarded-for", "user-agent", "via", "host", "cache-control"}
        assert request["headers"]["via"][0]["value"] == "mine"

    @pytest.mark.parametrize(
        ("given", "got", "truncated"), [(0, 0, False), (40_960, 40_960, False), (40_961, 40_960, True)]
    )
    def test_of_a_viewer_request_has_40_kb_of_the_body(self, given: int, got: int, truncated: bool) -> None:  # noqa: FBT001
        body = cf(edge_request(event_type="viewer-request", body=b"a" * given))["request"]["body"]

        assert body == {
            "action": "read-only",
            "data": base64.b64encode(b"a" * got).decode(),
            "encoding": "base64",
            "inputTruncated": truncated,
        }

    @pytest.mark.parametrize(("given", "truncated"), [(1_048_576, False), (1_048_577, True)])
    def test_of_an_origin_request_has_1_mb_of_the_body(self, given: int, truncated: bool) -> None:  # noqa: FBT001
        body = cf(edge_request(body=b"a" * given))["request"]["body"]

        assert (len(base64.b64decode(body["data"])), body["inputTruncated"]) == (1_048_576, truncated)

    @pytest.mark.parametrize(
        ("request_", "event_type"),
        [(VIEWER, "viewer-response"), (ORIGIN, "origin-response"), (None, "origin-response")],
    )
    def test_of_a_response_has_its_request(self, request_: dict[str, Any] | None, event_type: str) -> None:
        event = edge_response(request_, status=404, headers={"Server": "S"})

        assert cf(event)["config"]["eventType"] == event_type
        assert cf(event)["request"] == cf(request_ or ORIGIN)["request"]
        assert cf(event)["response"] == {
            "headers": {"server": [{"key": "Server", "value": "S"}]},
            "status": "404",
            "statusDescription": "Not Found",
        }
        assert cf(VIEWER)["config"]["eventType"] == "viewer-request", "the request's own event stays as it is"


class TestRun:
    def test_returns_what_the_handler_returns(self) -> None:
        def handler(event: dict[str, Any], context: str) -> dict[str, Any]:
            request = cf(event)["request"]
            request["uri"] = f"/{context}"
            return dict(request)

        assert run_edge_handler(handler, ORIGIN, context="b")["uri"] == "/b"
        assert cf(ORIGIN)["request"]["uri"] == "/", "the event stays as it is"

    def test_lets_through_what_the_handler_raises(self) -> None:
        def handler(_event: object, _context: object) -> None:
            raise KeyError("language")

        with pytest.raises(KeyError, match="language"):
            run_edge_handler(handler, ORIGIN)

    @pytest.mark.parametrize("event", [VIEWER, ORIGIN, edge_response(VIEWER), edge_response(ORIGIN)])
    @pytest.mark.parametrize("status", ["200", 200])
    def test_takes_a_response_everywhere(self, event: dict[str, Any], status: object) -> None:
        response = {"status": status, "headers": {"location": [{"key": "Location", "value": "/"}, {"value": "/"}]}}

        assert returns(event, response) == response

    @pytest.mark.parametrize(("event", "most"), [(VIEWER, 40_960), (ORIGIN, 1_048_576)])
    def test_takes_responses_up_to_the_limit_of_the_event(self, event: dict[str, Any], most: int) -> None:
        header = {"a": [{"key": "A", "value": "bc"}]}

        assert returns(event, {"status": "200", "headers": header, "body": "ü" * ((most - 3) // 2)})
        with pytest.raises(EdgeFunctionError, match=rf"at most {most:,} bytes, got {most + 1:,}"):
            returns(event, {"status": "200", "headers": header, "body": "b" * (most - 2)})

    @pytest.mark.parametrize(
        ("event", "result", "says"),
        [
            (ORIGIN, None, "a request or a response must be returned, got None"),
            (ORIGIN, ["/"], r"must be returned, got \['/'\]"),
            (ORIGIN, {"uri": {1, 2}}, "what is returned must be JSON"),
            (ORIGIN, {}, "'uri' of a request must begin with '/', got None"),
            (ORIGIN, {"uri": "a"}, "got 'a'"),
            (ORIGIN, {"status": "199"}, "'status' must be a number from 200 to 599, got '199'"),
            (ORIGIN, {"status": 600}, "got 600"),
            (ORIGIN, {"status": "OK"}, "got 'OK'"),
            (ORIGIN, {"statusCode": 301}, "'uri' of a request must begin with '/', got None"),
            (ORIGIN, {"status": "200", "headers": {"Location": [{"value": "/"}]}}, "a name in lower case"),
            (ORIGIN, {"status": "200", "headers": {"location": {"value": "/"}}}, "a list of"),
            (ORIGIN, {"status": "200", "headers": {"location": [{"value": 1}]}}, "a list of"),
            (ORIGIN, {"status": "200", "headers": {"location": ["/"]}}, "a list of"),
            (ORIGIN, {"status": "200", "headers": {"location": [{"key": "Place", "value": "/"}]}}, "the same name"),
            (
                edge_response(ORIGIN),
                cf(ORIGIN)["request"],
                "a response must be returned, with its 'status', got a request",
            ),
            (edge_response(VIEWER), {"status": "302"}, "status of a viewer response cannot be changed: 200, got 302"),
        ],
    )
    def test_fails_when_cloudfront_could_not_use_the_result(
        self, event: dict[str, Any], result: object, says: str
    ) -> None:
        with pytest.raises(EdgeFunctionError, match=says):
            returns(event, result)

    @pytest.mark.parametrize("name", ["connection", "x-edge-result", "x-amz-cf-id", "x-amzn-requestid", "x-real-ip"])
    @pytest.mark.parametrize("event", [VIEWER, ORIGIN, edge_response(VIEWER), edge_response(ORIGIN)])
    def test_fails_when_a_header_is_set_that_functions_must_not_set(self, event: dict[str, Any], name: str) -> None:
        message = cf(event).get("response") or cf(event)["request"]
        headers = {**message["headers"], name: [{"value": "a"}]}

        with pytest.raises(EdgeFunctionError, match=f"the header '{name}' cannot be set by functions"):
            returns(event, {**message, "headers": headers})
        with pytest.raises(EdgeFunctionError, match=f"the header '{name}' cannot be set by functions"):
            returns(event, {"status": "200", "headers": {name: [{"value": "a"}]}})

    @pytest.mark.parametrize(
        ("event", "name"),
        [
            (VIEWER, "host"),
            (VIEWER, "content-length"),
            (VIEWER, "cloudfront-viewer-country"),
            (ORIGIN, "via"),
            (ORIGIN, "accept-encoding"),
            (edge_response(ORIGIN, headers={"Via": "a"}), "via"),
            (edge_response(ORIGIN), "transfer-encoding"),
            (edge_response(VIEWER), "content-length"),
            (edge_response(VIEWER), "warning"),
        ],
    )
    def test_fails_when_a_header_changes_that_may_only_be_read(self, event: dict[str, Any], name: str) -> None:
        message = cf(event).get("response") or cf(event)["request"]
        event_type = cf(event)["config"]["eventType"].replace("-", " ")
        says = f"the header '{name}' cannot be added, changed or removed in {event_type}s"

        with pytest.raises(EdgeFunctionError, match=says):
            returns(event, {**message, "headers": {**message["headers"], name: [{"value": "other"}]}})
        if name in message["headers"]:
            with pytest.raises(EdgeFunctionError, match=says):
                returns(event, {**message, "headers": {}})

    @pytest.mark.parametrize("event", [VIEWER, ORIGIN, edge_response(ORIGIN, headers={"Via": "a"})])
    def test_the_name_of_a_header_may_be_left_out(self, event: dict[str, Any]) -> None:
        message = cf(event).get("response") or cf(event)["request"]
        headers = {name: [{"value": each["value"]} for each in values] for name, values in message["headers"].items()}

        assert returns(event, {**message, "headers": headers})["headers"] == headers

    def test_the_host_may_change_at_an_origin_request_alone(self) -> None:
        def to_another_host(event: dict[str, Any], _context: object) -> dict[str, Any]:
            request: dict[str, Any] = cf(event)["request"]
            request["headers"]["host"] = [{"key": "Host", "value": "example.com"}]
            return request

        assert run_edge_handler(to_another_host, ORIGIN)["headers"]["host"][0]["value"] == "example.com"
        with pytest.raises(EdgeFunctionError, match="'host' cannot be added, changed or removed in viewer requests"):
            run_edge_handler(to_another_host, VIEWER)

    @pytest.mark.parametrize("event", [VIEWER, ORIGIN])
    @pytest.mark.parametrize(
        ("field", "value", "was"), [("method", "POST", "GET"), ("clientIp", "::1", "203.0.113.178")]
    )
    def test_fails_when_a_field_changes_that_may_only_be_read(
        self, event: dict[str, Any], field: str, value: str, was: str
    ) -> None:
        with pytest.raises(EdgeFunctionError, match=f"'{field}' of a request cannot be changed: {was}, got '{value}'"):
            returns(event, {**cf(event)["request"], field: value})

    @pytest.mark.parametrize("querystring", ["", "a=b&c=%20", "a=?"])
    def test_takes_a_query_string(self, querystring: str) -> None:
        assert returns(ORIGIN, {**cf(ORIGIN)["request"], "querystring": querystring})["querystring"] == querystring

    @pytest.mark.parametrize("querystring", ["?a=b", "a=b c", "a=b#c", "a=\x07", {"a": "b"}, None])
    def test_fails_when_a_query_string_is_none(self, querystring: object) -> None:
        with pytest.raises(EdgeFunctionError, match=r"'querystring' must be text without '\?' before it.*, got"):
            returns(ORIGIN, {**cf(ORIGIN)["request"], "querystring": querystring})

    def test_an_address_has_less_than_8192_characters(self) -> None:
        request = cf(ORIGIN)["request"]

        assert returns(ORIGIN, {**request, "uri": "/" + "a" * 8190})
        for other in ({"uri": "/" + "a" * 8191}, {"uri": "/" + "a" * 4094, "querystring": "b" * 4096}):
            with pytest.raises(EdgeFunctionError, match="must have less than 8,192 characters, got 8,192"):
                returns(ORIGIN, {**request, **other})

    @pytest.mark.parametrize(
        ("event", "encoding", "most"),
        [
            (VIEWER, "text", 40_960),
            (VIEWER, "base64", 54_476),
            (ORIGIN, "text", 1_048_576),
            (ORIGIN, "base64", 1_394_604),
        ],
    )
    def test_takes_a_body_in_place_of_the_visitors_up_to_the_limit(
        self, event: dict[str, Any], encoding: str, most: int
    ) -> None:
        request = cf(event)["request"]

        def body(size: int) -> dict[str, Any]:
            return {"action": "replace", "encoding": encoding, "data": "a" * size}

        assert returns(event, {**request, "body": body(most)})
        with pytest.raises(EdgeFunctionError, match=rf"a body in {encoding} must have at most .* got {most + 4:,}"):
            returns(event, {**request, "body": body(most + 4)})

    def test_a_body_that_is_only_read_is_not_looked_at(self) -> None:
        event = edge_request(body=b"a" * 2_000_000)

        assert returns(event, cf(event)["request"])["body"]["inputTruncated"] is True
        assert returns(event, {**cf(event)["request"], "body": {"action": "read-only", "data": "%"}})

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            ("text", "must be an object with 'data', 'encoding', .* got str"),
            ({"action": "swap", "data": ""}, "got 'swap'"),
            ({"action": "replace", "data": "%"}, "must be base64 where 'encoding' says so"),
            ({"action": "replace", "data": "a", "encoding": "base64"}, "must be base64"),
            ({"action": "replace", "data": "a", "encoding": "gzip"}, "'encoding' .* 'text' or 'base64', got 'gzip'"),
            ({"action": "replace", "data": {"a": 1}, "encoding": "text"}, "a body must be text, got dict"),
            ({"action": "replace"}, "a body must be text, got NoneType"),
        ],
    )
    def test_fails_when_cloudfront_could_not_use_a_requests_body(self, body: object, says: str) -> None:
        with pytest.raises(EdgeFunctionError, match=says):
            returns(ORIGIN, {**cf(ORIGIN)["request"], "body": body})

    @pytest.mark.parametrize(
        ("response", "says"),
        [
            ({"body": {"a": 1}}, "a body must be text, got dict"),
            ({"body": "a", "bodyEncoding": "gzip"}, "'bodyEncoding' .* 'text' or 'base64', got 'gzip'"),
            ({"body": "a", "bodyEncoding": "base64"}, "must be base64 where 'bodyEncoding' says so"),
            ({"body": "a", "status": "204"}, "status 204 must have no body at a viewer request"),
        ],
    )
    def test_fails_when_cloudfront_could_not_use_a_responses_body(self, response: dict[str, Any], says: str) -> None:
        with pytest.raises(EdgeFunctionError, match=says):
            returns(VIEWER, {"status": "200", **response})

    def test_takes_other_bodies(self) -> None:
        for response in ({"body": "YQ==", "bodyEncoding": "base64"}, {"status": "204", "body": ""}, {"body": None}):
            assert returns(VIEWER, {"status": "200", **response})
        assert returns(ORIGIN, {"status": "204", "body": "a"})

    def test_an_origin_response_may_have_another_status(self) -> None:
        assert returns(edge_response(ORIGIN, status=404), {"status": "200"}) == {"status": "200"}

    @pytest.mark.parametrize(("status", "called"), [(399, True), (400, False), (503, False)])
    def test_fails_when_cloudfront_would_not_call_it(self, status: int, called: bool) -> None:  # noqa: FBT001
        event = edge_response(VIEWER, status=status)

        if called:
            assert returns(event, cf(event)["response"])["status"] == str(status)
        else:
            with pytest.raises(EdgeFunctionError, match=f"at viewer responses .* 400 or more, got {status}"):
                returns(event, cf(event)["response"])
