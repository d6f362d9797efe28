"""What Lambda@Edge does not have, and less of what it has, refused where it is typed.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.container_image import ContainerImage
from cdk_lambda_patterns.function.durations import duration_within, in_seconds
from cdk_lambda_patterns.function.function_checks import check_code, check_function, refuse_replaced_options
from cdk_lambda_patterns.function.packaging import package_size
from cdk_lambda_patterns.validation import type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from cdk_lambda_patterns.validation import Where

_BESIDE = "do the work in a function behind the origin"
_PACK = "put settings into the code when it is packed, or send them as custom headers of the origin"
_BUNDLE = "pack what a layer would bring with the code"
_HERE = "leave it out"

MISSING: Mapping[str, str] = {
    "adot_instrumentation": _HERE,
    "allow_all_ipv6_outbound": _BESIDE,
    "allow_all_outbound": _BESIDE,
    "allow_public_subnet": _BESIDE,
    "architecture": "choose Architecture.X86_64, or leave it out",
    "current_version_options": "use 'removal_policy' and 'description': the version is what CloudFront is given",
    "dead_letter_queue": "leave it out: CloudFront waits for the answer, and nothing is tried again",
    "dead_letter_queue_enabled": "leave it out: CloudFront waits for the answer, and nothing is tried again",
    "dead_letter_topic": "leave it out: CloudFront waits for the answer, and nothing is tried again",
    "durable_config": _BESIDE,
    "environment": _PACK,
    "environment_encryption": _PACK,
    "ephemeral_storage_size": f"leave it out: there are {quotas.EPHEMERAL_STORAGE.minimum:g} MB",
    "events": "start another function from them",
    "filesystem": _BESIDE,
    "insights_version": _HERE,
    "ipv6_allowed_for_dual_stack": _BESIDE,
    "layers": _BUNDLE,
    "params_and_secrets": "ask Secrets Manager or Parameter Store with the SDK, and keep the answer",
    "profiling": _HERE,
    "profiling_group": _HERE,
    "recursive_loop": "leave it out: only CloudFront starts the function",
    "reserved_concurrent_executions": f"leave it out: it would count in {quotas.EDGE_REGION} alone",
    "runtime_management_mode": "leave it out: only AUTO is taken",
    "security_groups": _BESIDE,
    "snap_start": _HERE,
    "tenancy_config": _BESIDE,
    "tracing": "choose Tracing.DISABLED, or leave it out",
    "vpc": _BESIDE,
    "vpc_subnets": _BESIDE,
}
"""Options of `aws_lambda.Function` that there are not at the edge, and what to do instead."""

TAKEN = frozenset(
    {
        "application_log_level_v2",
        "code_signing_config",
        "description",
        "function_name",
        "initial_policy",
        "logging_format",
        "memory_size",
        "system_log_level_v2",
        "timeout",
    }
)
"""Options of `aws_lambda.Function` that there are at the edge as well."""


def check_edge_options(where: Where, code: object, options: Mapping[str, Any]) -> None:
    """Refuse what there is not at the edge, each by its name. What only says so (`tracing` disabled) passes.

    Args:
        where: The construct.
        code: The code, as it was given.
        options: The options of `aws_lambda.Function` as they were given, without None.
    """
    for name, instead in MISSING.items():
        value = options.get(name)
        if value is not None and not _says_nothing(name, value):
            where.refuse(
                name, "is not an option at CloudFront's edge", got=_shown(value), fix=instead, code="EdgeFeatureMissing"
            )
    refuse_replaced_options(where, options)
    if isinstance(code, (ContainerImage, lambda_.AssetImageCode, lambda_.EcrImageCode)):
        where.refuse(
            "code",
            "must be a package at CloudFront's edge",
            got="a container image",
            fix="use PythonCode, or aws_lambda.Code.from_asset",
            code="EdgeFeatureMissing",
        )


def check_edge_function(where: Where, *, code: object, handler: str, runtime: str, options: Mapping[str, Any]) -> None:
    """Refuse what the edge does not run, and what is beyond its limits.

    Args:
        where: The construct.
        code: The code, `PythonCode` or one of `aws_lambda.Code`.
        handler: The handler.
        runtime: The runtime's name.
        options: The options of `aws_lambda.Function` that there are at the edge.
    """
    if not runtime.startswith(quotas.EDGE_RUNTIMES):
        where.refuse(
            "runtime",
            "must be one of Node.js or Python at CloudFront's edge",
            got=runtime,
            fix=f"choose one of them, or {_BESIDE}",
            code="EdgeRuntime",
        )
    check_function(where, handler=handler, options=options)
    duration_within(where, "timeout", options.get("timeout"), quotas.EDGE_FUNCTION_TIMEOUT)
    if isinstance(code, lambda_.Code):
        check_code(where, code, handler=handler, runtime=runtime)


def check_edge_package(where: Where, function: lambda_.Function, resource: lambda_.CfnFunction) -> None:
    """Refuse a package that is too large for the edge, or that a customer's key encrypts.

    Args:
        where: The construct.
        function: The function, constructed.
        resource: Its resource.
    """
    size = package_size.staged_zip_size(function, above=quotas.PACKAGE_ZIPPED.maximum)
    where.within("code", size, quotas.PACKAGE_ZIPPED, fix="leave out what the function does not need")
    if getattr(resource.code, "source_kms_key_arn", None) is not None:
        where.refuse(
            "code",
            "must not be encrypted with a customer's key at CloudFront's edge",
            got="source_kms_key",
            fix="leave the key out: the package is encrypted with a key of AWS",
            code="EdgeFeatureMissing",
        )


def warn_of_viewer_limits(scope: Construct, function: lambda_.Function, options: Mapping[str, Any]) -> None:
    """Warn of what viewer events have not always taken, and may still refuse.

    Args:
        scope: Where the warning is shown and can be acknowledged.
        function: The function, constructed.
        options: `timeout` and `memory_size`, as they are.
    """
    beyond: list[str] = []
    timeout = in_seconds(options["timeout"])
    if timeout is not None and timeout > quotas.EDGE_VIEWER_TIMEOUT_SECONDS:
        beyond.append(f"{timeout:g} s of timeout instead of {quotas.EDGE_VIEWER_TIMEOUT_SECONDS}")
    memory = options["memory_size"]
    if memory > quotas.EDGE_VIEWER_MEMORY_MB:
        beyond.append(f"{memory:g} MB of memory instead of {quotas.EDGE_VIEWER_MEMORY_MB}")
    size = package_size.staged_zip_size(function, above=quotas.EDGE_VIEWER_PACKAGE_BYTES)
    if size is not None and size > quotas.EDGE_VIEWER_PACKAGE_BYTES:
        beyond.append(f"{size:,} bytes of package instead of {quotas.EDGE_VIEWER_PACKAGE_BYTES:,}")
    if beyond:
        cdk.Annotations.of(scope).add_warning_v2(
            "cdk-lambda-patterns:edgeViewerLimits",
            f"the function has {', '.join(beyond)}, which is what a viewer event is certain to take; CloudFront may "
            "refuse it. Give it less, or use an origin event",
        )


def _says_nothing(name: str, value: Any) -> bool:  # noqa: ANN401 - any option
    """Whether an option only says what there is at the edge anyway."""
    if name == "architecture":
        return bool(getattr(value, "name", None) == quotas.DEFAULT_ARCHITECTURE)
    if name == "tracing":
        return value is not lambda_.Tracing.ACTIVE
    if name == "runtime_management_mode":
        return bool(getattr(value, "mode", None) == lambda_.RuntimeManagementMode.AUTO.mode)
    if name == "ephemeral_storage_size" and isinstance(value, cdk.Size):
        return not value.is_unresolved() and _megabytes(value) == quotas.EPHEMERAL_STORAGE.minimum
    # 0 is a number of reserved executions, and stops the function.
    return value is False or (isinstance(value, (list, tuple, dict)) and not value)


def _shown(value: Any) -> str:  # noqa: ANN401 - as above
    """An option for the message: never the values of an environment."""
    if isinstance(value, dict):
        return ", ".join(map(str, cast("dict[str, object]", value)))
    if isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, cdk.Size) and not value.is_unresolved():
        return f"{_megabytes(value):g} MB"
    return str(getattr(value, "name", None) or type_name(value))


def _megabytes(size: cdk.Size) -> float:
    return size.to_mebibytes(rounding=cdk.SizeRoundingBehavior.NONE)
