from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_dynamodb as dynamodb,
    aws_ec2 as ec2,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_logs as logs,
    aws_secretsmanager as secretsmanager,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import FunctionVpc, SqsTrigger, ValidationError, practices
from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.bench.jsii_messages import counted
from tests.findings import cfn_lint_findings, synthesis_findings
from tests.function.support import define, only, resources, the_function
from tests.network.support import templates_of
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, logical_id, warnings

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct

    from cdk_lambda_patterns.testing import Template

SUBNET, ENDPOINT = "AWS::EC2::Subnet", "AWS::EC2::VPCEndpoint"
LEADS_OUT = {
    "AWS::EC2::NatGateway",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::Route",
    "AWS::EC2::EgressOnlyInternetGateway",
}


def vpc(stack: cdk.Stack, **options: Any) -> FunctionVpc:  # noqa: ANN401
    return FunctionVpc(stack, "Vpc", **options)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: vpc(stack, **options), code, got, path="Stack/Vpc")


def types(template: Template) -> set[str]:
    return {resource["Type"] for resource in template["Resources"].values()}


def blocks(template: Template, name: str = "Functions") -> list[str]:
    return [subnet["CidrBlock"] for key, subnet in resources(template, SUBNET).items() if f"Vpc{name}" in key]


def services(template: Template, kind: str = "Interface") -> set[str]:
    return {
        endpoint["ServiceName"]["Fn::Join"][1][-1].rpartition(".")[2]
        if isinstance(endpoint["ServiceName"], dict)
        else endpoint["ServiceName"].rpartition(".")[2]
        for endpoint in resources(template, ENDPOINT).values()
        if endpoint["VpcEndpointType"] == kind
    }


def egress(template: Template, group: str) -> list[dict[str, Any]]:
    (found,) = [p for key, p in resources(template, "AWS::EC2::SecurityGroup").items() if key.startswith(group)]
    rules: list[dict[str, Any]] = found["SecurityGroupEgress"]
    return rules


class TestSubnets:
    def test_are_private_in_two_zones_and_nothing_leads_out(self, stack: cdk.Stack) -> None:
        vpc(stack)

        template = synthesize(stack)
        subnets = resources(template, SUBNET).values()
        assert len({str(subnet["AvailabilityZone"]) for subnet in subnets}) == len(subnets) == 2
        assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
        assert not LEADS_OUT & types(template)

    def test_have_room_for_many_functions(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)

        assert blocks(synthesize(stack)) == ["10.0.64.0/18", "10.0.128.0/18"]
        assert defined.subnet_addresses == 16_379

    def test_do_not_move_when_zones_and_gateways_are_added(self) -> None:
        environment = cdk.Environment(account="1" * 12, region="eu-west-1")

        def of(**options: Any) -> list[str]:  # noqa: ANN401
            stack = cdk.Stack(fast_app(), "Stack", env=environment)
            stack.node.set_context(
                f"availability-zones:account={'1' * 12}:region=eu-west-1", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
            )
            vpc(stack, **options)
            return blocks(synthesize(stack))

        assert of() == of(nat_gateways=2) == of(ipv6=True) == of(zones=3)[:2]

    @pytest.mark.parametrize("range_", ["192.168.{}.0", "172.31.{}.0", "100.64.{}.0", "10.255.{}.0"])
    def test_take_any_private_range(self, stack: cdk.Stack, range_: str) -> None:
        vpc(stack, cidr=f"{range_.format(0)}/22")

        template = synthesize(stack)
        assert only(template, "AWS::EC2::VPC")["CidrBlock"] == f"{range_.format(0)}/22"
        assert blocks(template) == [f"{range_.format(1)}/24", f"{range_.format(2)}/24"]

    def test_of_more_than_three_zones_are_an_eighth_each(self) -> None:
        zones = [f"us-east-1{letter}" for letter in "abcdef"]
        stack = cdk.Stack(fast_app(), "Stack", env=cdk.Environment(account="1" * 12, region="us-east-1"))
        stack.node.set_context(f"availability-zones:account={'1' * 12}:region=us-east-1", zones)

        vpc(stack, zones=6, nat_gateways=6)

        template = synthesize(stack)
        assert blocks(template) == [f"10.0.{32 * number}.0/19" for number in range(1, 7)]
        assert len(blocks(template, "Public")) == len(resources(template, "AWS::EC2::NatGateway")) == 6


class TestWaysOut:
    def test_by_nat_gateways(self, stack: cdk.Stack) -> None:
        vpc(stack, nat_gateways=1)

        template = synthesize(stack)
        assert len(resources(template, "AWS::EC2::NatGateway")) == 1
        assert blocks(template, "Public") == ["10.0.0.0/28", "10.0.0.16/28"]
        assert not any(subnet["MapPublicIpOnLaunch"] for subnet in resources(template, SUBNET).values())

    def test_by_ipv6_for_subnets_and_functions(self, stack: cdk.Stack) -> None:
        define(stack, vpc=vpc(stack, ipv6=True))

        template = synthesize(stack)
        routes = resources(template, "AWS::EC2::Route").values()
        assert {tuple(sorted(route.keys() - {"RouteTableId"})) for route in routes} == {
            ("DestinationIpv6CidrBlock", "EgressOnlyInternetGatewayId")
        }
        assert len(routes) == 2
        assert the_function(template)["VpcConfig"]["Ipv6AllowedForDualStack"] is True
        assert [rule.get("CidrIp", rule.get("CidrIpv6")) for rule in egress(template, "Function")] == [
            "0.0.0.0/0",
            "::/0",
        ]
        assert cfn_lint_findings(template) == []


class TestEndpoints:
    def test_for_s3_and_dynamodb_are_routes_of_the_functions(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)

        template = synthesize(stack)
        assert services(template, "Gateway") == {"s3", "dynamodb"} == defined.gateway_endpoints.keys()
        tables = set(resources(template, "AWS::EC2::RouteTable"))
        for endpoint in resources(template, ENDPOINT).values():
            assert {table["Ref"] for table in endpoint["RouteTableIds"]} == tables
        assert defined.endpoint_security_group is None

    def test_are_named_as_themselves_or_as_actions_or_given_as_objects(self, stack: cdk.Stack) -> None:
        defined = vpc(
            stack,
            endpoints=["sqs", "kinesis", "monitoring", "cloudwatch", "s3", ec2.InterfaceVpcEndpointAwsService.KMS],
        )

        template = synthesize(stack)
        assert services(template) == {"sqs", "kinesis-streams", "monitoring", "kms"} == defined.endpoints.keys()
        assert services(template, "Gateway") == {"s3", "dynamodb"}

    def test_of_a_service_of_somebody_else_are_taken(self, stack: cdk.Stack) -> None:
        name = "com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d"

        defined = vpc(stack, endpoints=[ec2.InterfaceVpcEndpointService(name)])

        assert list(defined.endpoints) == [name]
        names = [endpoint["ServiceName"] for endpoint in resources(synthesize(stack), ENDPOINT).values()]
        assert name in names

    def test_are_in_every_subnet_and_let_in_https_from_the_vpc(self, stack: cdk.Stack) -> None:
        vpc(stack, endpoints=["sqs"])

        template = synthesize(stack)
        (interface,) = [e for e in resources(template, ENDPOINT).values() if e["VpcEndpointType"] == "Interface"]
        group = only(template, "AWS::EC2::SecurityGroup")
        assert {subnet["Ref"] for subnet in interface["SubnetIds"]} == set(resources(template, SUBNET))
        assert interface["PrivateDnsEnabled"] is True
        assert [
            (rule["CidrIp"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"])
            for rule in group["SecurityGroupIngress"]
        ] == [("10.0.0.0/16", "tcp", 443, 443)]
        assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["255.255.255.255/32"], "nothing"

    def test_may_be_none(self, stack: cdk.Stack) -> None:
        assert vpc(stack, endpoints=None).endpoints == {}

    def test_are_added_once(self, stack: cdk.Stack) -> None:
        defined = vpc(stack, endpoints=["sqs"])

        defined.add_endpoints("sqs", "sns")
        defined.add_endpoints("sns")

        template = synthesize(stack)
        assert services(template) == {"sqs", "sns"}
        assert len(resources(template, "AWS::EC2::SecurityGroup")) == 1

    def test_are_inferred_from_what_was_granted(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)
        function, other = define(stack, vpc=defined), define(stack, "Other", vpc=defined)
        sqs.Queue(stack, "Queue").grant_send_messages(function)
        secretsmanager.Secret(stack, "Secret").grant_read(function)
        sns.Topic(stack, "Topic").grant_publish(other)
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        dynamodb.TableV2(stack, "Table", partition_key=key).grant_read_data(other)

        defined.add_endpoints_for(function, other)

        assert services(synthesize(stack)) == {"sqs", "secretsmanager", "sns"}
        report = assert_no_findings(stack.node.root, select=["FunctionReachability"])
        assert report.undecided == []

    def test_are_not_inferred_from_what_lambda_does_for_the_function(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)
        function = define(stack, vpc=defined)
        SqsTrigger(stack, "Orders", function=function)
        function.invoked_asynchronously()

        defined.add_endpoints_for(function)

        assert services(synthesize(stack)) == set()
        assert_no_findings(stack.node.root, select=["FunctionReachability"])

    def test_are_not_inferred_where_nothing_was_granted(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)

        defined.add_endpoints_for(define(stack, vpc=defined))

        assert services(synthesize(stack)) == set()


class TestFunctionInIt:
    def test_is_let_out_by_https_alone(self, stack: cdk.Stack) -> None:
        define(stack, vpc=vpc(stack))

        template = synthesize(stack)
        (rule,) = egress(template, "Function")
        assert (rule["CidrIp"], rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("0.0.0.0/0", "tcp", 443, 443)
        config = the_function(template)["VpcConfig"]
        assert {subnet["Ref"] for subnet in config["SubnetIds"]} == set(resources(template, SUBNET))
        assert "Ipv6AllowedForDualStack" not in config

    def test_has_a_security_group_of_its_own(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)

        define(stack, "One", vpc=defined)
        define(stack, "Other", vpc=defined)

        functions = resources(synthesize(stack), "AWS::Lambda::Function").values()
        groups = [group["Fn::GetAtt"][0] for f in functions for group in f["VpcConfig"]["SecurityGroupIds"]]
        assert len(set(groups)) == len(groups) == 2

    @pytest.mark.parametrize("all_outbound", [True, False])
    def test_may_say_otherwise(self, stack: cdk.Stack, all_outbound: bool) -> None:  # noqa: FBT001
        define(stack, vpc=vpc(stack), allow_all_outbound=all_outbound)

        (rule,) = egress(synthesize(stack), "Function")
        assert rule["CidrIp"] == ("0.0.0.0/0" if all_outbound else "255.255.255.255/32")
        assert "FromPort" not in rule or not all_outbound

    def test_keeps_security_groups_that_it_was_given(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)
        group = ec2.SecurityGroup(stack, "Group", vpc=defined, allow_all_outbound=False)

        define(stack, vpc=defined, security_groups=[group])

        template = synthesize(stack)
        assert the_function(template)["VpcConfig"]["SecurityGroupIds"] == [
            {"Fn::GetAtt": [logical_id(group), "GroupId"]}
        ]
        assert egress(template, "Group")[0]["CidrIp"] == "255.255.255.255/32"

    def test_may_do_without_ipv6(self, stack: cdk.Stack) -> None:
        define(stack, vpc=vpc(stack, ipv6=True), ipv6_allowed_for_dual_stack=False)

        assert the_function(synthesize(stack))["VpcConfig"]["Ipv6AllowedForDualStack"] is False

    @pytest.mark.parametrize("recommended", [True, False], ids=["weak references", "exports"])
    def test_of_another_stack_has_the_rules_there_and_makes_no_circle(self, recommended: bool) -> None:  # noqa: FBT001
        app = fast_app(recommended_flags=recommended)
        network, stack = cdk.Stack(app, "Network"), cdk.Stack(app, "Functions")
        defined = vpc(network, endpoints=["sqs"])
        database = ec2.SecurityGroup(network, "Database", vpc=defined, allow_all_outbound=False)

        define(stack, vpc=defined).connections.allow_to(database, ec2.Port.tcp(5432))

        templates = templates_of(app)
        for kind in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
            assert len(resources(templates["Functions"], kind)) == 1
            assert not resources(templates["Network"], kind)
        assert [dependency.stack_name for dependency in stack.dependencies] == ["Network"]

    def test_costs_few_messages_more(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)
        define(stack, "First", vpc=defined)

        with counted() as plain:
            define(stack, "Plain")
        with counted() as inside:
            define(stack, "Inside", vpc=defined)

        assert len(inside) - len(plain) <= 3, inside


class TestFlowLog:
    def test_keeps_what_was_turned_away_for_a_month(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)

        template = synthesize(stack)
        log = only(template, "AWS::EC2::FlowLog")
        assert (log["TrafficType"], log["ResourceType"], log["LogDestinationType"]) == (
            practices.FLOW_LOG_TRAFFIC,
            "VPC",
            "cloud-watch-logs",
        )
        assert log["ResourceId"] == {"Ref": logical_id(defined)}
        assert log["LogGroupName"] == {"Ref": logical_id(defined.flow_log_group)}
        (group,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Logs::LogGroup"]
        assert group["Properties"]["RetentionInDays"] == practices.LOG_RETENTION_DAYS
        assert group["DeletionPolicy"] == "Retain"

    def test_is_written_by_a_role_that_can_do_nothing_else(self, stack: cdk.Stack) -> None:
        defined = vpc(stack)

        role = only(synthesize(stack), "AWS::IAM::Role")
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        (policy,) = role["Policies"]
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        assert statement["Resource"] == {"Fn::GetAtt": [logical_id(defined.flow_log_group), "Arn"]}
        assert set(statement["Action"]) == {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}

    def test_may_be_everything_for_a_year_with_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        vpc(
            stack,
            flow_log_traffic=ec2.FlowLogTrafficType.ALL,
            flow_log_retention=logs.RetentionDays.ONE_YEAR,
            flow_log_removal_policy=cdk.RemovalPolicy.DESTROY,
            flow_log_encryption_key=key,
        )

        template = synthesize(stack)
        group = only(template, "AWS::Logs::LogGroup")
        statement = only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"][-1]
        assert only(template, "AWS::EC2::FlowLog")["TrafficType"] == "ALL"
        assert group["RetentionInDays"] == 365
        assert group["KmsKeyId"] == {"Fn::GetAtt": [logical_id(key), "Arn"]}
        assert statement["Principal"] == {
            "Service": {"Fn::Join": ["", ["logs.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}
        }
        assert "kms:EncryptionContext:aws:logs:arn" in statement["Condition"]["ArnLike"]

    def test_with_a_key_from_outside_is_warned_of(self, stack: cdk.Stack) -> None:
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/1")

        vpc(stack, flow_log_encryption_key=key)

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Vpc"
        assert "see that it lets CloudWatch Logs do kms:Encrypt* and" in text

    def test_may_be_left_out(self, stack: cdk.Stack) -> None:
        defined = vpc(stack, flow_log=False)

        assert not {"AWS::EC2::FlowLog", "AWS::Logs::LogGroup", "AWS::IAM::Role"} & types(synthesize(stack))
        assert defined.flow_log_group is None


class TestNetworkAcl:
    def test_is_there_only_when_asked_for(self, stack: cdk.Stack) -> None:
        vpc(stack)

        assert "AWS::EC2::NetworkAcl" not in types(synthesize(stack))

    def test_lets_the_vpc_talk_and_https_out_with_its_answers(self, stack: cdk.Stack) -> None:
        vpc(stack, network_acl=True)

        template = synthesize(stack)
        rules = {
            (e["CidrBlock"], e["Egress"], e["Protocol"], *e.get("PortRange", {}).values())
            for e in resources(template, "AWS::EC2::NetworkAclEntry").values()
        }
        assert rules == {
            ("10.0.0.0/16", True, -1),
            ("10.0.0.0/16", False, -1),
            ("0.0.0.0/0", True, 6, 443, 443),
            ("0.0.0.0/0", False, 6, 1024, 65535),
        }
        associated = resources(template, "AWS::EC2::SubnetNetworkAclAssociation").values()
        assert {association["SubnetId"]["Ref"] for association in associated} == set(resources(template, SUBNET))
        assert cfn_lint_findings(template) == []

    def test_knows_ipv6(self, stack: cdk.Stack) -> None:
        vpc(stack, network_acl=True, ipv6=True)

        entries = list(resources(synthesize(stack), "AWS::EC2::NetworkAclEntry").values())
        assert [e["Egress"] for e in entries if e.get("Ipv6CidrBlock") == "::/0"] == [True, False]
        numbers = [(e["RuleNumber"], e["Egress"]) for e in entries]
        assert len(set(numbers)) == len(numbers), "AWS refuses two rules with the same number"


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"zones": 1}, ("ZoneCount", "1")),
        ({"zones": 0}, ("ZoneCount", "0")),
        ({"zones": 7}, ("ZoneCount", "7")),
        ({"zones": 2.5}, ("ZoneCount", "2.5")),
        ({"zones": NUMBER}, ("CountOutOfRange", "a token")),
        ({"zones": 3}, ("ZonesUnknown", "3 where 2 are known")),
        ({"nat_gateways": -1}, ("CountOutOfRange", "-1")),
        ({"nat_gateways": 3}, ("CountOutOfRange", "3")),
        ({"nat_gateways": 1.5}, ("CountOutOfRange", "1.5")),
        ({"nat_gateways": NUMBER}, ("CountOutOfRange", "a token")),
        ({"functions": 0}, ("CountOutOfRange", "0")),
        ({"concurrency": 0}, ("CountOutOfRange", "0")),
        ({"cidr": "10.0.0.0"}, ("CidrPrefixOutOfRange", "32")),
        ({"cidr": "10.0.0.0/15"}, ("CidrPrefixOutOfRange", "15")),
        ({"cidr": "10.0.0.0/29"}, ("CidrPrefixOutOfRange", "29")),
        ({"cidr": "10.0.0.1/16"}, ("CidrInvalid", "'10.0.0.1/16'")),
        ({"cidr": "127.0.0.0/16"}, ("CidrInvalid", "'127.0.0.0/16'")),
        ({"cidr": "172.32.0.0/16"}, ("CidrInvalid", "'172.32.0.0/16'")),
        ({"cidr": "8.8.0.0/16"}, ("CidrInvalid", "'8.8.0.0/16'")),
        ({"cidr": "fd00::/64"}, ("CidrInvalid", "'fd00::/64'")),
        ({"cidr": cdk.Token.as_string({"Ref": "Range"})}, ("CidrInvalid", "a token")),
        ({"cidr": "10.0.0.0/24"}, ("SubnetCapacity", "59 with 10.0.0.0/24")),
        ({"cidr": "10.0.0.0/24", "functions": 60}, ("SubnetCapacity", "59 with 10.0.0.0/24")),
        ({"cidr": "10.0.0.0/24", "functions": 59, "endpoints": ["sqs"]}, ("SubnetCapacity", "59 with 10.0.0.0/24")),
        ({"cidr": "10.0.0.0/24", "functions": 59, "concurrency": 6_501}, ("SubnetCapacity", "59 with 10.0.0.0/24")),
        ({"cidr": "10.0.0.0/26", "functions": 1}, ("SubnetCapacity", "0 with 10.0.0.0/26")),
        ({"cidr": "10.0.0.0/28", "functions": 1}, ("SubnetCapacity", "0 with 10.0.0.0/28")),
        ({"endpoints": ["sqqs"]}, ("EndpointUnknown", "'sqqs'")),
        ({"endpoints": [1]}, ("TypeMismatch", "int")),
        ({"nat_gateways": "1"}, ("CountOutOfRange", "'1'")),
        ({"functions": None}, ("CountOutOfRange", "None")),
        ({"concurrency": True}, ("CountOutOfRange", "True")),
        ({"flow_log_retention": 30}, ("LogRetentionInvalid", "30")),
        ({"flow_log_encryption_key": "key"}, ("TypeMismatch", "str")),
        ({"flow_log_traffic": "ALL"}, ("TypeMismatch", "'ALL'")),
        ({"endpoints": [None]}, ("TypeMismatch", "None")),
        ({"ipv6": "no"}, ("TypeMismatch", "'no'")),
        ({"network_acl": "no"}, ("TypeMismatch", "'no'")),
        ({"flow_log": None}, ("TypeMismatch", "None")),
        ({"endpoints": 5}, ("ListExpected", "int")),
        ({"endpoints": {"sqs", "sns"}}, ("ListExpected", "set")),
        ({"concurrency": float("inf")}, ("CountOutOfRange", "inf")),
        ({"functions": float("nan")}, ("CountOutOfRange", "nan")),
        ({"flow_log_removal_policy": "DESTROY"}, ("RemovalPolicyInvalid", "'DESTROY'")),
        ({"flow_log_removal_policy": cdk.RemovalPolicy.SNAPSHOT}, ("RemovalPolicyInvalid", "SNAPSHOT")),
        *(
            ({"flow_log": False, name: value}, ("FlowLogOptionsUnused", str(value)))
            for name, value in (
                ("flow_log_traffic", ec2.FlowLogTrafficType.ALL),
                ("flow_log_retention", logs.RetentionDays.ONE_DAY),
                ("flow_log_removal_policy", cdk.RemovalPolicy.DESTROY),
            )
        ),
    ],
)
def test_fails_when_a_value_cannot_work(stack: cdk.Stack, options: dict[str, Any], refusal: tuple[str, str]) -> None:
    refused(stack, *refusal, **options)


def test_a_range_may_be_as_small_as_the_functions_let_it(stack: cdk.Stack) -> None:
    vpc(stack, cidr="10.0.0.0/24", functions=59, concurrency=6_500, nat_gateways=2)

    template = synthesize(stack)
    assert blocks(template) == ["10.0.0.64/26", "10.0.0.128/26"]
    assert blocks(template, "Public") == ["10.0.0.0/28", "10.0.0.16/28"]


def test_fails_when_no_address_is_left_for_an_endpoint(stack: cdk.Stack) -> None:
    defined = vpc(stack, cidr="10.0.0.0/24", functions=59)

    refusal(lambda: defined.add_endpoints("sqs"), "SubnetCapacity", "1 too many for the subnets")


def test_fails_when_endpoints_are_asked_for_something_else(stack: cdk.Stack) -> None:
    refusal(lambda: vpc(stack).add_endpoints_for("process"), "TypeMismatch", "str")  # type: ignore[arg-type]


def test_fails_when_gateway_endpoints_are_given_that_are_there(stack: cdk.Stack) -> None:
    given: Any = ec2.GatewayVpcEndpointAwsService.S3

    error = refused(stack, "TypeMismatch", "aws_ec2.GatewayVpcEndpointAwsService", endpoints=[given])

    assert "leave it out: the gateway endpoints for S3 and DynamoDB are there" in str(error)


def test_fails_when_its_name_is_taken(stack: cdk.Stack) -> None:
    vpc(stack)

    refused(stack, "ConstructIdTaken", "'Vpc' a second time")


@pytest.mark.parametrize(("function", "got"), [(None, "None"), ("process", "str")])
def test_fails_when_something_else_shall_be_let_out(stack: cdk.Stack, function: Any, got: str) -> None:  # noqa: ANN401
    refusal(lambda: vpc(stack).let_out(function), "TypeMismatch", got, path="Stack/Vpc")


def test_fails_when_a_function_elsewhere_shall_be_let_out(stack: cdk.Stack) -> None:
    function, defined = define(stack), vpc(stack)

    refusal(lambda: defined.let_out(function), "VpcMissing", "Stack/Function without a VPC", path="Stack/Vpc")


def test_is_a_vpc_for_the_cdk(stack: cdk.Stack) -> None:
    defined = vpc(stack)

    ec2.SecurityGroup(stack, "Group", vpc=defined)

    assert isinstance(defined, ec2.Vpc)
    assert only(synthesize(stack), "AWS::EC2::SecurityGroup")["VpcId"] == {"Ref": logical_id(defined)}


class Everything(cdk.Stack):
    """All that can be asked for, as two who look at templates see it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key(self, "Key", enable_key_rotation=True)
        defined = vpc(self, endpoints=["sqs"], nat_gateways=2, ipv6=True, network_acl=True, flow_log_encryption_key=key)
        define(self, vpc=defined, runtime=lambda_.Runtime.PYTHON_3_14)


def test_everything_has_no_findings(tmp_path: Path) -> None:
    assert synthesis_findings(Everything, tmp_path) == []
    assert cfn_lint_findings(synthesize(Everything)) == []
    app = fast_app()
    Everything(app, "Everything")
    assert assert_no_findings(app).undecided == []
