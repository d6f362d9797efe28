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
def faithful() -> Iterator[Lab]:
    """The emulator with every behaviour."""
    with LocalCloud.start() as cloud:
        yield Lab(cloud)


@pytest.fixture(scope="session")
def stock() -> Iterator[Lab]:
    """The emulator as published."""
    with LocalCloud.start(without=["all"]) as cloud:
        yield Lab(cloud)
