from __future__ import annotations

import base64
import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam, aws_kms as kms, aws_lambda as lambda_, aws_s3 as s3, aws_s3_notifications as s3n

from cdk_lambda_patterns import FirehoseTransformation, ValidationError
from cdk_lambda_patterns.testing import synthesize
from tests.examples import example_handler
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, alarm, granted, logical_id, warnings


def transformation(stack: cdk.Stack, *, timeout: float = 30, **options: Any) -> FirehoseTransformation:  # noqa: ANN401
    given: dict[str, Any] = {**options}
    if "function" not in given:
        given["function"] = define(stack, timeout=cdk.Duration.seconds(timeout))
    return FirehoseTransformation(stack, "Views", **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: transformation(stack, **options), code, got, path="Stack/Views")


def destination(stack: cdk.Stack) -> dict[str, Any]:
    stream = only(synthesize(stack), "AWS::KinesisFirehose::DeliveryStream")
    found: dict[str, Any] = stream["ExtendedS3DestinationConfiguration"]
    return found


def processor(stack: cdk.Stack) -> dict[str, Any]:
    (found,) = destination(stack)["ProcessingConfiguration"]["Processors"]
    return {parameter["ParameterName"]: parameter["ParameterValue"] for parameter in found["Parameters"]}


class TestTransformation:
    def test_calls_the_live_alias_with_a_megabyte_or_what_came_in_a_minute(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = transformation(stack, function=function)

        assert processor(stack) == {
            "LambdaArn": {"Ref": logical_id(function.live)},
            "RoleArn": {"Fn::GetAtt": [logical_id(defined.role), "Arn"]},
            "BufferSizeInMBs": "1",
            "BufferIntervalInSeconds": "60",
            "NumberOfRetries": "3",
        }
        assert destination(stack)["ProcessingConfiguration"]["Enabled"] is True

    @pytest.mark.parametrize(
        ("size", "written"),
        [(cdk.Size.mebibytes(0.2), "0.2"), (cdk.Size.kibibytes(512), "0.5"), (cdk.Size.mebibytes(3), "3")],
    )
    def test_may_gather_more_or_less(self, stack: cdk.Stack, size: cdk.Size, written: str) -> None:
        transformation(stack, buffer_size=size)

        assert processor(stack)["BufferSizeInMBs"] == written

    @pytest.mark.parametrize("seconds", [0, 900])
    def test_may_gather_longer_or_not_at_all(self, stack: cdk.Stack, seconds: int) -> None:
        transformation(stack, buffer_interval=cdk.Duration.seconds(seconds))

        assert processor(stack)["BufferIntervalInSeconds"] == f"{seconds}"

    @pytest.mark.parametrize("attempts", [0, 300])
    def test_may_be_tried_more_or_less_often(self, stack: cdk.Stack, attempts: int) -> None:
        transformation(stack, retry_attempts=attempts)

        assert processor(stack)["NumberOfRetries"] == f"{attempts}"

    def test_takes_what_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        transformation(
            stack,
            timeout=NUMBER,
            buffer_size=cdk.Size.mebibytes(NUMBER),
            buffer_interval=cdk.Duration.seconds(NUMBER),
            retry_attempts=NUMBER,
        )

        number = {"Ref": "Number"}
        found = processor(stack)
        assert [found[f"Buffer{name}"] for name in ("SizeInMBs", "IntervalInSeconds")] == [number, number]
        assert found["NumberOfRetries"] == number
        assert alarm(synthesize(stack), "DeliveryToS3.DataFreshness")["Threshold"] == 2 * (900 + 300 + 4 * 300)

    @pytest.mark.parametrize(("size", "got"), [(0, "0"), (204, "0.19921875"), (3_073, "3.0009765625")])
    def test_fails_when_it_cannot_gather_so_much(self, stack: cdk.Stack, size: int, got: str) -> None:
        refused(stack, "FirehoseBufferSize", got, buffer_size=cdk.Size.kibibytes(size))

    def test_fails_when_it_cannot_gather_so_long(self, stack: cdk.Stack) -> None:
        refused(stack, "FirehoseBufferInterval", "901", buffer_interval=cdk.Duration.seconds(901))

    @pytest.mark.parametrize(("attempts", "got"), [(-1, "-1"), (301, "301")])
    def test_fails_when_it_cannot_be_tried_so_often(self, stack: cdk.Stack, attempts: int, got: str) -> None:
        refused(stack, "RetryAttemptsOutOfRange", got, retry_attempts=attempts)

    def test_may_take_five_minutes(self, stack: cdk.Stack) -> None:
        transformation(stack, timeout=300)

        assert only(synthesize(stack), "AWS::Lambda::Function")["Timeout"] == 300

    def test_fails_when_firehose_does_not_wait_so_long(self, stack: cdk.Stack) -> None:
        refused(stack, "FirehoseTimeout", "301", timeout=301)

    def test_fails_when_the_function_isolates_tenants(self, stack: cdk.Stack) -> None:
        function = define(stack, tenancy_config=lambda_.TenancyConfig.PER_TENANT)

        refused(stack, "EventSourceWithoutTenant", "an event source", function=function)

    def test_fails_when_nobody_could_convert_a_size(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValidationError, match=r"'Size\.mebibytes\(\)' .* \[Stack/Views\]"):
            transformation(stack, buffer_size=cdk.Size.kibibytes(NUMBER))

    def test_fails_when_a_size_is_a_number(self, stack: cdk.Stack) -> None:
        refused(stack, "SizeExpected", "2", buffer_size=2)

    def test_needs_no_destination_since_firehose_waits(self, stack: cdk.Stack) -> None:
        transformation(stack)

        template = synthesize(stack)
        assert resources(template, "AWS::Lambda::EventInvokeConfig") == {}
        assert resources(template, "AWS::Lambda::Permission") == {}, "the stream has a role"


class TestDelivery:
    def test_is_into_a_bucket_of_its_own(self, stack: cdk.Stack) -> None:
        defined = transformation(stack)

        found = destination(stack)
        bucket = {"Fn::GetAtt": [logical_id(defined.bucket), "Arn"]}
        assert found["BucketARN"] == bucket
        assert found["BufferingHints"] == {"IntervalInSeconds": 300, "SizeInMBs": 5}
        assert "Prefix" not in found
        assert found["S3BackupMode"] == "Disabled"
        assert "S3BackupConfiguration" not in found
        public = only(synthesize(stack), "AWS::S3::Bucket")["PublicAccessBlockConfiguration"]
        assert all(public.values())

    def test_may_be_into_one_of_the_users_with_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        bucket = s3.Bucket(stack, "Bucket", encryption_key=key)

        defined = transformation(stack, bucket=bucket, prefix="views/")

        template = synthesize(stack)
        assert defined.bucket is bucket
        assert destination(stack)["Prefix"] == "views/"
        assert granted(template, to=logical_id(defined.role)) == {
            logical_id(key): ["kms:Decrypt", "kms:GenerateDataKey"]
        }

    def test_role_may_do_that_and_nothing_else(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = transformation(stack, function=function)

        role = resources(synthesize(stack), "AWS::IAM::Role")[logical_id(defined.role)]
        (policy,) = role["Policies"]
        bucket = {"Fn::GetAtt": [logical_id(defined.bucket), "Arn"]}
        to_bucket, to_function, to_log = policy["PolicyDocument"]["Statement"]
        assert to_bucket["Resource"] == [bucket, {"Fn::Join": ["", [bucket, "/*"]]}]
        assert to_function["Action"] == ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration"]
        assert to_function["Resource"] == {"Ref": logical_id(function.live)}
        assert to_log["Action"] == "logs:PutLogEvents"
        assert to_log["Resource"] == {"Fn::GetAtt": [logical_id(defined.log_group), "Arn"]}
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "firehose.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}

    @pytest.mark.parametrize(("megabytes", "seconds"), [(1, 0), (128, 900)])
    def test_may_gather_more_or_less(self, stack: cdk.Stack, megabytes: int, seconds: int) -> None:
        transformation(
            stack, delivery_size=cdk.Size.mebibytes(megabytes), delivery_interval=cdk.Duration.seconds(seconds)
        )

        hints = destination(stack)["BufferingHints"]
        assert hints == {"IntervalInSeconds": seconds, "SizeInMBs": megabytes}

    def test_takes_what_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        transformation(stack, delivery_size=cdk.Size.mebibytes(NUMBER), delivery_interval=cdk.Duration.seconds(NUMBER))

        hints = destination(stack)["BufferingHints"]
        assert hints == {"IntervalInSeconds": {"Ref": "Number"}, "SizeInMBs": {"Ref": "Number"}}

    @pytest.mark.parametrize(("kibibytes", "got"), [(1_023, "0.9990234375"), (129 * 1_024, "129"), (1_536, "1.5")])
    def test_fails_when_an_object_cannot_be_so_large(self, stack: cdk.Stack, kibibytes: int, got: str) -> None:
        refused(stack, "FirehoseDeliverySize", got, delivery_size=cdk.Size.kibibytes(kibibytes))

    def test_fails_when_it_cannot_wait_so_long(self, stack: cdk.Stack) -> None:
        refused(stack, "FirehoseDeliveryInterval", "901", delivery_interval=cdk.Duration.seconds(901))

    def test_prefix_may_have_a_thousand_bytes(self, stack: cdk.Stack) -> None:
        transformation(stack, prefix=1_024 * "a")

        assert len(destination(stack)["Prefix"]) == 1_024

    @pytest.mark.parametrize(("prefix", "got"), [("", "0"), (1_025 * "a", "1,025")])
    def test_fails_when_a_prefix_is_empty_or_too_long(self, stack: cdk.Stack, prefix: str, got: str) -> None:
        refused(stack, "ObjectKeyLength", got, prefix=prefix)

    @pytest.mark.parametrize("prefix", ["!{firehose:error-output-type}/", "failed/", "source/views/", "source-failed/"])
    def test_fails_when_a_prefix_is_for_others(self, stack: cdk.Stack, prefix: str) -> None:
        refused(stack, "FirehosePrefixInvalid", repr(prefix), prefix=prefix)

    def test_fails_when_the_bucket_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", bucket="views")


class TestWhatFailed:
    def test_is_kept_under_a_prefix_and_logged(self, stack: cdk.Stack) -> None:
        defined = transformation(stack)

        template = synthesize(stack)
        found = destination(stack)
        assert found["ErrorOutputPrefix"] == "failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
        group = {"Ref": logical_id(defined.log_group)}
        assert found["CloudWatchLoggingOptions"] == {"Enabled": True, "LogGroupName": group, "LogStreamName": "errors"}
        assert only(template, "AWS::Logs::LogStream") == {"LogGroupName": group, "LogStreamName": "errors"}
        assert resources(template, "AWS::Logs::LogGroup")[logical_id(defined.log_group)] == {"RetentionInDays": 30}
        told = alarm(template, "IncomingLogEvents")
        assert told["Dimensions"] == [{"Name": "LogGroupName", "Value": group}]
        assert told["Threshold"] == 1

    @pytest.mark.parametrize("given", [False, True])
    def test_is_told_to_the_failure_queue(self, stack: cdk.Stack, given: bool) -> None:  # noqa: FBT001
        options: dict[str, Any] = {"bucket": s3.Bucket(stack, "Bucket")} if given else {}

        defined = transformation(stack, **options)

        template = synthesize(stack)
        queue = logical_id(defined.failure_queue)
        ((rule, properties),) = resources(template, "AWS::Events::Rule").items()
        assert properties["EventPattern"] == {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [{"Ref": logical_id(defined.bucket)}]},
                "object": {"key": [{"prefix": "failed/"}, {"prefix": "source-failed/"}]},
            },
        }
        arn = {"Fn::GetAtt": [queue, "Arn"]}
        assert properties["Targets"] == [{"Arn": arn, "Id": "FailureQueue", "DeadLetterConfig": {"Arn": arn}}]
        reports = only(template, "AWS::S3::Bucket")["NotificationConfiguration"]
        assert reports == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        _tls, let_in = only(template, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
        assert let_in["Principal"] == {"Service": "events.amazonaws.com"}
        assert let_in["Condition"] == {"ArnLike": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}
        assert alarm(template, "ApproximateNumberOfMessagesVisible")["Threshold"] == 1
        lost = alarm(template, "InvocationsFailedToBeSentToDlq")
        assert lost["Dimensions"] == [{"Name": "RuleName", "Value": {"Ref": rule}}]
        assert set(defined.alarms) == {"Errors", "RecordAge", "FailureQueue", "EventsLost"}

    def test_is_told_though_the_cdk_comes_to_configure_the_bucket(self, stack: cdk.Stack) -> None:
        bucket, other = s3.Bucket(stack, "Bucket"), define(stack, "Other")
        transformation(stack, bucket=bucket)

        bucket.add_event_notification(s3.EventType.OBJECT_REMOVED, s3n.LambdaDestination(other.live))

        put = only(synthesize(stack), "Custom::S3BucketNotifications")["NotificationConfiguration"]
        assert put["EventBridgeConfiguration"] == {}

    def test_in_a_bucket_from_outside_is_warned_of(self, stack: cdk.Stack) -> None:
        defined = transformation(stack, bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "views"))

        ((path, text),) = warnings(stack)
        assert (path, defined.failure_queue) == ("/Stack/Views", None)
        assert "failed/" in text
        assert set(defined.alarms) == {"Errors", "RecordAge"}

    @pytest.mark.parametrize(
        ("options", "age"), [({}, 60 + 300 + 4 * 30), ({"retry_attempts": 0, "timeout": 300}, 60 + 300 + 300)]
    )
    def test_by_waiting_too_long_is_told_of(self, stack: cdk.Stack, options: dict[str, Any], age: int) -> None:
        defined = transformation(stack, **options)

        told = alarm(synthesize(stack), "DeliveryToS3.DataFreshness")
        assert told["Threshold"] == 2 * age
        assert told["Dimensions"] == [{"Name": "DeliveryStreamName", "Value": {"Ref": logical_id(defined.stream)}}]

    def test_can_be_compared_with_what_came(self, stack: cdk.Stack) -> None:
        defined = transformation(stack, keep_source=True)

        found = destination(stack)
        backup = found["S3BackupConfiguration"]
        assert found["S3BackupMode"] == "Enabled"
        assert backup["BucketARN"] == {"Fn::GetAtt": [logical_id(defined.bucket), "Arn"]}
        assert backup["RoleARN"] == {"Fn::GetAtt": [logical_id(defined.role), "Arn"]}
        assert backup["Prefix"] == "source/!{timestamp:yyyy/MM/dd/HH}/"
        assert backup["ErrorOutputPrefix"].startswith("source-failed/!{firehose:error-output-type}/")


class TestStream:
    def test_is_encrypted_with_firehoses_key(self, stack: cdk.Stack) -> None:
        transformation(stack)

        stream = only(synthesize(stack), "AWS::KinesisFirehose::DeliveryStream")
        assert stream["DeliveryStreamType"] == "DirectPut"
        assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}

    def test_may_be_encrypted_with_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        defined = transformation(stack, encryption_key=key)

        template = synthesize(stack)
        stream = only(template, "AWS::KinesisFirehose::DeliveryStream")
        arn = {"Fn::GetAtt": [logical_id(key), "Arn"]}
        assert stream["DeliveryStreamEncryptionConfigurationInput"] == {
            "KeyARN": arn,
            "KeyType": "CUSTOMER_MANAGED_CMK",
        }
        assert "kms:Decrypt" in granted(template, to=logical_id(defined.role))[logical_id(key)]

    def test_can_be_written_to(self, stack: cdk.Stack) -> None:
        producer = iam.Role(stack, "Producer", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        defined = transformation(stack)

        defined.grant_put_records(producer)

        assert granted(synthesize(stack), to=logical_id(producer)) == {
            logical_id(defined.stream): ["firehose:PutRecord", "firehose:PutRecordBatch"]
        }

    def test_fails_when_the_function_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", function="clean")


class TestExampleHandler:
    def test_answers_each_record(self) -> None:
        """With the event of https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html."""
        views = [{"page": "/", "robot": False, "address": "192.0.2.1"}, {"page": "/", "robot": True}, {"page": "/"}]
        event = {
            "invocationId": "invoked123",
            "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/views",
            "region": "us-east-1",
            "records": [
                {"recordId": f"{number}", "approximateArrivalTimestamp": 1, "data": encoded(json.dumps(view))}
                for number, view in enumerate(views)
            ]
            + [{"recordId": "3", "approximateArrivalTimestamp": 1, "data": encoded("no JSON")}],
        }

        answer = example_handler("views/views.py").handler(event, None)

        assert [(record["recordId"], record["result"]) for record in answer["records"]] == [
            ("0", "Ok"),
            ("1", "Dropped"),
            ("2", "ProcessingFailed"),
            ("3", "ProcessingFailed"),
        ]
        assert answer["records"][0]["data"] == encoded('{"page": "/", "robot": false}\n')
        assert answer["records"][3]["data"] == encoded("no JSON")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
