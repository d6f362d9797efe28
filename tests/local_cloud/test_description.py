"""Resources are found by the names that the app gives them."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from cdk_lambda_patterns import local_cloud as public
from cdk_lambda_patterns.local_cloud import (
    Alarm,
    DeployedStack,
    Deployment,
    Function,
    LocalCloud,
    LocalCloudError,
    Queue,
    Resource,
)
from cdk_lambda_patterns.local_cloud.process import EmulatorProcess

if TYPE_CHECKING:
    from pathlib import Path

STACK = DeployedStack(name="Prod-Shop", path="Prod/Shop", account="000000000000", region="us-east-1")
PATHS = {
    Queue: ["Orders/Queue", "Orders/DeadLetterQueue", "Payments/DeadLetterQueue", "Refunds/Inner/Only", "Plain"],
    Function: ["Process", "Orders/Smoke"],
    Alarm: ["Process/Errors"],
}


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """A deployment that was not made: names are looked up without asking the cloud again."""
    process = EmulatorProcess(pid=0, started="never", port=1, folder=tmp_path)
    deployment = Deployment(LocalCloud(process, python="3.13"), [STACK])
    deployment.__dict__["resources"] = tuple(
        kind(
            cloud=deployment.cloud,
            stack=STACK,
            stack_name=STACK.name,
            path=f"Prod/Shop/{path}",
            type=kind.types[0],
            logical_id=path.replace("/", "") + "0123ABCD",
            physical_id=f"Prod-Shop-{path.replace('/', '')}",
        )
        for kind, paths in PATHS.items()
        for path in paths
    )
    return deployment


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Orders/DeadLetterQueue", "Orders/DeadLetterQueue"),
        ("Prod/Shop/Orders/DeadLetterQueue", "Orders/DeadLetterQueue"),
        ("Orders", "Orders/Queue"),
        ("Prod/Shop/Orders", "Orders/Queue"),
        ("Refunds", "Refunds/Inner/Only"),
        ("Only", "Refunds/Inner/Only"),
        ("Inner/Only", "Refunds/Inner/Only"),
        ("Payments", "Payments/DeadLetterQueue"),
        ("/Plain/", "Plain"),
        ("Plain0123ABCD", "Plain"),
        ("Prod-Shop-Plain", "Plain"),
    ],
)
def test_a_queue_is_found_by(deployment: Deployment, name: str, path: str) -> None:
    assert deployment.queue(name).path_in_stack == path


def test_the_kind_decides_between_resources_of_one_construct(deployment: Deployment) -> None:
    assert deployment.function("Process").path == "Prod/Shop/Process"
    assert deployment.alarm("Process").path == "Prod/Shop/Process/Errors"
    assert deployment.function("Orders").path == "Prod/Shop/Orders/Smoke"
    assert deployment.resource("Process/Errors").physical_id == "Prod-Shop-ProcessErrors"
    assert deployment.resource("Orders", "AWS::Lambda::Function").path == "Prod/Shop/Orders/Smoke"


def test_fails_when_there_is_none_of_that_name_and_says_what_there_is(deployment: Deployment) -> None:
    with pytest.raises(
        LocalCloudError, match=r"no function is called 'Proces'; there are: Prod/Shop/Process, Prod/Shop/"
    ):
        deployment.function("Proces")
    with pytest.raises(LocalCloudError, match="no bucket is called 'Orders'; there are: none"):
        deployment.bucket("Orders")


def test_fails_when_the_name_may_mean_several(deployment: Deployment) -> None:
    with pytest.raises(
        LocalCloudError, match="'DeadLetterQueue' may mean several of: Prod/Shop/Orders/DeadLetterQueue, Prod/Shop/Pay"
    ):
        deployment.queue("DeadLetterQueue")


def test_fails_when_no_stack_is_called_so(deployment: Deployment) -> None:
    assert deployment.stack("Prod/Shop").stacks == deployment.stack("Prod-Shop").stacks

    with pytest.raises(LocalCloudError, match="no stack is called 'Shop'; deployed are: Prod/Shop"):
        deployment.stack("Shop")


def test_all_of_a_kind_are_listed(deployment: Deployment) -> None:
    assert [queue.path_in_stack for queue in deployment.all(Queue)] == PATHS[Queue]
    assert len(deployment.all(Resource)) == sum(map(len, PATHS.values()))


def test_whatever_a_deployment_gives_can_be_imported() -> None:
    given = {
        inspect.get_annotations(member)["return"]
        for cls in (Deployment, *Resource.__subclasses__())
        for name, member in vars(cls).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }

    classes = {word for annotation in given for word in re.findall(r"[A-Z]\w+", annotation)}
    assert classes >= {"Queue", "Message", "Invocation", "Depth", "Activity"}
    assert classes - {"Any", "None", "ResourceT"} <= set(public.__all__)


@pytest.mark.local_cloud
def test_resources_of_nested_stacks_are_found_by_the_same_names(local_cloud: LocalCloud) -> None:
    def define(stack: cdk.Stack) -> None:
        nested = cdk.NestedStack(stack, "Nested")
        sqs.Queue(nested, "Queue")
        sqs.Queue(stack, "Queue")

    deployment = local_cloud.deploy(define)

    assert deployment.queue("Nested").path == "Stack/Nested/Queue"
    assert deployment.queue("Nested/Queue").depth().visible == 0
    assert deployment.queue("Queue").path == "Stack/Queue"
    assert len(list(deployment.templates)) == 2
    found_by_another_process = LocalCloud(local_cloud.process, python=local_cloud.python).deployed()
    assert [stack.path for stack in found_by_another_process.stacks] == ["Stack"]
    assert found_by_another_process.queue("Nested/Queue").physical_id == deployment.queue("Nested/Queue").physical_id


@pytest.mark.local_cloud
def test_notes_say_what_is_not_shown_and_what_is_only_recorded(local_cloud: LocalCloud) -> None:
    def define(stack: cdk.Stack) -> None:
        cdk.CfnResource(stack, "Key", type="AWS::KMS::Key", properties={"KeyPolicy": {}})
        cdk.CfnResource(stack, "Archive", type="AWS::Events::Archive", properties={"SourceArn": "arn:aws:events:::x"})

    deployment = local_cloud.deploy(define)

    assert [(found.stack, found.logical_id, found.type) for found in deployment.recorded] == [
        ("Stack", "Archive", "AWS::Events::Archive")
    ]
    assert [entry.id for entry in deployment.not_shown] == ["Encryption"]
    encryption, archive = deployment.notes
    assert encryption.startswith("encryption and key policies: ")
    assert archive.startswith("AWS::Events::Archive: ")
    assert archive.endswith(" (Archive)")


@pytest.mark.local_cloud
def test_notes_speak_of_what_was_deployed_and_of_nothing_else(local_cloud: LocalCloud) -> None:
    assert local_cloud.deploy(lambda stack: sqs.Queue(stack, "Queue")).notes == []
