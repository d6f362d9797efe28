"""What every test of this project gets."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# Before anything imports aws_cdk: the Node of the environment, and bytecode, without which each start takes seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
if (_node := Path(sys.prefix) / "bin" / "node").exists():
    os.environ.setdefault("JSII_NODE", str(_node))
# Tests that run with another home would unpack the CDK again.
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(Path.home() / ".cache" / "aws" / "jsii" / "package-cache"))

if TYPE_CHECKING:
    import aws_cdk as cdk

pytest_plugins = ["pytester"]


def pytest_make_parametrize_id(val: object) -> str | None:
    """A token's encoding says what was made before it, which differs between processes: its id says that it is one."""
    from cdk_lambda_patterns.tokens import is_token  # noqa: PLC0415 - not before the environment is set, above

    return "token" if is_token(val) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each process must call a test the same."""
    named = next((item.nodeid for item in items if " at 0x" in item.nodeid), None)
    if named is not None:
        raise pytest.UsageError(f"{named} has an address in its id: give its parameters ids")


@pytest.fixture
def app() -> cdk.App:
    """An app that synthesizes fast."""
    from cdk_lambda_patterns.testing import fast_app  # noqa: PLC0415 - only tests that use it pay for the CDK

    return fast_app()


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    """A stack in an app that synthesizes fast: `synthesize(stack)` gives its template."""
    import aws_cdk  # noqa: PLC0415 - as above

    return aws_cdk.Stack(app, "Stack")
