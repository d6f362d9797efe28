"""What a template says of a function's network: its subnets, where their routes lead, who may be called from there.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

import ipaddress
from enum import Enum
from typing import TYPE_CHECKING

from .addresses import External
from .template import Resource
from .values import NONE, Text, Unknown, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .addresses import Node
    from .rule import App
    from .values import Value

SUBNET = "AWS::EC2::Subnet"
_EVERYWHERE, _EVERYWHERE_IPV6 = "0.0.0.0/0", "::/0"
# How a group says that nothing leaves it, since one without rules lets everything out: the CDK's way, and AWS's own.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
_NOWHERE = {"255.255.255.255/32", "127.0.0.1/32"}


class Exit(Enum):
    """Where a subnet's route to everywhere leads."""

    INTERNET_GATEWAY = "an Internet gateway"
    """Of no use to a function, which has no public address."""
    ELSEWHERE = "a NAT gateway or another network"
    IPV6 = "the internet, by IPv6 alone"
    """Of use to calls of dual-stack endpoints."""
    NOWHERE = "nowhere"
    UNKNOWN = "unknown"


def subnets(app: App, function: Resource) -> list[Node]:
    """The subnets that a function is in; empty if it is in no VPC."""
    return _listed(app, function, "SubnetIds")


def security_groups(app: App, function: Resource) -> list[Node]:
    """The security groups of a function."""
    return _listed(app, function, "SecurityGroupIds")


def _listed(app: App, function: Resource, key: str) -> list[Node]:
    return [
        app.flow.addresses.named(function.template, value, when, "ec2").node
        for value, when in app.templates.entries(function, "VpcConfig", key)
    ]


def route_table(app: App, subnet: Resource) -> Node | None:
    """The route table that a subnet is associated with; None for the VPC's main one."""
    for association in app.templates.of_type("AWS::EC2::SubnetRouteTableAssociation"):
        if _node(app, association, "SubnetId") is subnet:
            return _node(app, association, "RouteTableId")
    return None


def way_out(app: App, subnet: Resource) -> Exit:
    """Where a subnet's route to everywhere leads."""
    table = route_table(app, subnet)
    if not isinstance(table, Resource):
        return Exit.UNKNOWN
    found = Exit.NOWHERE
    for route in app.templates.of_type("AWS::EC2::Route"):
        by_ipv6 = app.templates.one(route, "DestinationIpv6CidrBlock") == _EVERYWHERE_IPV6
        everywhere = by_ipv6 or app.templates.one(route, "DestinationCidrBlock") == _EVERYWHERE
        if _node(app, route, "RouteTableId") is not table or not everywhere:
            continue
        gateway = _node(app, route, "GatewayId")
        if gateway is None and by_ipv6:
            found = Exit.IPV6 if found is Exit.NOWHERE else found
            continue
        if gateway is None:
            return Exit.ELSEWHERE
        found = _through(gateway)
        if found is Exit.ELSEWHERE:
            break
    return found


def _through(gateway: Node) -> Exit:
    """Where a gateway of a VPC leads."""
    kind = gateway.type if isinstance(gateway, Resource) else gateway.name if isinstance(gateway, External) else ""
    if kind == "AWS::EC2::InternetGateway" or kind.startswith("igw-"):
        return Exit.INTERNET_GATEWAY
    return Exit.ELSEWHERE if kind == "AWS::EC2::VPNGateway" or kind.startswith("vgw-") else Exit.UNKNOWN


def usable_addresses(app: App, subnet: Resource, reserved: int) -> int | Unknown:
    """How many addresses a subnet has for network interfaces."""
    block = app.templates.one(subnet, "CidrBlock")
    if not isinstance(block, str):
        return block if isinstance(block, Unknown) else Unknown("its address range")
    try:
        return ipaddress.ip_network(block, strict=False).num_addresses - reserved
    except ValueError:
        return Unknown("an address range that is none")


def zone(app: App, subnet: Resource) -> Value:
    """The availability zone of a subnet; equal unknown values are the same zone."""
    return app.templates.one(subnet, "AvailabilityZone") or app.templates.one(subnet, "AvailabilityZoneId")


def vpc(app: App, subnet: Resource) -> Node | None:
    """The VPC of a subnet."""
    return _node(app, subnet, "VpcId")


def endpoint_services(app: App, subnet: Resource) -> Iterator[str | Unknown]:
    """The services that VPC endpoints open to a subnet, named as in `com.amazonaws.eu-central-1.sqs`: `sqs`."""
    table = route_table(app, subnet)
    for endpoint in app.templates.of_type("AWS::EC2::VPCEndpoint"):
        if _node(app, endpoint, "VpcId") != vpc(app, subnet):
            continue
        name = app.templates.one(endpoint, "ServiceName")
        last = name.parts[-1] if isinstance(name, Text) else name
        service = str(name).rpartition(".")[2] if isinstance(last, str) else Unknown("the name of its service")
        if app.templates.one(endpoint, "VpcEndpointType") == "Interface" or any(
            app.flow.addresses.named(endpoint.template, value, when).node is table
            for value, when in app.templates.entries(endpoint, "RouteTableIds")
        ):
            yield service


def lets_nothing_out(app: App, group: Node) -> bool:
    """Whether a security group has no rule by which anything leaves it."""
    if not isinstance(group, Resource) or "SecurityGroupEgress" not in group.properties:
        return False  # a group without rules of its own lets everything out, and so does one with an empty list
    for separate in app.templates.of_type("AWS::EC2::SecurityGroupEgress"):
        if _node(app, separate, "GroupId") is group:
            return False
    rules = [value for value, _ in app.templates.entries(group, "SecurityGroupEgress")]
    return bool(rules) and all(str(mapping(rule).get("CidrIp")) in _NOWHERE for rule in rules)


def _node(app: App, resource: Resource, key: str) -> Node | None:
    if key not in resource.properties:
        return None
    value = app.templates.one(resource, key)
    return None if value is None else app.flow.addresses.named(resource.template, value, NONE, "ec2").node
