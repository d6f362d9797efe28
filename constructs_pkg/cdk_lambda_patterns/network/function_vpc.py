"""A VPC for functions: private subnets in several zones, and a way to the services that the functions use."""

from __future__ import annotations

import ipaddress
import math
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_ec2 as ec2

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function, require_type
from cdk_lambda_patterns.function.function_network import interfaces, usable_addresses
from cdk_lambda_patterns.function.log_group import check_log_retention
from cdk_lambda_patterns.function.retention import check_removal_policy
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where, is_number, type_name

from .endpoints import define_endpoint, define_endpoint_security_group, endpoint_names, services_granted
from .flow_log import define_flow_log
from .network_acl import define_network_acl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms, aws_lambda as lambda_, aws_logs as logs
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .endpoints import Endpoint

_FEW_ZONES = 3
_PUBLIC_MASK = 28  # the smallest subnet that there is: NAT gateways alone are in it


class FunctionVpc(ec2.Vpc):
    """A VPC for functions: private, in two zones, with free endpoints for S3 and DynamoDB, and without a way out.

    Defines private subnets with room for many functions, gateway endpoints for S3 and DynamoDB, interface endpoints for
    the services that are named or that functions were granted, and a flow log of what was turned away. NAT gateways,
    IPv6 and a network ACL come when they are asked for.

    A `WellArchitectedFunction(vpc=...)` in it gets a security group of its own that lets out HTTPS alone; where to, the
    subnets' routes decide. Let it out to something else from its own side, as in
    `function.connections.allow_to(database, ec2.Port.tcp(5432))`: the rules then stand in the function's stack, and no
    stack waits for another in a circle.

    Each interface endpoint costs by the hour in each zone, as NAT gateways do; gateway endpoints cost nothing.

    It is an `ec2.Vpc`: every CDK API that takes a VPC takes it.
    """

    endpoints: dict[str, ec2.InterfaceVpcEndpoint]
    """The interface endpoints by the names of their services, as `sqs`."""

    gateway_endpoints: dict[str, ec2.GatewayVpcEndpoint]
    """The gateway endpoints: `dynamodb` and `s3`."""

    endpoint_security_group: ec2.SecurityGroup | None
    """The security group of the interface endpoints: HTTPS from within the VPC. None as long as there are none."""

    flow_log_group: logs.LogGroup | None
    """Where the flow log is written. None without a flow log."""

    function_options: Mapping[str, Any]
    """What a `WellArchitectedFunction` in it gets for the options that were left out."""

    subnet_addresses: int
    """How many addresses each subnet has that functions are in."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoints: Sequence[Endpoint] | None = None,
        nat_gateways: int = 0,
        ipv6: bool = False,
        zones: int = practices.VPC_ZONES,
        cidr: str = practices.VPC_CIDR,
        functions: int = practices.VPC_FUNCTIONS,
        concurrency: int = quotas.ACCOUNT_CONCURRENCY,
        network_acl: bool = False,
        flow_log: bool = True,
        flow_log_traffic: ec2.FlowLogTrafficType | None = None,
        flow_log_retention: logs.RetentionDays | None = None,
        flow_log_removal_policy: cdk.RemovalPolicy | None = None,
        flow_log_encryption_key: kms.IKey | kms.Key | None = None,
    ) -> None:
        """Define the VPC.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            endpoints: The services that functions call, as `["sqs", "secretsmanager"]`; others as objects of
                `ec2.InterfaceVpcEndpointAwsService`. Those for S3 and DynamoDB are there without being named.
                Default: - S3 and DynamoDB; `add_endpoints_for(function)` adds what a function was granted.
                Source: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
            nat_gateways: Ways to the internet, each in a zone of its own: 0 to the number of zones. With fewer than
                zones, functions in the others stop reaching it when the gateway's zone fails.
                Default: 0
                Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
            ipv6: Whether subnets and functions have IPv6 addresses as well, and a gateway that lets them out by IPv6
                and nobody in. It costs nothing, and leads to the internet.
                Default: False
                Source: https://docs.aws.amazon.com/vpc/latest/userguide/egress-only-internet-gateway.html
            zones: The availability zones, 2 to 6. A stack without a Region has two.
                Default: 2
            cidr: The addresses, a private range of IPv4.
                Default: "10.0.0.0/16"
                Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
            functions: How many functions, each with a security group of its own, there are addresses for. What else has
                an address in the subnets, as a mount target, counts as one.
                Default: 100
                Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
            concurrency: How many executions of them run at once: each 6,500 need one more address in each subnet.
                Default: 1,000
                Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
            network_acl: Whether the subnets also have a network ACL: traffic within the VPC, HTTPS out, and answers.
                Default: False
                Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
            flow_log: Whether traffic is logged.
                Default: True
                Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html
            flow_log_traffic: Which traffic is logged.
                Default: - `REJECT`, see `practices.FLOW_LOG_TRAFFIC`.
            flow_log_retention: How long it is kept.
                Default: - 30 days, see `practices.LOG_RETENTION_DAYS`.
            flow_log_removal_policy: What becomes of it when the VPC goes.
                Default: - it stays until its events expire.
            flow_log_encryption_key: A customer's key for it.
                Default: - the key of CloudWatch Logs.

        Raises:
            ValidationError: Fewer than two zones, a range with too few addresses for the functions, or a service whose
                endpoint is not known.
        """
        # 1 validate
        where = Where(scope, construct_id)
        names = endpoint_names(where, () if endpoints is None else endpoints)
        where.true_or_false(ipv6=ipv6, network_acl=network_acl, flow_log=flow_log)
        _check_counts(where, zones=zones, nat_gateways=nat_gateways, functions=functions, concurrency=concurrency)
        check_log_retention(where, "flow_log_retention", flow_log_retention)
        expect_type(where, "flow_log_encryption_key", flow_log_encryption_key, "key_arn", "aws_kms.IKey")
        _check_traffic(where, flow_log_traffic)
        check_removal_policy(where, "flow_log_removal_policy", flow_log_removal_policy)
        if not flow_log:
            _check_no_options_of_flow_log(
                where,
                flow_log_traffic=flow_log_traffic,
                flow_log_retention=flow_log_retention,
                flow_log_removal_policy=flow_log_removal_policy,
                flow_log_encryption_key=flow_log_encryption_key,
            )

        # 2 derive
        mask = _subnet_mask(where, cidr, zones)
        needed = interfaces(functions=functions, concurrency=concurrency) + len(names)
        _check_room(where, cidr, mask, zones, needed)
        leads_out = nat_gateways > 0 or ipv6
        kind = ec2.SubnetType.PRIVATE_WITH_EGRESS if leads_out else ec2.SubnetType.PRIVATE_ISOLATED

        # 3 define
        with cdk_refusals(where):
            super().__init__(
                scope,
                construct_id,
                ip_addresses=ec2.IpAddresses.cidr(cidr),
                ip_protocol=ec2.IpProtocol.DUAL_STACK if ipv6 else ec2.IpProtocol.IPV4_ONLY,
                max_azs=zones,
                nat_gateways=nat_gateways,
                # It would take a function of the CDK's own, with rights on every security group.
                restrict_default_security_group=False,
                subnet_configuration=[
                    # First, and reserved: NAT gateways that come later move no other subnet.
                    ec2.SubnetConfiguration(
                        name="Public",
                        subnet_type=ec2.SubnetType.PUBLIC,
                        cidr_mask=_PUBLIC_MASK,
                        map_public_ip_on_launch=False,
                        reserved=nat_gateways == 0,
                    ),
                    ec2.SubnetConfiguration(name="Functions", subnet_type=kind, cidr_mask=mask),
                ],
            )
        _check_zones(where, zones, self.availability_zones)
        self._where, self._cidr, self._ipv6 = where, cidr, ipv6
        self.subnet_addresses = usable_addresses(mask)
        self._room = self.subnet_addresses - needed
        self.function_options = {"allow_all_outbound": False, **({"ipv6_allowed_for_dual_stack": True} if ipv6 else {})}
        self.gateway_endpoints = {
            "dynamodb": self.add_gateway_endpoint(
                "DynamoDbEndpoint", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
            ),
            "s3": self.add_gateway_endpoint("S3Endpoint", service=ec2.GatewayVpcEndpointAwsService.S3),
        }
        self.endpoints, self.endpoint_security_group = {}, None
        self._define_endpoints(names)
        if network_acl:
            define_network_acl(self, cidr, ipv6=ipv6)
        self.flow_log_group = None
        if flow_log:
            self.flow_log_group = define_flow_log(
                self,
                traffic=flow_log_traffic,
                retention=flow_log_retention,
                removal_policy=flow_log_removal_policy,
                encryption_key=flow_log_encryption_key,
            )

    def add_endpoints(self, *endpoints: Endpoint) -> None:
        """Define endpoints for services, where there are none yet.

        Args:
            *endpoints: As for the VPC.

        Raises:
            ValidationError: A service whose endpoint is not known, or no address left for it.
        """
        names = endpoint_names(self._where, endpoints)
        new = {name: service for name, service in names.items() if name not in self.endpoints}
        self._room -= len(new)
        if self._room < 0:
            self._where.refuse(
                "endpoints",
                "must leave addresses for the functions",
                got=f"{-self._room} too many for the subnets",
                fix="choose a larger 'cidr', or fewer 'functions'",
                code="SubnetCapacity",
            )
        self._define_endpoints(new)

    def add_endpoints_for(self, *functions: WellArchitectedFunction) -> None:
        """Define the endpoints that functions need for what they were granted until now.

        What Lambda does for a function needs none: logs, traces, reading the queue or stream that starts it, filling
        destinations. Call it after the grants: synthesis refuses what is still missing.

        Args:
            *functions: The functions.
        """
        for function in functions:
            require_function(self._where, "functions", function)
        for services in services_granted(functions):
            self.add_endpoints(*services)

    def let_out(self, function: lambda_.FunctionBase) -> None:
        """Let a function call services over HTTPS, as far as the subnets' routes lead.

        A `WellArchitectedFunction` without rules of its own is let out when it is defined.

        Args:
            function: The function, in this VPC.

        Raises:
            ValidationError: What is no function, or one that is in no VPC.
        """
        https, everywhere, everywhere_ipv6 = _https()
        require_type(self._where, "function", function, "connections", "aws_lambda.FunctionBase")
        try:
            connections = function.connections
        except RuntimeError:
            if function.is_bound_to_vpc:
                raise
            self._where.refuse(
                "function",
                "must be in this VPC: others have no security group that holds them back",
                got=f"{function.node.path} without a VPC",
                fix="give it this one as its 'vpc'",
                code="VpcMissing",
            )
        connections.allow_to(everywhere, https, "Services, as far as routes lead")
        if self._ipv6:
            connections.allow_to(everywhere_ipv6, https, "Services, as far as routes lead")

    def _define_endpoints(self, services: Mapping[str, ec2.IInterfaceVpcEndpointService]) -> None:
        if services and self.endpoint_security_group is None:
            self.endpoint_security_group = define_endpoint_security_group(self, self._cidr)
        for name, service in services.items():
            group = cast("ec2.SecurityGroup", self.endpoint_security_group)
            self.endpoints[name] = define_endpoint(self, name, service, group)


def _check_counts(where: Where, *, zones: int, nat_gateways: int, functions: int, concurrency: int) -> None:
    where.within("zones", zones, quotas.ZONES)
    for prop, value, minimum, maximum in (
        ("zones", zones, quotas.ZONES.minimum, quotas.ZONES.maximum),
        ("nat_gateways", nat_gateways, 0, zones),
        ("functions", functions, 1, None),
        ("concurrency", concurrency, 1, None),
    ):
        known = is_number(value) and not is_token(value)
        if not known or not minimum <= value <= (math.inf if maximum is None else maximum) or value % 1 != 0:
            limit = f"{minimum:g} or more" if maximum is None else f"{minimum:g} to {maximum:g}"
            where.refuse(
                prop,
                f"must be a whole number, {limit}",
                got=f"{value:,.12g}" if known else "a token" if is_token(value) else repr(value),
                fix="choose one in that range",
                code="CountOutOfRange",
            )


def _check_traffic(where: Where, traffic: object) -> None:
    if traffic is not None and not isinstance(traffic, ec2.FlowLogTrafficType):
        where.refuse(
            "flow_log_traffic",
            "must be a member of aws_ec2.FlowLogTrafficType",
            got=repr(traffic),
            fix="write it as aws_ec2.FlowLogTrafficType.ALL",
            code="TypeMismatch",
        )


def _check_no_options_of_flow_log(where: Where, **options: object) -> None:
    for prop, value in options.items():
        if value is not None:
            where.refuse(
                prop,
                "must be left out without a flow log",
                got=str(value) if isinstance(value, Enum) else type_name(value),
                fix="leave 'flow_log' out",
                code="FlowLogOptionsUnused",
            )


def _check_zones(where: Where, wanted: int, got: Sequence[str]) -> None:
    if len(got) < wanted:
        where.refuse(
            "zones",
            "must be as many as the stack's Region is known to have",
            got=f"{wanted} where {len(got)} are known",
            fix="give the stack an environment with account and Region, or choose fewer",
            code="ZonesUnknown",
        )


def _subnet_mask(where: Where, cidr: str, zones: int) -> int:
    """The prefix length of the functions' subnets: a quarter of the range each, an eighth with more than three zones.

    The first part is for NAT gateways; what is left lets zones be added without moving a subnet.
    """
    network = _network(where, cidr)
    where.within("cidr", network.prefixlen, quotas.VPC_PREFIX_LENGTH)
    return network.prefixlen + (2 if zones <= _FEW_ZONES else 3)


def _network(where: Where, cidr: str) -> ipaddress.IPv4Network:
    try:
        network = None if is_token(cidr) else ipaddress.IPv4Network(cidr)
    except ValueError:
        network = None
    if network is None or not any(network.subnet_of(ipaddress.IPv4Network(block)) for block in quotas.PRIVATE_RANGES):
        where.refuse(
            "cidr",
            "must be a private range of IPv4 addresses that is known at synthesis",
            got="a token" if is_token(cidr) else repr(cidr),
            fix=f"write it as {practices.VPC_CIDR}; for ranges that are chosen at deployment there is ec2.Vpc",
            code="CidrInvalid",
        )
    return network


def _check_room(where: Where, cidr: str, mask: int, zones: int, needed: int) -> None:
    gateways = (_FEW_ZONES if zones <= _FEW_ZONES else quotas.ZONES.maximum) * 2 ** (32 - _PUBLIC_MASK)
    usable = usable_addresses(mask) if gateways <= 2 ** (32 - mask) else 0  # before them, in as large a part
    if usable < needed:
        where.refuse(
            "cidr",
            f"must leave {needed} addresses to each subnet, for the network interfaces of functions and endpoints",
            got=f"{usable} with {cidr}",
            fix="choose a larger range, as 10.0.0.0/16, or fewer 'functions'",
            code="SubnetCapacity",
        )


@cache
def _https() -> tuple[ec2.Port, ec2.IPeer, ec2.IPeer]:
    return ec2.Port.HTTPS, ec2.Peer.any_ipv4(), ec2.Peer.any_ipv6()
