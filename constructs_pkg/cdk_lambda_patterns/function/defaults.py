"""This library's values for options of a function that were left out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import practices

from .durations import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARCHITECTURES = {"arm64": "ARM_64", "x86_64": "X86_64"}


@cache
def default_runtime() -> lambda_.Runtime:
    """The runtime of functions that name none."""
    return cast(
        "lambda_.Runtime",
        getattr(lambda_.Runtime, practices.RUNTIME.upper().replace("PYTHON", "PYTHON_").replace(".", "_")),
    )


@cache
def default_architecture() -> lambda_.Architecture:
    """The architecture of functions that name none."""
    return cast("lambda_.Architecture", getattr(lambda_.Architecture, _ARCHITECTURES[practices.ARCHITECTURE]))


def function_defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a function.

    Args:
        options: The options of `aws_lambda.Function` as they were given.
    """
    defaults: dict[str, Any] = {
        "memory_size": practices.MEMORY_MB,
        "timeout": seconds(practices.TIMEOUT_SECONDS),
        "recursive_loop": lambda_.RecursiveLoop[practices.RECURSIVE_LOOP.upper()],
        **logging_defaults(options),
    }
    if "architecture" not in options:
        defaults["architecture"] = default_architecture()
    if "adot_instrumentation" in options:
        # With it the CDK would trace, and grant that in its own way, unless it is told not to.
        defaults["tracing"] = lambda_.Tracing.DISABLED
    return defaults


def logging_defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """The format of a function's log, and which lines are in it; text has all of them.

    Args:
        options: The options of `aws_lambda.Function` as they were given.
    """
    defaults: dict[str, Any] = {"logging_format": lambda_.LoggingFormat(practices.LOG_FORMAT)}
    if options.get("logging_format", lambda_.LoggingFormat.JSON) is lambda_.LoggingFormat.JSON:
        defaults["application_log_level_v2"] = lambda_.ApplicationLogLevel(practices.APPLICATION_LOG_LEVEL)
        defaults["system_log_level_v2"] = lambda_.SystemLogLevel(practices.SYSTEM_LOG_LEVEL)
    return defaults
