"""Functions in a VPC of their own, deployed to the local cloud: they run, and what it keeps of the network is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import FunctionVpc, WellArchitectedFunction
from tests.docs.test_examples import the_stack_of

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def everything(stack: cdk.Stack) -> None:
    vpc = FunctionVpc(stack, "Vpc", endpoints=["sqs"], nat_gateways=1, network_acl=True)
    code = lambda_.Code.from_inline("def handler(event, context): return event")
    WellArchitectedFunction(stack, "Echo", code=code, handler="index.handler", vpc=vpc)


def test_the_example_sends_an_invoice(local_cloud: LocalCloud) -> None:
    queue = local_cloud.client("sqs").create_queue(QueueName="printing")["QueueUrl"]
    deployed = local_cloud.deploy(the_stack_of("function_vpc"))
    deployed.table("Orders").put(id="1", customer="Ada", total=12)

    deployed.function("Send").invoke({"order": "1"})

    (message,) = local_cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == '{"to": "Ada", "total": "12"}'


def test_a_function_is_in_private_subnets_of_two_zones(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(everything)

    assert deployed.function("Echo").invoke({"order": "1"}).payload == {"order": "1"}
    client = local_cloud.client("lambda")
    config = client.get_function_configuration(FunctionName=deployed.function("Echo").physical_id)["VpcConfig"]
    subnets = local_cloud.client("ec2").describe_subnets(SubnetIds=config["SubnetIds"])["Subnets"]
    assert {subnet["VpcId"] for subnet in subnets} == {config["VpcId"]}
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    assert {subnet["CidrBlock"] for subnet in subnets} == {"10.0.64.0/18", "10.0.128.0/18"}


def test_a_function_is_let_out_by_https_and_endpoints_are_where_it_is(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(everything)

    ec2, client = local_cloud.client("ec2"), local_cloud.client("lambda")
    config = client.get_function_configuration(FunctionName=deployed.function("Echo").physical_id)["VpcConfig"]
    (group,) = ec2.describe_security_groups(GroupIds=config["SecurityGroupIds"])["SecurityGroups"]
    endpoints = {
        endpoint["ServiceName"].rpartition(".")[2]: endpoint
        for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if endpoint["VpcId"] == config["VpcId"]
    }
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["IpPermissionsEgress"]] == [(443, 443)]
    assert group["IpPermissions"] == []
    assert endpoints.keys() == {"dynamodb", "s3", "sqs"}
    assert set(endpoints["sqs"]["SubnetIds"]) == set(config["SubnetIds"])


def test_what_is_not_shown_is_named(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(everything)

    recorded = {entry.type for entry in deployed.recorded}
    assert recorded >= {"AWS::EC2::NatGateway", "AWS::EC2::FlowLog", "AWS::EC2::NetworkAcl"}
    assert "Network" in {entry.id for entry in deployed.not_shown}


def test_one_with_ipv6_deploys(local_cloud: LocalCloud) -> None:
    def dual_stack(stack: cdk.Stack) -> None:
        vpc = FunctionVpc(stack, "Vpc", ipv6=True)
        code = lambda_.Code.from_inline("def handler(event, context): return event")
        WellArchitectedFunction(stack, "Echo", code=code, handler="index.handler", vpc=vpc)

    deployed = local_cloud.deploy(dual_stack)

    assert deployed.function("Echo").invoke(7).payload == 7
