from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_lambda_patterns import FunctionVpc, ValidationError, practices, quotas
from cdk_lambda_patterns.function.function_network import interfaces, usable_addresses
from cdk_lambda_patterns.testing import synthesize
from tests.bench.jsii_messages import counted
from tests.function.support import define, refused, resources, the_function

PRIVATE, ISOLATED, PUBLIC = (
    ec2.SubnetType.PRIVATE_WITH_EGRESS,
    ec2.SubnetType.PRIVATE_ISOLATED,
    ec2.SubnetType.PUBLIC,
)


def vpc(stack: cdk.Stack, *, zones: int = 2, mask: int = 24, kind: ec2.SubnetType = ISOLATED) -> ec2.Vpc:
    subnets = [ec2.SubnetConfiguration(name="Only", subnet_type=kind, cidr_mask=mask)]
    return ec2.Vpc(stack, "Vpc", max_azs=zones, subnet_configuration=subnets, restrict_default_security_group=False)


def imported(stack: cdk.Stack, **options: Any) -> ec2.IVpc:  # noqa: ANN401
    given: dict[str, Any] = {
        "availability_zones": ["a", "b"],
        "private_subnet_ids": ["subnet-1", "subnet-2"],
        **options,
    }
    return ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", **given)


def subnets(stack: cdk.Stack, count: int) -> list[ec2.ISubnet]:
    return [ec2.Subnet.from_subnet_id(stack, f"Subnet{i}", f"subnet-{i}") for i in range(count)]


def subnet_ids(stack: cdk.Stack) -> Any:  # noqa: ANN401
    return the_function(synthesize(stack))["VpcConfig"]["SubnetIds"]


class TestZones:
    def test_may_be_two(self, stack: cdk.Stack) -> None:
        define(stack, vpc=vpc(stack))

        assert len(subnet_ids(stack)) == 2

    def test_fails_when_the_vpc_has_one(self, stack: cdk.Stack) -> None:
        refused(stack, "SingleZone", "1", vpc=vpc(stack, zones=1))

    def test_fails_when_a_selection_has_one(self, stack: cdk.Stack) -> None:
        given = vpc(stack)

        refused(
            stack,
            "SingleZone",
            "1",
            vpc=given,
            vpc_subnets=ec2.SubnetSelection(availability_zones=[given.availability_zones[0]]),
        )

    @pytest.mark.parametrize("selection", [lambda s: ec2.SubnetSelection(subnets=s), lambda s: {"subnets": s}])
    def test_fails_when_one_subnet_is_listed(self, stack: cdk.Stack, selection: Any) -> None:  # noqa: ANN401
        listed = selection(subnets(stack, 1))

        refused(stack, "SingleZone", "1", vpc=imported(stack), vpc_subnets=listed)

    def test_fails_when_an_imported_vpc_has_one(self, stack: cdk.Stack) -> None:
        given = imported(stack, availability_zones=["a"], private_subnet_ids=["subnet-1"])

        refused(stack, "SingleZone", "1", vpc=given)

    def test_fails_when_listed_subnets_of_this_app_have_one(self, stack: cdk.Stack) -> None:
        given = vpc(stack)
        same = [
            ec2.PrivateSubnet(
                stack, f"Subnet{i}", vpc_id=given.vpc_id, cidr_block=f"10.1.{i}.0/24", availability_zone="us-east-1a"
            )
            for i in range(2)
        ]

        refused(stack, "SingleZone", "1", vpc=given, vpc_subnets=ec2.SubnetSelection(subnets=same))

    def test_of_listed_subnets_of_this_app_may_be_two(self, stack: cdk.Stack) -> None:
        given = vpc(stack)

        define(stack, vpc=given, vpc_subnets=ec2.SubnetSelection(subnets=given.isolated_subnets))

        assert len(subnet_ids(stack)) == 2

    def test_are_left_alone_where_subnets_are_known_by_their_ids(self, stack: cdk.Stack) -> None:
        define(stack, vpc=imported(stack), vpc_subnets=ec2.SubnetSelection(subnets=subnets(stack, 2)))

        assert subnet_ids(stack) == ["subnet-0", "subnet-1"]

    def test_are_left_alone_where_they_are_chosen_at_deployment(self, stack: cdk.Stack) -> None:
        given = imported(
            stack,
            availability_zones=cdk.Fn.get_azs(),
            private_subnet_ids=cdk.Fn.split(",", cdk.Fn.import_value("Subnets"), 2),
        )

        define(stack, vpc=given)

        assert len(subnet_ids(stack)) == 2

    def test_are_left_alone_until_a_vpc_was_looked_up(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
        given = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1")

        define(stack, vpc=given, vpc_subnets=ec2.SubnetSelection(one_per_az=True))

        assert len(subnet_ids(stack)) == 2


class TestPublicSubnets:
    def test_fail_where_the_vpc_has_no_others(self, stack: cdk.Stack) -> None:
        refused(stack, "PublicSubnet", "public subnets", vpc=vpc(stack, kind=PUBLIC))

    @pytest.mark.parametrize("as_dict", [False, True])
    def test_fail_where_they_are_selected(self, stack: cdk.Stack, as_dict: bool) -> None:  # noqa: FBT001
        selection: Any = {"subnet_type": PUBLIC} if as_dict else ec2.SubnetSelection(subnet_type=PUBLIC)

        refused(
            stack,
            "PublicSubnet",
            "public subnets",
            vpc=imported(stack, public_subnet_ids=["subnet-3", "subnet-4"]),
            vpc_subnets=selection,
        )

    def test_fail_where_they_are_listed(self, stack: cdk.Stack) -> None:
        given = vpc(stack, kind=PUBLIC)

        refused(
            stack,
            "PublicSubnet",
            "public subnets",
            vpc=given,
            vpc_subnets=ec2.SubnetSelection(subnets=given.public_subnets),
        )

    def test_may_be_insisted_on(self, stack: cdk.Stack) -> None:
        define(stack, vpc=vpc(stack, kind=PUBLIC), allow_public_subnet=True)

        assert len(subnet_ids(stack)) == 2


class TestAddresses:
    def test_are_as_many_as_the_documentation_says(self) -> None:
        """https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html."""
        assert usable_addresses(24) == 251
        assert usable_addresses(int(quotas.VPC_PREFIX_LENGTH.maximum)) == 11

    @pytest.mark.parametrize(
        ("functions", "concurrency", "needed"),
        [(1, 0, 1), (1, 6_500, 1), (1, 6_501, 2), (10, 1_000, 10), (10, 13_000, 11), (10, 13_001, 12)],
    )
    def test_are_needed_by_security_groups_and_connections(self, functions: int, concurrency: int, needed: int) -> None:
        assert practices.CONNECTIONS_OF_AN_EXECUTION * 6_500 == quotas.CONNECTIONS_OF_AN_INTERFACE

        assert interfaces(functions=functions, concurrency=concurrency) == needed

    def test_fail_to_suffice_for_the_reserved_concurrency(self, stack: cdk.Stack) -> None:
        refused(
            stack,
            "SubnetCapacity",
            "11 in the smallest",
            vpc=vpc(stack, mask=28),
            reserved_concurrent_executions=11 * 6_500 + 1,
        )

    @pytest.mark.parametrize(
        ("mask", "reserved"),
        [(28, 11 * 6_500), (28, 0), (28, None), (27, 11 * 6_500 + 1), (28, cdk.Token.as_number({"Ref": "Number"}))],
    )
    def test_suffice(self, stack: cdk.Stack, mask: int, reserved: float | None) -> None:
        define(stack, vpc=vpc(stack, mask=mask), reserved_concurrent_executions=reserved)

        assert len(subnet_ids(stack)) == 2

    def test_fail_to_suffice_in_a_vpc_for_functions(self, stack: cdk.Stack) -> None:
        given = FunctionVpc(stack, "Vpc", cidr="10.0.0.0/24", functions=20)

        refused(
            stack,
            "SubnetCapacity",
            "59 in the smallest",
            vpc=given,
            reserved_concurrent_executions=59 * 6_500 + 1,
        )

    def test_of_imported_subnets_are_left_alone(self, stack: cdk.Stack) -> None:
        define(stack, vpc=imported(stack), reserved_concurrent_executions=1_000_000)

        assert len(subnet_ids(stack)) == 2

    def test_of_ranges_that_are_chosen_at_deployment_are_left_alone(self, stack: cdk.Stack) -> None:
        given = ec2.Vpc(
            stack,
            "Vpc",
            ip_addresses=ec2.IpAddresses.aws_ipam_allocation(
                ipv4_ipam_pool_id="pool", ipv4_netmask_length=16, default_subnet_ipv4_netmask_length=28
            ),
            subnet_configuration=[ec2.SubnetConfiguration(name="Only", subnet_type=ISOLATED)],
            restrict_default_security_group=False,
        )

        define(stack, vpc=given, reserved_concurrent_executions=1_000_000)

        assert len(subnet_ids(stack)) == 2


def test_subnets_may_be_sixteen(stack: cdk.Stack) -> None:
    define(stack, vpc=imported(stack), vpc_subnets=ec2.SubnetSelection(subnets=subnets(stack, 16)))

    assert len(subnet_ids(stack)) == 16


@pytest.mark.parametrize("count", [0, 17])
def test_fails_when_subnets_are_none_or_too_many(stack: cdk.Stack, count: int) -> None:
    listed = ec2.SubnetSelection(subnets=subnets(stack, count))

    refused(stack, "SubnetCount", str(count), vpc=imported(stack), vpc_subnets=listed)


def test_fails_with_the_cdks_words_when_a_selection_finds_nothing(stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError) as caught:
        define(stack, vpc=vpc(stack), vpc_subnets=ec2.SubnetSelection(subnet_group_name="Other"))

    assert caught.value.code == "ThereSubnetGroupsName"
    assert caught.value.path == "Stack/Function"


def test_a_vpc_for_functions_is_not_asked(stack: cdk.Stack) -> None:
    given = FunctionVpc(stack, "Vpc")

    with counted() as messages:
        define(stack, vpc=given)

    assert not [message for message in messages.sent if "selectSubnets" in message]


class TestIpv6:
    def test_may_be_allowed_where_subnets_have_it(self, stack: cdk.Stack) -> None:
        given = ec2.Vpc(stack, "Vpc", ip_protocol=ec2.IpProtocol.DUAL_STACK)

        define(stack, "Plain", vpc=given, ipv6_allowed_for_dual_stack=True)
        define(stack, "Inside", vpc=FunctionVpc(stack, "FunctionVpc", ipv6=True), ipv6_allowed_for_dual_stack=True)

        found = resources(synthesize(stack), "AWS::Lambda::Function").values()
        assert [function["VpcConfig"]["Ipv6AllowedForDualStack"] for function in found] == [True, True]

    @pytest.mark.parametrize("kind", [ec2.Vpc, FunctionVpc])
    def test_fails_where_no_subnet_has_it(self, stack: cdk.Stack, kind: type[ec2.Vpc]) -> None:
        refused(stack, "Ipv6Missing", "True", vpc=kind(stack, "Vpc"), ipv6_allowed_for_dual_stack=True)

    def test_may_be_disallowed_there(self, stack: cdk.Stack) -> None:
        define(stack, vpc=vpc(stack), ipv6_allowed_for_dual_stack=False)

    def test_is_left_alone_in_an_imported_vpc(self, stack: cdk.Stack) -> None:
        define(stack, vpc=imported(stack), ipv6_allowed_for_dual_stack=True)
