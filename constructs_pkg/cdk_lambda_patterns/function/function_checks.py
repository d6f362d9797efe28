"""What Lambda would refuse at deployment, refused where it is typed.

Each check compares with `quotas.py`; tokens and what is left out pass.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.tokens import is_token

from .durations import duration_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.validation import Where

_INLINE_RUNTIMES = ("python", "nodejs")

REPLACED_OPTIONS = {
    "dead_letter_queue": "use 'on_failure': a destination also tells why the event failed",
    "dead_letter_queue_enabled": "leave it out: asynchronous callers get a failure queue",
    "dead_letter_topic": "use 'on_failure': a destination also tells why the event failed",
    "log_format": "use 'logging_format'",
    "application_log_level": "use 'application_log_level_v2'",
    "system_log_level": "use 'system_log_level_v2'",
    "log_retention_role": "leave it out: the log group is part of the stack and needs no custom resource",
    "log_retention_retry_options": "leave it out: the log group is part of the stack and needs no custom resource",
}
"""Options of `aws_lambda.Function` that this library does in another way, and how."""


def refuse_replaced_options(where: Where, options: Mapping[str, Any]) -> None:
    """Refuse options that would work against this function's own, each with what to use in its place."""
    for name in options.keys() & REPLACED_OPTIONS.keys():
        where.refuse(
            name,
            "is not an option of this function",
            got=type(options[name]).__name__,
            fix=REPLACED_OPTIONS[name],
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
    _check_memory(where, get("memory_size"))
    storage = get("ephemeral_storage_size")
    if storage is not None and not storage.is_unresolved():
        where.within("ephemeral_storage_size", storage.to_mebibytes(), quotas.EPHEMERAL_STORAGE)
    where.within("reserved_concurrent_executions", get("reserved_concurrent_executions"), quotas.RESERVED_CONCURRENCY)
    where.size("layers", get("layers"), quotas.LAYERS)
    where.size("security_groups", get("security_groups"), quotas.SECURITY_GROUPS)
    where.within("retry_attempts", get("retry_attempts"), quotas.ASYNC_RETRY_ATTEMPTS)
    duration_within(where, "max_event_age", get("max_event_age"), quotas.ASYNC_EVENT_AGE)
    subnets = getattr(get("vpc_subnets"), "subnets", None)
    where.size("vpc_subnets", subnets, quotas.SUBNETS)
    _check_mount_path(where, get("filesystem"))


def check_code(where: Where, code: lambda_.Code, *, handler: str, runtime: str) -> None:
    """Refuse inline code and custom runtimes that could not start.

    Args:
        where: The construct.
        code: The code, other than `PythonCode`, which checks itself.
        handler: The handler.
        runtime: The runtime's name.
    """
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
                fix="give the layer and the function the same 'architecture'",
                code="LayerArchitecture",
            )
        runtimes = getattr(layer, "target_runtimes", None)
        if runtimes is not None and runtime is not None and runtime not in runtimes:
            where.refuse(
                "layers",
                f"must be built for the function's runtime, {runtime}",
                got=f"a layer for {', '.join(runtimes)}",
                fix="give the layer and the function the same 'runtime'",
                code="LayerRuntime",
            )


def _check_memory(where: Where, memory: float | None) -> None:
    where.within("memory_size", memory, quotas.MEMORY)
    if memory is not None and not is_token(memory) and memory != int(memory):
        where.refuse(
            "memory_size", "must be a whole number of MB", got=memory, fix=quotas.MEMORY.fix, code=quotas.MEMORY.code
        )


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
