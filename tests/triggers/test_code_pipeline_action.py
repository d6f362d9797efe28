"""Functions that a pipeline calls, and waits for."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_codepipeline as codepipeline,
    aws_codepipeline_actions as actions,
    aws_iam as iam,
    aws_kms as kms,
    aws_s3 as s3,
)
from botocore.stub import Stubber

from cdk_lambda_patterns import CodePipelineAction, WellArchitectedFunction
from cdk_lambda_patterns.testing import Template, synthesize
from tests.examples import example_handler
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, granted, logical_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUT_RESULTS = ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"]
LATER = cdk.Token.as_string({"Ref": "Later"})


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "Artifacts", encryption_key=kms.Key(stack, "Key"))


@pytest.fixture
def source() -> codepipeline.Artifact:
    return codepipeline.Artifact("Source")


def call(function: WellArchitectedFunction, action_name: str = "Look", **options: Any) -> CodePipelineAction:  # noqa: ANN401
    return CodePipelineAction(function=function, action_name=action_name, **options)


def pipeline(
    stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact, *calls: CodePipelineAction
) -> dict[str, Any]:
    """The actions of the second stage of a pipeline, by name."""
    from_bucket = actions.S3SourceAction(action_name="Get", bucket=bucket, bucket_key="pages.zip", output=source)
    stages = [
        codepipeline.StageProps(stage_name="Source", actions=[from_bucket]),
        codepipeline.StageProps(stage_name="Release", actions=list(calls)),
    ]
    codepipeline.Pipeline(
        stack, "Pipeline", pipeline_type=codepipeline.PipelineType.V2, artifact_bucket=bucket, stages=stages
    )
    defined = only(synthesize(stack), "AWS::CodePipeline::Pipeline")
    return {action["Name"]: action for action in defined["Stages"][1]["Actions"]}


def of_action(template: Template, name: str = "Look") -> dict[str, list[str]]:
    """What the role of an action may do."""
    (role,) = (role for role in resources(template, "AWS::IAM::Role") if role.startswith(f"PipelineRelease{name}Code"))
    return granted(template, to=role)


class TestAction:
    def test_calls_live(self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact) -> None:
        function = define(stack)

        action = pipeline(stack, bucket, source, call(function))["Look"]

        live = {"Ref": logical_id(function.live)}
        name = {"Fn::Select": [6, {"Fn::Split": [":", live]}]}
        assert action["Configuration"] == {"FunctionName": {"Fn::Join": ["", [name, ":live"]]}}
        assert action["ActionTypeId"] == {"Category": "Invoke", "Owner": "AWS", "Provider": "Lambda", "Version": "1"}
        assert action["RunOrder"] == 1
        assert not {"InputArtifacts", "OutputArtifacts", "Namespace"} & set(action)

    def test_passes_on_what_it_is_given(
        self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
    ) -> None:
        result = codepipeline.Artifact("Result")

        action = pipeline(
            stack,
            bucket,
            source,
            call(
                define(stack),
                user_parameters="hello",
                inputs=[source],
                outputs=[result],
                run_order=999,
                variables_namespace="looked",
            ),
        )["Look"]

        assert action["Configuration"]["UserParameters"] == "hello"
        assert action["InputArtifacts"] == [{"Name": "Source"}]
        assert action["OutputArtifacts"] == [{"Name": "Result"}]
        assert (action["RunOrder"], action["Namespace"]) == (999, "looked")

    def test_passes_on_an_object_as_json_with_what_only_the_deployment_knows(
        self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
    ) -> None:
        parameters = {"url": LATER, "deep": [1, True], "none": None}

        action = pipeline(stack, bucket, source, call(define(stack), user_parameters=parameters))["Look"]

        text = {"Fn::Join": ["", ['{"url":"', {"Ref": "Later"}, '","deep":[1,true]}']]}
        assert action["Configuration"]["UserParameters"] == text

    def test_has_results_that_later_actions_read(
        self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
    ) -> None:
        function = define(stack)
        first = call(function)

        second = call(function, "Then", user_parameters={"url": first.variable("CheckedUrl")})

        found = pipeline(stack, bucket, source, first, second)
        namespace = found["Look"]["Namespace"]
        assert json.loads(found["Then"]["Configuration"]["UserParameters"]) == {"url": f"#{{{namespace}.CheckedUrl}}"}

    def test_may_call_a_function_of_another_stack(
        self, app: cdk.App, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
    ) -> None:
        other = cdk.Stack(app, "Other")
        function = define(other)

        pipeline(stack, bucket, source, call(function))

        (right, *_) = of_action(synthesize(stack))
        assert "Fn::ImportValue" in right
        assert logical_id(function.live) in right
        assert "*" in granted(synthesize(other))

    def test_is_one_of_the_cdks(self, stack: cdk.Stack) -> None:
        assert isinstance(call(define(stack)), actions.LambdaInvokeAction)


class TestRights:
    def test_of_the_pipeline_are_to_find_and_call_this_function(
        self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
    ) -> None:
        function = define(stack)

        pipeline(stack, bucket, source, call(function))

        assert of_action(synthesize(stack)) == {
            logical_id(function.live): ["lambda:InvokeFunction"],
            "*": ["lambda:ListFunctions"],
        }

    @pytest.mark.parametrize(("side", "right"), [("inputs", "s3:GetObject*"), ("outputs", "s3:PutObject")])
    def test_of_the_pipeline_reach_the_artifacts_that_it_hands_on(
        self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact, side: str, right: str
    ) -> None:
        artifacts = {"inputs": source, "outputs": codepipeline.Artifact("Result")}
        options: dict[str, Any] = {side: [artifacts[side]]}

        pipeline(stack, bucket, source, call(define(stack), **options))

        found = of_action(synthesize(stack))
        assert right in found[f"{logical_id(bucket)}/*"]
        assert "kms:Decrypt" in found[logical_id(bucket.encryption_key)]
        assert ("s3:PutObject" in found[f"{logical_id(bucket)}/*"]) == (side == "outputs")

    def test_of_the_function_are_to_put_results_once_and_nothing_else(
        self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
    ) -> None:
        function = define(stack)

        pipeline(stack, bucket, source, call(function), call(function, "Again"))

        template = synthesize(stack)
        (role,) = (role for role in resources(template, "AWS::IAM::Role") if role.startswith("FunctionServiceRole"))
        assert granted(template, to=role).pop("*") == PUT_RESULTS
        assert granted(template, to=role).keys() == {"*"}

    def test_go_to_a_role_that_is_given(
        self, stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
    ) -> None:
        function = define(stack)
        role = iam.Role(stack, "Caller", assumed_by=iam.AccountRootPrincipal())

        action = pipeline(stack, bucket, source, call(function, role=role))["Look"]

        assert action["RoleArn"] == {"Fn::GetAtt": [logical_id(role), "Arn"]}
        found = granted(synthesize(stack), to=logical_id(role))
        assert found[logical_id(function.live)] == ["lambda:InvokeFunction"]


def test_jobs_that_the_function_failed_on_are_kept(
    stack: cdk.Stack, bucket: s3.Bucket, source: codepipeline.Artifact
) -> None:
    """CodePipeline calls asynchronously: https://docs.aws.amazon.com/lambda/latest/dg/services-codepipeline.html."""
    function = define(stack)

    pipeline(stack, bucket, source, call(function))

    destination = only(synthesize(stack), "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]["OnFailure"]
    assert destination == {"Destination": {"Fn::GetAtt": [logical_id(function.failure_queue), "Arn"]}}


@pytest.mark.parametrize(
    ("options", "code", "got"),
    [
        ({"action_name": 1}, "TextExpected", "1"),
        ({"role": "me"}, "TypeMismatch", "str"),
        ({"action_name": ""}, "ActionNameInvalid", "''"),
        ({"action_name": "look here"}, "ActionNameInvalid", "'look here'"),
        ({"action_name": "a" * 101}, "ActionNameInvalid", repr("a" * 101)),
        ({"run_order": 0}, "RunOrderOutOfRange", "0"),
        ({"run_order": 1.5}, "RunOrderOutOfRange", "1.5"),
        ({"run_order": 1_000}, "RunOrderOutOfRange", "1,000"),
        ({"inputs": [codepipeline.Artifact() for _ in range(6)]}, "ArtifactCount", "6"),
        ({"outputs": [codepipeline.Artifact() for _ in range(6)]}, "ArtifactCount", "6"),
        ({"user_parameters": ""}, "UserParametersLength", "0"),
        ({"user_parameters": "x" * 1_001}, "UserParametersLength", "1,001"),
        ({"user_parameters": f"{'x' * 1_001}{LATER}"}, "UserParametersLength", "1,001"),
        ({"user_parameters": {"a": "x" * 993}}, "UserParametersLength", "1,001"),
        ({"user_parameters": {"a": {1}}}, "UserParametersInvalid", "dict: Object of type set is not JSON serializable"),
    ],
)
def test_fails_when_codepipeline_would_refuse_it(
    stack: cdk.Stack, options: dict[str, Any], code: str, got: str
) -> None:
    refusal(lambda: call(define(stack), **options), code, got)


def test_fails_when_the_function_is_not_one_of_ours() -> None:
    refusal(lambda: call("check"), "TypeMismatch", "str")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"action_name": "a" * 100},
        {"action_name": "A1.@-_"},
        {"run_order": NUMBER},
        {"inputs": [codepipeline.Artifact() for _ in range(5)], "outputs": []},
        {"user_parameters": "x"},
        {"user_parameters": "x" * 1_000},
        {"user_parameters": LATER},
        {"user_parameters": {"a": "x" * 992}},
        {"user_parameters": {}},
    ],
)
def test_takes_what_codepipeline_takes(stack: cdk.Stack, options: dict[str, Any]) -> None:
    call(define(stack), **options)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text("version 2")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class TestExamplesHandler:
    """With the event that AWS documents.

    https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
    """

    @staticmethod
    def event(url: str, text: str) -> dict[str, Any]:
        return {
            "CodePipeline.job": {
                "id": "11111111-abcd-1111-abcd-111111abcdef",
                "accountId": "111111111111",
                "data": {
                    "actionConfiguration": {
                        "configuration": {
                            "FunctionName": "releases:live",
                            "UserParameters": json.dumps({"url": url, "text": text}),
                        }
                    },
                    "inputArtifacts": [],
                    "outputArtifacts": [],
                    "artifactCredentials": {
                        "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                        "sessionToken": "MIICiTCCAfICCQD6m7oRw0uXOjANBgkqhkiG9w",
                        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                    },
                },
            }
        }

    def run(
        self, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], method: str, expected: dict[str, Any]
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        check = example_handler("releases/check.py")
        with Stubber(check.codepipeline) as pipeline_hears:
            pipeline_hears.add_response(method, {}, {"jobId": "11111111-abcd-1111-abcd-111111abcdef", **expected})
            check.handler(event, None)
            pipeline_hears.assert_no_pending_responses()

    def test_tells_the_pipeline_that_the_page_is_there(self, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
        expected = {"outputVariables": {"CheckedUrl": page}}

        self.run(monkeypatch, self.event(page, "version 2"), "put_job_success_result", expected)

    def test_tells_the_pipeline_what_the_page_lacks(self, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
        problem = f"{page} does not say 'version 3'"
        expected = {"failureDetails": {"type": "JobFailed", "message": problem}}

        self.run(monkeypatch, self.event(page, "version 3"), "put_job_failure_result", expected)

    def test_tells_the_pipeline_that_there_is_no_page(self, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
        url = f"{page}/none"
        expected = {"failureDetails": {"type": "JobFailed", "message": f"{url}: HTTP Error 404: File not found"}}

        self.run(monkeypatch, self.event(url, "x"), "put_job_failure_result", expected)

    def test_does_not_log_the_credentials(
        self, monkeypatch: pytest.MonkeyPatch, page: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")

        self.test_tells_the_pipeline_that_the_page_is_there(monkeypatch, page)

        assert page in caplog.text
        assert "MIICiTCC" not in caplog.text
        assert "EXAMPLEKEY" not in caplog.text
