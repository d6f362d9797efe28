"""VPC endpoints: a way to a service of AWS that needs no internet."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias, cast

from aws_cdk import aws_ec2 as ec2

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.given import given_list
from cdk_lambda_patterns.function.reachability import services_called
from cdk_lambda_patterns.validation import type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where

# The class stands beside the interface because pyright does not see that it implements it (aws/jsii#4541).
Endpoint: TypeAlias = str | ec2.IInterfaceVpcEndpointService | ec2.InterfaceVpcEndpointAwsService
"""A service: its name, as `sqs`, or one of `ec2.InterfaceVpcEndpointAwsService`."""


def endpoint_names(where: Where, endpoints: Iterable[Endpoint]) -> dict[str, ec2.IInterfaceVpcEndpointService]:
    """The services that need an interface endpoint, by their endpoints' names.

    Args:
        where: The VPC.
        endpoints: The services, named as their endpoints or as their actions (`events`, `kinesis`), or as objects.

    Raises:
        ValidationError: A name that is not known.
    """
    services: dict[str, ec2.IInterfaceVpcEndpointService] = {}
    for endpoint in [endpoints] if isinstance(endpoints, str) else given_list(where, "endpoints", endpoints):
        if isinstance(endpoint, str):
            name = quotas.VPC_ENDPOINTS.get(endpoint, endpoint)
            if name not in quotas.VPC_ENDPOINTS.values():
                where.refuse(
                    "endpoints",
                    f"must name services that are known ({', '.join(sorted(set(quotas.VPC_ENDPOINTS.values())))})",
                    got=repr(endpoint),
                    fix="give others as objects, as ec2.InterfaceVpcEndpointAwsService.KMS",
                    code="EndpointUnknown",
                )
            if name not in quotas.GATEWAY_ENDPOINTS and name not in services:
                services[name] = _service(name)
        else:
            services[_name_of(where, endpoint)] = endpoint
    return services


def define_endpoint_security_group(vpc: ec2.Vpc, cidr: str) -> ec2.SecurityGroup:
    """The security group of all interface endpoints: HTTPS from within the VPC, and nothing out of them.

    Args:
        vpc: The VPC.
        cidr: Its addresses.
    """
    group = ec2.SecurityGroup(
        vpc, "EndpointSecurityGroup", vpc=vpc, description="Endpoints of services", allow_all_outbound=False
    )
    group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.HTTPS, "Functions in this VPC")
    return group


def define_endpoint(
    vpc: ec2.Vpc, name: str, service: ec2.IInterfaceVpcEndpointService, group: ec2.SecurityGroup
) -> ec2.InterfaceVpcEndpoint:
    """An interface endpoint in the functions' subnets, under the service's own name.

    Args:
        vpc: The VPC.
        name: The service, as `kinesis-streams`.
        service: The service.
        group: The endpoints' security group.
    """
    construct_id = "".join(part.capitalize() for part in name.replace(".", "-").split("-")) + "Endpoint"
    return vpc.add_interface_endpoint(
        construct_id, service=service, open=False, security_groups=[cast("ec2.ISecurityGroup", group)]
    )


def services_granted(functions: Sequence[WellArchitectedFunction]) -> list[list[str]]:
    """The services that each function was granted and calls itself, by the names of their endpoints.

    Args:
        functions: The functions.
    """
    return [sorted(quotas.VPC_ENDPOINTS[service] for service in services) for services in services_called(functions)]


@cache
def _service(name: str) -> ec2.IInterfaceVpcEndpointService:
    return cast("ec2.IInterfaceVpcEndpointService", ec2.InterfaceVpcEndpointAwsService(name))


def _name_of(where: Where, service: object) -> str:
    name = getattr(service, "short_name", None) or getattr(service, "name", None)
    gateway = isinstance(service, ec2.GatewayVpcEndpointAwsService)
    if gateway or not isinstance(name, str):
        where.refuse(
            "endpoints",
            "must be names of services, or objects of ec2.InterfaceVpcEndpointAwsService",
            got=type_name(service),
            fix="leave it out: the gateway endpoints for S3 and DynamoDB are there" if gateway else 'write "sqs", say',
            code="TypeMismatch",
        )
    return name
