"""What dependencies are resolved for: a Python version and a platform, derived from runtime and architecture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.validation import Where

LOCAL_CLOUD = "cdk-lambda-patterns:local-cloud"
"""Context key. Its value, `<Python version>/<uv platform>`, replaces every function's target: the local cloud runs
functions on this machine, whose compiled packages are others than Lambda's. For example
`3.11/x86_64-manylinux_2_28`."""

_FIRST = (3, 0)
_LAST_ON_AMAZON_LINUX_2 = (3, 11)
_PROCESSORS = {"arm64": "aarch64", "x86_64": "x86_64"}


@dataclass(frozen=True, slots=True)
class Target:
    """A Python version and a platform, and what they are called in a message."""

    python: str
    """For example `3.14`."""
    platform: str
    """As uv names it, for example `aarch64-manylinux_2_34`."""
    label: str
    """For example `python3.14 on arm64`."""


def python_version(runtime: str) -> tuple[int, int] | None:
    """The version of a Python runtime's name, for example (3, 14) of `python3.14`; None for another language."""
    match = re.fullmatch(r"python(\d+)\.(\d+)", runtime)
    return (int(match[1]), int(match[2])) if match else None


def lambda_target(where: Where, runtime: str, architecture: str) -> Target:
    """The target that Lambda is.

    From Python 3.12 on Lambda runs on Amazon Linux 2023 (glibc 2.34), before on Amazon Linux 2 (glibc 2.26, of which uv
    knows the older manylinux_2_17).
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    version = python_version(runtime)
    if version is None or version < _FIRST:
        where.refuse(
            "runtime",
            "must be a Python 3 runtime for Python code",
            got=runtime,
            fix="choose one, or pass another aws_lambda.Code as 'code'",
            code="RuntimeNotPython",
        )
    libc = "manylinux_2_17" if version <= _LAST_ON_AMAZON_LINUX_2 else "manylinux_2_34"
    return Target(f"{version[0]}.{version[1]}", f"{_PROCESSORS[architecture]}-{libc}", f"{runtime} on {architecture}")


def local_cloud_target(where: Where, scope: Construct) -> Target | None:
    """The target that the app's context sets for the local cloud; None where it sets none."""
    setting: object = scope.node.try_get_context(LOCAL_CLOUD)
    if setting is None:
        return None
    match = re.fullmatch(r"(\d+\.\d+)/([\w-]+)", setting) if isinstance(setting, str) else None
    if match is None:
        where.refuse(
            LOCAL_CLOUD,
            "must be a Python version and a platform of uv, as in '3.11/x86_64-manylinux_2_28'",
            got=repr(setting),
            fix="correct the context",
            code="LocalCloudTarget",
        )
    return Target(match[1], match[2], f"the local cloud's Python {match[1]} on {match[2]}")
