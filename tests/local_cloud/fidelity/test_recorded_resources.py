"""Templates deploy whole, also with resources that the emulator does not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

UNKNOWN = {
    "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {"MinCapacity": 1}},
    "Ingress": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"}},
    "Future": {"Type": "AWS::NotYet::Invented", "Properties": {"Name": "first"}},
}


def test_resources_of_any_type_deploy_and_can_be_referred_to(faithful: Lab) -> None:
    outputs = faithful.deploy(
        UNKNOWN,
        {
            "Name": {"Ref": "Future"},
            "Arn": {"Fn::GetAtt": ["Future", "Arn"]},
            "Nested": {"Fn::Sub": "${Future.Endpoint.Address}"},
            "Url": {"Fn::GetAtt": ["Future", "ServiceUrl"]},
        },
    )

    assert outputs == {
        "Name": "first",
        "Arn": f"arn:aws:notyet:us-east-1:{faithful.account}:invented/first",
        "Nested": "first-Endpoint-Address",
        "Url": "https://first.notyet.amazonaws.com",
    }


def test_what_is_only_recorded_is_written_down_with_what_does_not_happen(faithful: Lab) -> None:
    faithful.deploy(UNKNOWN)

    recorded = {(entry.logical_id, entry.type): entry.reason for entry in faithful.cloud.recorded()}
    assert recorded["Target", "AWS::ApplicationAutoScaling::ScalableTarget"] == "nothing is scaled"
    assert "there is no network" in recorded["Ingress", "AWS::EC2::SecurityGroupIngress"]
    assert recorded["Future", "AWS::NotYet::Invented"] == "created as a record; it does nothing"


def test_a_recorded_resource_can_change_and_go(faithful: Lab) -> None:
    cloudformation, name = faithful.client("cloudformation"), faithful.name()
    template = {"Resources": {"Future": {"Type": "AWS::NotYet::Invented", "Properties": {"Size": 1}}}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    before = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Future")

    template["Resources"]["Future"]["Properties"] = {"Size": 2}
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    after = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Future")
    ids = [found["StackResourceDetail"]["PhysicalResourceId"] for found in (before, after)]
    assert ids[0] == ids[1]
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_the_published_emulator_refuses_the_whole_template(stock: Lab) -> None:
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        stock.deploy(UNKNOWN)


def test_a_runtime_that_is_not_the_emulator_s_own_is_written_down(faithful: Lab) -> None:
    other = "python3.9"
    faithful.deploy(
        {
            "Old": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": other,
                    "Handler": "index.handler",
                    "Role": "arn:aws:iam::000000000000:role/x",
                    "Code": {"ZipFile": "def handler(event, context): pass"},
                },
            }
        }
    )

    reasons = [entry.reason for entry in faithful.cloud.recorded() if entry.logical_id == "Old"]
    assert reasons == [f"{other} runs as python{faithful.cloud.python}"]
