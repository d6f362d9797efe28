"""What templates refer to of a VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

VPC = {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}}
OUTPUTS = {
    "Subnet": {
        "Fn::Select": [0, {"Fn::Cidr": [{"Fn::Select": [0, {"Fn::GetAtt": ["Vpc", "Ipv6CidrBlocks"]}]}, 2, "64"]}]
    },
    "Block": {"Fn::GetAtt": ["Vpc", "CidrBlock"]},
}


def test_subnets_are_cut_from_the_block_that_a_vpc_is_assigned(faithful: Lab) -> None:
    assert faithful.deploy(VPC, OUTPUTS) == {"Subnet": "2001:db8:1234:1a00::/64", "Block": "10.1.0.0/16"}


def test_the_published_emulator_has_no_such_block(stock: Lab) -> None:
    with pytest.raises(AssertionError, match="ROLLBACK_COMPLETE"):
        stock.deploy(VPC, OUTPUTS)
