"""The pytest plugin: the fixtures that every test suite gets by installing the package.

Every run of pytest loads it, so it imports neither the CDK nor syrupy until a fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns.local_cloud.pytest_fixture import (
    local_cloud,
    local_cloud_options,
    local_clouds_of_tests,
    shared_local_cloud,
)

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

__all__ = [
    "local_cloud",
    "local_cloud_options",
    "local_clouds_of_tests",
    "shared_local_cloud",
    "template_snapshot",
]


@pytest.fixture
def template_snapshot(request: pytest.FixtureRequest) -> SnapshotAssertion:
    """Compares a template with the one that was reviewed: `assert synthesize(Orders) == template_snapshot`.

    `pytest --snapshot-update` writes it, a JSON file in `__snapshots__` beside the test. What changes by itself is left
    out: see `cdk_lambda_patterns.testing.normalized`.
    """
    try:
        from .snapshot import TemplateSnapshotExtension  # noqa: PLC0415 - syrupy is optional and takes a while
    except ModuleNotFoundError:
        pytest.fail(
            "'template_snapshot' needs syrupy: pip install syrupy, or this package again with its extra 'testing'",
            pytrace=False,
        )
    snapshot: SnapshotAssertion = request.getfixturevalue("snapshot")
    return snapshot.use_extension(TemplateSnapshotExtension)
