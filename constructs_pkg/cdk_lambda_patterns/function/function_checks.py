"""What Lambda would refuse at deployment, refused where it is typed.

Each check compares with `quotas.py`; tokens and what is left out pass.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import SizeRoundingBehavior, aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import is_number, type_name

from .cdk_refusals import expect_type
from .durations import duration_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Size

    from cdk_lambda_patterns.validation import Where

_INLINE_RUNTIMES = ("python", "nodejs")
FROM_IMAGE = "FROM_IMAGE"
"""What the CDK calls the runtime of a container image."""
_OPTIONS_WITH_A_LAYER = ("insights_version", "adot_instrumentation", "params_and_secrets")
_OPTIONS_OF_A_VPC = (
    "allow_all_outbound",
    "allow_all_ipv6_outbound",
    "filesystem",
    "ipv6_allowed_for_dual_stack",
    "security_groups",
    "vpc_subnets",
)

REPLACED_OPTIONS = {
    "dead_letter_queue": "use 'on_failure': a destination also tells why the event failed",
    "dead_letter_queue_enabled": "leave it out: asynchronous callers get a failure queue",
    "dead_letter_topic": "use 'on_failure': a destination also tells why the event failed",
    "log_format": "use 'logging_format'",
    "application_log_level": "use 'application_log_level_v2'",
    "system_log_level": "use 'system_log_level_v2'",
    "architectures": "use 'architecture'",
    "security_group": "use 'security_groups'",
    "log_retention_role": "leave it out: the log group is part of the stack and needs no custom resource",
    "log_retention_retry_options": "leave it out: the log group is part of the stack and needs no custom resource",
}
"""Options of `aws_lambda.Function` that this library does in another way, and how."""


def refuse_replaced_options(where: Where, options: Mapping[str, Any]) -> None:
    """Refuse options that would work against this function's own, each with what to use in its place."""
    for name, instead in REPLACED_OPTIONS.items():
        if name in options:
            where.refuse(
                name,
                "is not an option of this function",
                got=type_name(options[name]),
                fix=instead,
                code="OptionReplaced",
            )


def check_function(where: Where, *, handler: str | None, options: Mapping[str, Any]) -> None:
    """Refuse values outside the service's limits.

    Args:
        where: The construct.
        handler: The handler; None for container images.
        options: The options of `aws_lambda.Function` as they were given.
    """
    get = options.get
    where.size("function_name", get("function_name"), quotas.FUNCTION_NAME_LENGTH)
    where.matches(
        "function_name",
        get("function_name"),
        quotas.FUNCTION_NAME_PATTERN,
        rule="must consist of letters, digits, hyphens and underscores",
        fix="rename the function, or leave it out and let CloudFormation name it",
        code="FunctionNameInvalid",
    )
    where.size("handler", handler, quotas.HANDLER_LENGTH)
    where.matches(
        "handler",
        handler,
        r"\S+",
        rule="must not contain white space",
        fix='write it as "module.function"',
        code="HandlerInvalid",
    )
    where.size("description", get("description"), quotas.DESCRIPTION_LENGTH)
    duration_within(where, "timeout", get("timeout"), quotas.TIMEOUT)
    check_architecture(where, get("architecture"))
    where.within("memory_size", get("memory_size"), quotas.MEMORY)
    storage = get("ephemeral_storage_size")
    if storage is not None:
        _check_storage(where, storage)
    where.within("reserved_concurrent_executions", get("reserved_concurrent_executions"), quotas.RESERVED_CONCURRENCY)
    where.size("layers", range(layer_count(options)), quotas.LAYERS)
    where.within("retry_attempts", get("retry_attempts"), quotas.ASYNC_RETRY_ATTEMPTS)
    duration_within(where, "max_event_age", get("max_event_age"), quotas.ASYNC_EVENT_AGE)
    _check_durable(where, get("durable_config"))
    _check_network(where, options)
    _check_mount_path(where, get("filesystem"))


def layer_count(options: Mapping[str, Any]) -> int:
    """How many layers the function has, those that other options bring included.

    Args:
        options: The options of `aws_lambda.Function` as they were given.
    """
    brought = sum(options.get(name) is not None for name in _OPTIONS_WITH_A_LAYER)
    return len(options.get("layers") or ()) + brought


def check_code(where: Where, code: lambda_.Code, *, handler: str, runtime: str) -> None:
    """Refuse inline code and custom runtimes that could not start.

    Args:
        where: The construct.
        code: The code, other than `PythonCode`, which checks itself.
        handler: The handler.
        runtime: The runtime's name.
    """
    if isinstance(code, (lambda_.AssetImageCode, lambda_.EcrImageCode)) and runtime != FROM_IMAGE:
        where.refuse(
            "code",
            "must be a package here",
            got="a container image",
            fix="define a WellArchitectedImageFunction",
            code="ImageCode",
        )
    if isinstance(code, lambda_.InlineCode):
        if not runtime.startswith(_INLINE_RUNTIMES):
            where.refuse(
                "code",
                "can be inline for Python and Node.js only",
                got=f"inline code for {runtime}",
                fix="put it into a folder and use aws_lambda.Code.from_asset",
                code="InlineCodeRuntime",
            )
        if not is_token(handler) and not handler.startswith("index."):
            where.refuse(
                "handler",
                "must be in the module 'index', which is what Lambda calls inline code",
                got=repr(handler),
                fix='write it as "index.<function>"',
                code="InlineCodeHandler",
            )
    if runtime.startswith("provided") and isinstance(code, lambda_.AssetCode):
        folder = Path(code.path)
        bootstrap = folder / "bootstrap"
        if folder.is_dir() and not (bootstrap.is_file() and os.access(bootstrap, os.X_OK)):
            where.refuse(
                "code",
                f"must hold an executable file 'bootstrap' for {runtime}",
                got=f"none in {folder}",
                fix="add the program under that name and make it executable (chmod +x)",
                code="BootstrapMissing",
            )


def check_layers(where: Where, layers: list[lambda_.ILayerVersion], *, runtime: str | None, architecture: str) -> None:
    """Refuse a dependency layer that was built for another processor or another Python."""
    for layer in layers:
        built_for = getattr(layer, "target_architecture", None)
        if built_for is not None and built_for != architecture:
            where.refuse(
                "layers",
                f"must be built for the function's architecture, {architecture}",
                got=f"a layer for {built_for}",
                fix="add it to the layer's 'compatible_architectures', or change the function's 'architecture'",
                code="LayerArchitecture",
            )
        runtimes = getattr(layer, "target_runtimes", None)
        if runtimes is not None and runtime is not None and runtime not in runtimes:
            where.refuse(
                "layers",
                f"must be built for the function's runtime, {runtime}",
                got=f"a layer for {', '.join(runtimes)}",
                fix="add it to the layer's 'compatible_runtimes', or change the function's 'runtime'",
                code="LayerRuntime",
            )


def check_architecture(where: Where, architecture: lambda_.Architecture | None, *, prop: str = "architecture") -> None:
    """Refuse a processor that Lambda does not have."""
    expect_type(where, prop, architecture, "docker_platform", "aws_lambda.Architecture")
    if architecture is not None and architecture.name not in quotas.ARCHITECTURES:
        where.refuse(
            prop,
            f"must be {' or '.join(quotas.ARCHITECTURES)}",
            got=architecture.name,
            fix="choose Architecture.ARM_64 or Architecture.X86_64",
            code="ArchitectureUnknown",
        )


def _check_storage(where: Where, storage: Size) -> None:
    fix = f"write Size.mebibytes({storage if is_number(storage) else '...'})"
    expect_type(where, "ephemeral_storage_size", storage, "to_mebibytes", "aws_cdk.Size", fix=fix)
    if not storage.is_unresolved():
        # Sizes below a mebibyte would be refused by the CDK with its own error.
        size = storage.to_mebibytes(rounding=SizeRoundingBehavior.NONE)
        where.within("ephemeral_storage_size", size, quotas.EPHEMERAL_STORAGE)


def _check_durable(where: Where, durable: lambda_.DurableConfig | Mapping[str, Any] | None) -> None:
    if durable is None:
        return
    timeout, retention = member(durable, "execution_timeout"), member(durable, "retention_period")
    duration_within(where, "durable_config.execution_timeout", timeout, quotas.DURABLE_EXECUTION_TIMEOUT)
    duration_within(where, "durable_config.retention_period", retention, quotas.DURABLE_RETENTION, unit="days")


def _check_network(where: Where, options: Mapping[str, Any]) -> None:
    if options.get("vpc") is None:
        for name in _OPTIONS_OF_A_VPC:
            if options.get(name) is not None:
                where.refuse(name, "needs a VPC", got=f"{name} without 'vpc'", fix="pass 'vpc' too", code="VpcMissing")
    where.size("security_groups", options.get("security_groups"), quotas.SECURITY_GROUPS)
    where.size("vpc_subnets", member(options.get("vpc_subnets"), "subnets"), quotas.SUBNETS)
    if options.get("security_groups"):
        for name in ("allow_all_outbound", "allow_all_ipv6_outbound"):
            if options.get(name) is not None:
                where.refuse(
                    name,
                    "must be left out where 'security_groups' are given",
                    got=options[name],
                    fix="set it on the security groups",
                    code="SecurityGroupOptionsConflict",
                )


def member(struct: object, name: str) -> Any:  # noqa: ANN401 (a member of any of the CDK's structs)
    """A member of a struct of the CDK, which may be given as a dict."""
    return cast("dict[str, Any]", struct).get(name) if isinstance(struct, dict) else getattr(struct, name, None)


def _check_mount_path(where: Where, filesystem: lambda_.FileSystem | None) -> None:
    if filesystem is None:
        return
    path = filesystem.config.local_mount_path
    where.size("filesystem", path, quotas.FILE_SYSTEM_MOUNT_PATH_LENGTH)
    where.matches(
        "filesystem",
        path,
        quotas.FILE_SYSTEM_MOUNT_PATH_PATTERN,
        rule="must be mounted right below /mnt",
        fix=f"mount it at /mnt/{PurePosixPath(path).name or 'data'}",
        code="MountPathInvalid",
    )
