"""Files that functions share, deployed to the local cloud: all but the mount itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.test_examples import the_stack_of

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def test_the_example_deploys_and_says_that_nothing_is_mounted(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(the_stack_of("function_with_file_system"))

    files = local_cloud.client("efs")
    (file_system,) = files.describe_file_systems()["FileSystems"]
    (access_point,) = files.describe_access_points()["AccessPoints"]
    targets = files.describe_mount_targets(FileSystemId=file_system["FileSystemId"])["MountTargets"]
    assert file_system["Encrypted"] is True
    assert (access_point["PosixUser"]["Uid"], access_point["RootDirectory"]["Path"]) == (1001, "/archive")
    assert len({target["SubnetId"] for target in targets}) == 2
    assert "FileSystems" in {entry.id for entry in deployed.not_shown}
