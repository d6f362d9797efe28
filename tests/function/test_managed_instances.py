from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2, aws_lambda as lambda_, aws_s3 as s3, aws_secretsmanager as secretsmanager

from cdk_lambda_patterns import ManagedInstances, MqTrigger, ProvisionedConcurrency, SqsTrigger
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, instances, only, resources, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from cdk_lambda_patterns import WellArchitectedFunction


@pytest.fixture
def provider(stack: cdk.Stack) -> lambda_.CapacityProvider:
    return instances(stack, architectures=[lambda_.Architecture.ARM_64])


def large(stack: cdk.Stack, **options: Any) -> WellArchitectedFunction:  # noqa: ANN401
    return define(stack, **{"memory_size": 2_048, **options})


def refused(function: WellArchitectedFunction, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: function.run_on(ManagedInstances(**options)), code, got, path="Stack/Function")


def test_they_run_the_function(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    large(stack).run_on(ManagedInstances(capacity_provider=provider))

    config = the_function(synthesize(stack))["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"]
    assert config == {"CapacityProviderArn": stack.resolve(provider.capacity_provider_arn)}


def test_the_version_behind_live_has_as_many_environments_as_told(
    stack: cdk.Stack, provider: lambda_.CapacityProvider
) -> None:
    large(stack, memory_size=4_096).run_on(
        ManagedInstances(capacity_provider=provider, concurrency=32, minimum=2, maximum=10, memory_gib_per_vcpu=4)
    )

    template = synthesize(stack)
    config = the_function(template)["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"]
    assert config["PerExecutionEnvironmentMaxConcurrency"] == 32
    assert config["ExecutionEnvironmentMemoryGiBPerVCpu"] == 4
    assert only(template, "AWS::Lambda::Version")["FunctionScalingConfig"] == {
        "MinExecutionEnvironments": 2,
        "MaxExecutionEnvironments": 10,
    }


def test_triggers_stay_on_live(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    function = large(stack)
    SqsTrigger(stack, "Orders", function=function)

    function.run_on(ManagedInstances(capacity_provider=provider))

    mapping = only(synthesize(stack), "AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionName"] == stack.resolve(function.live.function_arn)


@pytest.mark.parametrize(
    ("option", "amount"),
    [
        ("concurrency", 1),
        ("concurrency", 1_600),
        ("memory_gib_per_vcpu", 2),
        ("memory_gib_per_vcpu", 2.5),
        ("memory_gib_per_vcpu", 8),
        ("minimum", 15_000),
        ("maximum", 15_000),
    ],
)
def test_limits_of_the_service_are_accepted(
    stack: cdk.Stack, provider: lambda_.CapacityProvider, option: str, amount: float
) -> None:
    options: dict[str, Any] = {option: amount}

    large(stack, memory_size=8_192).run_on(ManagedInstances(capacity_provider=provider, **options))

    assert f": {amount}" in str(synthesize(stack))


@pytest.mark.parametrize(
    ("option", "amount", "code"),
    [
        ("concurrency", 0, "InstanceConcurrencyOutOfRange"),
        ("concurrency", 1.5, "InstanceConcurrencyOutOfRange"),
        ("concurrency", 1_601, "InstanceConcurrencyOutOfRange"),
        ("minimum", -1, "InstanceEnvironmentsOutOfRange"),
        ("minimum", 1.5, "InstanceEnvironmentsOutOfRange"),
        ("maximum", 1.5, "InstanceEnvironmentsOutOfRange"),
        ("maximum", 15_001, "InstanceEnvironmentsOutOfRange"),
        ("memory_gib_per_vcpu", 1.9, "InstanceMemoryPerVcpuOutOfRange"),
        ("memory_gib_per_vcpu", 8.1, "InstanceMemoryPerVcpuOutOfRange"),
    ],
)
def test_fails_beyond_the_limits(
    stack: cdk.Stack, provider: lambda_.CapacityProvider, option: str, amount: float, code: str
) -> None:
    refused(large(stack), code, f"{amount:,}", capacity_provider=provider, **{option: amount})


def test_fails_when_the_minimum_is_above_the_maximum(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    refused(large(stack), "MinimumAboveMaximum", "3", capacity_provider=provider, minimum=3, maximum=2)


def test_may_keep_none(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    large(stack).run_on(ManagedInstances(capacity_provider=provider, minimum=0, maximum=0))

    assert only(synthesize(stack), "AWS::Lambda::Version")["FunctionScalingConfig"] == {
        "MinExecutionEnvironments": 0,
        "MaxExecutionEnvironments": 0,
    }


@pytest.mark.parametrize("memory", [2_048, 32_768])
def test_have_memory_of_their_own(stack: cdk.Stack, provider: lambda_.CapacityProvider, memory: int) -> None:
    """More than the function itself takes, and the function's own may be less than instances give."""
    define(stack, memory_size=512).run_on(ManagedInstances(capacity_provider=provider, memory_size=memory))

    assert the_function(synthesize(stack))["MemorySize"] == memory


@pytest.mark.parametrize(("timeout", "seconds"), [(cdk.Duration.seconds(1), 1), (cdk.Duration.minutes(90), 5_400)])
def test_have_a_timeout_of_their_own(
    stack: cdk.Stack, provider: lambda_.CapacityProvider, timeout: cdk.Duration, seconds: int
) -> None:
    function = large(stack)

    function.run_on(ManagedInstances(capacity_provider=provider, timeout=timeout))

    assert the_function(synthesize(stack))["Timeout"] == seconds
    assert function.timeout_seconds == seconds


def test_without_one_the_functions_timeout_stays(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    function = large(stack, timeout=cdk.Duration.minutes(2))

    function.run_on(ManagedInstances(capacity_provider=provider))

    assert the_function(synthesize(stack))["Timeout"] == 120
    assert function.timeout_seconds == 120


def test_a_timeout_may_be_known_at_deployment_only(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    seconds = cdk.Duration.seconds(cdk.Token.as_number({"Ref": "Seconds"}))
    function = large(stack)

    function.run_on(ManagedInstances(capacity_provider=provider, timeout=seconds))

    assert the_function(synthesize(stack))["Timeout"] == {"Ref": "Seconds"}
    assert function.timeout_seconds is None


@pytest.mark.parametrize(
    ("timeout", "got"),
    [(cdk.Duration.seconds(0), "0"), (cdk.Duration.seconds(5_401), "5,401"), (cdk.Duration.millis(1_500), "1.5")],
)
def test_fails_when_they_cannot_have_that_timeout(
    stack: cdk.Stack, provider: lambda_.CapacityProvider, timeout: cdk.Duration, got: str
) -> None:
    refused(large(stack), "InstanceTimeoutOutOfRange", got, capacity_provider=provider, timeout=timeout)


def test_fails_when_the_timeout_is_a_bare_number(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    refused(large(stack), "DurationExpected", "3600", capacity_provider=provider, timeout=3_600)


def test_messages_are_hidden_for_as_long_as_instances_may_take(
    stack: cdk.Stack, provider: lambda_.CapacityProvider
) -> None:
    function = large(stack)
    function.run_on(ManagedInstances(capacity_provider=provider, timeout=cdk.Duration.minutes(90)))

    SqsTrigger(stack, "Orders", function=function, max_batching_window=cdk.Duration.minutes(5))

    queues = resources(synthesize(stack), "AWS::SQS::Queue").values()
    assert 6 * 5_400 + 300 in [queue.get("VisibilityTimeout") for queue in queues]


def test_fails_when_the_timeout_comes_after_what_was_derived_from_it(
    stack: cdk.Stack, provider: lambda_.CapacityProvider
) -> None:
    function = large(stack)
    SqsTrigger(stack, "Orders", function=function)

    refused(
        function,
        "InstanceTimeoutTooLate",
        "a 'timeout' after it",
        capacity_provider=provider,
        timeout=cdk.Duration.minutes(90),
    )


def test_fails_when_who_calls_waits_less_than_instances_may_take(
    stack: cdk.Stack, provider: lambda_.CapacityProvider
) -> None:
    function = large(stack)
    function.run_on(ManagedInstances(capacity_provider=provider, timeout=cdk.Duration.minutes(90)))

    refusal(
        lambda: MqTrigger(
            stack,
            "Orders",
            function=function,
            broker="arn:aws:mq:eu-central-1:111111111111:broker:orders:b-1",
            queue="orders",
            secret=secretsmanager.Secret(stack, "Secret"),
        ),
        "BrokerFunctionTimeout",
        "5400",
    )


@pytest.mark.parametrize(("memory", "got"), [(2_047, "2,047"), (2_048.5, "2,048.5"), (32_769, "32,769"), (0, "0")])
def test_fails_when_they_cannot_have_that_memory(
    stack: cdk.Stack, provider: lambda_.CapacityProvider, memory: float, got: str
) -> None:
    refused(large(stack), "InstanceMemoryOutOfRange", got, capacity_provider=provider, memory_size=memory)


@pytest.mark.parametrize(("memory", "got"), [(512, "512"), (2_047, "2,047")])
def test_fails_when_the_function_has_too_little_memory(
    stack: cdk.Stack, provider: lambda_.CapacityProvider, memory: int, got: str
) -> None:
    refused(define(stack, memory_size=memory), "InstanceMemoryOutOfRange", got, capacity_provider=provider)


@pytest.mark.parametrize(("memory", "per_vcpu"), [(2_048, 2), (4_095, 3.99), (8_192, 8)])
def test_have_a_vcpu(stack: cdk.Stack, provider: lambda_.CapacityProvider, memory: int, per_vcpu: float) -> None:
    large(stack, memory_size=memory).run_on(ManagedInstances(capacity_provider=provider, memory_gib_per_vcpu=per_vcpu))

    assert "CapacityProviderConfig" in the_function(synthesize(stack))


def test_fails_when_they_would_have_less_than_a_vcpu(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    refused(large(stack, memory_size=8_191), "InstanceVcpu", "8", capacity_provider=provider, memory_gib_per_vcpu=8)


def test_they_may_come_from_outside(stack: cdk.Stack) -> None:
    arn = "arn:aws:lambda:eu-central-1:111111111111:capacity-provider:shared"
    imported = lambda_.CapacityProvider.from_capacity_provider_arn(stack, "Provider", arn)

    large(stack).run_on(ManagedInstances(capacity_provider=imported))

    config = the_function(synthesize(stack))["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"]
    assert config == {"CapacityProviderArn": arn}


X86, ARM = lambda_.Architecture.X86_64, lambda_.Architecture.ARM_64
GRAVITON = lambda_.InstanceTypeFilter.allow([ec2.InstanceType("m8g.large")])


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        (X86, {}),
        (X86, {"architectures": [X86]}),
        (ARM, {"architectures": [ARM]}),
        (ARM, {"instance_type_filter": GRAVITON}),
    ],
)
def test_are_of_the_functions_architecture(
    stack: cdk.Stack, architecture: lambda_.Architecture, options: dict[str, Any]
) -> None:
    large(stack, architecture=architecture).run_on(ManagedInstances(capacity_provider=instances(stack, **options)))

    assert "CapacityProviderConfig" in the_function(synthesize(stack))


@pytest.mark.parametrize(
    ("architecture", "options", "got"),
    [
        (ARM, {}, "none named, which is x86_64"),
        (ARM, {"architectures": [X86]}, "x86_64"),
        (X86, {"architectures": [ARM]}, "arm64"),
    ],
)
def test_fails_when_they_are_of_another_architecture(
    stack: cdk.Stack, architecture: lambda_.Architecture, options: dict[str, Any], got: str
) -> None:
    function = large(stack, architecture=architecture)

    refused(function, "InstanceArchitecture", got, capacity_provider=instances(stack, **options))


def test_fails_when_the_function_has_a_network_of_its_own(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )

    refused(
        large(stack, vpc=vpc), "ManagedInstancesConflict", "vpc beside managed instances", capacity_provider=provider
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("snap_start", lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS),
        ("tenancy_config", lambda_.TenancyConfig.PER_TENANT),
    ],
)
def test_fails_beside_other_features(
    stack: cdk.Stack, provider: lambda_.CapacityProvider, option: str, value: object
) -> None:
    function = large(stack, **{option: value})

    refused(function, "ManagedInstancesConflict", f"{option} beside managed instances", capacity_provider=provider)


def test_fails_when_environments_are_kept_ready_as_well(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    function = large(stack)
    function.run_on(ManagedInstances(capacity_provider=provider))

    refusal(
        lambda: ProvisionedConcurrency(stack, "Warm", function=function, concurrency=1),
        "ProvisionedBesideManagedInstances",
        "one with managed instances",
    )


@pytest.mark.parametrize("name", ["python3.13", "nodejs22.x", "java21", "dotnet10", "provided.al2023"])
def test_they_run_these_runtimes(name: str, stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    code = lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(stack, "Code", "code"), "code.zip")

    large(stack, code=code, runtime=lambda_.Runtime(name)).run_on(ManagedInstances(capacity_provider=provider))

    assert "CapacityProviderConfig" in the_function(synthesize(stack))


@pytest.mark.parametrize("name", ["python3.12", "nodejs20.x", "java17", "dotnet6", "ruby3.4", "provided.al2"])
def test_fails_when_they_do_not_run_the_runtime(
    name: str, stack: cdk.Stack, provider: lambda_.CapacityProvider
) -> None:
    code = lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(stack, "Code", "code"), "code.zip")
    function = large(stack, code=code, runtime=lambda_.Runtime(name))

    refused(function, "InstanceRuntime", name, capacity_provider=provider)


def test_fails_when_there_is_no_provider(stack: cdk.Stack) -> None:
    refused(large(stack), "TypeMismatch", "None", capacity_provider=None)


def test_fails_when_the_provider_is_a_name(stack: cdk.Stack) -> None:
    refused(large(stack), "TypeMismatch", "str", capacity_provider="instances")


def test_fails_when_the_provider_is_given_as_it_is(stack: cdk.Stack, provider: lambda_.CapacityProvider) -> None:
    refusal(lambda: large(stack).run_on(provider), "TypeMismatch", "aws_lambda.CapacityProvider")  # type: ignore[arg-type]
