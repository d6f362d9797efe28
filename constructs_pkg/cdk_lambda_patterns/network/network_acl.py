"""A network ACL for the subnets of functions: a second fence, which no security group can open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2

from cdk_lambda_patterns.function.acknowledgments import acknowledge

if TYPE_CHECKING:
    from constructs import IConstruct

_ALL, _TCP = -1, 6
_HTTPS, _ANSWERS = (443, 443), (1_024, 65_535)
_EVERYWHERE, _EVERYWHERE_IPV6 = "0.0.0.0/0", "::/0"
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
    _define_entries(vpc, acl_id, "Within", 1, cidr, protocol=_ALL)
    _define_entries(vpc, acl_id, "Https", 2, _EVERYWHERE, protocol=_TCP)
    if ipv6:
        _define_entries(vpc, acl_id, "HttpsIpv6", 3, _EVERYWHERE_IPV6, protocol=_TCP)
    for index, subnet_id in enumerate(vpc.select_subnets().subnet_ids or (), start=1):
        ec2.CfnSubnetNetworkAclAssociation(vpc, f"NetworkAclSubnet{index}", network_acl_id=acl_id, subnet_id=subnet_id)
    return acl


def _define_entries(vpc: ec2.Vpc, acl_id: str, name: str, place: int, block: str, *, protocol: int) -> None:
    """What goes to some addresses and what comes from them; over TCP, HTTPS and its answers."""
    key = "ipv6_cidr_block" if ":" in block else "cidr_block"
    for direction, ports in (("Out", _HTTPS), ("In", _ANSWERS)):
        first, last = ports
        port_range = ec2.CfnNetworkAclEntry.PortRangeProperty(from_=first, to=last) if protocol == _TCP else None
        props: dict[str, Any] = {key: block, "port_range": port_range}
        entry = ec2.CfnNetworkAclEntry(
            vpc,
            f"NetworkAcl{name}{direction}",
            network_acl_id=acl_id,
            rule_number=place * _STEP,
            rule_action="allow",
            protocol=protocol,
            egress=direction == "Out",
            **props,
        )
        _acknowledge(entry)


def _acknowledge(part: IConstruct) -> None:
    acknowledge(part, "VPC3", "a network ACL was asked for, beside the security groups and not in their place")
