from __future__ import annotations

import inspect
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2, aws_efs as efs, aws_lambda as lambda_, aws_s3 as s3

import cdk_lambda_patterns.function
from cdk_lambda_patterns import ValidationError, quotas
from cdk_lambda_patterns.function.function_checks import REPLACED_OPTIONS
from cdk_lambda_patterns.function.well_architected_kwargs import WellArchitectedKwargs
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, refused, the_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_lambda_patterns.quotas import Quota


@dataclass(frozen=True)
class Limited:
    """An option and the quota that it must keep to."""

    quota: Quota
    option: str
    options: Callable[[cdk.Stack, int], dict[str, Any]]
    """Options of the function with the option at an amount, in the quota's unit."""


def environment_of(size: int) -> dict[str, str]:
    """Variables whose JSON has a number of bytes."""
    empty = len('{"KEY":""}')
    return {"KEY": "x" * (size - empty)} if size >= empty else {}


def imported_vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )


def with_security_groups(stack: cdk.Stack, count: int) -> dict[str, Any]:
    groups = [ec2.SecurityGroup.from_security_group_id(stack, f"Group{i}", f"sg-{i}") for i in range(count)]
    return {"vpc": imported_vpc(stack), "security_groups": groups}


def mounted(stack: cdk.Stack, path: str) -> dict[str, Any]:
    group = ec2.SecurityGroup.from_security_group_id(stack, "FileSystemGroup", "sg-1")
    files = efs.FileSystem.from_file_system_attributes(stack, "Files", security_group=group, file_system_id="fs-1")
    access_point = efs.AccessPoint.from_access_point_attributes(
        stack, "AccessPoint", access_point_id="fsap-1", file_system=files
    )
    return {
        "vpc": imported_vpc(stack),
        "filesystem": lambda_.FileSystem.from_efs_access_point(access_point, path),
    }


def with_layers(stack: cdk.Stack, count: int) -> dict[str, Any]:
    arn = "arn:aws:lambda:eu-west-1:111111111111:layer:own:1"
    return {"layers": [lambda_.LayerVersion.from_layer_version_arn(stack, f"Layer{i}", arn) for i in range(count)]}


def durable(execution_seconds: int = 60, retention: cdk.Duration | None = None) -> dict[str, Any]:
    config = lambda_.DurableConfig(
        execution_timeout=cdk.Duration.seconds(execution_seconds), retention_period=retention
    )
    return {"durable_config": config}


LIMITED = [
    Limited(quotas.TIMEOUT, "timeout", lambda _, n: {"timeout": cdk.Duration.seconds(n)}),
    Limited(quotas.MEMORY, "memory_size", lambda _, n: {"memory_size": n}),
    Limited(
        quotas.EPHEMERAL_STORAGE,
        "ephemeral_storage_size",
        lambda _, n: {"ephemeral_storage_size": cdk.Size.mebibytes(n)},
    ),
    Limited(
        quotas.RESERVED_CONCURRENCY,
        "reserved_concurrent_executions",
        lambda _, n: {"reserved_concurrent_executions": n},
    ),
    Limited(quotas.FUNCTION_NAME_LENGTH, "function_name", lambda _, n: {"function_name": "n" * n}),
    Limited(quotas.HANDLER_LENGTH, "handler", lambda _, n: {"handler": "index.handler".ljust(n, "x")[:n]}),
    Limited(quotas.DESCRIPTION_LENGTH, "description", lambda _, n: {"description": "d" * n}),
    Limited(quotas.ENVIRONMENT_SIZE, "environment", lambda _, n: {"environment": environment_of(n)}),
    Limited(quotas.LAYERS, "layers", with_layers),
    Limited(quotas.SECURITY_GROUPS, "security_groups", with_security_groups),
    Limited(
        quotas.FILE_SYSTEM_MOUNT_PATH_LENGTH, "filesystem", lambda stack, n: mounted(stack, "/mnt/".ljust(n, "x")[:n])
    ),
    Limited(quotas.ASYNC_RETRY_ATTEMPTS, "retry_attempts", lambda _, n: {"retry_attempts": n}),
    Limited(quotas.ASYNC_EVENT_AGE, "max_event_age", lambda _, n: {"max_event_age": cdk.Duration.seconds(n)}),
    Limited(quotas.DURABLE_EXECUTION_TIMEOUT, "durable_config.execution_timeout", lambda _, n: durable(n)),
    Limited(
        quotas.DURABLE_RETENTION,
        "durable_config.retention_period",
        # The CDK takes whole days.
        lambda _, n: durable(retention=cdk.Duration.days(n // 86_400) if n % 86_400 == 0 else cdk.Duration.seconds(n)),
    ),
]
IDS = [limited.quota.code for limited in LIMITED]

ELSEWHERE = {
    "ARCHITECTURES": "test_an_architecture_that_lambda_lacks_is_refused",
    "CONNECTIONS_OF_AN_INTERFACE": "test_function_network.py",
    "ENVIRONMENT_KEY_PATTERN": "test_environment.py",
    "ENVIRONMENT_RESERVED_NAMES": "test_environment.py",
    "FILE_SYSTEM_MOUNT_PATH_PATTERN": "test_a_mount_path_elsewhere_is_refused",
    "DURABLE_POLLED": "test_features.py",
    "DURABLE_RUNTIMES": "test_features.py",
    "FUNCTION_NAME_PATTERN": "test_a_function_name_of_other_characters_is_refused",
    "IMAGE_COMMAND": "test_container_image.py",
    "IMAGE_ENTRYPOINT": "test_container_image.py",
    "IMAGE_TAG_OR_DIGEST_PATTERN": "test_container_image.py",
    "IMAGE_WORKING_DIRECTORY": "test_container_image.py",
    "INSTANCE_CONCURRENCY": "test_managed_instances.py",
    "INSTANCE_ENVIRONMENTS": "test_managed_instances.py",
    "INSTANCE_MEMORY": "test_managed_instances.py",
    "INSTANCE_MEMORY_PER_VCPU": "test_managed_instances.py",
    "INSTANCE_RUNTIMES": "test_managed_instances.py",
    "INSTANCE_TIMEOUT": "test_managed_instances.py",
    "LOG_RETENTION_DAYS": "test_well_architected_function.py",
    "RESOURCE_POLICY_SIZE": "test_resource_policy.py",
    "SUBNETS": "test_function_network.py",
    "SUBNET_RESERVED_ADDRESSES": "test_function_network.py",
    "VPC_ENDPOINTS": "tests/network/test_reachability.py",
    "VPC_PREFIX_LENGTH": "test_function_network.py",
    "ZONES": "test_function_network.py",
    "POLLING_ACTIONS": "tests/network/test_reachability.py",
    "RESOURCE_POLICY_CONDITION": "test_resource_policy.py",
    "RESOURCE_POLICY_SOURCE_ARN": "test_resource_policy.py",
    "RESOURCE_POLICY_STATEMENT": "test_resource_policy.py",
    "RUNTIME_VERSION_ARN_PATTERN": "test_features.py",
    "SNAP_START_STORAGE": "test_features.py",
}
"""Quotas that the function's modules use and that are tested in another way, and where."""


def test_every_quota_that_the_function_uses_is_tested() -> None:
    sources = Path(cdk_lambda_patterns.function.__file__).parent.glob("*.py")
    used = {name for file in sources for name in re.findall(r"quotas\.([A-Z_]{2,})", file.read_text())}
    tested = {name for name in vars(quotas) if any(getattr(quotas, name) is limited.quota for limited in LIMITED)}

    assert used == tested | ELSEWHERE.keys()


def minimum_of(quota: Quota) -> int:
    return int(quota.minimum)


@pytest.mark.parametrize("limited", LIMITED, ids=IDS)
def test_the_least_is_accepted(limited: Limited, stack: cdk.Stack) -> None:
    least = minimum_of(limited.quota)
    if limited.quota is quotas.HANDLER_LENGTH:
        least = len("index.h")  # a module and a function
    if limited.quota is quotas.FILE_SYSTEM_MOUNT_PATH_LENGTH:
        least = len("/mnt/x")

    define(stack, **limited.options(stack, least))


@pytest.mark.parametrize("limited", LIMITED, ids=IDS)
def test_the_most_is_accepted(limited: Limited, stack: cdk.Stack) -> None:
    most = 100_000 if math.isinf(limited.quota.maximum) else int(limited.quota.maximum)

    define(stack, **limited.options(stack, most))


@pytest.mark.parametrize("limited", [limited for limited in LIMITED if limited.quota.minimum > 0])
def test_fails_when_one_below_the_least(limited: Limited, stack: cdk.Stack) -> None:
    too_little = minimum_of(limited.quota) - 1

    error = refused(stack, limited.quota.code, f"{too_little:,}", **limited.options(stack, too_little))

    assert f"'{limited.option}'" in str(error)
    assert limited.quota.range in str(error)


@pytest.mark.parametrize("limited", [limited for limited in LIMITED if not math.isinf(limited.quota.maximum)])
def test_fails_when_one_above_the_most(limited: Limited, stack: cdk.Stack) -> None:
    too_much = int(limited.quota.maximum) + 1

    error = refused(stack, limited.quota.code, f"{too_much:,}", **limited.options(stack, too_much))

    assert f"'{limited.option}'" in str(error)
    assert limited.quota.range in str(error)


@pytest.mark.parametrize("limited", LIMITED, ids=IDS)
def test_zero_is_a_value(limited: Limited, stack: cdk.Stack) -> None:
    """Never taken for "left out"."""
    options = limited.options(stack, 0)

    if limited.quota.minimum == 0:
        define(stack, **options)
    else:
        refused(stack, limited.quota.code, "0", **options)


@pytest.mark.parametrize("option", ["memory_size", "reserved_concurrent_executions", "retry_attempts"])
@pytest.mark.parametrize("value", [math.nan, -1, "512"])
def test_fails_when_a_number_is_none(option: str, value: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError, match=f"'{option}' must be .* got {value!r}"):
        define(stack, **{option: value})


@pytest.mark.parametrize("option", ["memory_size", "reserved_concurrent_executions", "retry_attempts"])
def test_fails_when_a_number_is_not_whole(option: str, stack: cdk.Stack) -> None:
    value = {"memory_size": 512.5}.get(option, 1.5)

    with pytest.raises(ValidationError, match=f"'{option}' must be a whole number, .* got {value}"):
        define(stack, **{option: value})


@pytest.mark.parametrize("option", ["timeout", "max_event_age"])
@pytest.mark.parametrize("value", [90, "90"])
def test_fails_when_a_duration_is_a_bare_number(option: str, value: Any, stack: cdk.Stack) -> None:  # noqa: ANN401
    error = refused(stack, "DurationExpected", repr(value), **{option: value})

    assert "write Duration.seconds(90)" in str(error)


@pytest.mark.parametrize("option", ["timeout", "max_event_age"])
def test_fails_when_a_duration_is_not_of_whole_seconds(option: str, stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError, match=f"'{option}' must be a whole number, .* seconds, got 60.5; round it"):
        define(stack, **{option: cdk.Duration.millis(60_500)})


def test_fails_when_the_ephemeral_storage_is_a_bare_number(stack: cdk.Stack) -> None:
    error = refused(stack, "TypeMismatch", "int", ephemeral_storage_size=1024)

    assert "of type aws_cdk.Size, got int; write Size.mebibytes(1024) [" in str(error)


def test_fails_when_the_ephemeral_storage_is_not_of_whole_megabytes(stack: cdk.Stack) -> None:
    refused(stack, "EphemeralStorageOutOfRange", "600.5", ephemeral_storage_size=cdk.Size.kibibytes(614_912))


TOKENS: dict[str, Callable[[cdk.CfnParameter, cdk.CfnParameter], dict[str, Any]]] = {
    "Timeout": lambda number, _: {"timeout": cdk.Duration.seconds(number.value_as_number)},
    "MemorySize": lambda number, _: {"memory_size": number.value_as_number},
    "ReservedConcurrentExecutions": lambda number, _: {"reserved_concurrent_executions": number.value_as_number},
    "FunctionName": lambda _, text: {"function_name": text.value_as_string},
    "Handler": lambda _, text: {"handler": text.value_as_string},
    "Description": lambda _, text: {"description": text.value_as_string},
}


@pytest.mark.parametrize("prop", TOKENS)
def test_a_value_that_is_only_known_at_deployment_passes(prop: str, stack: cdk.Stack) -> None:
    number = cdk.CfnParameter(stack, "Number", type="Number")
    text = cdk.CfnParameter(stack, "Text")

    define(stack, **TOKENS[prop](number, text))

    assert the_function(synthesize(stack))[prop] in ({"Ref": "Number"}, {"Ref": "Text"})


def test_an_ephemeral_storage_that_is_only_known_at_deployment_passes(stack: cdk.Stack) -> None:
    number = cdk.CfnParameter(stack, "Number", type="Number")

    define(stack, ephemeral_storage_size=cdk.Size.mebibytes(number.value_as_number))

    assert the_function(synthesize(stack))["EphemeralStorage"] == {"Size": {"Ref": "Number"}}


def test_a_lazy_value_passes(stack: cdk.Stack) -> None:
    define(
        stack,
        memory_size=cdk.Token.as_number({"Ref": "Elsewhere"}),
        description=cdk.Lazy.string(cast("cdk.IStableStringProducer", Later())),
    )

    function = the_function(synthesize(stack))
    assert function["MemorySize"] == {"Ref": "Elsewhere"}
    assert function["Description"] == "later"


def test_an_asynchronous_configuration_that_is_only_known_at_deployment_passes(stack: cdk.Stack) -> None:
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number

    define(stack, retry_attempts=number, max_event_age=cdk.Duration.seconds(number))

    config = next(
        resource["Properties"]
        for resource in synthesize(stack)["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventInvokeConfig"
    )
    assert config["MaximumRetryAttempts"] == config["MaximumEventAgeInSeconds"] == {"Ref": "Number"}


@pytest.mark.parametrize("name", ["with space", "döner", "a.b", "a/b"])
def test_a_function_name_of_other_characters_is_refused(name: str, stack: cdk.Stack) -> None:
    refused(stack, "FunctionNameInvalid", repr(name), function_name=name)


def test_a_function_name_of_all_allowed_characters_is_accepted(stack: cdk.Stack) -> None:
    define(stack, function_name="Orders-v2_process")

    assert the_function(synthesize(stack))["FunctionName"] == "Orders-v2_process"


def test_fails_when_the_handler_contains_white_space(stack: cdk.Stack) -> None:
    refused(stack, "HandlerInvalid", "'index. handler'", handler="index. handler")


def test_an_architecture_that_lambda_lacks_is_refused(stack: cdk.Stack) -> None:
    refused(stack, "ArchitectureUnknown", "riscv64", architecture=lambda_.Architecture.custom("riscv64"))


@pytest.mark.parametrize("path", ["/data", "/mnt/a/b", "/mnt/", "mnt/data"])
def test_a_mount_path_elsewhere_is_refused(path: str, stack: cdk.Stack) -> None:
    refused(stack, "MountPathInvalid", repr(path), **mounted(stack, path))


@pytest.mark.parametrize(
    "options",
    [
        {"allow_all_outbound": False},
        {"allow_all_ipv6_outbound": False},
        {"ipv6_allowed_for_dual_stack": True},
        {"security_groups": []},
        {"vpc_subnets": {"subnet_type": ec2.SubnetType.PRIVATE_ISOLATED}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_fails_when_an_option_of_a_vpc_comes_without_one(options: dict[str, Any], stack: cdk.Stack) -> None:
    (name,) = options

    refused(stack, "VpcMissing", f"{name} without 'vpc'", **options)


def test_fails_when_a_file_system_comes_without_a_vpc(stack: cdk.Stack) -> None:
    options = mounted(stack, "/mnt/data")

    refused(stack, "VpcMissing", "filesystem without 'vpc'", filesystem=options["filesystem"])


@pytest.mark.parametrize("option", ["allow_all_outbound", "allow_all_ipv6_outbound"])
def test_fails_when_outbound_rules_are_asked_of_given_security_groups(option: str, stack: cdk.Stack) -> None:
    refused(stack, "SecurityGroupOptionsConflict", "False", **with_security_groups(stack, 1), **{option: False})


def test_subnets_may_be_selected_with_a_dict(stack: cdk.Stack) -> None:
    subnets = [ec2.Subnet.from_subnet_id(stack, f"Subnet{i}", f"subnet-{i}") for i in range(17)]

    refused(stack, "SubnetCount", "17", vpc=imported_vpc(stack), vpc_subnets={"subnets": subnets})


@pytest.mark.parametrize("option", ["insights_version", "adot_instrumentation", "params_and_secrets"])
def test_fails_when_an_extension_is_the_sixth_layer(option: str, stack: cdk.Stack) -> None:
    extension = {
        "insights_version": lambda_.LambdaInsightsVersion.VERSION_1_0_333_0,
        "adot_instrumentation": lambda_.AdotInstrumentationConfig(
            layer_version=lambda_.AdotLayerVersion.from_python_sdk_layer_version(
                lambda_.AdotLambdaLayerPythonSdkVersion.LATEST
            ),
            exec_wrapper=lambda_.AdotLambdaExecWrapper.INSTRUMENT_HANDLER,
        ),
        "params_and_secrets": lambda_.ParamsAndSecretsLayerVersion.from_version(
            lambda_.ParamsAndSecretsVersions.V1_0_103
        ),
    }[option]

    refused(stack, "TooManyLayers", "6", **with_layers(stack, 5), **{option: extension})


@pytest.mark.parametrize("name", REPLACED_OPTIONS)
def test_fails_when_an_option_is_done_in_another_way(name: str, stack: cdk.Stack) -> None:
    error = refused(stack, "OptionReplaced", "str", **{name: "anything"})

    assert REPLACED_OPTIONS[name] in str(error)


def test_every_option_of_the_cdk_is_passed_on_taken_or_replaced() -> None:
    known = WellArchitectedKwargs.__annotations__.keys() | REPLACED_OPTIONS.keys() | {"code", "handler", "runtime"}
    of_the_cdk = inspect.signature(lambda_.FunctionProps.__init__).parameters.keys() - {"self"}
    assert of_the_cdk - known == set()


def test_a_layer_of_another_architecture_or_runtime_is_refused(stack: cdk.Stack) -> None:
    layer: Any = lambda_.LayerVersion(stack, "Layer", code=lambda_.Code.from_bucket(artifacts(stack), "layer.zip"))

    layer.target_architecture, layer.target_runtimes = "x86_64", ("python3.14",)
    refused(stack, "LayerArchitecture", "a layer for x86_64", layers=[layer])

    layer.target_architecture, layer.target_runtimes = "arm64", ("python3.12", "python3.13")
    refused(stack, "LayerRuntime", "a layer for python3.12, python3.13", layers=[layer])

    layer.target_runtimes = ("python3.13", "python3.14")
    define(stack, layers=[layer])


class TestCode:
    @pytest.mark.parametrize("runtime", ["PROVIDED_AL2023", "JAVA_21", "DOTNET_8", "RUBY_3_4"])
    def test_fails_when_code_is_inline_for_another_language(self, runtime: str, stack: cdk.Stack) -> None:
        chosen = getattr(lambda_.Runtime, runtime)

        refused(stack, "InlineCodeRuntime", f"inline code for {chosen.name}", runtime=chosen)

    def test_inline_code_of_node_is_accepted(self, stack: cdk.Stack) -> None:
        define(stack, runtime=lambda_.Runtime.NODEJS_24_X)

        assert the_function(synthesize(stack))["Runtime"] == "nodejs24.x"

    def test_fails_when_inline_code_has_another_module(self, stack: cdk.Stack) -> None:
        refused(stack, "InlineCodeHandler", "'app.handler'", handler="app.handler")

    def test_fails_when_a_custom_runtime_has_no_bootstrap(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "main").touch()

        error = refused(stack, "BootstrapMissing", f"none in {tmp_path}", **custom(tmp_path))

        assert "provided.al2023" in str(error)

    def test_fails_when_the_bootstrap_is_not_executable(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "bootstrap").touch(mode=0o644)

        refused(stack, "BootstrapMissing", f"none in {tmp_path}", **custom(tmp_path))

    def test_a_custom_runtime_starts_its_bootstrap(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "bootstrap").touch(mode=0o755)

        define(stack, **custom(tmp_path))

        assert the_function(synthesize(stack))["Runtime"] == "provided.al2023"

    def test_a_packaged_custom_runtime_is_taken_as_it_is(self, stack: cdk.Stack, tmp_path: Path) -> None:
        package = tmp_path / "package.zip"
        package.write_bytes(b"PK")

        define(stack, **custom(package))

    def test_code_may_be_a_version_of_an_object_in_a_bucket(self, stack: cdk.Stack) -> None:
        version = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
        code = lambda_.Code.from_bucket_v2(artifacts(stack), "orders.zip", object_version=version)

        define(stack, code=code, handler="orders.handler")

        assert the_function(synthesize(stack))["Code"] == {
            "S3Bucket": "artifacts",
            "S3Key": "orders.zip",
            "S3ObjectVersion": version,
        }


def artifacts(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Artifacts", "artifacts")


def custom(path: Path) -> dict[str, Any]:
    return {
        "code": lambda_.Code.from_asset(str(path)),
        "handler": "main",
        "runtime": lambda_.Runtime.PROVIDED_AL2023,
    }


@jsii.implements(cdk.IStableStringProducer)
class Later:
    def produce(self) -> str:
        return "later"
