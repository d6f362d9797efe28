"""Two clouds for the tests of a session: one with every behaviour, one as its makers published it.

Each behaviour is observed on both: where the published emulator does as AWS does, ours is not needed any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns.local_cloud import LocalCloud
from tests.local_cloud.fidelity.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def faithful_cloud() -> Iterator[LocalCloud]:
    """The emulator with every behaviour."""
    with LocalCloud.start() as cloud:
        yield cloud


@pytest.fixture(scope="session")
def stock_cloud() -> Iterator[LocalCloud]:
    """The emulator as published."""
    with LocalCloud.start(without=["all"]) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def faithful(faithful_cloud: LocalCloud) -> Lab:
    """The emulator with every behaviour, empty at the beginning of a module: each function is a process."""
    faithful_cloud.reset()
    return Lab(faithful_cloud)


@pytest.fixture(scope="module")
def stock(stock_cloud: LocalCloud) -> Lab:
    """The emulator as published, empty at the beginning of a module."""
    stock_cloud.reset()
    return Lab(stock_cloud)
