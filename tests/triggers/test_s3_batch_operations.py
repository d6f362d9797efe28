"""Jobs of S3 that call a function for each object of a list."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_kms as kms, aws_s3 as s3
from botocore.stub import Stubber
from botocore.validate import ParamValidator

from cdk_lambda_patterns import S3BatchOperations, ValidationError, quotas
from cdk_lambda_patterns.testing import Template, synthesize
from tests.examples import example_handler
from tests.function.support import define, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, granted, logical_id

MANIFEST = {
    "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
    "Location": {"ObjectArn": "arn:aws:s3:::photos/manifests/all.csv", "ETag": "60e460c9d1046e73f7dde5043ac3ae85"},
}


@pytest.fixture
def photos(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "Photos")


def jobs(stack: cdk.Stack, **options: Any) -> S3BatchOperations:  # noqa: ANN401
    given: dict[str, Any] = {"function": define(stack), **options}
    return S3BatchOperations(stack, "Jobs", **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    given: dict[str, Any] = {"manifests": s3.Bucket.from_bucket_name(stack, "Given", "photos"), **options}
    return refusal(lambda: jobs(stack, **given), code, got, path="Stack/Jobs")


def rights(template: Template, defined: S3BatchOperations) -> dict[str, list[str]]:
    return granted(template, to=logical_id(defined.role))


def resolved(stack: cdk.Stack, job: dict[str, Any]) -> dict[str, Any]:
    """A job as it is after deployment."""
    text = json.dumps(stack.resolve(job))
    for value, made in (
        (job["Operation"]["LambdaInvoke"]["FunctionArn"], "arn:aws:lambda:us-east-1:123456789012:function:label:live"),
        (job["RoleArn"], "arn:aws:iam::123456789012:role/jobs"),
        (job["Report"]["Bucket"], "arn:aws:s3:::photos"),
    ):
        text = text.replace(json.dumps(stack.resolve(value)), json.dumps(made))
    found: dict[str, Any] = json.loads(text)
    return found


class TestRole:
    def test_may_call_the_function_read_manifests_and_write_reports(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        defined = jobs(stack, manifests=photos)

        template = synthesize(stack)
        bucket = logical_id(photos)
        (live,) = resources(template, "AWS::Lambda::Alias")
        assert rights(template, defined) == {
            live: ["lambda:InvokeFunction"],
            f"{bucket}/manifests/*": ["s3:GetObject", "s3:GetObjectVersion"],
            f"{bucket}/reports/job-*": ["s3:PutObject"],
        }

    def test_reaches_buckets_only_while_they_are_this_accounts(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        jobs(stack, manifests=photos)

        policies = resources(synthesize(stack), "AWS::IAM::Policy").values()
        conditions = {
            json.dumps(statement["Action"]): statement.get("Condition")
            for policy in policies
            for statement in policy["PolicyDocument"]["Statement"]
        }
        own = {"StringEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}}
        assert conditions == {
            '"lambda:InvokeFunction"': None,
            '["s3:GetObject", "s3:GetObjectVersion"]': own,
            '"s3:PutObject"': own,
        }

    def test_is_that_of_the_service(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        defined = jobs(stack, manifests=photos)

        role = resources(synthesize(stack), "AWS::IAM::Role")[logical_id(defined.role)]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "batchoperations.s3.amazonaws.com"}

    def test_may_use_other_places(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        reports = s3.Bucket(stack, "Reports")

        defined = jobs(stack, manifests=photos, manifest_prefix="", reports=reports, report_prefix="photos/done")

        found = rights(synthesize(stack), defined)
        assert found[f"{logical_id(photos)}/*"] == ["s3:GetObject", "s3:GetObjectVersion"]
        assert found[f"{logical_id(reports)}/photos/done/job-*"] == ["s3:PutObject"]

    @pytest.mark.parametrize("together", [True, False])
    def test_may_use_the_buckets_keys(self, stack: cdk.Stack, *, together: bool) -> None:
        keys = [kms.Key(stack, "Key"), kms.Key(stack, "Other")][: 1 if together else 2]
        buckets = [s3.Bucket(stack, f"Of{n}", encryption_key=key) for n, key in enumerate(keys)]

        defined = jobs(stack, manifests=buckets[0], reports=buckets[-1])

        found = rights(synthesize(stack), defined)
        for key in keys:
            assert found[logical_id(key)] == ["kms:Decrypt", "kms:GenerateDataKey"]


class TestJob:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"schema_version": "1.0", "report_scope": "FailedTasksOnly", "priority": 0},
            {"user_arguments": {"owner": "marketing"}, "priority": 2_147_483_647},
        ],
    )
    def test_is_what_the_service_takes(self, stack: cdk.Stack, photos: s3.Bucket, options: dict[str, Any]) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html."""
        service = botocore.session.get_session().get_service_model("s3control")
        shape = service.operation_model("CreateJob").input_shape
        assert shape is not None

        job = resolved(stack, jobs(stack, manifests=photos, **options).job)

        request = {"AccountId": "123456789012", "ClientRequestToken": "1", "Manifest": MANIFEST, **job}
        assert ParamValidator().validate(request, shape).generate_report() == ""

    def test_calls_live_in_the_second_schema_and_reports_everything(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        defined = jobs(stack, manifests=photos)

        (live,) = resources(synthesize(stack), "AWS::Lambda::Alias")
        assert stack.resolve(defined.job) == {
            "RoleArn": {"Fn::GetAtt": [logical_id(defined.role), "Arn"]},
            "Operation": {"LambdaInvoke": {"FunctionArn": {"Ref": live}, "InvocationSchemaVersion": "2.0"}},
            "Report": {
                "Enabled": True,
                "Bucket": {"Fn::GetAtt": [logical_id(photos), "Arn"]},
                "Prefix": "reports",
                "Format": "Report_CSV_20180820",
                "ReportScope": "AllTasks",
            },
            "Priority": 10,
        }

    def test_can_be_an_output(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        defined = jobs(stack, manifests=photos, user_arguments={"owner": 'the "new" team'})

        cdk.CfnOutput(stack, "Job", value=defined.job_as_text())

        (separator, parts) = synthesize(stack)["Outputs"]["Job"]["Value"]["Fn::Join"]
        text = separator.join(part if isinstance(part, str) else "known-later" for part in parts)
        job = json.loads(text)
        assert job.keys() == defined.job.keys()
        assert job["Operation"]["LambdaInvoke"]["UserArguments"] == {"owner": 'the "new" team'}

    def test_may_have_what_only_the_deployment_knows(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        owner = cdk.CfnParameter(stack, "Owner").value_as_string

        job = jobs(stack, manifests=photos, priority=NUMBER, report_prefix=owner, user_arguments={"o": owner}).job

        found = stack.resolve(job)
        assert found["Priority"] == {"Ref": "Number"}
        assert found["Report"]["Prefix"] == {"Ref": "Owner"}

    @pytest.mark.parametrize("length", [1, 10])
    def test_may_have_up_to_ten_arguments(self, stack: cdk.Stack, photos: s3.Bucket, length: int) -> None:
        arguments = {f"{n:064}": "v" * 1_024 for n in range(length)}

        job = jobs(stack, manifests=photos, user_arguments=arguments).job

        assert job["Operation"]["LambdaInvoke"]["UserArguments"] == arguments

    def test_may_have_an_empty_argument(self, stack: cdk.Stack, photos: s3.Bucket) -> None:
        job = jobs(stack, manifests=photos, user_arguments={"n": ""}).job

        assert job["Operation"]["LambdaInvoke"]["UserArguments"] == {"n": ""}


@pytest.mark.parametrize(
    ("options", "code", "got"),
    [
        ({"schema_version": "3.0"}, "SchemaVersionInvalid", "'3.0'"),
        ({"schema_version": ""}, "SchemaVersionInvalid", "''"),
        (
            {"schema_version": "1.0", "user_arguments": {"a": "b"}},
            "UserArgumentsUnsupported",
            "1 of them",
        ),
        ({"user_arguments": {}}, "UserArgumentCount", "0"),
        ({"user_arguments": {str(n): "v" for n in range(11)}}, "UserArgumentCount", "11"),
        ({"user_arguments": {"": "v"}}, "UserArgumentNameLength", "0"),
        ({"user_arguments": {"n" * 65: "v"}}, "UserArgumentNameLength", "65"),
        ({"user_arguments": {"n": "v" * 1_025}}, "UserArgumentLength", "1,025"),
        ({"user_arguments": {"n": 7}}, "UserArgumentInvalid", "int for 'n'"),
        ({"priority": -1}, "JobPriorityOutOfRange", "-1"),
        ({"priority": 2_147_483_648}, "JobPriorityOutOfRange", "2,147,483,648"),
        ({"manifest_prefix": "manifests/*"}, "PrefixWildcard", "'manifests/*'"),
        ({"report_prefix": "reports?"}, "PrefixWildcard", "'reports?'"),
        ({"report_prefix": ""}, "ReportPrefixLength", "0"),
        ({"report_prefix": "r" * 513}, "ReportPrefixLength", "513"),
        ({"report_prefix": "/"}, "ReportPrefixSlash", "'/'"),
        ({"report_prefix": "reports/"}, "ReportPrefixSlash", "'reports/'"),
        ({"report_prefix": "/reports"}, "ReportPrefixSlash", "'/reports'"),
        ({"report_scope": "Some"}, "ReportScopeInvalid", "'Some'"),
        ({"manifests": "photos"}, "TypeMismatch", "str"),
        ({"reports": "photos"}, "TypeMismatch", "str"),
        ({"function": "label"}, "TypeMismatch", "str"),
    ],
)
def test_fails_when_s3_would_refuse_it(stack: cdk.Stack, options: dict[str, Any], code: str, got: str) -> None:
    refused(stack, code, got, **options)


@pytest.mark.parametrize("prefix", ["r", "r" * int(quotas.BATCH_REPORT_PREFIX_LENGTH.maximum), "a/b"])
def test_reports_may_stand_anywhere(stack: cdk.Stack, photos: s3.Bucket, prefix: str) -> None:
    assert jobs(stack, manifests=photos, report_prefix=prefix).job["Report"]["Prefix"] == prefix


@pytest.mark.parametrize(
    ("code", "result"), [("SlowDown", "TemporaryFailure"), ("AccessDenied", "PermanentFailure"), (None, "Succeeded")]
)
def test_the_examples_handler_has_s3_try_again_what_passes(
    monkeypatch: pytest.MonkeyPatch, code: str | None, result: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    label = example_handler("labels/label.py")
    event = {
        "invocationSchemaVersion": "2.0",
        "invocationId": "1",
        "job": {"id": "2", "userArguments": {"owner": "marketing"}},
        "tasks": [{"taskId": "3", "s3Key": "photos/a+cat.jpg", "s3VersionId": None, "s3Bucket": "photos"}],
    }
    tagging = {"TagSet": [{"Key": "owner", "Value": "marketing"}]}
    expected = {"Bucket": "photos", "Key": "photos/a cat.jpg", "Tagging": tagging}

    with Stubber(label.s3) as s3_says:
        if code is None:
            s3_says.add_response("put_object_tagging", {}, expected)
        else:
            s3_says.add_client_error("put_object_tagging", code, expected_params=expected)
        (answered,) = label.handler(event, None)["results"]

    assert answered["taskId"] == "3"
    assert answered["resultCode"] == result
