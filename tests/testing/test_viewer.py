from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_cloudfront as cloudfront

from cdk_lambda_patterns.testing import (
    ViewerFunctionError,
    run_viewer_function,
    viewer,
    viewer_request,
    viewer_response,
)

if TYPE_CHECKING:
    from pathlib import Path


def run(tmp_path: Path, code: str, event: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    file = tmp_path / "function.js"
    file.write_text(code, encoding="utf-8")
    return run_viewer_function(file, viewer_request() if event is None else event, **options)


def answer(tmp_path: Path, expression: str, imports: str = "", **options: Any) -> str:  # noqa: ANN401
    """What an expression is inside of the function."""
    code = f"{imports}\nasync function handler(event) {{ return {{statusCode: 200, body: String({expression})}}; }}"
    return str(run(tmp_path, code, **options)["body"])


def fails(tmp_path: Path, code: str, says: str, **options: Any) -> None:  # noqa: ANN401
    with pytest.raises(ViewerFunctionError, match=says):
        run(tmp_path, code, **options)


def test_the_event_of_a_request_has_the_documented_shape() -> None:
    """https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html."""
    event = viewer_request(
        "/media/index.mpd",
        method="HEAD",
        querystring={"ID": "42"},
        headers={"Accept": "text/html"},
        cookies={"id": "CookieIdValue"},
        ip="1.2.3.4",
    )

    assert event.keys() == {"version", "context", "viewer", "request"}
    assert event["version"] == "1.0"
    assert event["context"].keys() == {"distributionDomainName", "distributionId", "eventType", "requestId"}
    assert event["context"]["eventType"] == "viewer-request"
    assert event["viewer"] == {"ip": "1.2.3.4"}
    assert event["request"] == {
        "method": "HEAD",
        "uri": "/media/index.mpd",
        "querystring": {"ID": {"value": "42"}},
        "headers": {"host": {"value": "d111111abcdef8.cloudfront.net"}, "accept": {"value": "text/html"}},
        "cookies": {"id": {"value": "CookieIdValue"}},
    }


def test_the_event_of_a_response_has_its_request() -> None:
    request = viewer_request("/a")

    event = viewer_response(request, status_code=404, headers={"Server": "S"}, cookies={"id": "1"})

    assert event["request"] == request["request"]
    assert event["context"]["eventType"] == "viewer-response"
    assert request["context"]["eventType"] == "viewer-request", "the request's own event stays as it is"
    assert event["response"] == {
        "statusCode": 404,
        "statusDescription": "Not Found",
        "headers": {"server": {"value": "S"}},
        "cookies": {"id": {"value": "1"}},
    }
    assert viewer_response()["response"].items() >= {"statusCode": 200, "statusDescription": "OK"}.items()
    assert viewer_response(status_code=299)["response"]["statusDescription"] == ""


def test_fails_when_cookies_are_among_the_headers() -> None:
    with pytest.raises(ViewerFunctionError, match="no header 'cookie': give its cookies as 'cookies'"):
        viewer_request(headers={"Cookie": "a=b"})
    with pytest.raises(ViewerFunctionError, match="no header 'set-cookie'"):
        viewer_response(headers={"Set-Cookie": "a=b"})


def test_code_of_the_cdk_is_run_as_well() -> None:
    code = cloudfront.FunctionCode.from_inline("function handler(event) { return event.request; }")

    assert run_viewer_function(code, viewer_request("/a"))["uri"] == "/a"


def test_a_response_is_changed(tmp_path: Path) -> None:
    code = (
        "const handler = async (e) => { e.response.headers['x-frame-options'] = {value: 'DENY'}; return e.response; }"
    )

    response = run(tmp_path, code, viewer_response(headers={"server": "S"}))

    assert response["headers"] == {"server": {"value": "S"}, "x-frame-options": {"value": "DENY"}}


def test_text_arrives_as_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, "function handler(e) { return e.request; }", viewer_request("/ü\u2028"))["uri"] == "/ü\u2028"


def test_what_the_function_logs_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "function handler(e) { console.log('asked'); console.log({n: 1}); return e.request; }")

    assert capsys.readouterr().out == 'asked\n{"n":1}\n'


@pytest.mark.parametrize(
    ("imports", "expression", "value"),
    [
        (
            "import crypto from 'crypto';",
            "crypto.createHash('md5').update('a').digest('hex')",
            "0cc175b9c0f1b6a831c399e269772661",
        ),
        (
            "const crypto = require('crypto');",
            "crypto.createHmac('sha256', 'key').update('a').digest('base64url')",
            "eAw9tM495bnlWBb7qY9ZBjHZbAdScbJpdiONX0REIZs",
        ),
        ("import qs from 'querystring';", "qs.stringify({a: 1})", "a=1"),
        ("const qs = require('querystring');", "qs.stringify({a: 1})", "a=1"),
        ("import buffer from 'buffer';", "buffer.Buffer.from('YQ==', 'base64')", "a"),
        ("", "Buffer.from('YQ==', 'base64')", "a"),
        ("", "atob('YQ==') + new TextDecoder().decode(new TextEncoder().encode('b'))", "ab"),
    ],
)
def test_the_modules_of_cloudfront_are_there(tmp_path: Path, imports: str, expression: str, value: str) -> None:
    assert answer(tmp_path, expression, imports) == value


NODES_OWN = ["fetch", "process", "setTimeout", "URL", "globalThis.process", "structuredClone", "console.error"]
"""What Node has, and CloudFront has not."""
UNLISTED = ["BigInt", "Intl", "Map", "Proxy", "Reflect", "Set", "WebAssembly", "require('crypto').randomUUID"]
"""What JavaScript has, and CloudFront's list of it has not."""


@pytest.mark.parametrize("name", [*NODES_OWN, *UNLISTED])
def test_what_else_node_has_is_not(tmp_path: Path, name: str) -> None:
    assert answer(tmp_path, f"typeof {name}") == "undefined"


@pytest.mark.parametrize("name", ["Object", "Promise", "Uint8Array", "DataView", "JSON", "decodeURIComponent"])
def test_what_cloudfronts_javascript_has_is(tmp_path: Path, name: str) -> None:
    assert answer(tmp_path, f"typeof {name}") != "undefined"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("const { uri } = event.request;", "no destructuring: function.js:2"),
        ("const [first] = ['a'];", "no destructuring"),
        ("const copy = {...event.request};", r"no spread \.\.\."),
        ("for (const name of ['a']) {}", r"no for \.\.\. of"),
        ("const host = event.request?.headers;", r"no \?\."),
        ("const host = event.request ?? {};", r"no \?\?"),
        ("let host = null; host ??= 'a';", r"no \?\?="),
        ("class Page {}", "no classes"),
        ("const Page = class {};", "no classes"),
        ("const named = (name = 'a') => name;", "no default values of parameters"),
        ("function* pages() {}", "no generators"),
        ("import('crypto');", r"no import\(\)"),
        ("const later = async () => 1;", "no async functions within functions or as arguments"),
        ("async function later() {}", "no async functions within functions or as arguments"),
    ],
)
def test_fails_when_cloudfront_does_not_list_the_language(tmp_path: Path, code: str, says: str) -> None:
    fails(tmp_path, f"function handler(event) {{\n{code}\nreturn event.request; }}", says)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import { createHash } from 'crypto';", "no named imports: function.js:1"),
        ("import * as qs from 'querystring';", "no named imports"),
        ("const page = await Promise.resolve('a');", "no await outside of async functions"),
        ("const pages = Promise.all([1].map(async (x) => x));", "no async functions within functions or as arguments"),
    ],
)
def test_fails_when_cloudfront_does_not_list_what_is_outside_of_functions(tmp_path: Path, code: str, says: str) -> None:
    fails(tmp_path, f"{code}\nfunction handler(event) {{ return event.request; }}", says)


def test_takes_the_language_that_cloudfront_lists(tmp_path: Path) -> None:
    code = """
    const prefix = `a${1_000 ** 1}`;
    async function later(value) { return value; }
    function join(first, ...others) { return [first].concat(others).map((each) => each + 1).join(); }
    const handler = async (event) => {
      for (const name in event.request.headers) { if (/(?<word>a)/.test(name)) break; }
      try { await later(1); } catch (error) { throw error; } finally { prefix.replaceAll('a', 'b'); }
      return event.request;
    };
    """

    assert run(tmp_path, code)["uri"] == "/"


@pytest.mark.parametrize(
    "change",
    ["updateRequestOrigin({domainName: 'a.b'})", "selectRequestOriginById('a')", "createRequestOriginGroup({})"],
)
def test_the_origin_may_be_changed_at_requests_alone(tmp_path: Path, change: str) -> None:
    code = f"import cf from 'cloudfront';\nfunction handler(e) {{ cf.{change}; return e.response || e.request; }}"

    assert run(tmp_path, code)["uri"] == "/"
    fails(tmp_path, code, "the origin can be changed at viewer requests only", event=viewer_response())


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import fs from 'fs';\nfunction handler(event) { return event.request; }", "CloudFront has no module 'fs'"),
        ("const http = require('http');\nfunction handler(event) {}", "CloudFront has no module 'http'"),
        ("function handler(event) { return eval('event.request'); }", "EvalError"),
        ("function handler(event) { return missing; }", "ReferenceError: missing is not defined"),
        ("async function handler(event) { throw new Error('no'); }", "Error: no"),
        ("function handle(event) { return event.request; }", "handler"),
        ("function handler(event) { console.log('a', 'b'); }", "console.log of CloudFront takes one value"),
        (
            "function handler() { require('crypto').createHash('sha512'); }",
            "CloudFront has md5, sha1, sha256, and no sha512",
        ),
        ("function handler(event) {", "SyntaxError"),
    ],
)
def test_fails_when_the_function_fails(tmp_path: Path, code: str, says: str) -> None:
    fails(tmp_path, code, says)


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ("undefined", "a request or a response must be returned, got null"),
        ("'/new'", 'must be returned, got "/new"'),
        ("{}", "'uri' of a request must begin with '/', got None"),
        ("{uri: 'new'}", "'uri' of a request must begin with '/', got 'new'"),
        ("{statusCode: 199}", "'statusCode' must be a number from 200 to 599, got 199"),
        ("{statusCode: 600}", "got 600"),
        ("{statusCode: '301'}", "got '301'"),
        ("{statusCode: 301, headers: {Location: {value: '/'}}}", r'got {"Location": {"value": "/"}}'),
        ("{statusCode: 301, headers: {location: '/'}}", r'got {"location": "/"}'),
        ("{uri: '/', headers: {a: {value: 1}}}", r'got {"a": {"value": 1}}'),
    ],
)
def test_fails_when_cloudfront_could_not_use_the_result(tmp_path: Path, result: str, says: str) -> None:
    fails(tmp_path, f"function handler(event) {{ return {result}; }}", says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("request.headers.connection = {value: 'close'}", "the header 'connection' cannot be set by functions"),
        ("request.headers['x-edge-a'] = {value: '1'}", "the header 'x-edge-a' cannot be set by functions"),
        ("request.headers.host = {value: 'a'}", "'host' cannot be added, changed or removed in viewer requests"),
        ("delete request.headers.host", "'host' cannot be added, changed or removed in viewer requests"),
        ("request.headers.via = {value: 'a'}", "'via' cannot be added, changed or removed in viewer requests"),
        ("request.method = 'POST'", "'method' of a request cannot be changed: GET, got 'POST'"),
        ("request.querystring = 7", "'querystring' must be text"),
        ("request.querystring = '?a=b'", r"'querystring' must be text without '\?' before it"),
        ("request.querystring = {a: 'b'}", r'\'querystring\' must be {name: .*, got {"a": "b"}'),
        ("request.cookies = {a: 'b'}", r'\'cookies\' must be {name: .*, got {"a": "b"}'),
        ("request.cookies = ['a']", r"'cookies' must be {name: .*, got \[\"a\"\]"),
        ("request.headers.a = {value: '1', multiValue: [{}]}", "a header must have a name in lower case"),
        ("request.uri = '/' + 'a'.repeat(8191)", "less than 8,192 characters, got 8,192"),
    ],
)
def test_fails_when_a_request_changes_beyond_what_functions_may(tmp_path: Path, change: str, says: str) -> None:
    fails(tmp_path, f"function handler(event) {{ const request = event.request; {change}; return request; }}", says)


@pytest.mark.parametrize(
    "change",
    [
        "request.querystring = 'a=b&c=d'",
        "request.querystring = {a: {value: 'b', multiValue: [{value: 'b'}, {value: 'c'}]}}",
        "request.cookies.a = {value: 'b'}",
        "request.headers.accept = {value: 'a', multiValue: [{value: 'a'}, {value: 'b'}]}",
        "delete request.querystring",
    ],
)
def test_a_request_may_change_otherwise(tmp_path: Path, change: str) -> None:
    event = viewer_request(headers={"Accept": "*/*"}, querystring={"id": "1"})

    assert (
        run(tmp_path, f"function handler(event) {{ const request = event.request; {change}; return request; }}", event)[
            "uri"
        ]
        == "/"
    )


@pytest.mark.parametrize(
    ("response", "says"),
    [
        ("event.request", "a response must be returned, with its 'statusCode', got a request"),
        ("{statusCode: 200}", "'via' cannot be added, changed or removed in viewer responses"),
        (
            "Object.assign({}, event.response, {headers: {via: {value: 'b'}}})",
            "'via' cannot be added, changed or removed",
        ),
        ("{statusCode: 200, headers: {via: {value: 'a'}, warning: {value: 'b'}}}", "'warning' cannot be"),
        ("{statusCode: 200, headers: {via: {value: 'a'}, expect: {value: 'b'}}}", "'expect' cannot be set"),
        ("Object.assign({}, event.response, {cookies: {a: 'b'}})", "'cookies' must be"),
        ("Object.assign({}, event.response, {body: 7})", "a body must be text, got int"),
        (
            "Object.assign({}, event.response, {body: {data: 'a'}})",
            "'encoding' of a body must be 'text' or 'base64', got None",
        ),
        ("Object.assign({}, event.response, {body: {data: 'a', encoding: 'gzip'}})", "got 'gzip'"),
        (
            "Object.assign({}, event.response, {body: {data: '%', encoding: 'base64'}})",
            "must be base64 where 'encoding' says so",
        ),
    ],
)
def test_fails_when_a_response_changes_beyond_what_functions_may(tmp_path: Path, response: str, says: str) -> None:
    event = viewer_response(headers={"Via": "a"})

    fails(tmp_path, f"function handler(event) {{ return {response}; }}", says, event=event)


@pytest.mark.parametrize(
    "change",
    [
        "statusCode = 404",
        "headers['content-length'] = {value: '1'}",
        "cookies.a = {value: 'b', attributes: 'Secure'}",
        "body = 'a'",
        "body = {data: 'YQ==', encoding: 'base64'}",
        "body = {data: '', encoding: 'text'}",
    ],
)
def test_a_response_may_change_otherwise(tmp_path: Path, change: str) -> None:
    event = viewer_response(headers={"Via": "a"})

    response = run(tmp_path, f"function handler(event) {{ event.response.{change}; return event.response; }}", event)

    assert response["headers"]["via"] == {"value": "a"}


def test_fails_when_an_answer_to_a_request_has_a_header_that_may_only_be_read(tmp_path: Path) -> None:
    code = "function handler() { return {statusCode: 200, headers: {'transfer-encoding': {value: 'chunked'}}}; }"

    fails(tmp_path, code, "'transfer-encoding' cannot be added, changed or removed in viewer requests")


@pytest.mark.parametrize("status", [200, 599])
def test_a_status_may_be_from_200_to_599(tmp_path: Path, status: int) -> None:
    assert run(tmp_path, f"const handler = () => ({{statusCode: {status}}})") == {"statusCode": status}


STORE = "import cf from 'cloudfront';\nconst store = cf.kvs('4f1ba7d4-3a1c-4a3b-8f1c-0e0a2f0f0f0f');"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("await store.get('a')", "1"),
        ("typeof await store.get('a')", "string"),
        ("typeof await store.get('a', {format: 'json'})", "number"),
        ("(await store.get('a', {format: 'bytes'})).length", "1"),
        ("await store.exists('a')", "true"),
        ("await store.exists('b')", "false"),
        ("await store.exists('toString')", "false"),
        ("await store.count()", "1"),
        ("(await store.meta()).keyCount", "1"),
        ("await store.get('b').catch((error) => error.message)", "KeyNotFound: b"),
    ],
)
def test_a_store_answers(tmp_path: Path, expression: str, value: str) -> None:
    assert answer(tmp_path, expression, STORE, key_values={"a": "1"}) == value


def test_fails_when_there_is_no_store(tmp_path: Path) -> None:
    fails(tmp_path, f"{STORE}\nfunction handler(event) {{ return event.request; }}", "KvsNotAssociated")


def test_an_empty_store_is_one(tmp_path: Path) -> None:
    assert answer(tmp_path, "await store.count()", STORE, key_values={}) == "0"


def test_fails_when_the_function_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer, "_SECONDS", 1)

    fails(tmp_path, "function handler(event) { for (;;); }", "did not end within 1 seconds")


def test_fails_when_there_is_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JSII_NODE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    fails(tmp_path, "function handler(event) {}", r"Node\.js was not found")


@pytest.mark.parametrize(("status", "called"), [(399, True), (400, False), (503, False)])
def test_fails_when_cloudfront_would_not_call_it(tmp_path: Path, status: int, called: bool) -> None:  # noqa: FBT001
    code = "function handler(event) { return event.response; }"
    event = viewer_response(status_code=status)

    if called:
        assert run(tmp_path, code, event)["statusCode"] == status
    else:
        fails(
            tmp_path, code, rf"at viewer responses where the origin answers with 400 or more, got {status}", event=event
        )
