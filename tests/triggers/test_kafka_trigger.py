from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_ec2 as ec2,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
    aws_msk as msk,
    aws_s3 as s3,
    aws_secretsmanager as secretsmanager,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import (
    KafkaTrigger,
    MskCluster,
    ProvisionedPollers,
    SelfManagedKafka,
    ValidationError,
    practices,
)
from cdk_lambda_patterns.testing import synthesize
from tests.findings import cfn_lint_findings
from tests.function.support import define, only, resources, statements
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, alarm, granted, logical_id, the_mapping
from tests.triggers.sources import define_serverless_cluster

if TYPE_CHECKING:
    from collections.abc import Callable

MSK = "arn:aws:kafka:us-east-1:123456789012:cluster/sales/0000-1"
TOPIC = "arn:aws:kafka:us-east-1:123456789012:topic/sales/0000-1"
GROUP = "arn:aws:kafka:us-east-1:123456789012:group/sales/0000-1"
REGISTRY = "arn:aws:glue:us-east-1:123456789012:registry/sales"
INTERFACES = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
]
READY = ProvisionedPollers(minimum=1)
Method = event_sources.AuthenticationMethod


def trigger(stack: cdk.Stack, construct_id: str = "Sales", **options: Any) -> KafkaTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"cluster": MskCluster(MSK), "topic": "orders", **options}
    if "function" not in given:
        given["function"] = define(stack, f"{construct_id}Function")
    return KafkaTrigger(stack, construct_id, **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got, path="Stack/Sales")


def secret(stack: cdk.Stack, construct_id: str = "Secret") -> secretsmanager.Secret:
    return secretsmanager.Secret(stack, construct_id)


def define_provisioned_cluster(stack: cdk.Stack) -> msk.CfnCluster:
    return msk.CfnCluster(
        stack,
        "Cluster",
        cluster_name="sales",
        kafka_version="3.6.0",
        number_of_broker_nodes=2,
        broker_node_group_info=msk.CfnCluster.BrokerNodeGroupInfoProperty(
            client_subnets=["subnet-1", "subnet-2"], instance_type="kafka.m5.large"
        ),
    )


class TestMapping:
    def test_reads_from_the_oldest_record_on_and_reports_failures_to_a_queue(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        template = synthesize(stack)
        assert the_mapping(template) == {
            "BatchSize": practices.STREAM_BATCH_SIZE,
            "DestinationConfig": {
                "OnFailure": {"Destination": {"Fn::GetAtt": [logical_id(defined.failure_queue), "Arn"]}}
            },
            "Enabled": True,
            "EventSourceArn": MSK,
            "FunctionName": {"Ref": logical_id(function.live)},
            "StartingPosition": practices.STREAM_STARTING_POSITION,
            "Topics": ["orders"],
        }
        assert only(template, "AWS::SQS::Queue")["MessageRetentionPeriod"] == 14 * 86_400

    def test_with_provisioned_pollers_isolates_the_bad_record(self, stack: cdk.Stack) -> None:
        trigger(stack, provisioned_pollers=ProvisionedPollers(minimum=1, maximum=2_000, group="shared"))

        mapping = the_mapping(synthesize(stack))
        assert mapping["ProvisionedPollerConfig"] == {
            "MinimumPollers": 1,
            "MaximumPollers": 2_000,
            "PollerGroupName": "shared",
        }
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["MaximumRetryAttempts"] == practices.STREAM_RETRY_ATTEMPTS
        assert "MaximumRecordAgeInSeconds" not in mapping

    @pytest.mark.parametrize(("topic", "group"), [("t", "g"), ("t" * 249, "g" * 200)])
    def test_names_may_be_as_short_and_as_long_as_kafka_takes(self, stack: cdk.Stack, topic: str, group: str) -> None:
        trigger(stack, topic=topic, consumer_group_id=group)

        mapping = the_mapping(synthesize(stack))
        assert mapping["Topics"] == [topic]
        assert mapping["AmazonManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": group}

    @pytest.mark.parametrize("group", ["g", "g" * 128])
    def test_one_poller_may_do_in_a_group_of_any_name(self, stack: cdk.Stack, group: str) -> None:
        trigger(stack, provisioned_pollers=ProvisionedPollers(minimum=1, maximum=1, group=group))

        config = the_mapping(synthesize(stack))["ProvisionedPollerConfig"]
        assert config == {"MinimumPollers": 1, "MaximumPollers": 1, "PollerGroupName": group}

    def test_everything_may_be_said_otherwise(self, stack: cdk.Stack) -> None:
        trigger(
            stack,
            consumer_group_id="g" * 200,
            starting_position=lambda_.StartingPosition.LATEST,
            batch_size=10_000,
            max_batching_window=cdk.Duration.seconds(0),
            provisioned_pollers=ProvisionedPollers(minimum=200),
            bisect_batch_on_error=False,
            report_batch_item_failures=False,
            retry_attempts=0,
            max_record_age=cdk.Duration.days(7),
            filters=[{"value": {"kind": ["order"]}}],
            enabled=False,
        )

        mapping = the_mapping(synthesize(stack))
        assert "FunctionResponseTypes" not in mapping
        kept = ("DestinationConfig", "EventSourceArn", "FunctionName", "Topics")
        assert {name: value for name, value in mapping.items() if name not in kept} == {
            "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "g" * 200},
            "BatchSize": 10_000,
            "BisectBatchOnFunctionError": False,
            "Enabled": False,
            "FilterCriteria": {"Filters": [{"Pattern": '{"value":{"kind":["order"]}}'}]},
            "MaximumBatchingWindowInSeconds": 0,
            "MaximumRecordAgeInSeconds": 604_800,
            "MaximumRetryAttempts": 0,
            "ProvisionedPollerConfig": {"MinimumPollers": 200},
            "StartingPosition": "LATEST",
        }

    def test_begins_at_a_moment(self, stack: cdk.Stack) -> None:
        trigger(stack, starting_position_timestamp=datetime(2018, 11, 2, 6, 11, 49, tzinfo=UTC))

        mapping = the_mapping(synthesize(stack))
        assert (mapping["StartingPosition"], mapping["StartingPositionTimestamp"]) == ("AT_TIMESTAMP", 1_541_139_109)

    @pytest.mark.parametrize(
        ("options", "code", "got"),
        [
            ({"batch_size": 0}, "BatchSizeOutOfRange", "0"),
            ({"batch_size": 10_001}, "BatchSizeOutOfRange", "10,001"),
            ({"max_batching_window": cdk.Duration.seconds(301)}, "BatchingWindowOutOfRange", "301"),
            ({"topic": ""}, "TopicLength", "0"),
            ({"topic": "t" * 250}, "TopicLength", "250"),
            ({"topic": ".orders"}, "TopicInvalid", "'.orders'"),
            ({"topic": "our orders"}, "TopicInvalid", "'our orders'"),
            ({"consumer_group_id": ""}, "ConsumerGroupIdLength", "0"),
            ({"consumer_group_id": "g" * 201}, "ConsumerGroupIdLength", "201"),
            ({"consumer_group_id": "our group"}, "ConsumerGroupIdInvalid", "'our group'"),
            ({"function": "process"}, "TypeMismatch", "str"),
            ({"cluster": MSK}, "TypeMismatch", "str"),
            ({"filters": [{"kind": ["order"]}]}, "FilterFieldUnknown", "'kind'"),
        ],
    )
    def test_fails_when_a_value_is_out_of_range(
        self, stack: cdk.Stack, options: dict[str, Any], code: str, got: str
    ) -> None:
        refused(stack, code, got, **options)

    def test_fails_when_the_function_runs_longer_than_lambda_lets_it(self, stack: cdk.Stack) -> None:
        trigger(stack, function=define(stack, timeout=cdk.Duration.seconds(840)))

        slow = define(stack, "Slow", timeout=cdk.Duration.seconds(841))
        error = refusal(lambda: trigger(stack, "More", function=slow), "BrokerFunctionTimeout", "841")

        assert "got 841; shorten the function's timeout to 14 minutes" in str(error)

    def test_the_alarm_goes_by_batches(self, stack: cdk.Stack) -> None:
        defined = trigger(stack, batch_size=500)

        lag = alarm(synthesize(stack), "OffsetLag")
        assert (lag["Threshold"], lag["EvaluationPeriods"]) == (50_000, practices.WAITING_ALARM_PERIODS)
        assert list(defined.alarms) == ["OffsetLag", "DeliveryFailures", "FailureQueue"]

    def test_the_alarm_goes_by_the_default_where_batches_are_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        trigger(stack, batch_size=NUMBER)

        assert alarm(synthesize(stack), "OffsetLag")["Threshold"] == 10_000


class TestProvisionedPollers:
    @pytest.mark.parametrize(
        ("options", "got"),
        [
            ({"bisect_batch_on_error": True}, "True"),
            ({"report_batch_item_failures": False}, "False"),
            ({"retry_attempts": 0}, "0"),
            ({"max_record_age": cdk.Duration.hours(1)}, "1 hour"),
            ({"on_failure": "failed-orders"}, "'failed-orders'"),
        ],
    )
    def test_are_needed_for_some_options(self, stack: cdk.Stack, options: dict[str, Any], got: str) -> None:
        refused(stack, "ProvisionedPollersMissing", got, **options)

    @pytest.mark.parametrize(
        ("pollers", "code", "got"),
        [
            (ProvisionedPollers(minimum=0), "PollersMinimumOutOfRange", "0"),
            (ProvisionedPollers(minimum=201), "PollersMinimumOutOfRange", "201"),
            (ProvisionedPollers(maximum=0), "PollersMaximumOutOfRange", "0"),
            (ProvisionedPollers(maximum=2_001), "PollersMaximumOutOfRange", "2,001"),
            (ProvisionedPollers(minimum=3, maximum=2), "PollersMinimumAboveMaximum", "3"),
            (ProvisionedPollers(group=""), "PollerGroupLength", "0"),
            (ProvisionedPollers(group="g" * 129), "PollerGroupLength", "129"),
            (ProvisionedPollers(group="our group"), "PollerGroupInvalid", "'our group'"),
        ],
    )
    def test_fail_when_they_are_out_of_range(
        self, stack: cdk.Stack, pollers: ProvisionedPollers, code: str, got: str
    ) -> None:
        refused(stack, code, got, provisioned_pollers=pollers)

    @pytest.mark.parametrize(
        ("options", "code", "got"),
        [
            ({"retry_attempts": -1}, "RetryAttemptsOutOfRange", "-1"),
            ({"max_record_age": cdk.Duration.seconds(59)}, "RecordAgeOutOfRange", "59"),
        ],
    )
    def test_fail_when_retries_are_out_of_range(
        self, stack: cdk.Stack, options: dict[str, Any], code: str, got: str
    ) -> None:
        refused(stack, code, got, provisioned_pollers=READY, **options)


class TestMsk:
    def test_role_may_read_this_topic_as_any_group_and_nothing_else(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        assert granted(synthesize(stack)) == {
            "*": INTERFACES,
            MSK: [
                "kafka:DescribeClusterV2",
                "kafka:GetBootstrapBrokers",
                "kafka-cluster:Connect",
                "kafka-cluster:DescribeClusterDynamicConfiguration",
            ],
            f"{TOPIC}/orders": ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
            f"{GROUP}/*": ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
            logical_id(defined.failure_queue): ["sqs:SendMessage"],
        }

    def test_role_may_use_only_the_group_that_is_named(self, stack: cdk.Stack) -> None:
        trigger(stack, consumer_group_id="billing")

        template = synthesize(stack)
        assert f"{GROUP}/billing" in granted(template)
        assert f"{GROUP}/*" not in granted(template)

    @pytest.mark.parametrize("make", [define_provisioned_cluster, define_serverless_cluster])
    def test_cluster_of_the_app_is_found(self, stack: cdk.Stack, make: Any) -> None:  # noqa: ANN401
        cluster = make(stack)

        trigger(stack, cluster=MskCluster(cluster))

        template = synthesize(stack)
        arn = {"Fn::GetAtt": [logical_id(cluster), "Arn"]}
        assert the_mapping(template)["EventSourceArn"] == arn
        topics = [s["Resource"] for s in statements(template) if "kafka-cluster:ReadData" in s["Action"]]
        halves = {"Fn::Split": [":cluster/", arn]}
        assert topics == [
            {"Fn::Join": ["", [{"Fn::Select": [0, halves]}, ":topic/", {"Fn::Select": [1, halves]}, "/orders"]]}
        ]

    def test_password_is_shown_instead(self, stack: cdk.Stack) -> None:
        user = secret(stack)

        trigger(stack, cluster=MskCluster(MSK, secret=user))

        template = synthesize(stack)
        assert the_mapping(template)["SourceAccessConfigurations"] == [
            {"Type": "SASL_SCRAM_512_AUTH", "URI": {"Ref": logical_id(user)}}
        ]
        assert "secretsmanager:GetSecretValue" in granted(template)[logical_id(user)]
        assert granted(template)[MSK] == [
            "kafka:DescribeClusterV2",
            "kafka:GetBootstrapBrokers",
            "kafka:ListScramSecrets",
        ]

    def test_certificate_is_shown_instead(self, stack: cdk.Stack) -> None:
        method = Method.CLIENT_CERTIFICATE_TLS_AUTH

        trigger(stack, cluster=MskCluster(MSK, secret=secret(stack), authentication_method=method))

        (access,) = the_mapping(synthesize(stack))["SourceAccessConfigurations"]
        assert access["Type"] == "CLIENT_CERTIFICATE_TLS_AUTH"

    def test_fails_when_it_does_not_know_the_method(self, stack: cdk.Stack) -> None:
        cluster = MskCluster(MSK, secret=secret(stack), authentication_method=Method.BASIC_AUTH)

        refused(stack, "AuthenticationUnsupported", "BASIC_AUTH", cluster=cluster)

    def test_fails_when_there_is_no_secret_for_the_method(self, stack: cdk.Stack) -> None:
        cluster = MskCluster(MSK, authentication_method=Method.SASL_SCRAM_512_AUTH)

        refused(stack, "SecretMissing", "SASL_SCRAM_512_AUTH alone", cluster=cluster)

    def test_fails_when_a_serverless_cluster_is_shown_a_password(self, stack: cdk.Stack) -> None:
        cluster = MskCluster(define_serverless_cluster(stack), secret=secret(stack))

        refused(stack, "AuthenticationUnsupported", "a secret", cluster=cluster)

    @pytest.mark.parametrize("arn", ["sales", "arn:aws:kafka:us-east-1:123456789012:topic/sales/0000-1/orders"])
    def test_fails_when_it_is_no_address_of_a_cluster(self, stack: cdk.Stack, arn: str) -> None:
        refused(stack, "ArnInvalid", repr(arn), cluster=MskCluster(arn))


class TestSelfManaged:
    def test_brokers_on_the_internet_are_shown_a_password(self, stack: cdk.Stack) -> None:
        user, authority = secret(stack), secret(stack, "Authority")
        servers = ["abc.xyz.com:9092", "abc2.xyz.com:9092"]

        trigger(
            stack,
            cluster=SelfManagedKafka(bootstrap_servers=servers, secret=user, root_ca_certificate=authority),
            consumer_group_id="billing",
        )

        template = synthesize(stack)
        mapping = the_mapping(template)
        assert mapping["SelfManagedEventSource"] == {"Endpoints": {"KafkaBootstrapServers": servers}}
        assert mapping["SelfManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": "billing"}
        assert "EventSourceArn" not in mapping
        assert mapping["SourceAccessConfigurations"] == [
            {"Type": "SASL_SCRAM_512_AUTH", "URI": {"Ref": logical_id(user)}},
            {"Type": "SERVER_ROOT_CA_CERTIFICATE", "URI": {"Ref": logical_id(authority)}},
        ]
        grants = granted(template)
        assert "secretsmanager:GetSecretValue" in grants[logical_id(user)]
        assert "secretsmanager:GetSecretValue" in grants[logical_id(authority)]
        assert "*" not in grants

    def test_brokers_in_a_vpc_are_reached_from_its_private_subnets(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc")
        group = ec2.SecurityGroup(stack, "Group", vpc=vpc)

        trigger(stack, cluster=SelfManagedKafka(bootstrap_servers=["broker:9092"], vpc=vpc, security_group=group))

        template = synthesize(stack)
        private = [{"Ref": logical_id(subnet)} for subnet in vpc.private_subnets]
        found = the_mapping(template)["SourceAccessConfigurations"]
        assert found[0] == {
            "Type": "VPC_SECURITY_GROUP",
            "URI": {"Fn::Join": ["", ["security_group:", {"Fn::GetAtt": [logical_id(group), "GroupId"]}]]},
        }
        assert found[1:] == [
            {"Type": "VPC_SUBNET", "URI": {"Fn::Join": ["", ["subnet:", subnet]]}} for subnet in private
        ]
        assert granted(template)["*"] == INTERFACES

    def test_subnets_may_be_chosen(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc")
        cluster = SelfManagedKafka(
            bootstrap_servers=["broker:9092"],
            vpc=vpc,
            subnets=[vpc.private_subnets[1]],
            security_group=ec2.SecurityGroup(stack, "Group", vpc=vpc),
            secret=secret(stack),
            authentication_method=Method.SASL_SCRAM_256_AUTH,
        )

        trigger(stack, cluster=cluster)

        found = the_mapping(synthesize(stack))["SourceAccessConfigurations"]
        assert [access["Type"] for access in found] == ["SASL_SCRAM_256_AUTH", "VPC_SECURITY_GROUP", "VPC_SUBNET"]

    @pytest.mark.parametrize(
        ("servers", "code", "got"),
        [
            ([], "BootstrapServerCount", "0"),
            (["broker:9092"] * 11, "BootstrapServerCount", "11"),
            (["broker"], "BootstrapServerInvalid", "'broker'"),
            (["broker:9092", "https://broker:9092"], "BootstrapServerInvalid", "'https://broker:9092'"),
        ],
    )
    def test_fails_when_servers_are_no_servers(self, stack: cdk.Stack, servers: list[str], code: str, got: str) -> None:
        refused(stack, code, got, cluster=SelfManagedKafka(bootstrap_servers=servers, secret=secret(stack)))

    def test_takes_up_to_ten_servers(self, stack: cdk.Stack) -> None:
        trigger(stack, cluster=SelfManagedKafka(bootstrap_servers=["broker:9092"] * 10, secret=secret(stack)))

        endpoints = the_mapping(synthesize(stack))["SelfManagedEventSource"]["Endpoints"]
        assert len(endpoints["KafkaBootstrapServers"]) == 10

    def test_fails_when_there_is_no_way_in(self, stack: cdk.Stack) -> None:
        cluster = SelfManagedKafka(bootstrap_servers=["broker:9092"])

        refused(stack, "SecretMissing", "neither a secret nor a VPC", cluster=cluster)

    def test_fails_when_there_is_a_vpc_alone(self, stack: cdk.Stack) -> None:
        cluster = SelfManagedKafka(bootstrap_servers=["broker:9092"], vpc=ec2.Vpc(stack, "Vpc"))

        refused(stack, "VpcIncomplete", "a VPC alone", cluster=cluster)

    def test_fails_when_there_is_a_security_group_alone(self, stack: cdk.Stack) -> None:
        group = ec2.SecurityGroup(stack, "Group", vpc=ec2.Vpc(stack, "Vpc"))
        cluster = SelfManagedKafka(bootstrap_servers=["broker:9092"], security_group=group)

        refused(stack, "VpcIncomplete", "a security group alone", cluster=cluster)

    def test_fails_when_there_is_no_secret_for_the_method(self, stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc")
        cluster = SelfManagedKafka(
            bootstrap_servers=["broker:9092"],
            vpc=vpc,
            security_group=ec2.SecurityGroup(stack, "Group", vpc=vpc),
            authentication_method=Method.BASIC_AUTH,
        )

        refused(stack, "SecretMissing", "BASIC_AUTH alone", cluster=cluster)


class TestFailures:
    def test_go_to_another_topic_of_the_cluster(self, stack: cdk.Stack) -> None:
        defined = trigger(stack, provisioned_pollers=READY, on_failure="failed-orders")

        template = synthesize(stack)
        assert the_mapping(template)["DestinationConfig"] == {"OnFailure": {"Destination": "kafka://failed-orders"}}
        assert granted(template)[f"{TOPIC}/failed-orders"] == ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"]
        assert defined.failure_queue is None
        assert list(defined.alarms) == ["OffsetLag", "DeliveryFailures"]

    def test_go_to_a_bucket(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")

        trigger(stack, on_failure=bucket)

        assert granted(synthesize(stack))[f"{logical_id(bucket)}/aws/lambda/*"] == ["s3:PutObject"]

    def test_go_to_a_queue_with_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        trigger(stack, encryption_key=key)

        assert "kms:GenerateDataKey" in granted(synthesize(stack))[logical_id(key)]

    def test_fail_when_they_go_where_they_come_from(self, stack: cdk.Stack) -> None:
        refused(stack, "TopicLoop", "'orders'", provisioned_pollers=READY, on_failure="orders")

    def test_fail_when_the_topic_is_none(self, stack: cdk.Stack) -> None:
        refused(stack, "TopicInvalid", "'kafka://failed'", provisioned_pollers=READY, on_failure="kafka://failed")

    def test_fail_when_the_queue_is_fifo(self, stack: cdk.Stack) -> None:
        refused(stack, "DestinationFifo", "Stack/Queue", on_failure=sqs.Queue(stack, "Queue", fifo=True))

    def test_fail_when_a_key_has_nothing_to_encrypt(self, stack: cdk.Stack) -> None:
        options = {"encryption_key": kms.Key(stack, "Key"), "on_failure": sqs.Queue(stack, "Queue")}

        refused(stack, "EncryptionKeyUnused", "aws_kms.Key", **options)


class TestSchemaRegistry:
    def test_of_glue_is_asked(self, stack: cdk.Stack) -> None:
        trigger(stack, provisioned_pollers=READY, schema_registry=glue(), consumer_group_id="billing")

        template = synthesize(stack)
        assert the_mapping(template)["AmazonManagedKafkaEventSourceConfig"] == {
            "ConsumerGroupId": "billing",
            "SchemaRegistryConfig": {
                "EventRecordFormat": "JSON",
                "SchemaRegistryURI": REGISTRY,
                "SchemaValidationConfigs": [{"Attribute": "VALUE"}],
            },
        }
        assert granted(template)[REGISTRY] == ["glue:GetRegistry", "glue:GetSchemaVersion"]

    def test_of_confluent_is_shown_a_password(self, stack: cdk.Stack) -> None:
        user = secret(stack)
        registry = event_sources.ConfluentSchemaRegistry(
            schema_registry_uri="https://registry.example.com",
            event_record_format=lambda_.EventRecordFormat.SOURCE,
            authentication_type=lambda_.KafkaSchemaRegistryAccessConfigType.BASIC_AUTH,
            secret=user,
            schema_validation_configs=[validated()],
        )
        cluster = SelfManagedKafka(bootstrap_servers=["broker:9092"], secret=secret(stack, "Kafka"))

        trigger(stack, cluster=cluster, provisioned_pollers=READY, schema_registry=registry)

        template = synthesize(stack)
        found = the_mapping(template)["SelfManagedKafkaEventSourceConfig"]["SchemaRegistryConfig"]
        assert found["SchemaRegistryURI"] == "https://registry.example.com"
        assert found["AccessConfigs"] == [{"Type": "BASIC_AUTH", "URI": {"Ref": logical_id(user)}}]
        assert "secretsmanager:GetSecretValue" in granted(template)[logical_id(user)]

    def test_needs_provisioned_pollers(self, stack: cdk.Stack) -> None:
        refused(
            stack, "ProvisionedPollersMissing", "aws_lambda_event_sources.GlueSchemaRegistry", schema_registry=glue()
        )


def test_a_trigger_may_stand_in_another_stack_than_its_function(app: cdk.App) -> None:
    functions, sales = cdk.Stack(app, "Functions"), cdk.Stack(app, "SalesStack")

    trigger(sales, function=define(functions), cluster=MskCluster(MSK, secret=secret(sales)))

    app.synth()
    template = synthesize(sales)
    (mapping,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert mapping["DependsOn"] == list(resources(template, "AWS::IAM::Policy"))


def with_vpc(stack: cdk.Stack) -> SelfManagedKafka:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"], private_subnet_ids=["subnet-1"]
    )
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-12345678")
    return SelfManagedKafka(bootstrap_servers=["broker:9092"], vpc=vpc, security_group=group, secret=secret(stack))


@pytest.mark.slow
@pytest.mark.parametrize(
    "cluster",
    [
        lambda _: MskCluster(MSK),
        lambda stack: MskCluster(MSK, secret=secret(stack)),
        lambda stack: SelfManagedKafka(bootstrap_servers=["broker:9092"], secret=secret(stack)),
        with_vpc,
    ],
    ids=["IAM", "SCRAM", "internet", "VPC"],
)
def test_mappings_keep_to_cloudformations_schema(
    stack: cdk.Stack, cluster: Callable[[cdk.Stack], MskCluster | SelfManagedKafka]
) -> None:
    trigger(
        stack,
        cluster=cluster(stack),
        provisioned_pollers=ProvisionedPollers(minimum=1, maximum=3, group="shared"),
        consumer_group_id="billing",
        max_record_age=cdk.Duration.days(1),
        schema_registry=glue(),
        on_failure="failed-orders",
    )

    assert cfn_lint_findings(synthesize(stack)) == []


def validated() -> lambda_.KafkaSchemaValidationConfig:
    return lambda_.KafkaSchemaValidationConfig(attribute=lambda_.KafkaSchemaValidationAttribute.VALUE)


def glue() -> event_sources.GlueSchemaRegistry:
    return event_sources.GlueSchemaRegistry(
        schema_registry_arn=REGISTRY,
        event_record_format=lambda_.EventRecordFormat.JSON,
        schema_validation_configs=[validated()],
    )
