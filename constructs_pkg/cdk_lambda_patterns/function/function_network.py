"""Where in a network a function is: what is known of it when the function is made.

Only what the VPC and the selection of its subnets show is decided here, and nothing is guessed of what was imported.
Grants and endpoints come later: `reachability` asks about them at synthesis. What the template alone says (routes,
everything else in a subnet) is left to the checks, which see it all.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable
from weakref import WeakKeyDictionary

from aws_cdk import aws_ec2 as ec2, aws_lambda as lambda_

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.tokens import is_token

from .cdk_refusals import cdk_refusals
from .function_checks import member
from .reachability import look_at_reachability
from .references import reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cdk_lambda_patterns.validation import Where

_SELECTION = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnet_type", "subnets")
_OWN_RULES = ("allow_all_outbound", "security_groups")


_vpc_of_files: WeakKeyDictionary[lambda_.FileSystem, ec2.IVpc] = WeakKeyDictionary()


def remember_vpc(files: lambda_.FileSystem, vpc: ec2.IVpc) -> None:
    """Which VPC functions must be in to mount files.

    Args:
        files: The files, as a function takes them.
        vpc: Their VPC.
    """
    _vpc_of_files[files] = vpc


@runtime_checkable
class FunctionNetwork(Protocol):
    """A VPC that is made for functions, as they see it: `FunctionVpc`."""

    function_options: Mapping[str, Any]
    """What a function in it gets for the options that were left out."""

    subnet_addresses: int
    """How many addresses each of the subnets has that functions are in, two of them at least and all private."""

    def let_out(self, function: lambda_.FunctionBase) -> None:
        """Let a function call what the network leads to."""


def network_defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the VPC says for the options that were left out.

    Args:
        options: The options of `aws_lambda.Function` as they were given.
    """
    vpc = options.get("vpc")
    if not isinstance(vpc, FunctionNetwork):
        return {}
    defaults = dict(vpc.function_options)
    if any(name in options for name in _OWN_RULES):
        defaults.pop("allow_all_outbound", None)
    return defaults


def connect_to_network(function: lambda_.FunctionBase, options: Mapping[str, Any]) -> None:
    """Let a function call what its network leads to, unless it was given rules of its own.

    That it leads to what the function is granted later, synthesis asks.

    Args:
        function: The function.
        options: The options of `aws_lambda.Function` as they were given.
    """
    vpc = options.get("vpc")
    if isinstance(vpc, FunctionNetwork) and not any(name in options for name in _OWN_RULES):
        vpc.let_out(function)
    if isinstance(vpc, ec2.Vpc):
        look_at_reachability(function, vpc, selection_of(options.get("vpc_subnets")))


def check_network(where: Where, options: Mapping[str, Any]) -> None:
    """Refuse subnets in which a function would reach nothing, stop with one zone, or find no addresses.

    Args:
        where: The function.
        options: The options of `aws_lambda.Function` as they were given.

    Raises:
        ValidationError: A public subnet, a single zone, too few addresses for the reserved concurrency, files of
            another VPC, or IPv6 where no subnet has it.
    """
    vpc = options.get("vpc")
    if vpc is None or not hasattr(vpc, "select_subnets"):
        return  # what is no VPC is refused by the CDK
    if isinstance(vpc, ec2.Vpc):
        _check_files(where, vpc, options.get("filesystem"))
        if options.get("ipv6_allowed_for_dual_stack"):
            _check_ipv6(where, vpc)
    selection, reserved = options.get("vpc_subnets"), options.get("reserved_concurrent_executions")
    if selection is None and isinstance(vpc, FunctionNetwork):
        _check_room(where, [vpc.subnet_addresses], reserved)
        return
    given = selection_of(selection)
    if "subnets" in given:
        subnets = list(given["subnets"])
        zones = _zones_of(subnets)
        public = any(isinstance(subnet, ec2.PublicSubnet) for subnet in subnets)
    else:
        with cdk_refusals(where):
            chosen = vpc.select_subnets(**given)
        if chosen.is_pending_lookup:
            return
        public = chosen.has_public
        subnets, zones = list(chosen.subnets or ()), _known(chosen.availability_zones or ())
    if public and not options.get("allow_public_subnet"):
        _refuse_public(where)
    if zones is not None and len(zones) < quotas.ZONES.minimum:
        where.refuse(
            "vpc_subnets",
            f"must be in at least {quotas.ZONES.minimum:g} availability zones: a function in one stops when that zone "
            "does",
            got=f"{len(zones)}",
            fix="choose subnets in two zones, or leave 'vpc_subnets' out",
            code="SingleZone",
        )
    if _needed(reserved) > usable_addresses(int(quotas.VPC_PREFIX_LENGTH.maximum)):  # the smallest subnet that there is
        _check_room(where, _addresses(subnets), reserved)


def selection_of(selection: object) -> dict[str, Any]:
    """A selection of subnets as `select_subnets` takes it.

    Args:
        selection: What the user gave.
    """
    return {name: value for name in _SELECTION if (value := member(selection, name)) is not None}


def interfaces(*, functions: int, concurrency: float) -> int:
    """How many network interfaces, and with them addresses, Lambda needs in each subnet at most.

    Functions with the same security groups share one; one carries 65,000 connections. When a zone fails, all
    connections begin in the subnets of the others.

    Args:
        functions: Functions with security groups of their own.
        concurrency: How many of their executions run at once.
    """
    connections = concurrency * practices.CONNECTIONS_OF_AN_EXECUTION
    return functions + int(max(connections - 1, 0) // quotas.CONNECTIONS_OF_AN_INTERFACE)


def usable_addresses(prefix_length: int) -> int:
    """How many addresses of a subnet can be used.

    Args:
        prefix_length: As the 24 in 10.0.1.0/24.
    """
    return int(2 ** (32 - prefix_length)) - quotas.SUBNET_RESERVED_ADDRESSES


def _refuse_public(where: Where) -> None:
    where.refuse(
        "vpc_subnets",
        "must be private: a function has no public address, so that an Internet gateway is of no use to it",
        got="public subnets",
        fix="choose private ones, as those of a FunctionVpc",
        code="PublicSubnet",
    )


def _check_files(where: Where, vpc: ec2.Vpc, files: object) -> None:
    of_files = _vpc_of_files.get(files) if isinstance(files, lambda_.FileSystem) else None
    if isinstance(of_files, ec2.Vpc) and reference(of_files) != reference(vpc):
        where.refuse(
            "filesystem",
            "must be in the VPC of the function, which reaches no mount target elsewhere",
            got=f"files in {of_files.node.path} for a function in {vpc.node.path}",
            fix="give both the same VPC, or where a peering leads there mount the access point, by "
            "aws_lambda.FileSystem.from_efs_access_point(...)",
            code="FileSystemInOtherVpc",
        )


def _check_ipv6(where: Where, vpc: ec2.Vpc) -> None:
    subnets = [*vpc.private_subnets, *vpc.isolated_subnets, *vpc.public_subnets]
    blocks = [cast("ec2.CfnSubnet", subnet.node.default_child).ipv6_cidr_block for subnet in subnets]
    if not any(blocks):
        where.refuse(
            "ipv6_allowed_for_dual_stack",
            "must be left out in a VPC whose subnets have no IPv6 addresses",
            got="True",
            fix="give them some, as FunctionVpc(ipv6=True) or ec2.IpProtocol.DUAL_STACK",
            code="Ipv6Missing",
        )


def _check_room(where: Where, addresses: Iterable[int], reserved: float | None) -> None:
    needed = _needed(reserved)
    usable = min(addresses, default=needed)
    if needed > usable:
        where.refuse(
            "vpc_subnets",
            f"must each have addresses for the {needed} network interfaces that {reserved:,.12g} concurrent executions "
            "need",
            got=f"{usable} in the smallest",
            fix="choose larger subnets, or reserve less",
            code="SubnetCapacity",
        )


def _needed(reserved: float | None) -> int:
    return 1 if reserved is None or is_token(reserved) else interfaces(functions=1, concurrency=reserved)


def _addresses(subnets: Sequence[object]) -> Iterator[int]:
    """How many addresses subnets have, as far as that is known."""
    for subnet in subnets:
        block = subnet.ipv4_cidr_block if isinstance(subnet, ec2.Subnet) else None
        if block is not None and not is_token(block):
            yield usable_addresses(ipaddress.ip_network(block, strict=False).prefixlen)


def _zones_of(subnets: Sequence[object]) -> set[str] | None:
    """The zones of subnets that were listed; None where they are not known."""
    if len(subnets) == 1:
        return {"of the one subnet"}
    if not all(isinstance(subnet, ec2.Subnet) for subnet in subnets):
        return None  # the CDK knows no zone of subnets that were imported by their ids
    return _known([cast("ec2.Subnet", subnet).availability_zone for subnet in subnets])


def _known(zones: Sequence[str]) -> set[str] | None:
    """The zones, of which those that are chosen at deployment differ where their tokens do; None for a whole list."""
    return None if any(zone.startswith("#{Token") for zone in zones) else set(zones)
