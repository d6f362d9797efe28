from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2, aws_efs as efs, aws_lambda as lambda_, aws_s3 as s3, aws_signer as signer

from cdk_lambda_patterns import (
    ContainerImage,
    EventBridgeTrigger,
    KinesisTrigger,
    LogsTrigger,
    PythonCode,
    PythonLayer,
    S3Trigger,
    ScheduleTrigger,
    SnsTrigger,
    SqsTrigger,
    WellArchitectedFunction,
    WellArchitectedImageFunction,
)
from cdk_lambda_patterns.function.features import Features
from cdk_lambda_patterns.testing import synthesize
from cdk_lambda_patterns.validation import type_name
from tests.function.support import define, only, refused, resources, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SNAP_START: dict[str, Any] = {"snap_start": lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS}
TENANTS: dict[str, Any] = {"tenancy_config": lambda_.TenancyConfig.PER_TENANT}


def durable(seconds: float) -> dict[str, Any]:
    return {"durable_config": lambda_.DurableConfig(execution_timeout=cdk.Duration.seconds(seconds))}


def test_a_plain_function_has_none_of_them(stack: cdk.Stack) -> None:
    assert define(stack).features == Features()


class TestSnapStart:
    def test_is_of_the_version_behind_the_alias(self, stack: cdk.Stack) -> None:
        function = define(stack, **SNAP_START)

        assert function.features == Features(snap_start=True)
        assert the_function(synthesize(stack))["SnapStart"] == {"ApplyOn": "PublishedVersions"}

    @pytest.mark.parametrize("runtime", ["PYTHON_3_12", "JAVA_21"])
    def test_goes_with_runtimes_that_are_snapshot(self, stack: cdk.Stack, runtime: str) -> None:
        code = lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(stack, "Code", "code"), "code.zip")

        define(stack, runtime=getattr(lambda_.Runtime, runtime), code=code, **SNAP_START)

    @pytest.mark.parametrize("runtime", ["PYTHON_3_11", "NODEJS_24_X"])
    def test_fails_with_others(self, stack: cdk.Stack, runtime: str) -> None:
        chosen = getattr(lambda_.Runtime, runtime)

        refused(stack, "SnapStartRuntime", chosen.name, runtime=chosen, **SNAP_START)

    def test_goes_with_the_storage_that_a_snapshot_holds(self, stack: cdk.Stack) -> None:
        define(stack, ephemeral_storage_size=cdk.Size.mebibytes(512), **SNAP_START)

    def test_fails_with_more(self, stack: cdk.Stack) -> None:
        refused(stack, "SnapStartStorage", "513", ephemeral_storage_size=cdk.Size.mebibytes(513), **SNAP_START)

    def test_goes_with_a_storage_that_is_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number

        define(stack, ephemeral_storage_size=cdk.Size.mebibytes(number), **SNAP_START)

    def test_fails_with_a_file_system(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_vpc_attributes(
            stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
        )
        group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
        files = efs.FileSystem.from_file_system_attributes(stack, "Files", security_group=group, file_system_id="fs-1")
        point = efs.AccessPoint.from_access_point_attributes(
            stack, "Point", access_point_id="fsap-1", file_system=files
        )
        mounted = lambda_.FileSystem.from_efs_access_point(point, "/mnt/files")

        refused(stack, "SnapStartFileSystem", "snap_start beside filesystem", vpc=vpc, filesystem=mounted, **SNAP_START)

    def test_fails_with_tenants(self, stack: cdk.Stack) -> None:
        refused(stack, "SnapStartTenants", "snap_start beside tenancy_config", **SNAP_START, **TENANTS)


TRIGGERS: dict[str, Callable[[cdk.Stack, WellArchitectedFunction], object]] = {
    "sqs": lambda stack, function: SqsTrigger(stack, "Trigger", function=function),
    "kinesis": lambda stack, function: KinesisTrigger(stack, "Trigger", function=function),
    "schedule": lambda stack, function: ScheduleTrigger(stack, "Trigger", function=function, schedule="rate(1 hour)"),
    "s3": lambda stack, function: S3Trigger(stack, "Trigger", function=function),
    "sns": lambda stack, function: SnsTrigger(stack, "Trigger", function=function),
    "event bridge": lambda stack, function: EventBridgeTrigger(
        stack, "Trigger", function=function, pattern={"source": ["orders"]}
    ),
}


class TestTenants:
    def test_are_isolated_behind_the_alias(self, stack: cdk.Stack) -> None:
        function = define(stack, **TENANTS)

        assert function.features == Features(tenant_isolation=True)
        assert the_function(synthesize(stack))["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}

    @pytest.mark.parametrize("trigger", TRIGGERS)
    def test_fail_with_events_that_cannot_name_them(self, stack: cdk.Stack, trigger: str) -> None:
        function = define(stack, **TENANTS)

        refusal(
            lambda: TRIGGERS[trigger](stack, function),
            "EventSourceWithoutTenant",
            "an event source",
            path="Stack/Trigger",
        )

    def test_fail_with_logs(self, stack: cdk.Stack) -> None:
        function, other = define(stack, **TENANTS), define(stack, "Other")

        refusal(
            lambda: LogsTrigger(stack, "Trigger", function=function, log_group=other.log_group),
            "EventSourceWithoutTenant",
            "logs.amazonaws.com",
        )

    @pytest.mark.parametrize("principal", ["apigateway.amazonaws.com", "111111111111"])
    def test_go_with_callers_that_name_them(self, stack: cdk.Stack, principal: str) -> None:
        define(stack, **TENANTS).callers.allow(stack, "Permission", principal=principal)

        assert only(synthesize(stack), "AWS::Lambda::Permission")["Principal"] == principal

    @pytest.mark.parametrize("trigger", TRIGGERS)
    def test_of_no_function_without_them(self, stack: cdk.Stack, trigger: str) -> None:
        TRIGGERS[trigger](stack, define(stack))


class TestDurableExecutions:
    @pytest.mark.parametrize("destroyed", [False, True], ids=["", "in a stage that is to go"])
    def test_find_the_version_that_they_began_on(self, stack: cdk.Stack, *, destroyed: bool) -> None:
        function = define(stack, **durable(172_800))
        if destroyed:
            cdk.RemovalPolicies.of(stack.node.root).destroy()

        template = synthesize(stack)
        (version,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Version"]
        assert function.features == Features(durable=True, durable_seconds=172_800)
        assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")

    def test_need_no_version_that_the_user_lets_go(self, stack: cdk.Stack) -> None:
        options = lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.DESTROY)

        define(stack, current_version_options=options, **durable(60))

        (version,) = [r for r in synthesize(stack)["Resources"].values() if r["Type"] == "AWS::Lambda::Version"]
        assert version["DeletionPolicy"] == "Delete"

    def test_of_other_functions_are_none(self, stack: cdk.Stack) -> None:
        define(stack)

        (version,) = [r for r in synthesize(stack)["Resources"].values() if r["Type"] == "AWS::Lambda::Version"]
        assert "DeletionPolicy" not in version, "the version before goes with the deployment"

    @pytest.mark.parametrize("trigger", ["sqs", "kinesis"])
    def test_may_take_as_long_as_a_mapping_waits(self, stack: cdk.Stack, trigger: str) -> None:
        TRIGGERS[trigger](stack, define(stack, **durable(900)))

        assert len(resources(synthesize(stack), "AWS::Lambda::EventSourceMapping")) == 1

    @pytest.mark.parametrize("trigger", ["sqs", "kinesis"])
    def test_fail_when_they_take_longer(self, stack: cdk.Stack, trigger: str) -> None:
        function = define(stack, **durable(901))

        refusal(lambda: TRIGGERS[trigger](stack, function), "DurableExecutionTooLong", "901", path="Stack/Trigger")

    @pytest.mark.parametrize("trigger", ["schedule", "s3", "sns", "event bridge"])
    def test_may_take_longer_where_nobody_waits(self, stack: cdk.Stack, trigger: str) -> None:
        TRIGGERS[trigger](stack, define(stack, **durable(172_800)))

    def test_may_take_what_is_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        seconds = cdk.CfnParameter(stack, "Number", type="Number").value_as_number

        function = define(stack, **durable(seconds))

        assert function.features == Features(durable=True)
        TRIGGERS["sqs"](stack, function)


@pytest.mark.parametrize(
    "name",
    # None newer than the newest: cdk-nag would call that one the latest, for all other tests of the process.
    ["python3.13", "python3.14", "nodejs22.x", "nodejs24.x", "java17", "java21.al2023", cdk.Aws.REGION],
)
def test_durable_functions_run_on_these(name: str, stack: cdk.Stack) -> None:
    code = lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(stack, "Code", "code"), "code.zip")

    define(stack, code=code, runtime=lambda_.Runtime(name), **durable(60))

    assert "DurableConfig" in the_function(synthesize(stack))


@pytest.mark.parametrize(
    "name", ["python3.12", "python3.9", "nodejs20.x", "nodejs", "java11", "ruby3.4", "dotnet8", "provided.al2023"]
)
def test_fails_when_a_durable_function_is_of_another_runtime(name: str, stack: cdk.Stack) -> None:
    refused(stack, "DurableRuntime", name, runtime=lambda_.Runtime(name), **durable(60))


def signing(stack: cdk.Stack, policy: str | None = None) -> lambda_.CodeSigningConfig:
    profile = signer.SigningProfile(stack, "Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA)
    options = (
        {}
        if policy is None
        else {"untrusted_artifact_on_deployment": getattr(lambda_.UntrustedArtifactOnDeployment, policy)}
    )
    return lambda_.CodeSigningConfig(stack, "Signing", signing_profiles=[profile], **options)


def signed(stack: cdk.Stack) -> lambda_.Code:
    return lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(stack, "Code", "signed"), "code.zip", "1")


def packed_layer(stack: cdk.Stack, folder: Path) -> lambda_.LayerVersion:
    (folder / "shared.py").write_text("RATE = 1")
    return lambda_.LayerVersion(stack, "Layer", code=lambda_.Code.from_asset(str(folder)))


class TestSignedCode:
    def test_comes_from_a_bucket(self, stack: cdk.Stack) -> None:
        config = signing(stack, "ENFORCE")
        code = lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(stack, "Code", "signed"), "code.zip", "1")

        define(stack, code=code, code_signing_config=config)

        assert "CodeSigningConfigArn" in the_function(synthesize(stack))

    def test_fails_inline(self, stack: cdk.Stack) -> None:
        refused(stack, "CodeUnsigned", "aws_lambda.InlineCode", code_signing_config=signing(stack, "ENFORCE"))

    def test_fails_from_a_folder(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "index.py").write_text("def handler(event, context): ...")
        config = signing(stack, "ENFORCE")

        for code in (PythonCode.from_folder(tmp_path), lambda_.Code.from_asset(str(tmp_path))):
            refused(stack, "CodeUnsigned", type_name(code), code=code, code_signing_config=config)

    def test_fails_with_a_layer_that_is_packed_here(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "shared.py").write_text("RATE = 1")
        layer = PythonLayer(stack, "Layer", source=tmp_path)
        config = signing(stack, "ENFORCE")
        code = lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(stack, "Code", "signed"), "code.zip", "1")

        refused(stack, "CodeUnsigned", "PythonLayer", code=code, layers=[layer], code_signing_config=config)

    def test_fails_with_any_other_layer_that_is_packed_here(self, stack: cdk.Stack, tmp_path: Path) -> None:
        layer = packed_layer(stack, tmp_path)

        config = signing(stack, "ENFORCE")
        refused(
            stack,
            "CodeUnsigned",
            "aws_lambda.LayerVersion",
            code=signed(stack),
            layers=[layer],
            code_signing_config=config,
        )

    def test_fails_when_such_a_layer_is_added(self, stack: cdk.Stack, tmp_path: Path) -> None:
        layer = packed_layer(stack, tmp_path)
        function = define(stack, code=signed(stack), code_signing_config=signing(stack, "ENFORCE"))

        refusal(lambda: function.add_layers(layer), "CodeUnsigned", "aws_lambda.LayerVersion", path="Stack/Function")
        assert "Layers" not in the_function(synthesize(stack))

    def test_may_have_layers_from_a_bucket_and_from_elsewhere(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Layers", "signed")
        own = lambda_.LayerVersion(stack, "Own", code=lambda_.Code.from_bucket(bucket, "layer.zip", "1"))
        arn = "arn:aws:lambda:eu-west-1:111111111111:layer:dates:1"
        other = lambda_.LayerVersion.from_layer_version_arn(stack, "Other", arn)
        function = define(stack, code=signed(stack), layers=[own], code_signing_config=signing(stack, "ENFORCE"))

        function.add_layers(other)

        assert len(the_function(synthesize(stack))["Layers"]) == 2

    @pytest.mark.parametrize("policy", [None, "WARN"])
    def test_may_have_unsigned_layers_where_that_is_warned_of(
        self, stack: cdk.Stack, tmp_path: Path, policy: str | None
    ) -> None:
        function = define(stack, code_signing_config=signing(stack, policy))

        function.add_layers(packed_layer(stack, tmp_path))

        assert len(the_function(synthesize(stack))["Layers"]) == 1

    @pytest.mark.parametrize("policy", [None, "WARN"])
    def test_may_be_unsigned_where_that_is_warned_of(self, stack: cdk.Stack, policy: str | None) -> None:
        define(stack, code_signing_config=signing(stack, policy))

    def test_may_be_unsigned_as_far_as_can_be_seen_from_here(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:lambda:eu-west-1:111111111111:code-signing-config:csc-0123456789abcdef0"

        define(stack, code_signing_config=lambda_.CodeSigningConfig.from_code_signing_config_arn(stack, "Signing", arn))


class TestRuntimeManagement:
    ARN = "arn:aws:lambda:eu-west-1::runtime:8eeff65f6809a3ce81507fe733fe09b835899b99481ba22fd75b5a7338290ec1"

    @pytest.mark.parametrize(
        ("mode", "expected"),
        [
            (lambda_.RuntimeManagementMode.AUTO, {"UpdateRuntimeOn": "Auto"}),
            (lambda_.RuntimeManagementMode.FUNCTION_UPDATE, {"UpdateRuntimeOn": "FunctionUpdate"}),
            (lambda_.RuntimeManagementMode.manual(ARN), {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": ARN}),
        ],
    )
    def test_is_passed_on(
        self, stack: cdk.Stack, mode: lambda_.RuntimeManagementMode, expected: dict[str, str]
    ) -> None:
        define(stack, runtime_management_mode=mode)

        assert the_function(synthesize(stack))["RuntimeManagementConfig"] == expected

    def test_fails_when_a_runtime_is_named_by_a_word(self, stack: cdk.Stack) -> None:
        mode = lambda_.RuntimeManagementMode.manual("python3.13.v12")

        refused(stack, "RuntimeVersionArnInvalid", "'python3.13.v12'", runtime_management_mode=mode)

    def test_takes_what_is_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        text = cdk.CfnParameter(stack, "Text").value_as_string

        define(stack, runtime_management_mode=lambda_.RuntimeManagementMode.manual(text))


def test_fails_when_environments_are_kept_ready_for_a_version(stack: cdk.Stack) -> None:
    options = lambda_.VersionOptions(provisioned_concurrent_executions=2)

    refused(stack, "ProvisionedOnVersion", "2", current_version_options=options)
    refused(stack, "ProvisionedOnVersion", "0", current_version_options={"provisioned_concurrent_executions": 0})


class TestContainerImages:
    def options(self, stack: cdk.Stack, feature: str) -> dict[str, Any]:
        return {
            "snap_start": SNAP_START,
            "code_signing_config": {"code_signing_config": signing(stack)},
            "runtime_management_mode": {"runtime_management_mode": lambda_.RuntimeManagementMode.FUNCTION_UPDATE},
        }[feature]

    def define(self, stack: cdk.Stack, folder: Path, feature: str) -> None:
        (folder / "Dockerfile").write_text("FROM public.ecr.aws/lambda/python:3.14\n")
        image, options = ContainerImage.from_folder(folder), self.options(stack, feature)
        WellArchitectedImageFunction(stack, "Function", image=image, **options)

    def test_have_snapshots(self, stack: cdk.Stack, tmp_path: Path) -> None:
        self.define(stack, tmp_path, "snap_start")

        assert the_function(synthesize(stack))["SnapStart"] == {"ApplyOn": "PublishedVersions"}

    @pytest.mark.parametrize(
        ("feature", "code"),
        [("code_signing_config", "CodeSigningOnImage"), ("runtime_management_mode", "RuntimeManagementOnImage")],
    )
    def test_have_no_signed_package_and_no_runtime(
        self, stack: cdk.Stack, tmp_path: Path, feature: str, code: str
    ) -> None:
        refusal(lambda: self.define(stack, tmp_path, feature), code, f"{feature} for an image")
