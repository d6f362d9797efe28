from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam, aws_kms as kms, aws_lambda as lambda_, aws_s3 as s3, aws_s3_notifications as s3n

from cdk_lambda_patterns import S3Trigger, ValidationError, practices, quotas
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_lambda_patterns import WellArchitectedFunction
    from cdk_lambda_patterns.testing import Template

    Granting = Callable[[s3.IBucket, WellArchitectedFunction], object]


def trigger(stack: cdk.Stack, **options: Any) -> S3Trigger:  # noqa: ANN401
    given: dict[str, Any] = {"function": None, **options}
    given["function"] = given["function"] or define(stack)
    return S3Trigger(stack, "Uploads", **given)


def pattern(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = only(template, "AWS::Events::Rule")["EventPattern"]
    return found


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got, path="Stack/Uploads")


class TestBucket:
    def test_one_is_defined_encrypted_versioned_private_and_tls_only(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        assert only(template, "AWS::S3::Bucket") == {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "AbortIncompleteMultipartUpload": {
                            "DaysAfterInitiation": practices.ABORT_MULTIPART_UPLOAD_SECONDS // 86_400
                        },
                        "Status": "Enabled",
                    }
                ]
            },
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "VersioningConfiguration": {"Status": "Enabled"},
        }
        denied = [s["Condition"] for s in only(template, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]]
        assert denied == [
            {"Bool": {"aws:SecureTransport": "false"}},
            {"NumericLessThan": {"s3:TlsVersion": practices.MINIMUM_TLS_VERSION}},
        ]
        assert isinstance(defined.bucket, s3.Bucket)

    def test_one_of_the_users_is_switched_to_report(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")

        defined = trigger(stack, bucket=bucket)

        assert only(synthesize(stack), "AWS::S3::Bucket") == {
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        }
        assert defined.bucket is bucket

    def test_no_custom_resource_is_needed(self, stack: cdk.Stack) -> None:
        trigger(stack, bucket=s3.Bucket(stack, "Bucket"))

        assert len(resources(synthesize(stack), "AWS::Lambda::Function")) == 1

    def test_what_it_reports_already_is_kept(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")
        resource: Any = bucket.node.default_child
        topics = [{"event": "s3:ObjectRemoved:*", "topic": "arn:aws:sns:eu-west-1:111111111111:removed"}]
        resource.notification_configuration = {"topicConfigurations": topics}

        trigger(stack, bucket=bucket)

        assert only(synthesize(stack), "AWS::S3::Bucket")["NotificationConfiguration"] == {
            "EventBridgeConfiguration": {"EventBridgeEnabled": True},
            "TopicConfigurations": [{"Event": topics[0]["event"], "Topic": topics[0]["topic"]}],
        }

    @pytest.mark.parametrize("later", [False, True])
    def test_notifications_of_the_cdk_do_not_switch_it_off(self, later: bool, stack: cdk.Stack) -> None:  # noqa: FBT001
        """The CDK's custom resource puts the bucket's whole configuration, over the bucket's own."""
        bucket, other = s3.Bucket(stack, "Bucket"), define(stack, "Other")

        def notify() -> None:
            bucket.add_event_notification(s3.EventType.OBJECT_REMOVED, s3n.LambdaDestination(other.live))

        if not later:
            notify()
        trigger(stack, bucket=bucket)
        if later:
            notify()

        put = only(synthesize(stack), "Custom::S3BucketNotifications")["NotificationConfiguration"]
        assert put["EventBridgeConfiguration"] == {}
        assert len(put["LambdaFunctionConfigurations"]) == 1

    def test_notifications_on_the_defined_bucket_do_not_switch_it_off(self, stack: cdk.Stack) -> None:
        defined, other = trigger(stack), define(stack, "Other")

        defined.bucket.add_event_notification(s3.EventType.OBJECT_REMOVED, s3n.LambdaDestination(other.live))

        put = only(synthesize(stack), "Custom::S3BucketNotifications")["NotificationConfiguration"]
        assert put["EventBridgeConfiguration"] == {}

    def test_a_bucket_that_reports_anyway_is_left_to_the_cdk(self, stack: cdk.Stack) -> None:
        trigger(stack, bucket=s3.Bucket(stack, "Bucket", event_bridge_enabled=True))

        template = synthesize(stack)
        assert only(template, "AWS::S3::Bucket") == {}
        put = only(template, "Custom::S3BucketNotifications")["NotificationConfiguration"]
        assert put == {"EventBridgeConfiguration": {}}

    def test_two_triggers_may_share_one(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")

        S3Trigger(stack, "One", function=define(stack, "First"), bucket=bucket, prefix="one/")
        S3Trigger(stack, "Two", function=define(stack, "Second"), bucket=bucket, prefix="two/")

        assert len(resources(synthesize(stack), "AWS::Events::Rule")) == 2

    def test_fails_when_a_bucket_from_outside_may_not_report(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "uploads")

        refused(stack, "BucketEventBridgeUnknown", "a bucket from outside", bucket=bucket)
        define(stack, "Another")

    def test_fails_when_a_bucket_from_outside_is_known_not_to_report(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "uploads")

        refused(
            stack, "BucketEventBridgeUnknown", "a bucket from outside", bucket=bucket, reports_to_event_bridge=False
        )

    def test_a_bucket_from_outside_that_reports_is_accepted(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "uploads")

        trigger(stack, bucket=bucket, reports_to_event_bridge=True)

        template = synthesize(stack)
        assert resources(template, "AWS::S3::Bucket") == {}
        assert pattern(template)["detail"]["bucket"] == {"name": ["uploads"]}

    def test_fails_when_a_name_stands_for_the_bucket(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", bucket="uploads")

    def test_fails_when_the_function_is_a_plain_one(self, stack: cdk.Stack) -> None:
        plain = lambda_.Function(
            stack,
            "Plain",
            code=lambda_.Code.from_inline("x"),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )

        error = refused(stack, "TypeMismatch", "aws_lambda.Function", function=plain)

        assert "'function' must be of type WellArchitectedFunction" in str(error)


FILTERS: list[tuple[dict[str, str], Any]] = [
    ({}, None),
    ({"prefix": "in/"}, [{"prefix": "in/"}]),
    ({"suffix": ".xlsx"}, [{"suffix": ".xlsx"}]),
    ({"prefix": "in/", "suffix": ".xlsx"}, [{"wildcard": "in/*.xlsx"}]),
    ({"prefix": "a\\b/", "suffix": ".x"}, [{"wildcard": "a\\\\b/*.x"}]),
]


class TestRule:
    def test_it_starts_live_with_the_created_objects_of_the_bucket(self, stack: cdk.Stack) -> None:
        trigger(stack)

        template = synthesize(stack)
        (bucket,) = resources(template, "AWS::S3::Bucket")
        (alias,) = resources(template, "AWS::Lambda::Alias")
        assert pattern(template) == {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [{"Ref": bucket}]}},
        }
        (target,) = only(template, "AWS::Events::Rule")["Targets"]
        assert target["Arn"] == {"Ref": alias}

    def test_the_permission_has_its_source(self, stack: cdk.Stack) -> None:
        trigger(stack)

        template = synthesize(stack)
        permission = only(template, "AWS::Lambda::Permission")
        (alias,) = resources(template, "AWS::Lambda::Alias")
        assert permission["FunctionName"] == {"Ref": alias}
        assert permission["Principal"] == "events.amazonaws.com"
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["SourceArn"]["Fn::Join"][1][-1] == ":rule/Stack-*"

    def test_what_does_not_arrive_and_what_fails_end_in_the_failure_queue(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        template = synthesize(stack)
        (queue,) = resources(template, "AWS::SQS::Queue")
        arn = {"Fn::GetAtt": [queue, "Arn"]}
        (target,) = only(template, "AWS::Events::Rule")["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": arn}
        assert only(template, "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]["OnFailure"]["Destination"] == arn
        assert defined.dead_letter_queue is function.failure_queue
        allowed = [
            statement
            for statement in only(template, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
        ]
        assert [statement["Principal"] for statement in allowed] == [{"Service": "events.amazonaws.com"}]
        assert "aws:SourceArn" in str(allowed[0]["Condition"])

    def test_a_function_with_a_destination_of_its_own_needs_a_queue_for_what_does_not_arrive(
        self, stack: cdk.Stack
    ) -> None:
        failed = cdk.aws_sns.Topic(stack, "Failed")
        function = define(stack, on_failure=failed)

        defined = trigger(stack, function=function)

        assert defined.dead_letter_queue.node.path == "Stack/Uploads/DeadLetterQueue"
        assert set(defined.alarms) == {"DeadLetterQueue", "EventsLost"}

    @pytest.mark.parametrize(("options", "expected"), FILTERS)
    def test_keys_are_filtered(self, options: dict[str, str], expected: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        trigger(stack, **options)

        assert pattern(synthesize(stack))["detail"].get("object", {}).get("key") == expected

    def test_a_filter_may_be_known_at_deployment_only(self, stack: cdk.Stack) -> None:
        prefix = cdk.CfnParameter(stack, "Prefix").value_as_string

        trigger(stack, prefix=prefix)

        assert pattern(synthesize(stack))["detail"]["object"]["key"] == [{"prefix": {"Ref": "Prefix"}}]

    @pytest.mark.parametrize("option", ["prefix", "suffix"])
    @pytest.mark.parametrize("value", ["*.csv", "in/*", "*"])
    def test_fails_when_a_filter_has_wildcards(self, option: str, value: str, stack: cdk.Stack) -> None:
        error = refused(stack, "FilterWildcard", repr(value), **{option: value})

        assert f"write {value.replace('*', '')!r}" in str(error) or value == "*"

    def test_fails_when_its_name_is_taken(self, stack: cdk.Stack) -> None:
        function = define(stack)
        trigger(stack, function=function)

        with pytest.raises(ValidationError, match=r"got 'Uploads' a second time; .*\(ConstructIdTaken\)"):
            trigger(stack, function=function)

    @pytest.mark.parametrize("option", ["prefix", "suffix"])
    @pytest.mark.parametrize(("value", "got"), [(5, "5"), (["in/"], "['in/']"), ("\ud800", r"'\ud800'")])
    def test_fails_when_a_filter_is_no_text(self, option: str, value: Any, got: str, stack: cdk.Stack) -> None:  # noqa: ANN401
        refused(stack, "TextExpected", got, **{option: value})

    @pytest.mark.parametrize("option", ["prefix", "suffix"])
    def test_filters_keep_to_the_length_of_keys(self, option: str, stack: cdk.Stack) -> None:
        most = int(quotas.OBJECT_KEY_LENGTH.maximum)

        trigger(stack, **{option: "x" * most})
        refused(cdk.Stack(cdk.App(), "Stack"), "ObjectKeyLength", f"{most + 1:,}", **{option: "x" * (most + 1)})
        refused(cdk.Stack(cdk.App(), "Stack"), "ObjectKeyLength", f"{most + 2:,}", **{option: "ü" * (most // 2 + 1)})
        refused(cdk.Stack(cdk.App(), "Stack"), "ObjectKeyLength", "0", **{option: ""})


EVENTS: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "OBJECT_CREATED": (["Object Created"], {}),
    "OBJECT_CREATED_PUT": (["Object Created"], {"reason": ["PutObject"]}),
    "OBJECT_CREATED_POST": (["Object Created"], {"reason": ["POST Object"]}),
    "OBJECT_CREATED_COPY": (["Object Created"], {"reason": ["CopyObject"]}),
    "OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD": (["Object Created"], {"reason": ["CompleteMultipartUpload"]}),
    "OBJECT_REMOVED": (["Object Deleted"], {}),
    "OBJECT_REMOVED_DELETE": (["Object Deleted"], {"deletion-type": ["Permanently Deleted"]}),
    "OBJECT_REMOVED_DELETE_MARKER_CREATED": (["Object Deleted"], {"deletion-type": ["Delete Marker Created"]}),
    "LIFECYCLE_EXPIRATION": (["Object Deleted"], {"reason": ["Lifecycle Expiration"]}),
    "LIFECYCLE_EXPIRATION_DELETE": (
        ["Object Deleted"],
        {"reason": ["Lifecycle Expiration"], "deletion-type": ["Permanently Deleted"]},
    ),
    "LIFECYCLE_EXPIRATION_DELETE_MARKER_CREATED": (
        ["Object Deleted"],
        {"reason": ["Lifecycle Expiration"], "deletion-type": ["Delete Marker Created"]},
    ),
    "LIFECYCLE_TRANSITION": (["Object Storage Class Changed"], {}),
    "INTELLIGENT_TIERING": (["Object Access Tier Changed"], {}),
    "OBJECT_RESTORE": (["Object Restore Initiated", "Object Restore Completed", "Object Restore Expired"], {}),
    "OBJECT_RESTORE_POST": (["Object Restore Initiated"], {}),
    "OBJECT_RESTORE_COMPLETED": (["Object Restore Completed"], {}),
    "OBJECT_RESTORE_DELETE": (["Object Restore Expired"], {}),
    "OBJECT_TAGGING": (["Object Tags Added", "Object Tags Deleted"], {}),
    "OBJECT_TAGGING_PUT": (["Object Tags Added"], {}),
    "OBJECT_TAGGING_DELETE": (["Object Tags Deleted"], {}),
    "OBJECT_ACL_PUT": (["Object ACL Updated"], {}),
}
"""What AWS's pages say of each: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""

NOT_SENT = sorted({event_type.name for event_type in s3.EventType} - EVENTS.keys())


COMBINED: list[tuple[list[str], list[str], dict[str, list[str]]]] = [
    (["OBJECT_CREATED", "OBJECT_REMOVED"], ["Object Created", "Object Deleted"], {}),
    (["OBJECT_CREATED_PUT", "OBJECT_CREATED_COPY"], ["Object Created"], {"reason": ["PutObject", "CopyObject"]}),
    (["OBJECT_CREATED", "OBJECT_CREATED"], ["Object Created"], {}),
    (["OBJECT_TAGGING", "OBJECT_TAGGING_PUT"], ["Object Tags Added", "Object Tags Deleted"], {}),
    (
        ["LIFECYCLE_EXPIRATION_DELETE", "LIFECYCLE_EXPIRATION_DELETE_MARKER_CREATED"],
        ["Object Deleted"],
        {"reason": ["Lifecycle Expiration"], "deletion-type": ["Permanently Deleted", "Delete Marker Created"]},
    ),
]


MIXED = [
    ["OBJECT_CREATED_PUT", "OBJECT_REMOVED"],
    ["OBJECT_CREATED_PUT", "OBJECT_CREATED"],
    ["OBJECT_REMOVED_DELETE", "LIFECYCLE_EXPIRATION"],
    ["OBJECT_REMOVED_DELETE", "LIFECYCLE_EXPIRATION_DELETE"],
    ["OBJECT_CREATED_PUT", "LIFECYCLE_EXPIRATION"],
]


class TestEventTypes:
    @pytest.mark.parametrize("name", EVENTS)
    def test_an_event_of_s3_is_recognised_as_event_bridge_has_it(self, name: str, stack: cdk.Stack) -> None:
        detail_types, detail = EVENTS[name]

        trigger(stack, event_types=[s3.EventType[name]])

        found = pattern(synthesize(stack))
        assert found["detail-type"] == detail_types
        assert {field: values for field, values in found["detail"].items() if field != "bucket"} == detail

    @pytest.mark.parametrize(("names", "detail_types", "detail"), COMBINED)
    def test_events_of_one_filter_share_a_rule(
        self, names: list[str], detail_types: list[str], detail: dict[str, list[str]], stack: cdk.Stack
    ) -> None:
        trigger(stack, event_types=[s3.EventType[name] for name in names])

        found = pattern(synthesize(stack))
        assert found["detail-type"] == detail_types
        assert {field: values for field, values in found["detail"].items() if field != "bucket"} == detail

    @pytest.mark.parametrize("names", MIXED)
    def test_fails_when_events_need_different_filters(self, names: list[str], stack: cdk.Stack) -> None:
        refused(stack, "EventTypesMixed", ", ".join(names), event_types=[s3.EventType[name] for name in names])

    @pytest.mark.parametrize("name", NOT_SENT)
    def test_fails_when_s3_does_not_send_the_event_to_event_bridge(self, name: str, stack: cdk.Stack) -> None:
        refused(stack, "EventTypeUnknown", name, event_types=[s3.EventType[name]])

    def test_only_failures_of_replication_and_lost_objects_are_not_sent(self) -> None:
        assert all("REPLICATION" in name or name == "REDUCED_REDUNDANCY_LOST_OBJECT" for name in NOT_SENT)

    @pytest.mark.parametrize(
        ("wrong", "got"), [([], "none"), (["s3:ObjectCreated:*"], "'s3:ObjectCreated:*'"), (5, "5"), ([[]], "[]")]
    )
    def test_fails_when_there_is_no_event(self, wrong: Any, got: str, stack: cdk.Stack) -> None:  # noqa: ANN401
        refused(stack, "EventTypeUnknown", got, event_types=wrong)

    def test_a_single_event_may_stand_alone(self, stack: cdk.Stack) -> None:
        trigger(stack, event_types=s3.EventType.OBJECT_REMOVED)

        assert pattern(synthesize(stack))["detail-type"] == ["Object Deleted"]


REMOVED = [s3.EventType.OBJECT_REMOVED]

LOOPS: dict[str, tuple[dict[str, Any], Granting, str]] = {
    "everything everywhere": (
        {},
        lambda bucket, function: bucket.grant_write(function),
        "got a grant of s3:PutObject on '*' while events of '*' start Stack/Function",
    ),
    "everything into a prefix": (
        {"prefix": "in/"},
        lambda bucket, function: bucket.grant_write(function),
        "got a grant of s3:PutObject on '*' while events of 'in/*' start Stack/Function",
    ),
    "the same prefix": (
        {"prefix": "in/"},
        lambda bucket, function: bucket.grant_write(function, "in/*"),
        "got a grant of s3:PutObject on 'in/*' while",
    ),
    "below the prefix": (
        {"prefix": "in/"},
        lambda bucket, function: bucket.grant_put(function, "in/deep/*"),
        "got a grant of s3:PutObject on 'in/deep/*' while",
    ),
    "above the prefix": (
        {"prefix": "in/deep/"},
        lambda bucket, function: bucket.grant_put(function, "in/*"),
        "got a grant of s3:PutObject on 'in/*' while events of 'in/deep/*' start",
    ),
    "one key": (
        {"prefix": "in/"},
        lambda bucket, function: bucket.grant_put(function, "in/report.csv"),
        "got a grant of s3:PutObject on 'in/report.csv' while",
    ),
    "the same suffix": (
        {"suffix": ".csv"},
        lambda bucket, function: bucket.grant_put(function, "out/*.csv"),
        "got a grant of s3:PutObject on 'out/*.csv' while events of '*.csv' start",
    ),
    "a single character": (
        {"prefix": "in/"},
        lambda bucket, function: bucket.grant_put(function, "in?report"),
        "got a grant of s3:PutObject on 'in?report' while",
    ),
    "reading and writing": (
        {},
        lambda bucket, function: bucket.grant_read_write(function),
        "got a grant of s3:PutObject on '*' while",
    ),
    "deleting what starts on removal": (
        {"event_types": REMOVED},
        lambda bucket, function: bucket.grant_delete(function),
        "got a grant of s3:DeleteObject on '*' while",
    ),
    "tagging what starts on tags": (
        {"event_types": [s3.EventType.OBJECT_TAGGING_PUT]},
        lambda bucket, function: function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:PutObjectTagging"], resources=[bucket.arn_for_objects("*")])
        ),
        "got a grant of s3:PutObjectTagging on '*' while",
    ),
    "every action": (
        {},
        lambda bucket, function: function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:*"], resources=[bucket.bucket_arn, bucket.arn_for_objects("*")])
        ),
        "got a grant of s3:PutObject on '*' while",
    ),
    "every resource": (
        {"prefix": "in/"},
        lambda _, function: function.add_to_role_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=["*"])),
        "got a grant of s3:PutObject on '*' while",
    ),
    "every bucket": (
        {},
        lambda _, function: function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:PutObject"], resources=["arn:aws:s3:::*"])
        ),
        "got a grant of s3:PutObject on '*' while",
    ),
}

NO_LOOPS: dict[str, tuple[dict[str, Any], Granting]] = {
    "reading": ({}, lambda bucket, function: bucket.grant_read(function)),
    "another prefix": ({"prefix": "in/"}, lambda bucket, function: bucket.grant_write(function, "out/*")),
    "another prefix that begins alike": (
        {"prefix": "in/"},
        lambda bucket, function: bucket.grant_write(function, "internal/*"),
    ),
    "another suffix": ({"suffix": ".xlsx"}, lambda bucket, function: bucket.grant_put(function, "*.csv")),
    "another key": ({"prefix": "in/"}, lambda bucket, function: bucket.grant_put(function, "report.csv")),
    "deleting what starts on creation": ({}, lambda bucket, function: bucket.grant_delete(function)),
    "writing what starts on removal": (
        {"event_types": REMOVED},
        lambda bucket, function: function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[bucket.arn_for_objects("*")])
        ),
    ),
    "writing what starts by a lifecycle rule's transition": (
        {"event_types": [s3.EventType.LIFECYCLE_TRANSITION]},
        lambda bucket, function: bucket.grant_read_write(function),
    ),
    "forbidding": (
        {},
        lambda bucket, function: function.add_to_role_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY, actions=["s3:PutObject"], resources=[bucket.arn_for_objects("*")]
            )
        ),
    ),
    "everything but something": (
        {},
        lambda _, function: function.add_to_role_policy(
            iam.PolicyStatement(not_actions=["s3:PutObject"], resources=["*"])
        ),
    ),
    "a prefix that is known at deployment only": (
        {"prefix": "in/"},
        lambda bucket, function: bucket.grant_put(
            function, f"{cdk.CfnParameter(cdk.Stack.of(function), 'Output').value_as_string}/*"
        ),
    ),
}


ROLES: dict[str, Callable[[cdk.Stack], iam.IRole]] = {
    "own": lambda stack: iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
    "imported": lambda stack: iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111111111111:role/orders"),
}


class TestRecursion:
    @pytest.mark.parametrize("loop", LOOPS)
    @pytest.mark.parametrize("home", ["defined", "own", "other stack", "imported"])
    def test_fails_at_synthesis_when_the_function_may_start_itself(self, loop: str, home: str, app: cdk.App) -> None:
        options, grant, message = LOOPS[loop]
        stack = cdk.Stack(app, "Stack")
        function = define(stack)

        defined = trigger(stack, function=function, **options, **bucket_at(home, app, stack))
        grant(defined.bucket, function)

        with pytest.raises(RuntimeError) as caught:
            app.synth()
        assert "[Stack/Uploads] 'bucket' must not be changed" in str(caught.value)
        assert message in str(caught.value)
        assert "(RecursionThroughBucket)" in str(caught.value)

    @pytest.mark.parametrize("harmless", NO_LOOPS)
    @pytest.mark.parametrize("home", ["defined", "other stack", "imported"])
    def test_what_starts_nothing_is_allowed(self, harmless: str, home: str, app: cdk.App) -> None:
        options, grant = NO_LOOPS[harmless]
        stack = cdk.Stack(app, "Stack")
        function = define(stack)

        defined = trigger(stack, function=function, **options, **bucket_at(home, app, stack))
        grant(defined.bucket, function)

        app.synth()

    def test_fails_when_failures_are_put_into_the_bucket_that_starts_it(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")

        trigger(stack, function=define(stack, on_failure=bucket), bucket=bucket)

        with pytest.raises(RuntimeError, match="RecursionThroughBucket"):
            synthesize(stack)

    def test_another_bucket_may_be_written(self, stack: cdk.Stack) -> None:
        function = define(stack)
        trigger(stack, function=function)

        s3.Bucket(stack, "Results").grant_write(function)

        synthesize(stack)

    def test_a_bucket_whose_name_begins_alike_is_another_one(self, stack: cdk.Stack) -> None:
        function = define(stack)
        uploads = s3.Bucket.from_bucket_name(stack, "Bucket", "uploads")
        trigger(stack, function=function, bucket=uploads, reports_to_event_bridge=True)

        s3.Bucket.from_bucket_name(stack, "Archive", "uploads-archive").grant_write(function)

        synthesize(stack)

    def test_another_function_may_write(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        defined.bucket.grant_write(define(stack, "Other"))

        synthesize(stack)

    def test_it_is_allowed_with_a_reason(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function, allow_recursion="each round halves the file, down to one line")
        defined.bucket.grant_write(function)

        synthesize(stack)

    @pytest.mark.parametrize("reason", ["", "  ", True])
    def test_fails_when_the_reason_says_nothing(self, reason: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
        refused(stack, "ReasonMissing", repr(reason), allow_recursion=reason)

    @pytest.mark.parametrize("kind", ROLES)
    def test_fails_through_a_role_of_the_users(self, kind: str, stack: cdk.Stack) -> None:
        function = define(stack, role=ROLES[kind](stack))
        defined = trigger(stack, function=function)

        defined.bucket.grant_write(function)

        with pytest.raises(RuntimeError, match="RecursionThroughBucket"):
            synthesize(stack)

    def test_fails_through_an_inline_policy_of_the_users_role(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")
        statement = iam.PolicyStatement(actions=["s3:PutObject"], resources=[bucket.arn_for_objects("*")])
        role = iam.Role(
            stack,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Write": iam.PolicyDocument(statements=[statement])},
        )

        trigger(stack, function=define(stack, role=role), bucket=bucket)

        with pytest.raises(RuntimeError, match="RecursionThroughBucket"):
            synthesize(stack)

    def test_a_prefix_that_is_known_at_deployment_only_is_told_from_what_is_known(self, stack: cdk.Stack) -> None:
        prefix = f"in/{cdk.CfnParameter(stack, 'Tenant').value_as_string}/"
        function = define(stack)
        defined = trigger(stack, function=function, prefix=prefix)

        defined.bucket.grant_put(function, "in/7/*")  # perhaps
        defined.bucket.grant_put(function, "out/*")  # no
        synthesize(stack)

        defined.bucket.grant_put(function, "in/*")  # surely
        with pytest.raises(RuntimeError, match=r"s3:PutObject on 'in/\*' while events of 'in//\*' start"):
            synthesize(stack)

    def test_a_policy_that_is_too_large_for_one_is_read_whole(self, stack: cdk.Stack) -> None:
        function = define(stack)
        defined = trigger(stack, function=function)
        for number in range(200):
            function.add_to_role_policy(
                iam.PolicyStatement(
                    actions=["ses:SendEmail"], resources=[f"arn:aws:ses:eu-west-1:1:identity/{number:050}"]
                )
            )
        defined.bucket.grant_put(function)

        with pytest.raises(RuntimeError, match="RecursionThroughBucket"):
            synthesize(stack)


def bucket_at(home: str, app: cdk.App, stack: cdk.Stack) -> dict[str, Any]:
    """The trigger's options that give it a bucket from somewhere."""
    if home == "own":
        return {"bucket": s3.Bucket(stack, "Bucket")}
    if home == "other stack":
        return {"bucket": s3.Bucket(cdk.Stack(app, "Storage"), "Bucket")}
    if home == "imported":
        return {"bucket": s3.Bucket.from_bucket_name(stack, "Bucket", "uploads"), "reports_to_event_bridge": True}
    return {}


class TestAcrossStacks:
    def test_bucket_function_and_trigger_may_stand_in_three_stacks(self, app: cdk.App) -> None:
        storage, code, glue = (cdk.Stack(app, name) for name in ("Storage", "Code", "Glue"))
        bucket, function = s3.Bucket(storage, "Bucket"), define(code)

        S3Trigger(glue, "Uploads", function=function, bucket=bucket)
        bucket.grant_read(function)

        app.synth()
        assert {dependency.stack_name for dependency in glue.dependencies} == {"Storage", "Code"}
        assert [dependency.stack_name for dependency in code.dependencies] == ["Storage"]
        assert storage.dependencies == []

    def test_the_trigger_in_another_stack_keeps_what_does_not_arrive_itself(self, app: cdk.App) -> None:
        """The function's queue would have to name the rule, and the rule names the function: a cycle."""
        code, glue = cdk.Stack(app, "Code"), cdk.Stack(app, "Glue")
        function = define(code)

        defined = S3Trigger(glue, "Uploads", function=function)

        template = synthesize(glue)
        assert len(resources(template, "AWS::SQS::Queue")) == 1
        metrics = {alarm["MetricName"] for alarm in resources(template, "AWS::CloudWatch::Alarm").values()}
        assert "ApproximateNumberOfMessagesVisible" in metrics
        assert defined.dead_letter_queue is not function.failure_queue
        assert function.failure_queue is not None

    def test_a_bucket_under_a_customers_key_works_across_stacks(self, app: cdk.App) -> None:
        storage, code = cdk.Stack(app, "Storage"), cdk.Stack(app, "Code")
        bucket = s3.Bucket(storage, "Bucket", encryption_key=kms.Key(storage, "Key"))
        function = define(code)

        S3Trigger(code, "Uploads", function=function, bucket=bucket)
        bucket.grant_read(function)

        app.synth()
        assert storage.dependencies == []

    @pytest.mark.parametrize("flags", [False, True])
    def test_the_recommended_feature_flags_change_no_resource(self, flags: bool) -> None:  # noqa: FBT001
        template = synthesize(trigger, recommended_flags=flags)

        assert sorted(resource["Type"].removeprefix("AWS::") for resource in template["Resources"].values()) == [
            *["CloudWatch::Alarm"] * 5,
            "Events::Rule",
            "IAM::Role",
            "Lambda::Alias",
            "Lambda::EventInvokeConfig",
            "Lambda::Function",
            "Lambda::Permission",
            "Lambda::Version",
            "Logs::LogGroup",
            "S3::Bucket",
            "S3::BucketPolicy",
            "SQS::Queue",
            "SQS::QueuePolicy",
        ]
