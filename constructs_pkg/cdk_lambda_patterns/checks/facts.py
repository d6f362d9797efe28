"""Questions that several rules ask."""

from __future__ import annotations

import re
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING, NamedTuple

from .addresses import External
from .graph import Edge, Kind, Mode, label
from .template import Resource
from .values import NONE, Reference, Text, Unknown, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .addresses import Address, Node
    from .policies import Statement
    from .rule import App
    from .values import Assumptions, NumberCase, Value

LATEST = "$LATEST"

# Of more combinations of conditions not all are tried.
_MOST_COMBINATIONS = 256


def seconds(value: float) -> str:
    """A number of seconds as a message has it: `30 s`."""
    return f"{value:g} s"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: `A, B and C`."""
    unique = sorted(set(names))
    return " and ".join([", ".join(unique[:-1]), unique[-1]] if len(unique) > 1 else unique)


def called(node: Node) -> str:
    """A node with what it is, as a message has it: `queue Orders`."""
    if isinstance(node, Unknown):
        return node.why if node.why.startswith("what ") else f"what {node.why} stands for"
    return f"{what(node)} {label(node)}"


def what(node: Node) -> str:
    """What a node is, in a word or two: `queue`."""
    if isinstance(node, Unknown):
        return "not known"
    if isinstance(node, External):
        return _SERVICE_WORDS.get(node.service, node.service or "elsewhere")
    return _TYPE_WORDS.get(node.type, node.type.removeprefix("AWS::").replace("::", " "))


_TYPE_WORDS = {
    "AWS::ApiGateway::RestApi": "REST API",
    "AWS::ApiGatewayV2::Api": "API",
    "AWS::CloudFront::Distribution": "distribution",
    "AWS::CloudFront::Function": "CloudFront Function",
    "AWS::CodePipeline::Pipeline": "pipeline",
    "AWS::Cognito::UserPool": "user pool",
    "AWS::Config::ConfigRule": "config rule",
    "AWS::DynamoDB::GlobalTable": "table",
    "AWS::DynamoDB::Table": "table",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "target group",
    "AWS::Events::EventBus": "event bus",
    "AWS::Events::Rule": "rule",
    "AWS::IAM::Role": "role",
    "AWS::Pipes::Pipe": "pipe",
    "AWS::IoT::TopicRule": "IoT rule",
    "AWS::Kinesis::Stream": "stream",
    "AWS::KinesisFirehose::DeliveryStream": "Firehose stream",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::Url": "function URL",
    "AWS::Logs::LogGroup": "log group",
    "AWS::S3::Bucket": "bucket",
    "AWS::SES::ReceiptRule": "receipt rule",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::Scheduler::Schedule": "schedule",
    "AWS::StepFunctions::StateMachine": "state machine",
}
_SERVICE_WORDS = {
    "action": "AWS action",
    "dynamodb": "table",
    "events": "event bus",
    "iam": "role",
    "kafka": "cluster",
    "kinesis": "stream",
    "lambda": "function",
    "logs": "log group",
    "mq": "broker",
    "rds": "database",
    "s3": "bucket",
    "sns": "topic",
    "sqs": "queue",
    "states": "state machine",
}


class Consumer(NamedTuple):
    """A function that polls."""

    mapping: Resource
    source: Node
    function: Node
    edge: Edge


def queue_consumers(app: App) -> Iterator[Consumer]:
    """Event source mappings of queues."""
    return (consumer for consumer in _consumers(app) if service_of(consumer.source) == "sqs")


def stream_consumers(app: App) -> Iterator[Consumer]:
    """Event source mappings of Kinesis and DynamoDB streams."""
    return (consumer for consumer in _consumers(app) if service_of(consumer.source) in {"kinesis", "dynamodb"})


def _consumers(app: App) -> Iterator[Consumer]:
    for found in app.templates.of_type("AWS::Lambda::EventSourceMapping"):
        for edge in _edges_via(app, found):
            yield Consumer(found, edge.source, edge.target, edge)


def _edges_via(app: App, mapping: Resource) -> Iterator[Edge]:
    return (edge for edge in app.flow.via(mapping) if edge.kind is Kind.POLLS)


def service_of(node: Node) -> str:
    """The service that a function polls, as ARNs have it; empty for others."""
    if isinstance(node, Resource):
        return {
            "AWS::SQS::Queue": "sqs",
            "AWS::Kinesis::Stream": "kinesis",
            "AWS::Kinesis::StreamConsumer": "kinesis",
            "AWS::DynamoDB::Table": "dynamodb",
            "AWS::DynamoDB::GlobalTable": "dynamodb",
        }.get(node.type, "")
    return node.service if isinstance(node, External) else ""


def is_fifo(app: App, node: Node) -> bool | Unknown:
    """Whether a queue or topic is first-in-first-out."""
    if isinstance(node, External):
        return node.name.endswith(".fifo")
    if isinstance(node, Unknown):
        return node
    kind = "FifoTopic" if node.type == "AWS::SNS::Topic" else "FifoQueue"
    answers = {truth(value) for value, _ in app.templates.cases(node, kind)}
    if len(answers) == 1:
        return answers.pop()
    return next((answer for answer in answers if isinstance(answer, Unknown)), Unknown("a condition"))


def truth(value: object) -> bool | Unknown:
    """Whether a value is true; absent is not."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, str):
        return value.lower() == "true"
    return value is True


def failure_targets(app: App, function: Resource) -> list[Edge]:
    """Where a function's asynchronous events go that failed: destinations, or its own dead-letter queue."""
    kinds = {"AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Function"}
    return [edge for edge in app.flow.out_of(function, Kind.FAILS_TO) if edge.via.type in kinds]


def always_one(app: App, edges: Sequence[Edge], given: Assumptions) -> bool:
    """Whether, wherever something holds, at least one of these edges is there: in each branch another one, say."""
    without = [[frozenset({(of, name, not met)}) for of, name, met in e.when | e.via.condition] for e in edges]
    combinations = islice(product(*without), _MOST_COMBINATIONS)
    return not any(app.templates.together(given, *absent) for absent in combinations)


def asynchronous_triggers(app: App, function: Resource) -> list[Edge]:
    """What starts a function asynchronously."""
    return list(app.flow.starts(function, Mode.ASYNCHRONOUS))


def qualifier_name(app: App, qualifier: Resource | str | None) -> str | Unknown:
    """The name of an alias, the number of a version as far as it goes, or `$LATEST`."""
    if isinstance(qualifier, Resource):
        if qualifier.type == "AWS::Lambda::Version":
            return f"version {qualifier.logical_id}"
        value = app.templates.one(qualifier, "Name")
        return value if isinstance(value, str) else Unknown("an alias's name")
    return qualifier or LATEST


def configured_qualifiers(app: App, config: Resource) -> Iterator[tuple[str | Unknown, Assumptions]]:
    """What an `EventInvokeConfig` is set on in each branch, named as `qualifier_name` does."""
    for value, when in app.templates.cases(config, "Qualifier"):
        if isinstance(value, Reference):
            yield qualifier_name(app, value.resource), when
        elif isinstance(value, str) or value is None:
            yield value or LATEST, when
        else:
            yield Unknown("its qualifier"), when


def references(value: Value) -> Iterator[Resource]:
    """The resources that a value is made with."""
    if isinstance(value, Reference):
        yield value.resource
    elif isinstance(value, Text):
        yield from (part.resource for part in value.parts if isinstance(part, Reference))


class Provisioned(NamedTuple):
    """Environments that are kept ready."""

    on: Resource
    """The alias or version."""
    most: tuple[NumberCase, ...]
    scaled: bool
    """Whether a scaling target sets it."""


def provisioned(app: App, function: Resource) -> Iterator[Provisioned]:
    """What is provisioned for a function, fixed or at most."""
    for published in (*app.flow.aliases(function), *app.flow.versions(function)):
        path = ("ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions")
        if "ProvisionedConcurrencyConfig" in published.properties:
            yield Provisioned(published, app.templates.number(published, *path, default=0), scaled=False)
    for target in app.templates.of_type("AWS::ApplicationAutoScaling::ScalableTarget"):
        if app.templates.one(target, "ServiceNamespace") == "lambda":
            value = app.templates.one(target, "ResourceId")
            scales = {*references(value), _named(app, target, value)}
            if function in scales or scales & set(app.flow.aliases(function)):
                yield Provisioned(target, app.templates.number(target, "MaxCapacity", default=0), scaled=True)


def _named(app: App, target: Resource, value: Value) -> Node:
    """The function that `function:NAME:ALIAS` names."""
    if isinstance(value, Text) and isinstance(value.parts[0], str):
        value = Text((value.parts[0].removeprefix("function:"), *value.parts[1:]))
    elif isinstance(value, str):
        value = value.removeprefix("function:")
    return app.flow.addresses.named(target.template, value, NONE, "lambda").node


class Watched(NamedTuple):
    """A metric that an alarm watches."""

    name: str
    function: Resource | None
    """The function that it is of; None for every function of the account, or for one that is not known."""
    every: bool
    """Whether it is of every function."""


_ASKED = re.compile(r'SELECT\s+\w+\(\s*"?(\w+)"?\s*\)\s+FROM\s+(?:SCHEMA\(\s*)?"AWS/Lambda"', re.IGNORECASE)


def watched(app: App, alarm: Resource) -> Iterator[Watched]:
    """The metrics of functions that an alarm watches, in metric math too."""
    queries = [mapping(query) for query, _ in app.templates.entries(alarm, "Metrics")]
    for query in queries:
        asked = _ASKED.search(str(query.get("Expression")))
        if asked is not None:  # by CloudWatch Metrics Insights
            yield Watched(asked[1], None, every="WHERE" not in str(query.get("Expression")).upper())
    for metric in (alarm.properties, *(mapping(mapping(query.get("MetricStat")).get("Metric")) for query in queries)):
        inside = partial(app.templates.inside, alarm.template, metric)
        name = app.templates.only(inside("MetricName"))
        if app.templates.only(inside("Namespace")) != "AWS/Lambda" or not isinstance(name, str):
            continue
        named = _dimension(app, alarm, metric, "FunctionName")
        functions = [] if named is None else [app.flow.called(named)[0]]
        function = next((f for f in functions if isinstance(f, Resource)), None)
        yield Watched(name, function, every=not functions)


def _dimension(app: App, alarm: Resource, metric: Mapping[str, object], name: str) -> Address | None:
    for dimensions, _ in app.templates.inside(alarm.template, metric, "Dimensions"):
        for dimension, when in app.templates.items(alarm.template, dimensions):
            if mapping(dimension).get("Name") == name:
                for value, also in app.templates.inside(alarm.template, dimension, "Value"):
                    return app.flow.addresses.named(alarm.template, value, when | also, "lambda")
    return None


class Principals(NamedTuple):
    """Whom a statement of a resource's policy is about."""

    services: frozenset[str]
    others: tuple[str, ...]
    """Accounts, roles and identity providers, as far as they can be said."""
    everyone: bool
    unknown: bool


def principals(app: App, statement: Statement) -> Principals:
    """Whom a statement is about."""
    template = statement.via.template
    services: set[str] = set()
    others: list[str] = []
    everyone = unknown = False
    for principal, _ in app.templates.resolve(template, statement.principal):
        if not is_mapping(principal):
            everyone = everyone or principal == "*"
            unknown = unknown or isinstance(principal, Unknown)
            continue
        for kind, value in principal.items():
            for found, _ in app.templates.items(template, value):
                if kind == "Service" and isinstance(found, str):
                    services.add(found)
                elif kind == "Service" and isinstance(found, Text):
                    services.add(str(found.parts[0]).rstrip(".") + ".amazonaws.com")  # a suffix by partition
                elif kind == "AWS" and found == "*":
                    everyone = True
                elif isinstance(found, Unknown):
                    unknown = True
                else:
                    others.append(str(found))
    return Principals(frozenset(services), tuple(others), everyone, unknown)
