"""What the hook does in Lambda: with fake clients, botocore's stubs, and a server in CloudFormation's place."""

from __future__ import annotations

import io
import json
import logging
import math
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from cdk_lambda_patterns.release import smoke_test_handler
from cdk_lambda_patterns.release.smoke_test_handler import entry
from cdk_lambda_patterns.release.smoke_test_handler.expectations import Reply, disappointments
from cdk_lambda_patterns.release.smoke_test_handler.json_path import ABSENT, find, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VERSION = "arn:aws:lambda:us-east-1:123456789012:function:quote:7"
CODE_DEPLOY = {"DeploymentId": "d-ABC123", "LifecycleEventHookExecutionId": "eyJlbmNyeXB0ZWREYXRhIjoi"}
CLOUD_FORMATION = {
    "RequestType": "Create",
    "ResponseURL": "https://cloudformation-custom-resource-response.s3.amazonaws.com/answer",
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Shop/1",
    "RequestId": "5b8b3b4f",
    "LogicalResourceId": "FirstDeployment",
    "ResourceType": "Custom::SmokeTest",
    "ResourceProperties": {},
}
FAILED = {"errorMessage": "no such order", "errorType": "OrderUnknown", "requestId": "1", "stackTrace": []}


DOCUMENT = {
    "a": {"b": [1, {"c": None}, "x"]},
    "content type": "json",
    "body": '{"id": 7, "lines": ["first", "last"]}',
    "text": "no json",
    "a.b": "dotted",
}


class TestJsonPath:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("$", DOCUMENT),
            ("$.a.b[0]", 1),
            ("$.a.b[-1]", "x"),
            ("$.a.b[1].c", None),
            ("$['content type']", "json"),
            ('$["a.b"]', "dotted"),
            ("$.a['b'][2]", "x"),
            ("$.body.id", 7),
            ("$.body.lines[-1]", "last"),
            ("$.text", "no json"),
        ],
    )
    def test_finds(self, path: str, expected: object) -> None:
        assert find(DOCUMENT, path) == expected

    @pytest.mark.parametrize(
        "path", ["$.nothing", "$.a.b[3]", "$.a.b[-4]", "$.a[0]", "$.text.x", "$.text[0]", "$.a.b[1].c.d", "$.a.b.c"]
    )
    def test_finds_nothing(self, path: str) -> None:
        assert find(DOCUMENT, path) is ABSENT

    def test_looks_into_a_reply_that_is_text(self) -> None:
        assert find('{"id": 1}', "$.id") == 1
        assert find([], "$[0]") is ABSENT

    @pytest.mark.parametrize(
        "path", ["", "a", ".a", "$a", "$.", "$..a", "$.*", "$[*]", "$[1:2]", "$[?(@.a)]", "$.a b", "$[a]", "$['']"]
    )
    def test_fails_when_it_has_more_than_names_and_indexes(self, path: str) -> None:
        with pytest.raises(ValueError, match="a JSON path"):
            parse(path)


def found(expect: Mapping[str, Any], payload: object = None, *, failed: bool = False, after: float = 10) -> list[str]:
    return disappointments(Reply(payload, failed, after), expect)


REPLY = {"statusCode": 201, "body": '{"id": "ab12", "ok": true, "count": 1, "nothing": null}'}


class TestExpectations:
    @pytest.mark.parametrize(
        "expect",
        [
            {},
            {"error": False},
            {"status": 201},
            {"status": [200, 201]},
            {"equals": {"$.body.id": "ab12", "$.body.count": 1, "$.body.ok": True, "$.body.nothing": None}},
            {"equals": {"$.body.count": 1.0}},
            {"equals": {"$": {"body": REPLY["body"], "statusCode": 201.0}}},
            {"matches": {"$.body.id": "[a-f0-9]{4}", "$.body.count": r"\d"}},
            {"exists": ["$.body.nothing"]},
            {"absent": ["$.body.debug"]},
            {"max_milliseconds": 10},
        ],
    )
    def test_are_met(self, expect: dict[str, Any]) -> None:
        assert found(expect, REPLY) == []

    @pytest.mark.parametrize(
        ("expect", "sentence"),
        [
            ({"status": 200}, "the status must be 200, got 201"),
            ({"status": [200, 204]}, "the status must be 200 or 204, got 201"),
            ({"equals": {"$.body.id": "cd"}}, '$.body.id must be "cd", got "ab12"'),
            ({"equals": {"$.body.ok": 1}}, "$.body.ok must be 1, got true"),
            ({"equals": {"$.body.count": True}}, "$.body.count must be true, got 1"),
            ({"equals": {"$": {**REPLY, "statusCode": True}}}, "$ must be {"),
            ({"equals": {"$.body.missing": None}}, "$.body.missing must be null, got nothing"),
            ({"matches": {"$.body.id": "[a-f]+"}}, '$.body.id must match [a-f]+, got "ab12"'),
            ({"matches": {"$.body.missing": ".*"}}, "$.body.missing must match .*, got nothing"),
            ({"exists": ["$.body.debug"]}, f"$.body.debug must be there, got {json.dumps(REPLY)}"),
            ({"absent": ["$.body.nothing"]}, "$.body.nothing must not be there, got null"),
            ({"max_milliseconds": 9.5}, "the reply must come within 9.5 ms, got 10"),
            ({"error": True}, f"it must fail, got {json.dumps(REPLY)}"),
            ({"error": "OrderUnknown"}, f"it must fail, got {json.dumps(REPLY)}"),
        ],
    )
    def test_are_not_met(self, expect: dict[str, Any], sentence: str) -> None:
        (only,) = found(expect, REPLY)

        assert only.startswith(sentence)

    def test_are_all_looked_at(self) -> None:
        assert len(found({"status": 200, "equals": {"$.a": 1, "$.b": 2}, "absent": ["$.body"]}, REPLY)) == 4

    @pytest.mark.parametrize("expect", [{}, {"error": False}])
    def test_of_no_error_are_not_met_by_one(self, expect: dict[str, Any]) -> None:
        (sentence,) = found(expect, FAILED, failed=True)

        assert sentence.startswith('it must not fail, got {"errorMessage": "no such order"')

    @pytest.mark.parametrize("wanted", [True, "OrderUnknown"])
    def test_of_an_error_are_met_by_it(self, wanted: object) -> None:
        assert found({"error": wanted}, FAILED, failed=True) == []

    def test_of_an_error_are_not_met_by_another(self) -> None:
        assert found({"error": "KeyError"}, FAILED, failed=True) == ['it must fail with KeyError, got "OrderUnknown"']

    def test_are_told_shortly(self) -> None:
        (sentence,) = found({"exists": ["$.a"]}, {"long": "x" * 10_000})

        assert len(sentence) < 300


@dataclass
class Clients:
    """In the place of AWS."""

    replies: list[tuple[object, bool] | Exception] = field(default_factory=list)
    seconds: float = 0
    """How long each call takes."""
    now: float = 100
    invoked: list[tuple[str, object]] = field(default_factory=list)
    answers: list[tuple[object, ...]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    def limit(self, seconds: float) -> None:
        self.limits.append(seconds)

    def invoke(self, version: str, payload: bytes) -> tuple[bytes, bool]:
        self.invoked.append((version, json.loads(payload)))
        if self.seconds > self.limits[-1]:
            self.now += self.limits[-1]
            raise TimeoutError
        self.now += self.seconds
        reply = self.replies.pop(0) if self.replies else ({}, False)
        if isinstance(reply, Exception):
            raise reply
        return json.dumps(reply[0]).encode(), reply[1]

    def answer_code_deploy(self, event: dict[str, Any], status: str) -> None:
        self.answers.append((event["DeploymentId"], event["LifecycleEventHookExecutionId"], status))

    def answer_cloud_formation(self, event: dict[str, Any], status: str, reason: str) -> None:
        self.answers.append((event["RequestId"], status, reason))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def run(self, event: dict[str, Any], *payloads: object, seconds: float = 300, **expect: object) -> dict[str, Any]:
        tests = {f"test {number}": {"payload": payload, "expect": expect} for number, payload in enumerate(payloads)}
        return entry.run(event, tests, VERSION, self, seconds=seconds, clock=lambda: self.now, sleep=self.sleep)


class TestCodeDeploy:
    def test_hears_that_the_version_may_have_traffic(self) -> None:
        aws = Clients()

        result = aws.run(CODE_DEPLOY, {"id": 1}, {"id": 2})

        assert aws.invoked == [(VERSION, {"id": 1}), (VERSION, {"id": 2})]
        assert aws.answers == [("d-ABC123", "eyJlbmNyeXB0ZWREYXRhIjoi", "Succeeded")]
        assert result == {"passed": True, "failures": []}

    def test_hears_that_it_may_not(self, caplog: pytest.LogCaptureFixture) -> None:
        aws = Clients([({}, False), (FAILED, True), ({}, False)])

        result = aws.run(CODE_DEPLOY, 0, 1, 2)

        assert len(aws.invoked) == 3, "what else is wrong is of interest too"
        assert aws.answers[0][-1] == "Failed"
        assert [failure[:26] for failure in result["failures"]] == ["test 1: it must not fail, "]
        errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert errors == result["failures"]

    @pytest.mark.parametrize("error", [RuntimeError("network"), entry.NotNowError("never"), ValueError("no JSON")])
    def test_hears_at_once_of_what_could_not_be_tried(self, error: Exception) -> None:
        """Without an answer it would wait an hour."""
        aws = Clients([error] * 20)

        result = aws.run(CODE_DEPLOY, 0)

        assert aws.answers[0][-1] == "Failed"
        assert result["failures"] == [f"the version could not be tried: {error}"]

    def test_hears_in_time(self) -> None:
        aws = Clients(seconds=10)

        result = aws.run(CODE_DEPLOY, 0, 1, 2, seconds=30)

        assert aws.limits == [15, 5]
        assert result["failures"] == [
            "test 1: no reply came in the 5 s that were left",
            "test 2: there was no time left to try it",
        ]
        assert aws.answers[0][-1] == "Failed"
        assert aws.now == 100 + 30 - 15, "what is kept for the answer is left"

    def test_hears_of_a_version_that_never_replies(self) -> None:
        aws = Clients(seconds=math.inf)

        result = aws.run(CODE_DEPLOY, 0, seconds=300)

        assert result["failures"] == ["test 0: no reply came in the 285 s that were left"]
        assert aws.answers[0][-1] == "Failed"

    @pytest.mark.parametrize(("limit", "passed"), [(10_000, True), (9_999, False)])
    def test_hears_of_slow_replies(self, limit: int, *, passed: bool) -> None:
        result = Clients(seconds=10).run(CODE_DEPLOY, 0, max_milliseconds=limit)

        assert result["passed"] is passed


class TestRights:
    def test_that_come_late_are_waited_for(self) -> None:
        aws = Clients([entry.NotNowError("not yet"), entry.NotNowError("not yet"), ({}, False)])

        assert aws.run(CODE_DEPLOY, 0, max_milliseconds=1) == {"passed": True, "failures": []}
        assert aws.slept == [5, 5]

    def test_that_never_come_are_waited_for_a_minute(self) -> None:
        aws = Clients([entry.NotNowError("never")] * 20)

        aws.run(CODE_DEPLOY, 0)

        assert sum(aws.slept) == 55
        assert aws.limits == [285 - 5 * number for number in range(12)]

    def test_are_not_waited_for_longer_than_there_is_time(self) -> None:
        aws = Clients([entry.NotNowError("never")] * 20)

        aws.run(CODE_DEPLOY, 0, seconds=30)

        assert aws.slept == [5, 5]
        assert aws.answers[0][-1] == "Failed"


class TestCloudFormation:
    def test_hears_that_the_first_version_may_have_traffic(self) -> None:
        aws = Clients()

        aws.run(CLOUD_FORMATION, 0)

        assert aws.invoked == [(VERSION, 0)]
        assert aws.answers == [("5b8b3b4f", "SUCCESS", "all tests passed")]

    def test_hears_why_it_may_not(self) -> None:
        aws = Clients()

        aws.run(CLOUD_FORMATION, 0, status=200)

        assert aws.answers == [("5b8b3b4f", "FAILED", "test 0: the status must be 200, got nothing")]

    def test_hears_no_more_than_it_can_read(self) -> None:
        aws = Clients()

        aws.run(CLOUD_FORMATION, *range(100), status=200)

        assert len(str(aws.answers[0][-1])) == 1_000

    @pytest.mark.parametrize("request_type", ["Update", "Delete"])
    def test_need_not_wait_later(self, request_type: str) -> None:
        """From the second version on CodeDeploy asks; what goes need not work."""
        aws = Clients()

        aws.run({**CLOUD_FORMATION, "RequestType": request_type}, 0)

        assert aws.invoked == []
        assert aws.answers == [("5b8b3b4f", "SUCCESS", "nothing to try")]


def test_anybody_else_gets_the_list() -> None:
    aws = Clients()

    assert aws.run({}, 0, status=200) == {
        "passed": False,
        "failures": ["test 0: the status must be 200, got nothing"],
    }
    assert aws.answers == []


def test_a_test_without_expectations_expects_no_error() -> None:
    aws = Clients([(FAILED, True)])

    result = entry.run({}, {"a": {"payload": None}}, VERSION, aws, seconds=300)

    assert result["failures"][0].startswith("a: it must not fail")


@pytest.fixture
def session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1")


@pytest.fixture
def aws(session: boto3.Session) -> entry.Aws:
    aws = entry.Aws(session)
    aws.limit(120)
    return aws


class TestAws:
    def test_calls_exactly_the_version(self, aws: entry.Aws) -> None:
        with Stubber(aws._lambda) as stub:
            payload = StreamingBody(io.BytesIO(b'{"a": 1}'), 8)
            expected = {"FunctionName": VERSION, "Payload": b'{"id": 1}'}
            stub.add_response("invoke", {"StatusCode": 200, "ExecutedVersion": "7", "Payload": payload}, expected)

            assert aws.invoke(VERSION, b'{"id": 1}') == (b'{"a": 1}', False)

    def test_tells_an_error_from_a_reply(self, aws: entry.Aws) -> None:
        text = json.dumps(FAILED).encode()
        with Stubber(aws._lambda) as stub:
            payload = StreamingBody(io.BytesIO(text), len(text))
            stub.add_response("invoke", {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload})

            assert aws.invoke(VERSION, b"{}") == (text, True)

    @pytest.mark.parametrize(
        ("code", "status"), [("AccessDeniedException", 403), ("AccessDenied", 403), ("TooManyRequestsException", 429)]
    )
    def test_tells_what_may_pass_from_other_refusals(self, aws: entry.Aws, code: str, status: int) -> None:
        """Rights that are not known yet, and customers who have all of the function's concurrency."""
        with Stubber(aws._lambda) as stub:
            stub.add_client_error("invoke", code, http_status_code=status)
            stub.add_client_error("invoke", "ResourceNotFoundException", http_status_code=404)

            with pytest.raises(entry.NotNowError):
                aws.invoke(VERSION, b"{}")
            with pytest.raises(Exception, match="ResourceNotFoundException"):
                aws.invoke(VERSION, b"{}")

    def test_calls_once_and_waits_as_long_as_it_may(self, aws: entry.Aws) -> None:
        config = aws._lambda.meta.config

        assert (config.read_timeout, config.retries["total_max_attempts"]) == (120, 1)

    def test_gives_up_when_it_has_waited_that_long(
        self, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
            aws = entry.Aws(session)
            aws.limit(0.2)

            with pytest.raises(TimeoutError):
                aws.invoke(VERSION, b"{}")

    def test_answers_in_the_time_that_is_kept_for_it(self, aws: entry.Aws) -> None:
        config = aws._code_deploy.meta.config
        longest_try = config.connect_timeout + config.read_timeout

        assert longest_try * config.retries["total_max_attempts"] < entry.RESERVE_SECONDS

    def test_answers_code_deploy(self, aws: entry.Aws) -> None:
        with Stubber(aws._code_deploy) as stub:
            stub.add_response(
                "put_lifecycle_event_hook_execution_status",
                {},
                {
                    "deploymentId": "d-ABC123",
                    "lifecycleEventHookExecutionId": "eyJlbmNyeXB0ZWREYXRhIjoi",
                    "status": "Failed",
                },
            )

            aws.answer_code_deploy(CODE_DEPLOY, "Failed")

            stub.assert_no_pending_responses()

    @pytest.mark.parametrize("earlier", [None, "FirstDeployment-1"])
    def test_answers_cloud_formation(self, aws: entry.Aws, receiver: Receiver, earlier: str | None) -> None:
        event = {**CLOUD_FORMATION, "ResponseURL": receiver.url}
        if earlier is not None:
            event["PhysicalResourceId"] = earlier

        aws.answer_cloud_formation(event, "FAILED", "it is slow")

        ((method, content_type, body),) = receiver.received
        assert (method, content_type) == ("PUT", "")
        assert body == {
            "Status": "FAILED",
            "Reason": "it is slow",
            "PhysicalResourceId": earlier or "FirstDeployment",
            "StackId": CLOUD_FORMATION["StackId"],
            "RequestId": "5b8b3b4f",
            "LogicalResourceId": "FirstDeployment",
        }


@dataclass
class Receiver:
    """What CloudFormation would have received."""

    url: str = ""
    received: list[tuple[str, str | None, object]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    result = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            result.received.append((self.command, self.headers["Content-Type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    result.url = f"http://127.0.0.1:{server.server_port}/answer"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield result
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_handler_tries_the_tests_beside_it(tmp_path: Path) -> None:
    """As Lambda does it: the package alone, without this library, in an interpreter of its own."""
    package = tmp_path / "smoke_test_handler"
    package.mkdir()
    for file in Path(smoke_test_handler.__file__).parent.glob("*.py"):
        (package / file.name).write_bytes(file.read_bytes())
    (tmp_path / "smoke_tests.json").write_text(json.dumps({"a": {"payload": {"id": 1}, "expect": {"status": 200}}}))
    program = """
import json, sys
from smoke_test_handler import entry

class Context:
    def get_remaining_time_in_millis(self):
        return 300_000

class Aws:
    def limit(self, seconds):
        assert 284 < seconds <= 285
    def invoke(self, version, payload):
        return json.dumps({"statusCode": 200, "version": version, **json.loads(payload)}).encode(), False

entry.Aws = Aws
print(json.dumps(entry.handler({}, Context())))
print("cdk_lambda_patterns" in sys.modules, "boto3" in sys.modules)
"""
    environment = {**os.environ, "SMOKE_TEST_VERSION": VERSION}
    environment.pop("PYTHONPATH", None)

    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert run.stderr == ""
    assert run.stdout.splitlines() == ['{"passed": true, "failures": []}', "False False"]
