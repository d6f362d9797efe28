"""Function, trigger and source in different stacks: no stack needs another that needs it, and no resource either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
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
from tests.triggers.sources import KEY, define_broker, define_serverless_cluster, define_trigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from constructs import Construct

    Options = Callable[[Construct, Construct, kms.Key], dict[str, Any]]
    """The options of a trigger in the first scope, for a source in the second with a key of that scope."""


def stream(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {
        "stream": kinesis.Stream(source, "Stream", encryption_key=key),
        "enhanced_fan_out": True,
        "on_failure": s3.Bucket(source, "Failures", encryption_key=key),
    }


def table(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    changed = dynamodb.Table(source, "Table", partition_key=KEY, encryption_key=key)
    return {"table": changed, "encryption_key": key}


def msk_topic(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    registry = event_sources.GlueSchemaRegistry(
        schema_registry=glue.CfnRegistry(source, "Registry", name="sales"),
        event_record_format=lambda_.EventRecordFormat.JSON,
        schema_validation_configs=[
            lambda_.KafkaSchemaValidationConfig(attribute=lambda_.KafkaSchemaValidationAttribute.VALUE)
        ],
    )
    return {
        "cluster": MskCluster(define_serverless_cluster(source)),
        "provisioned_pollers": ProvisionedPollers(minimum=1),
        "schema_registry": registry,
        "encryption_key": key,
    }


def kafka_topic(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    vpc = ec2.Vpc(source, "Vpc", nat_gateways=0)
    cluster = SelfManagedKafka(
        bootstrap_servers=["kafka.example.com:9092"],
        secret=secretsmanager.Secret(source, "User", encryption_key=key),
        root_ca_certificate=secretsmanager.Secret(source, "Authority", encryption_key=key),
        vpc=vpc,
        subnets=vpc.public_subnets,
        security_group=ec2.SecurityGroup(source, "Brokers", vpc=vpc),
    )
    return {"cluster": cluster}


def broker(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    user = secretsmanager.Secret(source, "User", encryption_key=key)
    return {"broker": define_broker(source, "RABBITMQ"), "secret": user}


def documents(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    cluster = docdb.DatabaseCluster(
        source,
        "Cluster",
        master_user=docdb.Login(username="admin", kms_key=key),
        instance_type=ec2.InstanceType("r6g.large"),
        vpc=ec2.Vpc(source, "Vpc", nat_gateways=0),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        security_group_removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    return {"cluster": cluster, "secret": None}


def failures(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {"dead_letter_queue": sqs.Queue(source, "Failures", encryption_master_key=key)}


def topic(scope: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {"topic": sns.Topic(source, "Topic", master_key=key), **failures(scope, source, key)}


def bus(scope: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {"event_bus": events.EventBus(source, "Bus"), **failures(scope, source, key)}


def bus_beside_the_rule(scope: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {"event_bus": events.EventBus(scope, "Bus"), **failures(scope, source, key)}


def mail(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {"rule_set": ses.ReceiptRuleSet(source, "Rules"), "bucket": s3.Bucket(source, "Mail", encryption_key=key)}


def mail_to_a_bucket(scope: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {"rule_set": ses.ReceiptRuleSet(scope, "Rules"), "bucket": s3.Bucket(source, "Mail", encryption_key=key)}


def firehose(_: Construct, source: Construct, key: kms.Key) -> dict[str, Any]:
    return {"bucket": s3.Bucket(source, "Bucket", encryption_key=key), "encryption_key": key}


TRIGGERS: list[tuple[type[Any], Options]] = [
    (SqsTrigger, lambda _, source, key: {"queue": sqs.Queue(source, "Queue", encryption_master_key=key)}),
    (KinesisTrigger, stream),
    (DynamoDbTrigger, table),
    (KafkaTrigger, msk_topic),
    (KafkaTrigger, kafka_topic),
    (MqTrigger, broker),
    (DocumentDbTrigger, documents),
    (S3Trigger, lambda _, source, key: {"bucket": s3.Bucket(source, "Bucket", encryption_key=key)}),
    (SnsTrigger, topic),
    (EventBridgeTrigger, bus),
    (EventBridgeTrigger, bus_beside_the_rule),
    (ScheduleTrigger, failures),
    (LogsTrigger, lambda _, source, key: {"log_group": logs.LogGroup(source, "Logs", encryption_key=key)}),
    (
        ServiceTrigger,
        lambda _, __, key: {"caller": ServiceCaller.service("kms.amazonaws.com", source_arn=key.key_arn)},
    ),
    (SesTrigger, mail),
    (SesTrigger, mail_to_a_bucket),
    (IotTrigger, failures),
    (FirehoseTransformation, firehose),
    (CustomResourceTrigger, lambda _, __, key: {"properties": {"Key": key.key_arn}}),
    (S3BatchOperations, lambda _, source, key: {"manifests": s3.Bucket(source, "Manifests", encryption_key=key)}),
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
@pytest.mark.parametrize(("kind", "options"), TRIGGERS)
@pytest.mark.filterwarnings("ignore")
def test_nothing_waits_for_itself(kind: type[Any], options: Options, place: Any, *, flags: bool) -> None:  # noqa: ANN401
    app = fast_app(recommended_flags=flags)
    functions, scope, source = place(app)
    function = define(functions, timeout=cdk.Duration.seconds(5))

    define_trigger(kind, scope, function=function, **options(scope, source, kms.Key(source, "Key")))

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
