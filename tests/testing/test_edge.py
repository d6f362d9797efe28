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
            "statusDescription": "OK",
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

    def test_an_origin_response_may_have_another_status(self) -> None:
        assert returns(edge_response(ORIGIN, status=404), {"status": "200"}) == {"status": "200"}
