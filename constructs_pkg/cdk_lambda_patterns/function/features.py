"""Features of Lambda that do not go together with everything else: SnapStart, durable functions, tenants, signed code.

What AWS would refuse at deployment, or what would never work, is refused where it is typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_lambda as lambda_, aws_s3_assets as s3_assets

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where, type_name

from .durations import in_seconds
from .function_checks import FROM_IMAGE, member
from .packaging import PythonCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

    from constructs import Construct

_API_GATEWAY = "apigateway.amazonaws.com"
_SERVICES = ".amazonaws.com"
_OPTIONS = ("durable_config", "snap_start", "code_signing_config", "runtime_management_mode", "current_version_options")
# python3.14, nodejs24.x, java21.al2023, provided.al2023
_KIND_AND_VERSION = re.compile(r"(\D+)(\d+(?:\.\d+)*)")
_UNSIGNED = (lambda_.AssetCode, lambda_.InlineCode, PythonCode)


@dataclass(frozen=True, slots=True)
class Features:
    """Which of them a function has."""

    snap_start: bool = False
    """Its environments are resumed from a snapshot that was made when the version was published."""
    tenant_isolation: bool = False
    """Each of its environments serves one tenant alone."""
    durable: bool = False
    """Its executions outlive an invocation, and are replayed."""
    durable_seconds: float | None = None
    """How long an execution may take. None where it is not durable, or where it is only known at deployment."""
    signed: bool = False
    """Its code and layers must be signed."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Features:
        """Read them from the options of `aws_lambda.Function`, as they were given."""
        durable = options.get("durable_config")
        return cls(
            snap_start="snap_start" in options,
            tenant_isolation="tenancy_config" in options,
            durable=durable is not None,
            durable_seconds=None if durable is None else in_seconds(member(durable, "execution_timeout")),
            signed=_enforced(options.get("code_signing_config")),
        )

    def check_layers(self, where: Where, layers: Iterable[lambda_.ILayerVersion]) -> None:
        """Refuse layers that nobody has signed, where they must be.

        Args:
            where: The function.
            layers: Layers that are added to it.

        Raises:
            ValidationError: The function takes signed code alone, and a layer is packed by the CDK.
        """
        if self.signed:
            _refuse_unsigned(where, "layers", next(filter(_is_packed, layers), None))

    def check_event_source(self, scope: Construct) -> None:
        """Refuse what starts a function without being able to name a tenant.

        Args:
            scope: The trigger.

        Raises:
            ValidationError: The function isolates tenants.
        """
        if self.tenant_isolation:
            _refuse_tenants(_where(scope), "function", "an event source")

    def check_poller(self, scope: Construct) -> None:
        """Refuse functions that an event source mapping could not start, or could not wait for.

        Args:
            scope: The trigger.

        Raises:
            ValidationError: The function isolates tenants, or its durable executions may take longer than a mapping
                waits.
        """
        self.check_event_source(scope)
        seconds = self.durable_seconds
        if seconds is not None and not quotas.DURABLE_POLLED.admits(seconds):
            _where(scope).within("function", seconds, quotas.DURABLE_POLLED)

    def check_caller(self, where: Where, principal: str) -> None:
        """Refuse services that cannot name a tenant.

        Args:
            where: The function.
            principal: Who is let call it.

        Raises:
            ValidationError: The function isolates tenants, and a service other than API Gateway would call it.
        """
        if self.tenant_isolation and principal.endswith(_SERVICES) and principal != _API_GATEWAY:
            _refuse_tenants(where, "live", principal)


def check_features(
    where: Where, options: Mapping[str, Any], *, code: lambda_.Code | PythonCode, runtime: lambda_.Runtime | None
) -> None:
    """Refuse features that do not go together, or not with this code.

    Args:
        where: The function.
        options: The options of `aws_lambda.Function` as they were given.
        code: Its code.
        runtime: Its runtime. None for the default one.
    """
    if all(options.get(name) is None for name in _OPTIONS):
        return  # and Node is asked nothing
    image = runtime is not None and runtime.name == FROM_IMAGE
    if options.get("snap_start") is not None:
        _check_snap_start(where, options, runtime, image=image)
    if options.get("durable_config") is not None and runtime is not None and not image:
        _check_durable_runtime(where, runtime.name)
    if options.get("code_signing_config") is not None:
        _check_signing(where, options["code_signing_config"], code, options.get("layers") or (), image=image)
    if options.get("runtime_management_mode") is not None:
        _check_runtime_management(where, options["runtime_management_mode"], image=image)
    ready = member(options.get("current_version_options"), "provisioned_concurrent_executions")
    if ready is not None:
        where.refuse(
            "current_version_options.provisioned_concurrent_executions",
            "must be left out: a version goes with the next release, and its environments with it",
            got=ready,
            fix="define a ProvisionedConcurrency, which is on the alias",
            code="ProvisionedOnVersion",
        )


def is_one_of(runtime: str, first: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a runtime is one of some kinds, in their first version or a newer one. Tokens are.

    Args:
        runtime: The runtime's name.
        first: The first version of each kind.
    """
    if is_token(runtime):
        return True
    found = _KIND_AND_VERSION.match(runtime)
    return found is not None and found[1] in first and tuple(map(int, found[2].split("."))) >= first[found[1]]


def _check_durable_runtime(where: Where, runtime: str) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-supported-runtimes.html ."""
    if not is_one_of(runtime, quotas.DURABLE_RUNTIMES):
        where.refuse(
            "durable_config",
            "must be left out for runtimes that Lambda does not run durable functions on",
            got=runtime,
            fix="choose Python 3.13, Node.js 22, Java 17 or a newer one of these",
            code="DurableRuntime",
        )


def _check_snap_start(
    where: Where, options: Mapping[str, Any], runtime: lambda_.Runtime | None, *, image: bool
) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html ."""
    if runtime is not None and not image and not runtime.supports_snap_start:
        where.refuse(
            "snap_start",
            "must be left out for a runtime that Lambda takes no snapshots of",
            got=runtime.name,
            fix="choose Python 3.12, Java 11, .NET 8 or a newer one of these, or define a ProvisionedConcurrency",
            code="SnapStartRuntime",
        )
    if options.get("tenancy_config") is not None:
        where.refuse(
            "snap_start",
            "must be left out where tenants are isolated: environments of one snapshot would share what it holds",
            got="snap_start beside tenancy_config",
            fix="leave one of the two out",
            code="SnapStartTenants",
        )
    if options.get("filesystem") is not None:
        where.refuse(
            "snap_start",
            "must be left out where a file system is mounted: it cannot be part of a snapshot",
            got="snap_start beside filesystem",
            fix="leave one of the two out",
            code="SnapStartFileSystem",
        )
    storage = options.get("ephemeral_storage_size")
    if storage is not None and not storage.is_unresolved():
        where.within("ephemeral_storage_size", storage.to_mebibytes(), quotas.SNAP_START_STORAGE)


def _check_signing(
    where: Where,
    config: lambda_.ICodeSigningConfig,
    code: lambda_.Code | PythonCode,
    layers: Iterable[lambda_.ILayerVersion],
    *,
    image: bool,
) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html ."""
    if image:
        where.refuse(
            "code_signing_config",
            "must be left out for a container image: Lambda checks signatures of packages alone",
            got="code_signing_config for an image",
            fix="sign the image in its repository",
            code="CodeSigningOnImage",
        )
    if _enforced(config):
        _refuse_unsigned(where, "code", code if isinstance(code, _UNSIGNED) else None)
        _refuse_unsigned(where, "layers", next(filter(_is_packed, layers), None))


def _refuse_unsigned(where: Where, prop: str, given: object) -> None:
    if given is not None:
        where.refuse(
            prop,
            "must be a signed package, since 'code_signing_config' refuses others; the CDK does not sign what it packs",
            got=type_name(given),
            fix="sign it with AWS Signer and use aws_lambda.Code.from_bucket, or let the policy warn",
            code="CodeUnsigned",
        )


def _is_packed(layer: lambda_.ILayerVersion) -> bool:
    """Whether the CDK packs a layer of this app. Of others nobody can tell who has signed them."""
    return isinstance(layer.node.try_find_child("Code"), s3_assets.Asset)


def _enforced(config: lambda_.ICodeSigningConfig | None) -> bool:
    """Whether unsigned code is refused. Of a configuration from outside of this app nobody can tell."""
    if not isinstance(config, lambda_.CodeSigningConfig):
        return False
    resource = cast("lambda_.CfnCodeSigningConfig", config.node.default_child)
    return bool(member(resource.code_signing_policies, "untrusted_artifact_on_deployment") == "Enforce")


def _check_runtime_management(where: Where, mode: lambda_.RuntimeManagementMode, *, image: bool) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html ."""
    if image:
        where.refuse(
            "runtime_management_mode",
            "must be left out for a container image, which brings its own runtime",
            got="runtime_management_mode for an image",
            fix="choose the version of the base image",
            code="RuntimeManagementOnImage",
        )
    where.matches(
        "runtime_management_mode",
        mode.arn,
        quotas.RUNTIME_VERSION_ARN_PATTERN,
        rule="must name a version of the runtime by its ARN",
        fix="take it from the INIT_START line of the function's log: arn:aws:lambda:<Region>::runtime:<id>",
        code="RuntimeVersionArnInvalid",
    )


def _refuse_tenants(where: Where, prop: str, got: str) -> NoReturn:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html ."""
    where.refuse(
        prop,
        "isolates tenants: only API Gateway and direct invocations can name the tenant",
        got=got,
        fix="let a second function take the events and invoke this one with their tenant",
        code="EventSourceWithoutTenant",
    )


def _where(construct: Construct) -> Where:
    node = construct.node
    return Where(cast("Construct", node.scope), node.id)
