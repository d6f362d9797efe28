"""Every trigger with the least that it needs, and the sources that are long to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from aws_cdk import (
    aws_amazonmq as amazonmq,
    aws_cognito as cognito,
    aws_docdb as docdb,
    aws_dynamodb as dynamodb,
    aws_logs as logs,
    aws_msk as msk,
    aws_s3 as s3,
    aws_secretsmanager as secretsmanager,
    aws_ses as ses,
)

from cdk_lambda_patterns import (
    CognitoTrigger,
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
    S3BatchOperations,
    S3Trigger,
    ScheduleTrigger,
    ServiceCaller,
    ServiceTrigger,
    SesTrigger,
    SnsTrigger,
    SqsTrigger,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct

T = TypeVar("T")
MSK = "arn:aws:kafka:eu-west-1:123456789012:cluster/sales/abc"
BROKER = "arn:aws:mq:eu-west-1:123456789012:broker:orders:b-1"
KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)

NEEDED: dict[type[Any], dict[str, Callable[[Construct], object]]] = {
    SqsTrigger: {},
    KinesisTrigger: {},
    DynamoDbTrigger: {"table": lambda scope: dynamodb.Table(scope, "Table", partition_key=KEY)},
    KafkaTrigger: {"cluster": lambda _: MskCluster(MSK), "topic": lambda _: "orders"},
    MqTrigger: {
        "broker": lambda _: BROKER,
        "queue": lambda _: "orders",
        "secret": lambda scope: secretsmanager.Secret(scope, "Secret"),
    },
    DocumentDbTrigger: {
        "cluster": lambda scope: docdb.DatabaseCluster.from_database_cluster_attributes(
            scope, "Cluster", cluster_identifier="orders"
        ),
        "database": lambda _: "shop",
        "secret": lambda scope: secretsmanager.Secret(scope, "Secret"),
    },
    S3Trigger: {},
    SnsTrigger: {},
    EventBridgeTrigger: {"pattern": lambda _: {"source": ["shop"]}},
    ScheduleTrigger: {"schedule": lambda _: "rate(1 hour)"},
    LogsTrigger: {"log_group": lambda scope: logs.LogGroup(scope, "Logs")},
    ServiceTrigger: {"caller": lambda _: ServiceCaller.config_rules()},
    SesTrigger: {"rule_set": lambda scope: ses.ReceiptRuleSet(scope, "Rules")},
    IotTrigger: {"sql": lambda _: "SELECT * FROM 'devices/#'"},
    CognitoTrigger: {
        "user_pool": lambda scope: cognito.UserPool(scope, "Pool"),
        "operations": lambda _: [cognito.UserPoolOperation.PRE_SIGN_UP],
    },
    FirehoseTransformation: {},
    CustomResourceTrigger: {},
    S3BatchOperations: {"manifests": lambda scope: s3.Bucket(scope, "Manifests")},
}
"""The options that each trigger cannot do without, beside its function."""


def define_trigger(kind: type[T], scope: Construct, construct_id: str = "Trigger", /, **options: Any) -> T:  # noqa: ANN401
    """A trigger with the options given, and the least that it needs of the others."""
    least = {name: make(scope) for name, make in NEEDED[kind].items() if name not in options}
    defined: T = cast("Any", kind)(scope, construct_id, **least, **options)
    return defined


def define_broker(scope: Construct, engine: str) -> amazonmq.CfnBroker:
    """A broker of Amazon MQ."""
    return amazonmq.CfnBroker(
        scope,
        "Broker",
        broker_name="letters",
        deployment_mode="SINGLE_INSTANCE",
        engine_type=engine,
        host_instance_type="mq.m5.large",
        publicly_accessible=False,
        users=[amazonmq.CfnBroker.UserProperty(username="me", password="{{resolve:secretsmanager:me}}")],
    )


def define_serverless_cluster(scope: Construct) -> msk.CfnServerlessCluster:
    """A serverless cluster of MSK."""
    kinds = msk.CfnServerlessCluster
    return kinds(
        scope,
        "Cluster",
        cluster_name="sales",
        client_authentication=kinds.ClientAuthenticationProperty(
            sasl=kinds.SaslProperty(iam=kinds.IamProperty(enabled=True))
        ),
        vpc_configs=[kinds.VpcConfigProperty(subnet_ids=["subnet-1", "subnet-2"])],
    )
