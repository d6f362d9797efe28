"""Networks with IPv6 deploy: a VPC has a block of addresses for its subnets to be cut from.

What the published emulator does: a VPC lacks `Ipv6CidrBlocks` and `CidrBlock`, so that a template that refers to them,
as every VPC of the CDK with IPv6 does, fails.

What AWS does: it assigns a /56 of its own addresses. Here it is one of those that are kept for documentation.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .support.emulator import Record, around, module

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK = "2001:db8:1234:1a00::/56"


def apply() -> None:
    """Give VPCs the attributes that they lack."""
    handler = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::EC2::VPC"]

    @around(handler, "create", "logical_id, props, stack_name")
    def _create(
        original: Callable[..., tuple[str, Record]], logical_id: str, props: Record, stack_name: str
    ) -> tuple[str, Record]:
        physical_id, attributes = original(logical_id, props, stack_name)
        return physical_id, {**attributes, "CidrBlock": props.get("CidrBlock"), "Ipv6CidrBlocks": [_BLOCK]}
