"""Versions go that nothing uses, and only those; the versions of earlier deployments are there to go."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import GradualRelease, ReleasePlan, VersionPruning, WellArchitectedFunction
from cdk_lambda_patterns.local_cloud import LocalCloudError

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


class Orders(cdk.Stack):
    """A function of which one release follows the other."""

    def __init__(
        self, scope: Construct, construct_id: str, *, release: int = 0, pruned: bool = True, gradual: bool = False
    ) -> None:
        super().__init__(scope, construct_id)
        process = WellArchitectedFunction(
            self,
            "Process",
            code=lambda_.Code.from_inline(f"def handler(event, context): return {release}"),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )
        if pruned:
            VersionPruning(self, "Pruning", functions=[process], keep=2)
        if gradual:
            GradualRelease(self, "Release", function=process, plan=ReleasePlan.all_at_once())


def publish(client: Any, name: str, release: int) -> str:  # noqa: ANN401 - boto3 makes its types at run time
    """Publish a version of other code."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", f"def handler(event, context): return {release}")
    client.update_function_code(FunctionName=name, ZipFile=package.getvalue())
    version: str = client.publish_version(FunctionName=name)["Version"]
    return version


def versions(client: Any, name: str) -> list[str]:  # noqa: ANN401
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    return [version["Version"] for page in pages for version in page["Versions"]]


def test_the_newest_and_those_in_use_are_left(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(Orders)
    name, client = deployed.function("Process").physical_id, local_cloud.client("lambda")
    published = ["1", *(publish(client, name, release) for release in range(1, 12))]
    assert published == [str(number) for number in range(1, 13)]
    client.create_alias(FunctionName=name, Name="before", FunctionVersion="3")
    client.update_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="11",
        RoutingConfig={"AdditionalVersionWeights": {"5": 0.1}},
    )

    (schedule,) = local_cloud.client("scheduler").list_schedules()["Schedules"]
    target = local_cloud.client("scheduler").get_schedule(Name=schedule["Name"])["Target"]
    done = deployed.function("Pruning/Function").invoke(json.loads(target["Input"]))

    assert target["Arn"].endswith(":live")
    assert done.error is None, done.log
    assert done.payload == {
        name: {"deleted": ["10", "9", "8", "7", "6", "4", "2", "1"], "kept": ["12", "11", "5", "3"]}
    }
    assert versions(client, name) == ["$LATEST", "3", "5", "11", "12"]
    assert deployed.function("Process").invoke({}).error is None, "and the function is there"


def test_lambda_itself_keeps_what_an_alias_has_just_moved_to(local_cloud: LocalCloud) -> None:
    """What the handler counts on when an alias moves between its look and its deletion."""
    deployed = local_cloud.deploy(Orders)
    name, client = deployed.function("Process").physical_id, local_cloud.client("lambda")
    publish(client, name, 1)

    with pytest.raises(client.exceptions.ResourceConflictException):
        client.delete_function(FunctionName=name, Qualifier="1")


@pytest.mark.parametrize(("pruned", "left"), [(True, ["$LATEST", "1", "2"]), (False, ["$LATEST", "2"])])
def test_the_release_before_is_there_to_roll_back_to(
    local_cloud: LocalCloud,
    pruned: bool,  # noqa: FBT001
    left: list[str],
) -> None:
    local_cloud.deploy(Orders, release=1, pruned=pruned)

    deployed = local_cloud.deploy(Orders, release=2, pruned=pruned)

    function = deployed.function("Process")
    assert function.invoke({}).payload == 2
    assert versions(local_cloud.client("lambda"), function.physical_id) == left
    if pruned:
        assert function.invoke({}, qualifier="1").payload == 1


@pytest.mark.slow
def test_who_rolled_back_by_hand_moves_live_back_before_the_next_gradual_release(local_cloud: LocalCloud) -> None:
    """CloudFormation tells CodeDeploy what it deployed last."""
    local_cloud.deploy(Orders, release=1, gradual=True)
    process = local_cloud.deploy(Orders, release=2, gradual=True).function("Process")
    client = local_cloud.client("lambda")

    def move_live(version: str) -> None:
        client.update_alias(FunctionName=process.physical_id, Name="live", FunctionVersion=version)

    move_live("1")
    assert process.invoke({}).payload == 1
    with pytest.raises(LocalCloudError, match="alias version does not match the current version in AppSpec"):
        local_cloud.deploy(Orders, release=3, gradual=True)

    move_live("2")
    local_cloud.deploy(Orders, release=3, gradual=True)
    assert process.invoke({}).payload == 3
