"""What every part of the local cloud agrees on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

ACCOUNT = "000000000000"
"""The account that one deploys to unless a stack names another."""

REGION = "us-east-1"
"""The region that one deploys to unless a stack names another."""

HOST = "127.0.0.1"
"""Nobody but this machine reaches the emulator."""

SECRET = "local-cloud"  # noqa: S105 - the emulator asks for one and takes any
"""What stands where AWS wants a secret key."""

CONTEXT_KEY = "cdk-lambda-patterns:local-cloud"
"""The context value that says where functions will run, as `<Python version>/<uv's --python-platform>`."""

Progress: TypeAlias = Callable[[str], object]
"""Is told what happens, line by line as it does, without line ends; `print` will do."""
