from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_codeguruprofiler as codeguruprofiler,
    aws_ec2 as ec2,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
    aws_logs as logs,
    aws_s3 as s3,
    aws_signer as signer,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import WellArchitectedFunction, practices, quotas
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import CODE, actions, define, only, refused, resources, the_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_lambda_patterns.testing import Template


def types(template: Template) -> list[str]:
    return sorted(resource["Type"].removeprefix("AWS::") for resource in template["Resources"].values())


def test_a_function_has_its_role_log_group_version_alias_and_two_alarms(stack: cdk.Stack) -> None:
    define(stack)

    assert types(synthesize(stack)) == [
        "CloudWatch::Alarm",
        "CloudWatch::Alarm",
        "IAM::Role",
        "Lambda::Alias",
        "Lambda::Function",
        "Lambda::Version",
        "Logs::LogGroup",
    ]


def test_the_defaults_are_the_practices(stack: cdk.Stack) -> None:
    define(stack)

    template = synthesize(stack)
    function = the_function(template)
    assert function["Runtime"] == practices.RUNTIME
    assert function["Architectures"] == [practices.ARCHITECTURE]
    assert function["MemorySize"] == practices.MEMORY_MB
    assert function["Timeout"] == practices.TIMEOUT_SECONDS
    assert function["TracingConfig"] == {"Mode": practices.TRACING}
    assert function["RecursiveLoop"] == practices.RECURSIVE_LOOP
    (log_group,) = resources(template, "AWS::Logs::LogGroup")
    assert function["LoggingConfig"] == {
        "ApplicationLogLevel": practices.APPLICATION_LOG_LEVEL,
        "LogFormat": practices.LOG_FORMAT,
        "LogGroup": {"Ref": log_group},
        "SystemLogLevel": practices.SYSTEM_LOG_LEVEL,
    }
    absent = {"Description", "Environment", "FunctionName", "Layers", "ReservedConcurrentExecutions", "VpcConfig"}
    assert not absent & function.keys()


def test_the_cdks_own_architecture_is_used(stack: cdk.Stack) -> None:
    """One made by name would build images for the wrong processor."""
    assert define(stack).architecture.docker_platform == "linux/arm64"


OVERRIDES: dict[str, tuple[Any, str, Any]] = {
    "description": ("Takes orders", "Description", "Takes orders"),
    "function_name": ("orders", "FunctionName", "orders"),
    "memory_size": (1769, "MemorySize", 1769),
    "reserved_concurrent_executions": (0, "ReservedConcurrentExecutions", 0),
    "recursive_loop": (lambda_.RecursiveLoop.ALLOW, "RecursiveLoop", "Allow"),
    "tracing": (lambda_.Tracing.PASS_THROUGH, "TracingConfig", {"Mode": "PassThrough"}),
}


@pytest.mark.parametrize("option", OVERRIDES)
def test_a_value_of_the_users_wins(option: str, stack: cdk.Stack) -> None:
    value, prop, expected = OVERRIDES[option]

    define(stack, **{option: value})

    assert the_function(synthesize(stack))[prop] == expected


def test_objects_of_the_users_win(stack: cdk.Stack) -> None:
    define(
        stack,
        architecture=lambda_.Architecture.X86_64,
        ephemeral_storage_size=cdk.Size.mebibytes(1024),
        runtime=lambda_.Runtime.PYTHON_3_12,
        timeout=cdk.Duration.minutes(1),
    )

    function = the_function(synthesize(stack))
    assert function["Architectures"] == ["x86_64"]
    assert function["EphemeralStorage"] == {"Size": 1024}
    assert function["Runtime"] == "python3.12"
    assert function["Timeout"] == 60


PASSED_ON: dict[str, tuple[Callable[[cdk.Stack], Any], str, str]] = {
    "code_signing_config": (
        lambda stack: lambda_.CodeSigningConfig(
            stack,
            "Signing",
            signing_profiles=[
                signer.SigningProfile(stack, "Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA)
            ],
        ),
        "AWS::Lambda::Function",
        "CodeSigningConfigArn",
    ),
    "current_version_options": (
        lambda _: lambda_.VersionOptions(description="released"),
        "AWS::Lambda::Version",
        "Description",
    ),
    "profiling_group": (
        lambda stack: codeguruprofiler.ProfilingGroup(stack, "Profiles"),
        "AWS::Lambda::Function",
        "Environment",
    ),
    "runtime_management_mode": (
        lambda _: lambda_.RuntimeManagementMode.FUNCTION_UPDATE,
        "AWS::Lambda::Function",
        "RuntimeManagementConfig",
    ),
    "tenancy_config": (lambda _: lambda_.TenancyConfig.PER_TENANT, "AWS::Lambda::Function", "TenancyConfig"),
}


@pytest.mark.parametrize("option", PASSED_ON)
def test_an_option_of_the_cdk_is_passed_on(option: str, stack: cdk.Stack) -> None:
    make, kind, prop = PASSED_ON[option]

    # CodeGuru Profiler knows no newer Python.
    define(stack, runtime=lambda_.Runtime.PYTHON_3_11, **{option: make(stack)})

    assert prop in only(synthesize(stack), kind)


def test_tracing_may_be_turned_off(stack: cdk.Stack) -> None:
    define(stack, tracing=lambda_.Tracing.DISABLED)

    assert "TracingConfig" not in the_function(synthesize(stack))


@pytest.mark.parametrize(
    "option",
    [
        *("architecture", "environment", "ephemeral_storage_size", "events", "layers", "logging_format", "memory_size"),
        *("log_group", "log_retention", "log_removal_policy", "max_event_age", "notify", "on_failure", "on_success"),
        *("recursive_loop", "retry_attempts", "role", "runtime", "timeout", "tracing", "vpc", "dead_letter_queue"),
    ],
)
def test_none_means_the_default(option: str, stack: cdk.Stack) -> None:
    other = cdk.Stack(cdk.App.of(stack), "Other")

    define(stack, **{option: None})
    define(other)

    assert synthesize(stack)["Resources"] == synthesize(other)["Resources"]


def test_text_logs_have_no_levels(stack: cdk.Stack) -> None:
    define(stack, logging_format=lambda_.LoggingFormat.TEXT)

    assert the_function(synthesize(stack))["LoggingConfig"].keys() == {"LogFormat", "LogGroup"}


def test_levels_may_be_chosen(stack: cdk.Stack) -> None:
    define(
        stack,
        application_log_level_v2=lambda_.ApplicationLogLevel.DEBUG,
        system_log_level_v2=lambda_.SystemLogLevel.WARN,
    )

    config = the_function(synthesize(stack))["LoggingConfig"]
    assert (config["ApplicationLogLevel"], config["SystemLogLevel"]) == ("DEBUG", "WARN")


def test_it_can_stand_in_the_place_of_a_plain_function(app: cdk.App) -> None:
    """Nothing that exists is replaced: the logical ids of the function and its role stay."""
    before, after = cdk.Stack(app, "Before"), cdk.Stack(app, "After")
    lambda_.Function(
        before,
        "Function",
        code=lambda_.Code.from_inline(CODE),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_14,
    )
    define(after)

    assert synthesize(before)["Resources"].keys() < synthesize(after)["Resources"].keys()


class TestLogGroup:
    def test_it_keeps_events_for_the_practice_and_stays(self, stack: cdk.Stack) -> None:
        define(stack)

        (log_group,) = of_type(synthesize(stack), "AWS::Logs::LogGroup")
        assert log_group["Properties"] == {"RetentionInDays": practices.LOG_RETENTION_DAYS}
        assert log_group["DeletionPolicy"] == log_group["UpdateReplacePolicy"] == "Retain"

    def test_fails_when_a_snapshot_is_to_be_made_of_it(self, stack: cdk.Stack) -> None:
        refused(stack, "RemovalPolicyInvalid", "SNAPSHOT", log_removal_policy=cdk.RemovalPolicy.SNAPSHOT)

    @pytest.mark.parametrize("flags", [False, True])
    def test_retention_and_removal_may_be_chosen(self, flags: bool) -> None:  # noqa: FBT001
        template = synthesize(
            lambda stack: define(
                stack,
                log_retention=logs.RetentionDays.ONE_DAY,
                log_removal_policy=cdk.RemovalPolicy.DESTROY,
            ),
            recommended_flags=flags,
        )

        (log_group,) = of_type(template, "AWS::Logs::LogGroup")
        assert log_group["Properties"] == {"RetentionInDays": 1}
        assert log_group["DeletionPolicy"] == log_group["UpdateReplacePolicy"] == "Delete"

    @pytest.mark.parametrize("flags", [False, True])
    @pytest.mark.parametrize("retention", logs.RetentionDays)
    def test_each_retention_of_the_service_is_passed_on(self, retention: logs.RetentionDays, flags: bool) -> None:  # noqa: FBT001
        template = synthesize(
            lambda stack: (define(stack, log_retention=retention), logs.LogGroup(stack, "Plain", retention=retention)),
            recommended_flags=flags,
        )

        ours, plain = resources(template, "AWS::Logs::LogGroup").values()
        assert ours == plain
        days = ours.get("RetentionInDays")
        assert days is None if retention is logs.RetentionDays.INFINITE else days in quotas.LOG_RETENTION_DAYS

    def test_every_retention_of_the_service_can_be_chosen(self) -> None:
        assert len(quotas.LOG_RETENTION_DAYS) == len(logs.RetentionDays) - 1

    @pytest.mark.parametrize(
        ("retention", "instead"),
        [
            (30, "ONE_MONTH"),
            (31, "TWO_MONTHS, the next longer one"),
            (0, "ONE_DAY, the next longer one"),
            (3_653, "TEN_YEARS"),
            (3_654, "INFINITE, the next longer one"),
            ("ONE_MONTH", "ONE_MONTH"),
        ],
    )
    def test_fails_when_the_retention_is_a_bare_number(self, retention: object, instead: str, stack: cdk.Stack) -> None:
        error = refused(stack, "LogRetentionInvalid", repr(retention), log_retention=retention)

        assert f"; write it as aws_logs.RetentionDays.{instead} [" in str(error)

    @pytest.mark.parametrize(
        ("option", "value"),
        [("log_retention", logs.RetentionDays.ONE_DAY), ("log_removal_policy", cdk.RemovalPolicy.DESTROY)],
    )
    def test_fails_when_options_are_given_beside_a_group(self, option: str, value: object, stack: cdk.Stack) -> None:
        refused(stack, "LogOptionsConflict", str(value), log_group=logs.LogGroup(stack, "Logs"), **{option: value})

    @pytest.mark.parametrize("flags", [False, True])
    def test_a_group_of_the_users_is_the_only_one(self, flags: bool) -> None:  # noqa: FBT001
        def with_group(stack: cdk.Stack) -> None:
            log_group = logs.LogGroup(stack, "Logs")
            assert define(stack, log_group=log_group).log_group is log_group

        template = synthesize(with_group, recommended_flags=flags)

        (name,) = resources(template, "AWS::Logs::LogGroup")
        assert name.startswith("Logs")
        assert the_function(template)["LoggingConfig"]["LogGroup"] == {"Ref": name}

    @pytest.mark.parametrize("flags", [False, True])
    def test_asking_for_it_defines_nothing(self, flags: bool) -> None:  # noqa: FBT001
        """The CDK's own property would define a custom resource that sets the retention."""

        def asks(stack: cdk.Stack) -> None:
            function = define(stack)
            cdk.CfnOutput(stack, "Group", value=function.log_group.log_group_name)

        template = synthesize(asks, recommended_flags=flags)

        (name,) = resources(template, "AWS::Logs::LogGroup")
        assert template["Outputs"]["Group"]["Value"] == {"Ref": name}
        assert len(resources(template, "AWS::Lambda::Function")) == 1

    def test_a_metric_filter_can_be_defined_on_it(self, stack: cdk.Stack) -> None:
        define(stack).log_group.add_metric_filter(
            "Timeouts",
            filter_pattern=logs.FilterPattern.literal("Task timed out"),
            metric_name="Timeouts",
            metric_namespace="Orders",
        )

        template = synthesize(stack)
        (name,) = resources(template, "AWS::Logs::LogGroup")
        assert only(template, "AWS::Logs::MetricFilter")["LogGroupName"] == {"Ref": name}


def of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    return [resource for resource in template["Resources"].values() if resource["Type"] == kind]


def whole(stack: cdk.Stack) -> None:
    """A function with all that it can have."""
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )
    function = define(
        stack,
        environment={"TABLE_NAME": "orders"},
        notify=sns.Topic(stack, "Topic"),
        on_success=sqs.Queue(stack, "Done"),
        vpc=vpc,
    )
    s3.Bucket(stack, "Bucket").grant_read(function)


@pytest.mark.parametrize("definition", [define, whole])
def test_the_recommended_feature_flags_change_no_resource(definition: Callable[[cdk.Stack], object]) -> None:
    plain, flagged = synthesize(definition), synthesize(definition, recommended_flags=True)

    def without_hashes(template: Template) -> dict[str, Any]:
        # A version's logical id is a hash over the function, and under one flag over the layers' order too.
        return {name.split("CurrentVersion")[0]: resource for name, resource in template["Resources"].items()}

    assert without_hashes(flagged).keys() == without_hashes(plain).keys()
    assert {name: r["Type"] for name, r in without_hashes(flagged).items()} == {
        name: r["Type"] for name, r in without_hashes(plain).items()
    }
    for kind in ("AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::IAM::Role"):
        assert resources(flagged, kind) == resources(plain, kind)


ASYNCHRONOUS: dict[str, Callable[[cdk.Stack], Any]] = {
    "SNS": lambda stack: event_sources.SnsEventSource(sns.Topic(stack, "Source")),
    "S3": lambda stack: event_sources.S3EventSource(s3.Bucket(stack, "Source"), events=[s3.EventType.OBJECT_CREATED]),
    "any S3": lambda stack: event_sources.S3EventSourceV2(
        s3.Bucket(stack, "Source"), events=[s3.EventType.OBJECT_CREATED]
    ),
}


class TestLive:
    def test_it_is_an_alias_on_the_current_version(self, stack: cdk.Stack) -> None:
        function = define(stack)

        template = synthesize(stack)
        (version,) = resources(template, "AWS::Lambda::Version")
        alias = only(template, "AWS::Lambda::Alias")
        assert alias["Name"] == practices.LIVE_ALIAS
        assert alias["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}
        assert function.live.alias_name == "live"

    def test_a_change_of_the_function_makes_a_new_version(self, app: cdk.App) -> None:
        stacks = [cdk.Stack(app, name) for name in ("One", "Two", "Three")]
        for stack, memory in zip(stacks, (512, 512, 513), strict=True):
            define(stack, memory_size=memory)

        one, two, three = (set(resources(synthesize(stack), "AWS::Lambda::Version")) for stack in stacks)
        assert one == two
        assert one != three

    def test_a_change_of_what_the_library_sets_makes_a_new_version(self, app: cdk.App) -> None:
        """Tracing and the log group are set behind the CDK's back: they must count still."""
        stacks = [cdk.Stack(app, name) for name in ("One", "Two")]
        for stack, tracing in zip(stacks, (lambda_.Tracing.ACTIVE, lambda_.Tracing.PASS_THROUGH), strict=True):
            define(stack, tracing=tracing)

        one, two = (set(resources(synthesize(stack), "AWS::Lambda::Version")) for stack in stacks)
        assert one != two

    def test_an_event_source_starts_live(self, stack: cdk.Stack) -> None:
        function = define(stack, events=[event_sources.SqsEventSource(sqs.Queue(stack, "One"))])
        function.add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Two")))

        mappings = resources(synthesize(stack), "AWS::Lambda::EventSourceMapping").values()
        assert [mapping["FunctionName"]["Fn::Join"][1][-1] for mapping in mappings] == [":live"] * 2
        assert function.failure_queue is None, "a poller's failures go to the queue's own dead-letter queue"

    @pytest.mark.parametrize("kind", ASYNCHRONOUS)
    def test_an_asynchronous_event_source_brings_the_failure_path(self, kind: str, stack: cdk.Stack) -> None:
        function = define(stack)

        function.add_event_source(ASYNCHRONOUS[kind](stack))

        assert function.failure_queue is not None
        (alias,) = resources(synthesize(stack), "AWS::Lambda::Alias")
        assert only_permission(synthesize(stack))["FunctionName"] == {"Ref": alias}

    def test_snap_start_works_without_a_warning(self, stack: cdk.Stack) -> None:
        define(stack, snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS)

        assembly = cdk.App.of(stack).synth(force=True)  # type: ignore[union-attr]

        messages = [message.entry.data for message in assembly.get_stack_by_name("Stack").messages]
        assert messages == []
        assert the_function(synthesize(stack))["SnapStart"] == {"ApplyOn": "PublishedVersions"}

    def test_instrumentation_traces_as_the_user_says(self, stack: cdk.Stack) -> None:
        instrumentation = lambda_.AdotInstrumentationConfig(
            layer_version=lambda_.AdotLayerVersion.from_python_sdk_layer_version(
                lambda_.AdotLambdaLayerPythonSdkVersion.LATEST
            ),
            exec_wrapper=lambda_.AdotLambdaExecWrapper.INSTRUMENT_HANDLER,
        )
        define(stack, "Traced", adot_instrumentation=instrumentation)
        define(stack, "Silent", adot_instrumentation=instrumentation, tracing=lambda_.Tracing.DISABLED)

        template = synthesize(stack)
        traced, silent = resources(template, "AWS::Lambda::Function").values()
        assert traced["TracingConfig"] == {"Mode": "Active"}
        assert "TracingConfig" not in silent
        assert resources(template, "AWS::IAM::Policy") == {}, "the right to trace stands in the baseline"


def only_permission(template: Template) -> dict[str, Any]:
    (permission,) = [
        properties
        for properties in resources(template, "AWS::Lambda::Permission").values()
        if properties["Principal"] != "events.amazonaws.com"
    ]
    return permission


class TestAsynchronousInvocation:
    def test_there_is_no_failure_path_until_something_calls_asynchronously(self, stack: cdk.Stack) -> None:
        assert define(stack).failure_queue is None
        assert resources(synthesize(stack), "AWS::Lambda::EventInvokeConfig") == {}

    def test_failures_are_kept_in_a_queue(self, stack: cdk.Stack) -> None:
        function = define(stack)

        function.invoked_asynchronously()

        template = synthesize(stack)
        ((name, queue),) = resources(template, "AWS::SQS::Queue").items()
        assert queue == {
            "MessageRetentionPeriod": practices.FAILURE_QUEUE_RETENTION_SECONDS,
            "SqsManagedSseEnabled": True,
        }
        config = only(template, "AWS::Lambda::EventInvokeConfig")
        assert config["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": [name, "Arn"]}}}
        assert config["MaximumRetryAttempts"] == practices.ASYNC_RETRY_ATTEMPTS
        assert config["MaximumEventAgeInSeconds"] == practices.ASYNC_EVENT_AGE_SECONDS
        assert "sqs:SendMessage" in actions(template)
        assert isinstance(function.failure_queue, sqs.Queue)

    def test_the_failure_queue_refuses_plain_connections(self, stack: cdk.Stack) -> None:
        define(stack).invoked_asynchronously()

        (statement,) = only(synthesize(stack), "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_the_configuration_is_that_of_live(self, stack: cdk.Stack) -> None:
        define(stack).invoked_asynchronously()

        template = synthesize(stack)
        (alias,) = resources(template, "AWS::Lambda::Alias")
        (configuration,) = (
            resource
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::Lambda::EventInvokeConfig"
        )
        assert configuration["Properties"]["Qualifier"] == "live"
        assert configuration["DependsOn"] == [alias]

    def test_it_is_configured_once(self, stack: cdk.Stack) -> None:
        function = define(stack)
        function.invoked_asynchronously()

        with pytest.raises(RuntimeError, match="EventInvokeConfig has already been configured"):
            function.live.configure_async_invoke(retry_attempts=0)

    def test_saying_it_again_changes_nothing(self, stack: cdk.Stack) -> None:
        function = define(stack)
        function.invoked_asynchronously()
        before = synthesize(stack)

        function.invoked_asynchronously()

        assert synthesize(stack) == before

    @pytest.mark.parametrize(
        ("options", "prop", "expected"),
        [
            ({"retry_attempts": 0}, "MaximumRetryAttempts", 0),
            ({"max_event_age": 60}, "MaximumEventAgeInSeconds", 60),
        ],
    )
    def test_options_of_it_say_that_the_function_is_called_so(
        self, options: dict[str, Any], prop: str, expected: int, stack: cdk.Stack
    ) -> None:
        if "max_event_age" in options:
            options = {"max_event_age": cdk.Duration.seconds(options["max_event_age"])}

        function = define(stack, **options)

        assert only(synthesize(stack), "AWS::Lambda::EventInvokeConfig")[prop] == expected
        assert function.failure_queue is not None

    def test_the_failure_path_makes_no_cycle_across_stacks(self, app: cdk.App) -> None:
        stack, other = cdk.Stack(app, "Stack"), cdk.Stack(app, "Other")
        function = define(stack)
        function.invoked_asynchronously()

        cdk.CfnOutput(other, "Queue", value=function.failure_queue.queue_arn if function.failure_queue else "")

        synthesize(other)
        assert other.dependencies == [stack]


def test_the_baseline_of_a_function_in_a_vpc_comes_with_its_role(stack: cdk.Stack) -> None:
    whole(stack)

    template = synthesize(stack)
    function = the_function(template)
    assert function["VpcConfig"]["SubnetIds"] == ["subnet-1", "subnet-2"]
    assert len(resources(template, "AWS::EC2::SecurityGroup")) == 1
    assert "ec2:CreateNetworkInterface" in actions(template)


def test_what_other_constructs_derive_from_is_known(stack: cdk.Stack) -> None:
    seconds = cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number
    plain = define(stack, "Plain")
    chosen = define(stack, "Chosen", timeout=cdk.Duration.minutes(2), reserved_concurrent_executions=5)
    later = define(stack, "Later", timeout=cdk.Duration.seconds(seconds), reserved_concurrent_executions=seconds)

    assert (plain.timeout_seconds, plain.reserved_concurrency) == (practices.TIMEOUT_SECONDS, None)
    assert (chosen.timeout_seconds, chosen.reserved_concurrency) == (120, 5)
    assert (later.timeout_seconds, later.reserved_concurrency) == (None, None)


def test_it_is_a_function_of_the_cdk(stack: cdk.Stack) -> None:
    function = define(stack)

    assert isinstance(function, lambda_.Function)
    assert isinstance(function, WellArchitectedFunction)
