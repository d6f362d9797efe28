"""Outputs that a stack reads from one in another Region."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

ELSEWHERE = "eu-west-1"


def producer(lab: Lab, region: str) -> str:
    """A stack with one output."""
    name, cloudformation = lab.name(), lab.client("cloudformation", region=region)
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}},
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    eventually(lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs"))
    return name


def reader(name: str, output: str = "Name", **where: object) -> dict[str, Any]:
    """A parameter with what it reads."""
    value = {"Fn::GetStackOutput": {"StackName": name, "OutputName": output, **where}}
    return {"Read": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}}


def test_an_output_is_read_from_the_region_that_is_named(faithful: Lab) -> None:
    name = producer(faithful, ELSEWHERE)

    outputs = faithful.deploy(reader(name, Region=ELSEWHERE), {"Value": {"Fn::GetAtt": ["Read", "Value"]}})

    assert outputs == {"Value": name}


def test_the_region_may_be_a_reference(faithful: Lab) -> None:
    name = producer(faithful, faithful.region)

    outputs = faithful.deploy(reader(name, Region={"Ref": "AWS::Region"}), {"Value": {"Fn::GetAtt": ["Read", "Value"]}})

    assert outputs == {"Value": name}


def test_without_a_region_it_is_the_readers_own(faithful: Lab) -> None:
    name = producer(faithful, faithful.region)

    outputs = faithful.deploy(reader(name), {"Value": {"Fn::GetAtt": ["Read", "Value"]}})

    assert outputs == {"Value": name}


@pytest.mark.parametrize(("region", "output"), [("ap-southeast-2", "Name"), (ELSEWHERE, "Else")])
def test_what_is_not_there_fails_the_reader(faithful: Lab, region: str, output: str) -> None:
    name = producer(faithful, ELSEWHERE)

    with pytest.raises(AssertionError, match=r"ROLLBACK_COMPLETE"):
        faithful.deploy(reader(name, output, Region=region))


def test_the_published_emulator_looks_in_the_readers_own_region(stock: Lab) -> None:
    name = producer(stock, ELSEWHERE)

    with pytest.raises(AssertionError, match=r"ROLLBACK_COMPLETE"):
        stock.deploy(reader(name, Region=ELSEWHERE))
