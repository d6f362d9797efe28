"""Function, trigger and source in different stacks: no stack needs another that needs it, and no resource either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_amazonmq as amazonmq,
    aws_docdb as docdb,
    aws_dynamodb as dynamodb,
    aws_ec2 as ec2,
    aws_events as events,
    aws_glue as glue,
    aws_kinesis as kinesis,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
    aws_logs as logs,
    aws_msk as msk,
    aws_s3 as s3,
    aws_secretsmanager as secretsmanager,
    aws_ses as ses,
    aws_sns as sns,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import (
    CustomResourceTrigger,
    DocumentDbTrigger,
    DynamoDbTrigger,
    EventBridgeTrigger,
    FirehoseTransformation,
    IotTrigger,
    KafkaTrigger,
    KinesisTrigger,
    LogsTrigger,
    MqTrigger,
    MskCluster,
    ProvisionedPollers,
    S3BatchOperations,
    S3Trigger,
    ScheduleTrigger,
    SelfManagedKafka,
    ServiceCaller,
    ServiceTrigger,
    SesTrigger,
    SnsTrigger,
    SqsTrigger,
)
from cdk_lambda_patterns.testing import fast_app
from tests.function.support import define

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from constructs import Construct

    from cdk_lambda_patterns import WellArchitectedFunction

    Make = Callable[[Construct, Construct, WellArchitectedFunction, kms.Key], object]
    """Makes a trigger in the first scope, for a source in the second with a key of that scope."""


def queue(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return SqsTrigger(scope, "Trigger", function=function, queue=sqs.Queue(source, "Queue", encryption_master_key=key))


def stream(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    read = kinesis.Stream(source, "Stream", encryption_key=key)
    failures = s3.Bucket(source, "Failures", encryption_key=key)
    return KinesisTrigger(scope, "Trigger", function=function, stream=read, enhanced_fan_out=True, on_failure=failures)


def table(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    partition_key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    changed = dynamodb.Table(source, "Table", partition_key=partition_key, encryption_key=key)
    return DynamoDbTrigger(scope, "Trigger", function=function, table=changed, encryption_key=key)


def msk_topic(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    kinds = msk.CfnServerlessCluster
    iam = kinds.ClientAuthenticationProperty(sasl=kinds.SaslProperty(iam=kinds.IamProperty(enabled=True)))
    cluster = kinds(source, "Cluster", client_authentication=iam, cluster_name="sales", vpc_configs=[])
    registry = event_sources.GlueSchemaRegistry(
        schema_registry=glue.CfnRegistry(source, "Registry", name="sales"),
        event_record_format=lambda_.EventRecordFormat.JSON,
        schema_validation_configs=[
            lambda_.KafkaSchemaValidationConfig(attribute=lambda_.KafkaSchemaValidationAttribute.VALUE)
        ],
    )
    return KafkaTrigger(
        scope,
        "Trigger",
        function=function,
        cluster=MskCluster(cluster),
        topic="orders",
        provisioned_pollers=ProvisionedPollers(minimum=1),
        schema_registry=registry,
        encryption_key=key,
    )


def kafka_topic(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    vpc = ec2.Vpc(source, "Vpc", nat_gateways=0)
    cluster = SelfManagedKafka(
        bootstrap_servers=["kafka.example.com:9092"],
        secret=secretsmanager.Secret(source, "User", encryption_key=key),
        root_ca_certificate=secretsmanager.Secret(source, "Authority", encryption_key=key),
        vpc=vpc,
        subnets=vpc.public_subnets,
        security_group=ec2.SecurityGroup(source, "Brokers", vpc=vpc),
    )
    return KafkaTrigger(scope, "Trigger", function=function, cluster=cluster, topic="orders")


def broker(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    polled = amazonmq.CfnBroker(
        source,
        "Broker",
        broker_name="orders",
        deployment_mode="SINGLE_INSTANCE",
        engine_type="RABBITMQ",
        host_instance_type="mq.m7g.medium",
        publicly_accessible=False,
        users=[],
    )
    user = secretsmanager.Secret(source, "User", encryption_key=key)
    return MqTrigger(scope, "Trigger", function=function, broker=polled, queue="orders", secret=user)


def documents(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    cluster = docdb.DatabaseCluster(
        source,
        "Cluster",
        master_user=docdb.Login(username="admin", kms_key=key),
        instance_type=ec2.InstanceType("r6g.large"),
        vpc=ec2.Vpc(source, "Vpc", nat_gateways=0),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        security_group_removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    return DocumentDbTrigger(scope, "Trigger", function=function, cluster=cluster, database="shop")


def bucket(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return S3Trigger(scope, "Trigger", function=function, bucket=s3.Bucket(source, "Bucket", encryption_key=key))


def topic(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return SnsTrigger(
        scope,
        "Trigger",
        function=function,
        topic=sns.Topic(source, "Topic", master_key=key),
        dead_letter_queue=sqs.Queue(source, "Failures", encryption_master_key=key),
    )


def bus(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return EventBridgeTrigger(
        scope,
        "Trigger",
        function=function,
        pattern={"source": ["shop"]},
        event_bus=events.EventBus(source, "Bus"),
        dead_letter_queue=sqs.Queue(source, "Failures", encryption_master_key=key),
    )


def bus_beside_the_rule(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return EventBridgeTrigger(
        scope,
        "Trigger",
        function=function,
        pattern={"source": ["shop"]},
        event_bus=events.EventBus(scope, "Bus"),
        dead_letter_queue=sqs.Queue(source, "Failures", encryption_master_key=key),
    )


def time(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    failures = sqs.Queue(source, "Failures", encryption_master_key=key)
    return ScheduleTrigger(scope, "Trigger", function=function, schedule="rate(1 hour)", dead_letter_queue=failures)


def log_group(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return LogsTrigger(scope, "Trigger", function=function, log_group=logs.LogGroup(source, "Logs", encryption_key=key))


def service(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    caller = ServiceCaller.service("kms.amazonaws.com", source_arn=key.key_arn)
    assert source is not None
    return ServiceTrigger(scope, "Trigger", function=function, caller=caller)


def mail(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return SesTrigger(
        scope,
        "Trigger",
        function=function,
        rule_set=ses.ReceiptRuleSet(source, "Rules"),
        bucket=s3.Bucket(source, "Mail", encryption_key=key),
    )


def mail_to_a_bucket(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    return SesTrigger(
        scope,
        "Trigger",
        function=function,
        rule_set=ses.ReceiptRuleSet(scope, "Rules"),
        bucket=s3.Bucket(source, "Mail", encryption_key=key),
    )


def device(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    failures = sqs.Queue(source, "Failures", encryption_master_key=key)
    return IotTrigger(scope, "Trigger", function=function, sql="SELECT * FROM 'devices/#'", dead_letter_queue=failures)


def firehose(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    destination = s3.Bucket(source, "Bucket", encryption_key=key)
    return FirehoseTransformation(scope, "Trigger", function=function, bucket=destination, encryption_key=key)


def deployment(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    assert source is not None
    return CustomResourceTrigger(scope, "Trigger", function=function, properties={"Key": key.key_arn})


def batch(scope: Construct, source: Construct, function: WellArchitectedFunction, key: kms.Key) -> object:
    manifests = s3.Bucket(source, "Manifests", encryption_key=key)
    return S3BatchOperations(scope, "Trigger", function=function, manifests=manifests)


TRIGGERS = [
    queue,
    stream,
    table,
    msk_topic,
    kafka_topic,
    broker,
    documents,
    bucket,
    topic,
    bus,
    bus_beside_the_rule,
    time,
    log_group,
    service,
    mail,
    mail_to_a_bucket,
    device,
    firehose,
    deployment,
    batch,
]


def beside_the_source(app: cdk.App) -> tuple[cdk.Stack, cdk.Stack, cdk.Stack]:
    """Where the function is, the trigger, and the source."""
    functions, sources = cdk.Stack(app, "Functions"), cdk.Stack(app, "Sources")
    return functions, sources, sources


def beside_the_function(app: cdk.App) -> tuple[cdk.Stack, cdk.Stack, cdk.Stack]:
    functions = cdk.Stack(app, "Functions")
    return functions, functions, cdk.Stack(app, "Sources")


def alone(app: cdk.App) -> tuple[cdk.Stack, cdk.Stack, cdk.Stack]:
    return cdk.Stack(app, "Functions"), cdk.Stack(app, "Triggers"), cdk.Stack(app, "Sources")


def nested_beside_the_source(app: cdk.App) -> tuple[cdk.Stack, cdk.Stack, cdk.Stack]:
    functions = cdk.Stack(app, "Functions")
    nested = cdk.NestedStack(functions, "Nested")
    return functions, nested, nested


def nested_beside_the_function(app: cdk.App) -> tuple[cdk.Stack, cdk.Stack, cdk.Stack]:
    nested = cdk.NestedStack(cdk.Stack(app, "Functions"), "Nested")
    return nested, nested, cdk.Stack(app, "Sources")


@pytest.mark.parametrize("flags", [False, True], ids=["exports", "weak references"])
@pytest.mark.parametrize(
    "place",
    [beside_the_source, beside_the_function, alone, nested_beside_the_source, nested_beside_the_function],
)
@pytest.mark.parametrize("make", TRIGGERS)
@pytest.mark.filterwarnings("ignore")
def test_nothing_waits_for_itself(make: Make, place: Any, flags: bool) -> None:  # noqa: ANN401, FBT001
    app = fast_app(recommended_flags=flags)
    functions, scope, source = place(app)
    function = define(functions, timeout=cdk.Duration.seconds(5))

    make(scope, source, function, kms.Key(source, "Key"))

    app.synth()  # stacks that need each other are refused by the CDK
    for file in Path(app.outdir).rglob("*.template.json"):
        assert circle(json.loads(file.read_text())["Resources"]) is None, file.name


def circle(resources: dict[str, Any]) -> list[str] | None:
    """Resources of which each needs the next, and the last the first."""
    finished: set[str] = set()

    def follow(path: list[str]) -> list[str] | None:
        resource = resources[path[-1]]
        needed = {*named(resource.get("Properties")), *resource.get("DependsOn", ())} & resources.keys()
        for name in sorted(needed - finished):
            found = [*path, name] if name in path else follow([*path, name])
            if found is not None:
                return found
        finished.add(path[-1])
        return None

    return next((found for name in resources if (found := follow([name])) is not None), None)


def named(value: Any) -> Iterator[str]:  # noqa: ANN401
    """The logical ids that a value refers to."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for inner in value.values():
                yield from named(inner)
        case list():
            for inner in value:
                yield from named(inner)


def test_a_circle_is_seen() -> None:
    one, two = {"Properties": {"Arn": {"Fn::GetAtt": ["Two", "Arn"]}}}, {"DependsOn": ["One"]}

    assert circle({"One": one, "Two": two}) == ["One", "Two", "One"]
    assert circle({"One": one, "Two": {}}) is None
