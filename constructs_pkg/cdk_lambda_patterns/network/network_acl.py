"""A network ACL for the subnets of functions: a second fence, which no security group can open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2

from cdk_lambda_patterns.function.acknowledgments import acknowledge

if TYPE_CHECKING:
    from constructs import IConstruct

_ALL, _TCP, _HTTPS = -1, 6, 443
_ANSWERS = (1_024, 65_535)
_STEP = 100


def define_network_acl(vpc: ec2.Vpc, cidr: str, *, ipv6: bool) -> ec2.CfnNetworkAcl:
    """Let everything pass within the VPC, HTTPS out of it, and answers in; nothing else.

    An ACL knows no connections: answers to calls come to any of the high ports.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html

    Args:
        vpc: The VPC.
        cidr: Its addresses.
        ipv6: Whether functions also call by IPv6.
    """
    acl = ec2.CfnNetworkAcl(vpc, "NetworkAcl", vpc_id=vpc.vpc_id)
    acl_id = acl.ref
    _acknowledge(acl)
    outside = [("", {"cidr_block": "0.0.0.0/0"})]
    if ipv6:
        outside.append(("Ipv6", {"ipv6_cidr_block": "::/0"}))
    entries = [("Within", {"cidr_block": cidr}, _ALL, None, None)]
    entries += [(f"Https{name}", block, _TCP, (_HTTPS, _HTTPS), _ANSWERS) for name, block in outside]
    for number, (name, block, protocol, outbound, inbound) in enumerate(entries, start=1):
        for direction, ports, egress in (("Out", outbound, True), ("In", inbound, False)):
            entry = ec2.CfnNetworkAclEntry(
                vpc,
                f"NetworkAcl{name}{direction}",
                network_acl_id=acl_id,
                rule_number=number * _STEP,
                rule_action="allow",
                protocol=protocol,
                egress=egress,
                port_range=None
                if ports is None
                else ec2.CfnNetworkAclEntry.PortRangeProperty(from_=ports[0], to=ports[1]),
                **block,
            )
            _acknowledge(entry)
    for index, subnet_id in enumerate(vpc.select_subnets().subnet_ids or (), start=1):
        ec2.CfnSubnetNetworkAclAssociation(vpc, f"NetworkAclSubnet{index}", network_acl_id=acl_id, subnet_id=subnet_id)
    return acl


def _acknowledge(part: IConstruct) -> None:
    acknowledge(part, "VPC3", "a network ACL was asked for, beside the security groups and not in their place")
