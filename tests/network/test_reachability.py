from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_dynamodb as dynamodb,
    aws_ec2 as ec2,
    aws_events as events,
    aws_glue as glue,
    aws_iam as iam,
    aws_kinesis as kinesis,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
    aws_s3 as s3,
    aws_secretsmanager as secretsmanager,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import DynamoDbTrigger, FunctionVpc, KinesisTrigger, SqsTrigger
from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.testing import fast_app
from tests.bench.jsii_messages import counted
from tests.function.support import define

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct

    from cdk_lambda_patterns import WellArchitectedFunction

ISOLATED, PRIVATE, PUBLIC = (
    ec2.SubnetType.PRIVATE_ISOLATED,
    ec2.SubnetType.PRIVATE_WITH_EGRESS,
    ec2.SubnetType.PUBLIC,
)
RULE = "LambdaChecks::FunctionReachability"
BROKERS = "arn:aws:kafka:us-east-1:111111111111:cluster/orders/0a1b2c3d-1111-2222-3333-444455556666-1"


def plain(stack: cdk.Stack, construct_id: str = "Vpc", *, kinds: tuple[ec2.SubnetType, ...] = (ISOLATED,)) -> ec2.Vpc:
    """A VPC of the CDK, without a NAT gateway unless something needs one."""
    return ec2.Vpc(
        stack,
        construct_id,
        max_azs=2,
        restrict_default_security_group=False,
        subnet_configuration=[ec2.SubnetConfiguration(name=kind.name.title(), subnet_type=kind) for kind in kinds],
    )


def queue(scope: Construct, construct_id: str = "Queue") -> sqs.Queue:
    return sqs.Queue(scope, construct_id)


def sender(stack: cdk.Stack, **options: Any) -> WellArchitectedFunction:  # noqa: ANN401
    """A function that sends to a queue."""
    function = define(stack, **options)
    queue(stack).grant_send_messages(function)
    return function


def refusals(stack: cdk.Stack) -> list[tuple[str, str]]:
    """What synthesis refuses: the paths of functions, and what is missing to each."""
    with pytest.raises(RuntimeError) as caught:
        cast("cdk.App", stack.node.root).synth()
    lines = str(caught.value).splitlines()[1:]
    found = [
        re.fullmatch(
            r" *\[[\w/]+\] 'vpc' must lead from isolated subnets to .+, got no endpoint for (.+); add it, .+ "
            rf"acknowledge {RULE} with the reason \[([\w/]+)\] \(ServiceUnreachable\)",
            line,
        )
        for line in lines
    ]
    assert all(found), lines
    return [(match[2], match[1]) for match in found if match]


def passes(stack: cdk.Stack) -> None:
    cast("cdk.App", stack.node.root).synth()


class TestWhatNothingLeadsToIsRefused:
    def test_in_a_vpc_for_functions(self, stack: cdk.Stack) -> None:
        sender(stack, vpc=FunctionVpc(stack, "Vpc"))

        with pytest.raises(RuntimeError) as caught:
            passes(stack)

        assert str(caught.value).splitlines()[1].strip() == (
            "[Stack/Vpc] 'vpc' must lead from isolated subnets to what the function was granted: calls to anything "
            "else hang until its timeout, got no endpoint for sqs; add it, as add_endpoints_for(function) of a "
            "FunctionVpc does after the grants, or where something else leads there acknowledge "
            "LambdaChecks::FunctionReachability with the reason [Stack/Function] (ServiceUnreachable)"
        )

    def test_in_a_vpc_of_the_cdk(self, stack: cdk.Stack) -> None:
        sender(stack, vpc=plain(stack))

        assert refusals(stack) == [("Stack/Function", "sqs")]

    @pytest.mark.parametrize(
        "selection",
        [
            lambda _: ec2.SubnetSelection(subnet_type=ISOLATED),
            lambda _: ec2.SubnetSelection(subnet_group_name="Private_Isolated"),
            lambda vpc: ec2.SubnetSelection(subnets=vpc.isolated_subnets),
            lambda vpc: ec2.SubnetSelection(subnets=[vpc.isolated_subnets[0], vpc.private_subnets[1]]),
            lambda vpc: {"subnets": vpc.isolated_subnets},
        ],
        ids=["type", "group", "listed", "half of them", "a dict"],
    )
    def test_where_the_isolated_of_its_subnets_are_chosen(
        self, stack: cdk.Stack, selection: Callable[[ec2.Vpc], Any]
    ) -> None:
        vpc = plain(stack, kinds=(PUBLIC, PRIVATE, ISOLATED))

        sender(stack, vpc=vpc, vpc_subnets=selection(vpc))

        assert refusals(stack) == [("Stack/Function", "sqs")]

    def test_in_a_vpc_of_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        sender(stack, vpc=FunctionVpc(cdk.Stack(app, "Network"), "Vpc"))

        assert refusals(stack) == [("Stack/Function", "sqs")]

    def test_in_a_stage(self, app: cdk.App) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Prod"), "Stack")
        sender(stack, vpc=FunctionVpc(stack, "Vpc"))

        assert refusals(stack) == [("Prod/Stack/Function", "sqs")]

    def test_for_each_function_that_misses_something(self, stack: cdk.Stack) -> None:
        vpc, other = FunctionVpc(stack, "Vpc", endpoints=["sqs"]), plain(stack, "Other")
        one, two = define(stack, "One", vpc=vpc), define(stack, "Two", vpc=vpc)
        for function in (one, two, define(stack, "Three", vpc=other), define(stack, "Outside")):
            queue(function).grant_send_messages(function)
        sns.Topic(stack, "Topic").grant_publish(two)

        assert refusals(stack) == [("Stack/Two", "sns"), ("Stack/Three", "sqs")]

    @pytest.mark.parametrize(
        ("grant", "missing"),
        [
            (lambda stack, f: queue(stack).grant_send_messages(f.live), "sqs"),
            (lambda stack, f: queue(stack).grants.send_messages(f), "sqs"),
            (lambda stack, f: s3.Bucket(stack, "Bucket").grant_read(f), "s3"),
            (lambda stack, f: table(stack).grant_read_data(f), "dynamodb"),
            (lambda stack, f: secretsmanager.Secret(stack, "Secret").grant_read(f), "secretsmanager"),
            (lambda stack, f: f.secret("TOKEN_ARN", secretsmanager.Secret(stack, "Secret")), "secretsmanager"),
            (lambda stack, f: kinesis.Stream(stack, "Stream").grant_write(f), "kinesis-streams"),
            (lambda _, f: f.add_to_role_policy(statement("cloudwatch:PutMetricData")), "monitoring"),
            (lambda _, f: f.add_to_role_policy(statement("SQS:*", "sns:Publish")), "sns, sqs"),
            (lambda _, f: f.role.add_to_principal_policy(statement("states:StartExecution")), "states"),
            (
                lambda _, f: f.add_to_role_policy(
                    iam.PolicyStatement(actions=["sns:Publish"], not_resources=["arn:aws:sns:*:*:secret"])
                ),
                "sns",
            ),
        ],
    )
    def test_however_it_was_granted(
        self, stack: cdk.Stack, grant: Callable[[cdk.Stack, WellArchitectedFunction], object], missing: str
    ) -> None:
        grant(stack, define(stack, vpc=plain(stack)))

        assert refusals(stack) == [("Stack/Function", missing)]

    def test_under_conditions_that_only_the_template_tells(self, stack: cdk.Stack) -> None:
        tags = cdk.CfnJson(stack, "Tags", value={cdk.Aws.STACK_NAME: "orders"})

        define(stack, vpc=plain(stack)).add_to_role_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                resources=cdk.Fn.split(",", cdk.Fn.import_value("queues")),
                conditions={"StringEquals": tags},
            )
        )

        assert refusals(stack) == [("Stack/Function", "sqs")]

    def test_by_a_role_that_was_given(self, stack: cdk.Stack) -> None:
        role = iam.Role(stack, "Role", assumed_by=cast("iam.IPrincipal", iam.ServicePrincipal("lambda.amazonaws.com")))

        sender(stack, vpc=plain(stack), role=role)

        assert refusals(stack) == [("Stack/Function", "sqs")]

    def test_what_it_sends_back_to_the_queue_that_starts_it(self, stack: cdk.Stack) -> None:
        function, source = define(stack, vpc=plain(stack)), queue(stack)
        source.grant_send_messages(function)
        function.add_event_source(event_sources.SqsEventSource(source))

        assert refusals(stack) == [("Stack/Function", "sqs")]

    def test_what_it_sends_beside_what_lambda_sends(self, stack: cdk.Stack) -> None:
        sender(stack, vpc=plain(stack), on_failure=queue(stack, "Failures"))

        assert refusals(stack) == [("Stack/Function", "sqs")]

    def test_where_only_another_vpc_has_the_endpoint(self, stack: cdk.Stack) -> None:
        plain(stack, "Other").add_interface_endpoint("Sqs", service=ec2.InterfaceVpcEndpointAwsService.SQS)
        sender(stack, vpc=plain(stack))

        assert refusals(stack) == [("Stack/Function", "sqs")]

    def test_where_only_other_subnets_have_routes(self, stack: cdk.Stack) -> None:
        vpc, other = plain(stack, kinds=(PUBLIC, ISOLATED)), plain(stack, "Other")
        for index, subnet in enumerate((*vpc.public_subnets, *other.isolated_subnets)):
            to_transit_gateway(stack, subnet, f"Route{index}")
        sender(stack, vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ISOLATED))

        assert refusals(stack) == [("Stack/Function", "sqs")]


class TestOtherRegions:
    """An endpoint leads to a service in its own Region."""

    @pytest.fixture
    def stack(self, app: cdk.App) -> cdk.Stack:
        return cdk.Stack(app, "Stack", env=cdk.Environment(account="1" * 12, region="eu-west-1"))

    @staticmethod
    def sender_to(stack: cdk.Stack, region: str, **options: Any) -> WellArchitectedFunction:  # noqa: ANN401
        function = define(stack, **options)
        arn = f"arn:aws:sqs:{region}:{'1' * 12}:orders"
        sqs.Queue.from_queue_arn(stack, f"Queue-{region}", arn).grant_send_messages(function)
        return function

    def test_are_refused(self, stack: cdk.Stack) -> None:
        self.sender_to(stack, "us-east-1", vpc=FunctionVpc(stack, "Vpc", endpoints=["sqs"]))

        with pytest.raises(RuntimeError) as caught:
            passes(stack)

        assert "got sqs of us-east-1; let the subnets out, as nat_gateways=1" in str(caught.value)
        assert str(caught.value).count("[Stack/Function] (ServiceInOtherRegion)") == 1

    def test_are_refused_beside_what_is_missing_in_this_one(self, stack: cdk.Stack) -> None:
        function = self.sender_to(stack, "us-east-1", vpc=FunctionVpc(stack, "Vpc"))
        queue(stack).grant_send_messages(function)

        with pytest.raises(RuntimeError) as caught:
            passes(stack)

        assert "got no endpoint for sqs; add it" in str(caught.value)
        assert "got sqs of us-east-1; let" in str(caught.value)

    def test_get_no_endpoint(self, stack: cdk.Stack) -> None:
        vpc = FunctionVpc(stack, "Vpc", nat_gateways=1)

        vpc.add_endpoints_for(self.sender_to(stack, "us-east-1", vpc=vpc))

        assert vpc.endpoints == {}
        passes(stack)

    def test_may_be_where_lambda_sends_failures(self, stack: cdk.Stack) -> None:
        topic = sns.Topic.from_topic_arn(stack, "Topic", f"arn:aws:sns:us-east-1:{'1' * 12}:failed")

        define(stack, vpc=FunctionVpc(stack, "Vpc"), on_failure=topic)

        passes(stack)

    def test_are_not_the_functions_own(self, stack: cdk.Stack) -> None:
        self.sender_to(stack, "eu-west-1", vpc=FunctionVpc(stack, "Vpc", endpoints=["sqs"]))

        passes(stack)

    def test_are_not_guessed_where_the_functions_is_not_known(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Anywhere")

        self.sender_to(stack, "us-east-1", vpc=FunctionVpc(stack, "Vpc", endpoints=["sqs"]))

        passes(stack)

    def test_may_be_acknowledged(self, stack: cdk.Stack) -> None:
        function = self.sender_to(stack, "us-east-1", vpc=FunctionVpc(stack, "Vpc"))

        cdk.Validations.of(function).acknowledge(cdk.Acknowledgment(id=RULE, reason="a peering leads there"))

        passes(stack)


class TestEndpointsLeadThere:
    def test_those_that_were_named(self, stack: cdk.Stack) -> None:
        sender(stack, vpc=FunctionVpc(stack, "Vpc", endpoints=["sqs"]))

        passes(stack)

    def test_those_that_follow_from_grants(self, stack: cdk.Stack) -> None:
        vpc = FunctionVpc(stack, "Vpc")
        function = sender(stack, vpc=vpc, on_failure=sns.Topic(stack, "Failures"))
        s3.Bucket(stack, "Bucket").grant_read(function)

        vpc.add_endpoints_for(function)

        assert list(vpc.endpoints) == ["sqs"], "not for what Lambda publishes, nor where there is a gateway"
        assert_no_findings(stack.node.root, select=["FunctionReachability"])

    @pytest.mark.parametrize("sends_back", [False, True])
    def test_those_for_what_it_calls_of_a_polled_service(self, stack: cdk.Stack, sends_back: bool) -> None:  # noqa: FBT001
        vpc = FunctionVpc(stack, "Vpc")
        function = define(stack, vpc=vpc)
        source = SqsTrigger(stack, "Orders", function=function).queue
        if sends_back:
            source.grant_send_messages(function)

        vpc.add_endpoints_for(function)

        assert list(vpc.endpoints) == ["sqs"] * sends_back
        assert_no_findings(stack.node.root, select=["FunctionReachability"])

    @pytest.mark.parametrize(
        "endpoint",
        [
            lambda _, vpc: vpc.add_interface_endpoint("Sqs", service=ec2.InterfaceVpcEndpointAwsService.SQS),
            lambda other, vpc: ec2.InterfaceVpcEndpoint(
                other, "Sqs", vpc=vpc, service=ec2.InterfaceVpcEndpointAwsService.SQS
            ),
            lambda other, vpc: raw_endpoint(other, vpc, f"com.amazonaws.{cdk.Aws.REGION}.sqs"),
            lambda other, vpc: raw_endpoint(other, vpc, "com.amazonaws.us-east-1.sqs-fips"),
            lambda other, vpc: raw_endpoint(other, vpc, cdk.Fn.sub("com.amazonaws.${AWS::Region}.sqs")),
            lambda other, vpc: raw_endpoint(other, vpc, cdk.Fn.import_value("service")),
            lambda other, vpc: raw_endpoint(other, vpc, cdk.Fn.sub("com.amazonaws.${AWS::Region}.${Service}")),
            lambda other, vpc: raw_endpoint(other, vpc, None),
            lambda other, _: raw_endpoint(other, cdk.Fn.import_value("vpc"), "com.amazonaws.us-east-1.sqs"),
            lambda other, vpc: cdk.CfnResource(
                other,
                "Sqs",
                type="AWS::EC2::VPCEndpoint",
                properties={"VpcId": vpc.vpc_id, "ServiceName": "com.amazonaws.us-east-1.sqs"},
            ),
        ],
        ids=[
            "the VPC's",
            "elsewhere",
            "raw",
            "FIPS",
            "substituted",
            "imported",
            "a parameter's",
            "no service",
            "of some VPC",
            "of any type",
        ],
    )
    def test_wherever_they_are_defined(
        self, app: cdk.App, stack: cdk.Stack, endpoint: Callable[[cdk.Stack, ec2.Vpc], object]
    ) -> None:
        vpc = plain(stack)
        sender(stack, vpc=vpc)

        endpoint(cdk.Stack(app, "Other"), vpc)

        passes(stack)

    def test_gateways(self, stack: cdk.Stack) -> None:
        vpc = plain(stack)
        function = define(stack, vpc=vpc)
        s3.Bucket(stack, "Bucket").grant_read(function)
        table(stack).grant_read_data(function)

        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)

        passes(stack)

    def test_to_another_part_of_a_service(self, stack: cdk.Stack) -> None:
        vpc = plain(stack)
        define(stack, vpc=vpc).add_to_role_policy(statement("bedrock:InvokeAgent"))

        raw_endpoint(stack, vpc, "com.amazonaws.us-east-1.bedrock-agent-runtime")

        passes(stack)


class TestRoutesLeadThere:
    @pytest.mark.parametrize("way", [{"nat_gateways": 1}, {"ipv6": True}])
    def test_of_the_vpc(self, stack: cdk.Stack, way: dict[str, Any]) -> None:
        sender(stack, vpc=FunctionVpc(stack, "Vpc", **way))

        passes(stack)

    def test_of_subnets_that_are_said_to_have_them(self, stack: cdk.Stack) -> None:
        subnets = [ec2.SubnetConfiguration(name="Private", subnet_type=PRIVATE)]

        sender(stack, vpc=ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=subnets))

        passes(stack)

    @pytest.mark.parametrize(
        "route",
        [
            lambda other, vpc: to_transit_gateway(other, vpc.isolated_subnets[0]),
            lambda other, vpc: ec2.CfnRoute(
                other,
                "Route",
                route_table_id=vpc.isolated_subnets[1].route_table.route_table_id,
                destination_cidr_block="10.1.0.0/16",
                vpc_peering_connection_id="pcx-1",
            ),
            lambda _, vpc: vpc.isolated_subnets[0].add_route(
                "Nat", router_type=ec2.RouterType.INSTANCE, router_id="i-0a1b2c3d"
            ),
            lambda _, vpc: vpc.enable_vpn_gateway(
                type="ipsec.1", vpn_route_propagation=[ec2.SubnetSelection(subnet_type=ISOLATED)]
            ),
            lambda other, _: ec2.CfnRoute(
                other, "Route", route_table_id=cdk.Fn.import_value("table"), transit_gateway_id="tgw-1"
            ),
            lambda other, vpc: ec2.CfnRouteServerPropagation(
                other,
                "Routes",
                route_server_id="rs-1",
                route_table_id=vpc.isolated_subnets[0].route_table.route_table_id,
            ),
            lambda other, vpc: cdk.CfnResource(
                other,
                "Route",
                type="AWS::EC2::Route",
                properties={"RouteTableId": vpc.isolated_subnets[0].route_table.route_table_id},
            ),
        ],
        ids=["transit gateway", "peering", "NAT instance", "VPN", "of some table", "route server", "of any type"],
    )
    def test_that_were_added_by_hand(
        self, app: cdk.App, stack: cdk.Stack, route: Callable[[cdk.Stack, Any], object]
    ) -> None:
        vpc = plain(stack)
        sender(stack, vpc=vpc)

        route(cdk.Stack(app, "Other"), vpc)

        passes(stack)


class TestWhatLambdaDoesNeedsNoRoute:
    @pytest.mark.parametrize(
        "poll",
        [
            lambda stack, f: SqsTrigger(stack, "Trigger", function=f),
            lambda stack, f: KinesisTrigger(stack, "Trigger", function=f),
            lambda stack, f: DynamoDbTrigger(stack, "Trigger", function=f, table=table(stack)),
            lambda stack, f: f.add_event_source(event_sources.SqsEventSource(queue(stack))),
            lambda stack, f: f.add_event_source(
                event_sources.KinesisEventSource(
                    kinesis.Stream(stack, "Stream"),
                    starting_position=lambda_.StartingPosition.LATEST,
                    on_failure=event_sources.SqsDlq(queue(stack)),
                )
            ),
            lambda stack, f: f.add_event_source(
                event_sources.DynamoEventSource(
                    table(stack),
                    starting_position=lambda_.StartingPosition.LATEST,
                    on_failure=event_sources.SnsDlq(sns.Topic(stack, "Topic")),
                )
            ),
            lambda stack, f: f.add_event_source(
                event_sources.ManagedKafkaEventSource(
                    cluster_arn=BROKERS,
                    topic="orders",
                    starting_position=lambda_.StartingPosition.LATEST,
                    secret=secretsmanager.Secret(stack, "Login", secret_name="AmazonMSK_login"),
                    on_failure=event_sources.S3OnFailureDestination(s3.Bucket(stack, "Bucket")),
                )
            ),
            lambda stack, f: f.add_event_source(
                event_sources.ManagedKafkaEventSource(cluster_arn=BROKERS, **schemas_in_glue(stack))
            ),
            lambda stack, f: f.add_event_source(
                event_sources.ManagedKafkaEventSource(cluster_arn=BROKERS, **schemas_elsewhere(stack))
            ),
            lambda stack, f: f.add_event_source(
                event_sources.SelfManagedKafkaEventSource(
                    bootstrap_servers=["broker:9092"],
                    secret=secretsmanager.Secret(stack, "Login"),
                    **schemas_elsewhere(stack),
                )
            ),
        ],
        ids=[
            "SQS",
            "Kinesis",
            "DynamoDB",
            "SQS of the CDK",
            "Kinesis of the CDK",
            "DynamoDB of the CDK",
            "Kafka",
            "schemas in Glue",
            "schemas elsewhere",
            "schemas of self-managed Kafka",
        ],
    )
    def test_polling_and_its_failures(
        self, stack: cdk.Stack, poll: Callable[[cdk.Stack, WellArchitectedFunction], object]
    ) -> None:
        poll(stack, define(stack, vpc=plain(stack)))

        passes(stack)

    @pytest.mark.parametrize("prop", ["on_failure", "on_success"])
    @pytest.mark.parametrize(
        "destination",
        [
            queue,
            lambda stack: sns.Topic(stack, "Topic"),
            lambda stack: events.EventBus(stack, "Bus"),
            lambda stack: define(stack, "Next"),
            lambda stack: lambda_.Function.from_function_attributes(
                stack, "Next", function_arn="arn:aws:lambda:us-east-1:111111111111:function:next", skip_permissions=True
            ),
            lambda stack: sqs.Queue.from_queue_arn(stack, "Queue", "arn:aws:sqs:us-east-1:111111111111:failures"),
        ],
        ids=["queue", "topic", "bus", "function", "imported function", "imported queue"],
    )
    def test_destinations(self, stack: cdk.Stack, prop: str, destination: Callable[[cdk.Stack], Any]) -> None:
        define(stack, vpc=plain(stack), **{prop: destination(stack)})

        passes(stack)

    @pytest.mark.parametrize("elsewhere", [False, True])
    def test_a_bucket_for_failures(self, app: cdk.App, stack: cdk.Stack, elsewhere: bool) -> None:  # noqa: FBT001
        bucket = s3.Bucket(cdk.Stack(app, "Storage") if elsewhere else stack, "Bucket")

        define(stack, vpc=plain(stack), on_failure=bucket)

        passes(stack)

    def test_the_failure_queue_logs_traces_and_the_functions_key(self, stack: cdk.Stack) -> None:
        function = define(stack, vpc=plain(stack), environment_encryption=kms.Key(stack, "Key"))

        function.invoked_asynchronously()

        passes(stack)

    def test_failures_of_a_mapping_in_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        other = cdk.Stack(app, "Other")
        function = define(stack, vpc=plain(stack))

        lambda_.EventSourceMapping(
            other,
            "Mapping",
            target=cast("lambda_.IFunction", function.live),
            event_source_arn="arn:aws:kinesis:us-east-1:111111111111:stream/clicks",
            starting_position=lambda_.StartingPosition.LATEST,
            on_failure=cast("lambda_.IEventSourceDlq", event_sources.SqsDlq(queue(stack))),
        )

        passes(stack)

    def test_a_destination_that_is_written_as_an_attribute(self, stack: cdk.Stack) -> None:
        function = define(stack, vpc=plain(stack))
        failures = queue(stack)
        failures.grant_send_messages(function)
        arn = cast("sqs.CfnQueue", failures.node.default_child).attr_arn

        mapping(stack, function, {"onFailure": {"destination": arn}})

        passes(stack)

    def test_destinations_that_only_the_template_tells(self, stack: cdk.Stack) -> None:
        sender(stack, vpc=plain(stack))

        mapping(stack, define(stack, "Other"), cdk.Token.as_any({"OnFailure": {"Destination": "arn:aws:sqs:::q"}}))

        passes(stack)

    def test_nor_do_destinations_in_other_regions_disturb(self, app: cdk.App) -> None:
        stacks = [
            cdk.Stack(app, name, env=cdk.Environment(account="1" * 12, region=name))
            for name in ("us-east-1", "eu-west-1")
        ]
        for stack in stacks:
            define(stack, vpc=FunctionVpc(stack, "Vpc"), on_failure=queue(stack))

        passes(stacks[0])


class TestWhatIsNotKnownIsNotRefused:
    @pytest.mark.parametrize(
        "network",
        [
            lambda stack: {
                "vpc": ec2.Vpc.from_vpc_attributes(
                    stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], isolated_subnet_ids=["s-1", "s-2"]
                )
            },
            lambda stack: {
                "vpc": plain(stack),
                "vpc_subnets": ec2.SubnetSelection(
                    subnets=[ec2.Subnet.from_subnet_id(stack, f"Subnet{i}", f"subnet-{i}") for i in range(2)]
                ),
            },
            lambda stack: with_subnets_by_hand(stack, plain(stack)),
        ],
        ids=["an imported VPC", "imported subnets", "subnets by hand"],
    )
    def test_of_a_network(self, stack: cdk.Stack, network: Callable[[cdk.Stack], dict[str, Any]]) -> None:
        sender(stack, **network(stack))

        passes(stack)

    def test_of_a_vpc_that_is_looked_up(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="1" * 12, region="us-east-1"))

        sender(stack, vpc=ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1"))

        passes(stack)

    def test_of_an_imported_role(self, stack: cdk.Stack) -> None:
        role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111111111111:role/orders")

        sender(stack, vpc=plain(stack), role=role)

        passes(stack)

    def test_of_services_without_a_known_endpoint(self, stack: cdk.Stack) -> None:
        define(stack, vpc=plain(stack)).add_to_role_policy(statement("organizations:ListAccounts", "kms:Decrypt", "*"))

        passes(stack)

    def test_of_what_is_denied(self, stack: cdk.Stack) -> None:
        function = define(stack, vpc=plain(stack))

        function.add_to_role_policy(
            iam.PolicyStatement(effect=iam.Effect.DENY, actions=["sqs:SendMessage"], resources=["*"])
        )

        passes(stack)


class TestWhoKnowsBetter:
    @pytest.mark.parametrize("above", [False, True], ids=["the function", "its stack"])
    def test_says_why(self, stack: cdk.Stack, above: bool) -> None:  # noqa: FBT001
        function = sender(stack, vpc=plain(stack))

        acknowledge(stack if above else function)

        passes(stack)
        report = assert_no_findings(stack.node.root, select=["FunctionReachability"])
        assert [reason for _, reason in report.acknowledged] == ["a transit gateway of the network team leads there"]

    def test_speaks_of_that_function_alone(self, stack: cdk.Stack) -> None:
        vpc = plain(stack)
        acknowledge(sender(stack, vpc=vpc))
        queue(stack, "Another").grant_send_messages(define(stack, "Other", vpc=vpc))

        assert refusals(stack) == [("Stack/Other", "sqs")]

    def test_names_the_rule(self, stack: cdk.Stack) -> None:
        acknowledge(sender(stack, vpc=plain(stack)), "LambdaChecks::FunctionSingleZone")

        assert refusals(stack) == [("Stack/Function", "sqs")]


class TestCost:
    def test_of_a_function_is_no_message_more(self, stack: cdk.Stack) -> None:
        vpc = plain(stack)
        imported = ec2.Vpc.from_vpc_attributes(
            stack, "Imported", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["s-1", "s-2"]
        )
        define(stack, "First", vpc=vpc)

        with counted() as asked_about:
            define(stack, "One", vpc=vpc)
        with counted() as not_asked_about:
            define(stack, "Two", vpc=imported)

        assert len(asked_about) == len(not_asked_about)

    def test_of_synthesis_is_nothing_where_no_subnet_is_isolated(self) -> None:
        def messages(*, inside: bool) -> int:
            stack = cdk.Stack(fast_app(), "Stack")
            vpc = plain(stack, kinds=(PUBLIC, PRIVATE))
            for index in range(5):
                define(stack, f"Function{index}", vpc=vpc if inside else None)
            with counted() as sent:
                passes(stack)
            return len(sent)

        assert messages(inside=True) - messages(inside=False) <= 3


def table(stack: cdk.Stack) -> dynamodb.Table:
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    return dynamodb.Table(stack, "Table", partition_key=key, stream=dynamodb.StreamViewType.NEW_IMAGE)


def statement(*actions: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[*actions], resources=["*"])


def raw_endpoint(scope: Construct, vpc: ec2.Vpc | str, service: str | None) -> ec2.CfnVPCEndpoint:
    vpc_id = vpc if isinstance(vpc, str) else vpc.vpc_id
    return ec2.CfnVPCEndpoint(scope, "RawEndpoint", vpc_id=vpc_id, service_name=service, vpc_endpoint_type="Interface")


def to_transit_gateway(scope: Construct, subnet: ec2.ISubnet, construct_id: str = "Route") -> ec2.CfnRoute:
    return ec2.CfnRoute(
        scope,
        construct_id,
        route_table_id=subnet.route_table.route_table_id,
        destination_cidr_block="0.0.0.0/0",
        transit_gateway_id="tgw-1",
    )


def with_subnets_by_hand(stack: cdk.Stack, vpc: ec2.Vpc) -> dict[str, Any]:
    subnets = [
        ec2.PrivateSubnet(
            stack, f"Subnet{index}", vpc_id=vpc.vpc_id, cidr_block=f"10.1.{index}.0/24", availability_zone=zone
        )
        for index, zone in enumerate(vpc.availability_zones)
    ]
    return {"vpc": vpc, "vpc_subnets": ec2.SubnetSelection(subnets=subnets)}


def schemas_in_glue(stack: cdk.Stack) -> dict[str, Any]:
    registry = glue.CfnRegistry(stack, "Registry", name="orders")
    return with_schemas(event_sources.GlueSchemaRegistry, schema_registry=registry)


def schemas_elsewhere(stack: cdk.Stack) -> dict[str, Any]:
    return with_schemas(
        event_sources.ConfluentSchemaRegistry,
        schema_registry_uri="https://schemas.example",
        authentication_type=lambda_.KafkaSchemaRegistryAccessConfigType.BASIC_AUTH,
        secret=secretsmanager.Secret(stack, "SchemaLogin"),
    )


def with_schemas(registry: type, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """What a topic of Kafka is read with whose records have schemas."""
    value = lambda_.KafkaSchemaValidationConfig(attribute=lambda_.KafkaSchemaValidationAttribute.VALUE)
    record = {"event_record_format": lambda_.EventRecordFormat.JSON, "schema_validation_configs": [value]}
    return {
        "topic": "orders",
        "starting_position": lambda_.StartingPosition.LATEST,
        "provisioned_poller_config": event_sources.ProvisionedPollerConfig(minimum_pollers=1, maximum_pollers=2),
        "schema_registry_config": registry(**record, **options),
    }


def mapping(scope: Construct, function: WellArchitectedFunction, destinations: Any) -> None:  # noqa: ANN401
    lambda_.CfnEventSourceMapping(
        scope,
        "Mapping",
        function_name=function.live.function_arn,
        event_source_arn="arn:aws:kinesis:us-east-1:111111111111:stream/clicks",
        starting_position="LATEST",
        destination_config=destinations,
    )


def acknowledge(construct: Construct, rule: str = RULE) -> None:
    reason = "a transit gateway of the network team leads there"
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))
