"""Functions on EC2 instances that Lambda manages.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.tokens import is_token

from .cdk_refusals import require_type
from .durations import as_seconds, duration_within, in_seconds
from .features import is_one_of
from .function_checks import member

if TYPE_CHECKING:
    from aws_cdk import Duration

    from cdk_lambda_patterns.validation import Where

    from .features import Features

_Config = lambda_.CfnFunction.LambdaManagedInstancesCapacityProviderConfigProperty
_X86 = "x86_64"
_MB_PER_GIB = 1_024


@dataclass(frozen=True, kw_only=True)
class ManagedInstances:
    """How a function runs on instances that Lambda manages. Its handler must be safe for several requests at once."""

    capacity_provider: lambda_.ICapacityProvider | lambda_.CapacityProvider
    """The instances, of the function's architecture. Without `architectures` a capacity provider has x86_64 ones."""
    concurrency: int | None = None
    """How many requests an environment serves at once, 1 to 1,600.

    Default: - the service's, 16 for Python.
    """
    minimum: int | None = None
    """How many environments of the version behind `live` run at least, up to 15,000.

    Default: - the service's, 3: one for each zone.
    """
    maximum: int | None = None
    """How many run at most, up to 15,000.

    Default: - as many as the load asks for and the capacity provider allows.
    """
    memory_size: float | None = None
    """MB of memory of each environment, 2,048 to 32,768.

    Default: - the function's `memory_size`.
    """
    timeout: Duration | None = None
    """How long an event may take, 1 second to 90 minutes. Who waits for an answer waits 15 minutes at most: more is for
    asynchronous and polled events.

    Default: - the function's `timeout`.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    memory_gib_per_vcpu: float | None = None
    """GiB of memory that come with each vCPU, 2 to 8: 4 or 8 suit Python.

    Default: - the service's, 2.
    """

    def check(self, where: Where, features: Features, resource: lambda_.CfnFunction, *, kept_ready: bool) -> None:
        """Refuse what Lambda does not do on instances.

        Args:
            where: The function.
            features: Its features.
            resource: Its resource.
            kept_ready: Whether environments are kept ready for its alias.

        Raises:
            ValidationError: No capacity provider, one of another architecture, an older runtime, a number outside the
                service's limits, too little memory, a network of the function's own, SnapStart, isolated tenants or
                provisioned concurrency.
        """
        provider = self.capacity_provider
        require_type(where, "capacity_provider", provider, "capacity_provider_arn", "aws_lambda.ICapacityProvider")
        _check_architecture(where, resource.architectures, provider.node.default_child)
        _check_runtime(where, resource.runtime)
        where.within("concurrency", self.concurrency, quotas.INSTANCE_CONCURRENCY)
        where.within("minimum", self.minimum, quotas.INSTANCE_ENVIRONMENTS)
        where.within("maximum", self.maximum, quotas.INSTANCE_ENVIRONMENTS)
        duration_within(where, "timeout", self.timeout, quotas.INSTANCE_TIMEOUT)
        where.within("memory_gib_per_vcpu", self.memory_gib_per_vcpu, quotas.INSTANCE_MEMORY_PER_VCPU)
        memory_size = resource.memory_size if self.memory_size is None else self.memory_size
        where.within("memory_size", memory_size, quotas.INSTANCE_MEMORY)
        _check_vcpu(where, memory_size, self.memory_gib_per_vcpu)
        if self.minimum is not None and self.maximum is not None and not is_token([self.minimum, self.maximum]):
            _check_order(where, self.minimum, self.maximum)
        beside = {
            "vpc": resource.vpc_config is not None,
            "snap_start": features.snap_start,
            "tenancy_config": features.tenant_isolation,
        }
        for option, given in beside.items():
            if given:
                where.refuse(
                    option,
                    "must be left out on managed instances: they always run, in the network of their capacity provider",
                    got=f"{option} beside managed instances",
                    fix="leave one of the two out",
                    code="ManagedInstancesConflict",
                )
        if kept_ready:
            where.refuse(
                "instances",
                "must be left out where environments are kept ready: on instances they always run",
                got="managed instances beside provisioned concurrency",
                fix="leave ProvisionedConcurrency out: give a 'minimum' of the instances' own",
                code="ProvisionedBesideManagedInstances",
            )

    def apply(self, resource: lambda_.CfnFunction, version: lambda_.Version) -> None:
        """Have a function run so.

        Args:
            resource: The function's resource.
            version: The version behind its alias.
        """
        if self.memory_size is not None:
            resource.memory_size = self.memory_size
        if self.timeout is not None:
            resource.timeout = as_seconds(self.timeout, in_seconds(self.timeout))
        # Imported instances have no method for it.
        resource.capacity_provider_config = lambda_.CfnFunction.CapacityProviderConfigProperty(
            lambda_managed_instances_capacity_provider_config=_Config(
                capacity_provider_arn=self.capacity_provider.capacity_provider_arn,
                per_execution_environment_max_concurrency=self.concurrency,
                execution_environment_memory_gib_per_v_cpu=self.memory_gib_per_vcpu,
            )
        )
        if self.minimum is not None or self.maximum is not None:
            published = cast("lambda_.CfnVersion", version.node.default_child)
            published.function_scaling_config = lambda_.CfnVersion.FunctionScalingConfigProperty(
                min_execution_environments=self.minimum, max_execution_environments=self.maximum
            )


def _check_architecture(where: Where, architectures: list[str] | None, provider: object) -> None:
    """Refuse instances that the function's code does not run on.

    Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-capacityprovider-instancerequirements.html
    """
    if not isinstance(provider, lambda_.CfnCapacityProvider):
        return  # imported: nothing is known of it
    required = provider.instance_requirements
    offered = member(required, "architectures")
    if offered is None and member(required, "allowed_instance_types") is not None:
        return  # their names would have to be understood
    has, wants = (offered or [_X86])[0], (architectures or [_X86])[0]
    if has != wants and not is_token([has, wants]):
        where.refuse(
            "capacity_provider",
            f"must have instances of the function's architecture, {wants}",
            got=has if offered else f"none named, which is {has}",
            fix="give the CapacityProvider 'architectures', or the function another 'architecture'",
            code="InstanceArchitecture",
        )


def _check_vcpu(where: Where, memory_size: float | None, per_vcpu: float | None) -> None:
    """Refuse a share of a vCPU.

    Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-capacityproviderconfig.html
    """
    if memory_size is None or per_vcpu is None or is_token([memory_size, per_vcpu]):
        return
    needed = per_vcpu * _MB_PER_GIB
    if memory_size < needed:
        where.refuse(
            "memory_gib_per_vcpu",
            f"must leave the function one vCPU: it has {memory_size:,g} MB of memory",
            got=f"{per_vcpu:g}",
            fix=f"lower it, or raise 'memory_size' to {needed:,.0f}",
            code="InstanceVcpu",
        )


def _check_runtime(where: Where, runtime: str | None) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html ."""
    if runtime is not None and not is_one_of(runtime, quotas.INSTANCE_RUNTIMES):  # an image has none
        where.refuse(
            "runtime",
            "must be one that Lambda runs on managed instances",
            got=runtime,
            fix="choose Python 3.13, Node.js 22, Java 21, .NET 8, provided.al2023 or a newer one of these",
            code="InstanceRuntime",
        )


def _check_order(where: Where, minimum: int, maximum: int) -> None:
    if minimum > maximum:
        where.refuse(
            "minimum",
            f"must not be above the maximum, {maximum}",
            got=minimum,
            fix="swap them, or raise the maximum",
            code="MinimumAboveMaximum",
        )
