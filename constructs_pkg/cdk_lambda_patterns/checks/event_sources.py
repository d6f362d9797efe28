"""Edges from what resources say of each other: triggers, notifications, subscriptions, targets, destinations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from . import workflow_definition
from .addresses import SERVICES, Address, External, flat
from .graph import FUNCTION, Edge, Kind, Mode
from .overlaps import Filtered, Notification, Pattern, Sent
from .template import Resource
from .values import NONE, Case, Unknown, is_mapping, is_sequence, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .addresses import Node
    from .event_flow import EventFlow
    from .overlaps import Scope
    from .template import Templates

_Edges: TypeAlias = "Callable[[EventFlow, Resource], Iterator[Edge]]"

# Places that name the function that a resource calls. `[]` stands for each element, `*` for each entry.
_CALLERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "AWS::ApiGateway::Authorizer": (("AuthorizerUri",),),
    "AWS::ApiGateway::Method": (("Integration", "Uri"),),
    "AWS::ApiGatewayV2::Api": (("Target",),),
    "AWS::ApiGatewayV2::Authorizer": (("AuthorizerUri",),),
    "AWS::ApiGatewayV2::Integration": (("IntegrationUri",),),
    "AWS::AppSync::DataSource": (("LambdaConfig", "LambdaFunctionArn"),),
    "AWS::AppSync::GraphQLApi": (("LambdaAuthorizerConfig", "AuthorizerUri"),),
    "AWS::Bedrock::Agent": (("ActionGroups", "[]", "ActionGroupExecutor", "Lambda"),),
    "AWS::Cognito::UserPool": (("LambdaConfig", "*"), ("LambdaConfig", "*", "LambdaArn")),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (("Targets", "[]", "Id"),),
    "AWS::Lambda::Url": (("TargetFunctionArn",),),
    "AWS::SecretsManager::RotationSchedule": (("RotationLambdaARN",),),
    "AWS::VpcLattice::TargetGroup": (("Targets", "[]", "Id"),),
}
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html, "Synchronous invocation"."""

_ASYNCHRONOUS_CALLERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "AWS::CloudWatch::Alarm": (
        ("AlarmActions", "[]"), ("OKActions", "[]"), ("InsufficientDataActions", "[]"),
    ),
    "AWS::CloudWatch::CompositeAlarm": (
        ("AlarmActions", "[]"), ("OKActions", "[]"), ("InsufficientDataActions", "[]"),
    ),
    "AWS::CodeCommit::Repository": (("Triggers", "[]", "DestinationArn"),),
    "AWS::CodePipeline::Pipeline": (("Stages", "[]", "Actions", "[]", "Configuration", "FunctionName"),),
    "AWS::Config::ConfigRule": (("Source", "SourceIdentifier"),),
    "AWS::IoT::TopicRule": (
        ("TopicRulePayload", "Actions", "[]", "Lambda", "FunctionArn"),
        ("TopicRulePayload", "ErrorAction", "Lambda", "FunctionArn"),
    ),
    "AWS::Logs::SubscriptionFilter": (("DestinationArn",),),
    "AWS::SES::ReceiptRule": (("Rule", "Actions", "[]", "LambdaAction", "FunctionArn"),),
}  # fmt: skip
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html, "Asynchronous invocation"."""

# Services that start a function asynchronously where the permission is all that the template shows of it.
_ASYNCHRONOUS_PRINCIPALS = {
    "config.amazonaws.com": "config",
    "events.amazonaws.com": "events",
    "iot.amazonaws.com": "iot",
    "logs.amazonaws.com": "logs",
    "s3.amazonaws.com": "s3",
    "ses.amazonaws.com": "ses",
    "sns.amazonaws.com": "sns",
}


def edges(flow: EventFlow) -> Iterator[Edge]:
    """Every edge but those that follow from grants."""
    for resource in flow.templates:
        builder = _BUILDERS.get(resource.type)
        if builder is not None:
            yield from builder(flow, resource)
        if resource.type.startswith("Custom::") or resource.type == "AWS::CloudFormation::CustomResource":
            yield from _custom_resource(flow, resource)
    for permission in flow.templates.of_type("AWS::Lambda::Permission"):
        yield from _permission(flow, permission)


def deployment_functions(flow: EventFlow) -> Iterator[Resource]:
    """Functions that only deployments start: the CDK's providers, the handlers behind them, hooks of releases."""
    providers = [f for f in flow.functions if _is_provider_framework(flow.templates, f)]
    yield from providers
    behind = {
        address.node
        for provider in providers
        for value in mapping(mapping(provider.properties.get("Environment")).get("Variables")).values()
        for address in flow.addresses.of(provider.template, value, "lambda")
    }
    for function in flow.functions:
        modes = {edge.mode for edge in flow.into(function, Kind.INVOKES, Kind.POLLS)}
        if modes == {Mode.DEPLOYMENT} or (not modes and function in behind):
            yield function


def _is_provider_framework(templates: Templates, function: Resource) -> bool:
    """Whether it is one of the functions of the CDK's `custom_resources.Provider`."""
    description = templates.one(function, "Description")
    return isinstance(description, str) and description.startswith("AWS CDK resource provider framework")


def _edge(
    flow: EventFlow,
    source: Node,
    address: Address,
    kind: Kind,
    via: Resource,
    *,
    mode: Mode = Mode.NONE,
    scope: Scope | None = None,
) -> Edge:
    """An edge to what an address names: an alias is followed to its function."""
    target, qualifier = flow.called(address)
    to_function = _is_lambda(target) or (isinstance(target, Resource) and target.type == FUNCTION)
    starts = to_function or (isinstance(target, Resource) and target.type in _STARTED)
    return Edge(
        source=source,
        target=target,
        kind=Kind.INVOKES if kind is Kind.SENDS and starts else kind,
        via=via,
        mode=mode if to_function else Mode.NONE,
        qualifier=qualifier,
        scope=scope,
        when=address.when,
    )


_STARTED = {"AWS::StepFunctions::StateMachine"}


def _is_lambda(node: Node) -> bool:
    return isinstance(node, External) and node.service == "lambda"


def _places(templates: Templates, resource: Resource, path: Sequence[str]) -> Iterator[Case]:
    """What stands at a path with `[]` and `*` in it, in every branch of `Fn::If`."""
    cases = [Case(resource.properties, NONE)]
    for step in path:
        deeper: list[Case] = []
        for value, when in cases:
            if step == "[]":
                found: Sequence[Case] = tuple(templates.items(resource.template, value))
            elif step == "*":
                found = [c for entry in mapping(value).values() for c in templates.resolve(resource.template, entry)]
            else:
                found = templates.inside(resource.template, value, step)
            deeper += [Case(v, when | w) for v, w in found if v is not None]
        cases = deeper
    yield from cases


def _named(flow: EventFlow, resource: Resource, path: Sequence[str], service: str = "lambda") -> Iterator[Address]:
    for value, when in _places(flow.templates, resource, path):
        if not is_mapping(value):
            yield flow.addresses.named(resource.template, value, when, service)


def _is_function(flow: EventFlow, address: Address) -> bool:
    target, _ = flow.called(address)
    return _is_lambda(target) or (isinstance(target, Resource) and target.type == FUNCTION)


def _caller(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for path in _CALLERS[resource.type]:
        for address in _named(flow, resource, path):
            if _is_function(flow, address):
                if resource.type == "AWS::Lambda::Url" and isinstance(address.node, Resource):
                    qualifier = flow.templates.one(resource, "Qualifier")
                    rest = f":{qualifier}" if isinstance(qualifier, str) else ""
                    address = address._replace(rest=rest)  # noqa: PLW2901 - the same address, with its alias
                asynchronous = _asks_not_to_wait(flow, resource)
                mode = Mode.ASYNCHRONOUS if asynchronous else Mode.SYNCHRONOUS
                yield _edge(flow, _front(flow, resource), address, Kind.INVOKES, resource, mode=mode)


def _asks_not_to_wait(flow: EventFlow, resource: Resource) -> bool:
    """Whether an integration of API Gateway invokes its function asynchronously."""
    path = _PARAMETERS_OF_INTEGRATIONS.get(resource.type)
    return path is not None and _says_event(flow.templates.cases(resource, *path))


_PARAMETERS_OF_INTEGRATIONS = {
    "AWS::ApiGateway::Method": ("Integration", "RequestParameters"),
    "AWS::ApiGatewayV2::Integration": ("RequestParameters",),
}


def _says_event(parameters: Iterable[Case]) -> bool:
    header = "integration.request.header.x-amz-invocation-type"
    given = [(name, value) for entries, _ in parameters for name, value in mapping(entries).items()]
    return any(name.lower() == header and isinstance(value, str) and "Event" in value for name, value in given)


def _front(flow: EventFlow, resource: Resource) -> Node:
    """The API that a part of one belongs to."""
    for key in ("RestApiId", "ApiId"):
        if key in resource.properties:
            for address in flow.addresses.of(resource.template, resource.properties[key]):
                if isinstance(address.node, Resource):
                    return address.node
    return resource


def _api_description(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    """The integrations that an OpenAPI document in the template names."""
    todo: list[object] = [resource.properties.get("Body")]
    seen: set[tuple[object, ...]] = set()
    while todo:
        value = todo.pop()
        if is_mapping(value):
            todo += value.values()
            for key in ("uri", "authorizerUri"):
                for address in flow.addresses.of(resource.template, value.get(key), "lambda"):
                    asynchronous = _says_event(flow.templates.inside(resource.template, value, "requestParameters"))
                    mode = Mode.ASYNCHRONOUS if asynchronous else Mode.SYNCHRONOUS
                    if _is_function(flow, address) and (address.node, address.rest, mode) not in seen:
                        seen.add((address.node, address.rest, mode))
                        yield _edge(flow, resource, address, Kind.INVOKES, resource, mode=mode)
        elif is_sequence(value):
            todo += value
    if resource.type in _CALLERS:
        yield from _caller(flow, resource)


def _asynchronous_caller(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    source: Node = resource
    if resource.type == "AWS::Logs::SubscriptionFilter":
        logs = flow.addresses.of(resource.template, resource.properties.get("LogGroupName"), "logs")
        source = next((address.node for address in logs), resource)
    for path in _ASYNCHRONOUS_CALLERS[resource.type]:
        for address in _named(flow, resource, path):
            if _is_function(flow, address):
                yield _edge(flow, source, address, Kind.INVOKES, resource, mode=Mode.ASYNCHRONOUS)


def _event_source_mapping(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    sources = list(flow.addresses.of(resource.template, resource.properties.get("EventSourceArn")))
    if not sources:
        kind = (
            "SelfManagedEventSource"
            if "SelfManagedEventSource" in resource.properties
            else "a source that is not given"
        )
        sources = [Address(External("kafka", kind), "", NONE)]
    filters = [v for v, _ in flow.templates.cases(resource, "FilterCriteria", "Filters") if v]
    scope = Filtered("the event source mapping's filter") if filters else None
    for source in map(_behind_consumer(flow), sources):
        for function in flow.addresses.of(resource.template, resource.properties.get("FunctionName"), "lambda"):
            if flow.templates.together(source.when, function.when):
                yield _edge(flow, source.node, function, Kind.POLLS, resource, mode=Mode.POLLED, scope=scope)
                for failure in _named(flow, resource, ("DestinationConfig", "OnFailure", "Destination")):
                    node, _ = flow.called(function)
                    yield _edge(flow, node, failure, Kind.FAILS_TO, resource)


def _behind_consumer(flow: EventFlow) -> Callable[[Address], Address]:
    """Leads from a consumer with enhanced fan-out to its stream."""

    def stream(address: Address) -> Address:
        node = address.node
        if isinstance(node, Resource) and node.type == "AWS::Kinesis::StreamConsumer":
            return next(flow.addresses.of(node.template, node.properties.get("StreamARN")), address)
        return address

    return stream


def _invoke_config(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for function in flow.addresses.of(resource.template, resource.properties.get("FunctionName"), "lambda"):
        node, _ = flow.called(function)
        for failure in _named(flow, resource, ("DestinationConfig", "OnFailure", "Destination")):
            sent = Sent(("lambda",), ("Lambda Function Invocation Result - Failure",))
            yield _edge(flow, node, failure, Kind.FAILS_TO, resource, mode=Mode.DESTINATION, scope=sent)
        for success in _named(flow, resource, ("DestinationConfig", "OnSuccess", "Destination")):
            sent = Sent(("lambda",), ("Lambda Function Invocation Result - Success",))
            yield _edge(flow, node, success, Kind.SENDS, resource, mode=Mode.DESTINATION, scope=sent)


def _function(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for role in flow.addresses.of(resource.template, resource.properties.get("Role"), "iam"):
        yield _edge(flow, resource, role, Kind.ASSUMES, resource)
    for queue in _named(flow, resource, ("DeadLetterConfig", "TargetArn"), ""):
        yield _edge(flow, resource, queue, Kind.FAILS_TO, resource)


def _queue(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for value, when in redrive(flow.templates, resource):
        if value is not None:
            address = flow.addresses.named(resource.template, value, when)
            yield _edge(flow, resource, address, Kind.DEAD_LETTERS_TO, resource)


def redrive(templates: Templates, resource: Resource) -> Iterator[Case]:
    """What a redrive policy names as its target, written as a mapping or as JSON; None where there is no policy."""
    for policy, when in templates.cases(resource, "RedrivePolicy"):
        if isinstance(policy, str):
            try:
                policy = json.loads(policy)  # noqa: PLW2901 - the same policy
            except (ValueError, RecursionError):
                yield Case(Unknown("a redrive policy that is no JSON"), when)
                continue
        if policy is None or isinstance(policy, Unknown):
            yield Case(policy, when)
            continue
        if not is_mapping(policy):
            yield Case(Unknown("a redrive policy that is no mapping"), when)
            continue
        yield from (Case(v, when | w) for v, w in templates.inside(resource.template, policy, "deadLetterTargetArn"))


def _topic(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for entry, when in flow.templates.entries(resource, "Subscription"):
        if is_mapping(entry):
            for value, also in flow.templates.inside(resource.template, entry, "Endpoint"):
                service = str(mapping(entry).get("Protocol"))
                address = flow.addresses.named(resource.template, value, when | also, service)
                yield _edge(flow, resource, address, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS)


def _subscription(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    protocol = flow.templates.one(resource, "Protocol")
    if protocol not in ("lambda", "sqs", "firehose"):  # it may be what no set can hold
        return
    filters = [v for v, _ in flow.templates.cases(resource, "FilterPolicy") if v]
    scope = Filtered("the subscription's filter policy") if filters else None
    for topic in flow.addresses.of(resource.template, resource.properties.get("TopicArn"), "sns"):
        for endpoint in flow.addresses.of(resource.template, resource.properties.get("Endpoint"), str(protocol)):
            yield _edge(flow, topic.node, endpoint, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS, scope=scope)
        for value, when in redrive(flow.templates, resource):
            if value is not None:
                address = flow.addresses.named(resource.template, value, when)
                yield _edge(flow, topic.node, address, Kind.FAILS_TO, resource)


_NATIVE_NOTIFICATIONS = (
    ("LambdaConfigurations", "Function"),
    ("QueueConfigurations", "Queue"),
    ("TopicConfigurations", "Topic"),
)
_CDK_NOTIFICATIONS = (
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
)


def _bucket(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for configuration, _ in flow.templates.cases(resource, "NotificationConfiguration"):
        if is_mapping(configuration):
            yield from _notifications(flow, resource, resource, configuration, _NATIVE_NOTIFICATIONS)


def _cdk_notifications(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for bucket in flow.addresses.of(resource.template, resource.properties.get("BucketName"), "s3"):
        for configuration, _ in flow.templates.cases(resource, "NotificationConfiguration"):
            if is_mapping(configuration):
                yield from _notifications(flow, bucket.node, resource, configuration, _CDK_NOTIFICATIONS)


def _notifications(
    flow: EventFlow,
    bucket: Node,
    via: Resource,
    configuration: Mapping[str, object],
    forms: tuple[tuple[str, str], ...],
) -> Iterator[Edge]:
    templates, template = flow.templates, via.template
    for key, target in forms:
        for entry, _ in templates.items(template, configuration.get(key)):
            if not is_mapping(entry):
                continue
            scope = _notification(templates, via, entry)
            for address in flow.addresses.of(template, entry.get(target), "lambda"):
                yield _edge(flow, bucket, address, Kind.SENDS, via, mode=Mode.ASYNCHRONOUS, scope=scope)


def _notification(templates: Templates, via: Resource, entry: Mapping[str, object]) -> Notification:
    template = via.template
    events = [
        value
        for key in ("Event", "Events")
        for value, _ in templates.items(template, entry.get(key))
        if isinstance(value, str)
    ]
    affixes = {"prefix": "", "suffix": ""}
    for where in (("Filter", "S3Key", "Rules"), ("Filter", "Key", "FilterRules")):
        for rules, _ in templates.inside(template, entry, *where):
            for rule, _ in templates.items(template, rules):
                name = str(mapping(rule).get("Name")).lower()
                for value, _ in templates.resolve(template, mapping(rule).get("Value")):
                    if name in affixes:
                        affixes[name] = flat(value)
    return Notification(affixes["prefix"], affixes["suffix"], tuple(events))


def _rule(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    templates, template = flow.templates, resource.template
    if is_disabled(templates, resource):
        return
    for target, when in templates.entries(resource, "Targets"):
        if not is_mapping(target):
            continue
        for value, also in templates.inside(template, target, "Arn"):
            address = flow.addresses.named(template, value, when | also)
            yield _edge(flow, resource, address, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS)
        for value, also in templates.inside(template, target, "DeadLetterConfig", "Arn"):
            if value is not None:
                address = flow.addresses.named(template, value, when | also)
                yield _edge(flow, resource, address, Kind.FAILS_TO, resource)
    for pattern, _ in templates.cases(resource, "EventPattern"):
        if pattern is not None:
            yield from _matched(flow, resource, pattern)


def is_disabled(templates: Templates, resource: Resource) -> bool:
    """Whether a rule or schedule is switched off, in every branch."""
    return all(value == "DISABLED" for value, _ in templates.cases(resource, "State"))


def _matched(flow: EventFlow, rule: Resource, pattern: object) -> Iterator[Edge]:
    """The edges from a bus, and from buckets that tell it of their objects, to a rule."""
    templates, template = flow.templates, rule.template
    buses = list(flow.addresses.of(template, rule.properties.get("EventBusName"), "events"))
    taken = _pattern(templates, rule, pattern)
    for bus in buses or [Address(External("events", "default"), "", NONE)]:
        yield Edge(bus.node, rule, Kind.SENDS, rule, scope=taken, when=bus.when)
    if taken.sources is not None and "aws.s3" not in taken.sources:
        return
    detail = [value for value, _ in templates.inside(template, pattern, "detail")]
    named = [a.node for d in detail for a in flow.addresses.of(template, _at(d, "bucket", "name"), "s3")]
    for bucket, via in _buckets_on_default_bus(flow):
        if not named or bucket in named:
            yield Edge(bucket, rule, Kind.SENDS, via, scope=_objects(templates, rule, taken, detail))


def _buckets_on_default_bus(flow: EventFlow) -> Iterator[tuple[Node, Resource]]:
    for bucket in flow.templates.of_type("AWS::S3::Bucket"):
        for value, _ in flow.templates.cases(bucket, "NotificationConfiguration", "EventBridgeConfiguration"):
            if value is not None:
                yield bucket, bucket
    for custom in flow.templates.of_type("Custom::S3BucketNotifications"):
        for value, _ in flow.templates.cases(custom, "NotificationConfiguration", "EventBridgeConfiguration"):
            if value is not None:
                for address in flow.addresses.of(custom.template, custom.properties.get("BucketName"), "s3"):
                    yield address.node, custom


_S3_EVENTS = {
    "Object Created": "s3:ObjectCreated:*",
    "Object Deleted": "s3:ObjectRemoved:*",
    "Object Tags Added": "s3:ObjectTagging:*",
    "Object Tags Deleted": "s3:ObjectTagging:*",
    "Object ACL Updated": "s3:ObjectAcl:*",
    "Object Restore Initiated": "s3:ObjectRestore:*",
    "Object Restore Completed": "s3:ObjectRestore:*",
}


def _objects(templates: Templates, rule: Resource, taken: Pattern, detail: Sequence[object]) -> Scope:
    types = taken.detail_types or tuple(_S3_EVENTS)
    events = tuple(_S3_EVENTS[name] for name in types if name in _S3_EVENTS)
    keys = [key for d in detail for key, _ in templates.items(rule.template, _at(d, "object", "key"))]
    if not keys:
        return Notification("", "", events)
    only = keys[0]
    if len(keys) == 1 and is_mapping(only) and set(only) <= {"prefix", "suffix"}:
        affixes = {name: str(value) for name, value in only.items()}
        return Notification(affixes.get("prefix", ""), affixes.get("suffix", ""), events)
    wildcard = mapping(only).get("wildcard")
    if len(keys) == 1 and isinstance(wildcard, str) and wildcard.count("*") == 1:
        prefix, _, suffix = wildcard.partition("*")
        return Notification(prefix, suffix, events)
    return Filtered("the pattern's keys")


def _at(value: object, *path: str) -> object:
    for step in path:
        value = mapping(value).get(step)
    return value


def _pattern(templates: Templates, rule: Resource, pattern: object) -> Pattern:
    if not is_mapping(pattern):
        return Pattern(exact=False)
    exact = set(pattern) <= {"source", "detail-type"}
    found: list[tuple[str, ...] | None] = []
    for key in ("source", "detail-type"):
        values = [value for value, _ in templates.items(rule.template, pattern.get(key))]
        literal = bool(values) and all(isinstance(value, str) for value in values)
        exact = exact and (literal or not values)
        found.append(tuple(str(value) for value in values) if literal else None)
    return Pattern(found[0], found[1], exact=exact)


def _schedule(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    if is_disabled(flow.templates, resource):
        return
    for address in _named(flow, resource, ("Target", "Arn"), ""):
        yield _edge(flow, resource, address, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS)
    for address in _named(flow, resource, ("Target", "DeadLetterConfig", "Arn"), ""):
        yield _edge(flow, resource, address, Kind.FAILS_TO, resource)


def _device_rule(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    yield from _asynchronous_caller(flow, resource)
    for queue in _named(flow, resource, ("TopicRulePayload", "Actions", "[]", "Sqs", "QueueUrl"), "sqs"):
        yield _edge(flow, resource, queue, Kind.SENDS, resource)
    for queue in _named(flow, resource, ("TopicRulePayload", "ErrorAction", "Sqs", "QueueUrl"), "sqs"):
        yield _edge(flow, resource, queue, Kind.FAILS_TO, resource)


def _receipt_rule(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    yield from _asynchronous_caller(flow, resource)
    for bucket in _named(flow, resource, ("Rule", "Actions", "[]", "S3Action", "BucketName"), "s3"):
        yield _edge(flow, resource, bucket, Kind.SENDS, resource)


def _delivery_stream(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    """A stream of Firehose to a bucket, and the function on its way."""
    destination = ("ExtendedS3DestinationConfiguration",)
    for bucket in _named(flow, resource, (*destination, "BucketARN"), "s3"):
        yield _edge(flow, resource, bucket, Kind.SENDS, resource)
    templates, template = flow.templates, resource.template
    for parameter, when in _places(
        templates, resource, (*destination, "ProcessingConfiguration", "Processors", "[]", "Parameters", "[]")
    ):
        if mapping(parameter).get("ParameterName") == "LambdaArn":
            for value, also in templates.inside(template, parameter, "ParameterValue"):
                address = flow.addresses.named(template, value, when | also, "lambda")
                yield _edge(flow, resource, address, Kind.INVOKES, resource, mode=Mode.SYNCHRONOUS)


def _machine(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for task in workflow_definition.tasks(flow.templates, resource):
        if isinstance(task, Unknown):
            continue
        if not task.resource or ":lambda:invoke" in task.resource:
            address = flow.addresses.named(resource.template, task.target, task.when, "lambda")
            if _is_function(flow, address):
                mode = Mode.ASYNCHRONOUS if task.invocation_type == "Event" else Mode.SYNCHRONOUS
                yield _edge(flow, resource, address, Kind.INVOKES, resource, mode=mode)


def _pipe(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for source in _named(flow, resource, ("Source",), ""):
        yield _edge(flow, source.node, Address(resource, "", source.when), Kind.SENDS, resource)
    for enrichment in _named(flow, resource, ("Enrichment",), "lambda"):
        yield _edge(flow, resource, enrichment, Kind.SENDS, resource, mode=Mode.SYNCHRONOUS)
    waits = flow.templates.one(resource, "TargetParameters", "LambdaFunctionParameters", "InvocationType")
    mode = Mode.ASYNCHRONOUS if waits == "FIRE_AND_FORGET" else Mode.SYNCHRONOUS
    for target in _named(flow, resource, ("Target",), "lambda"):
        yield _edge(flow, resource, target, Kind.SENDS, resource, mode=mode)


def _distribution(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for behavior in (("DefaultCacheBehavior",), ("CacheBehaviors", "[]")):
        path = ("DistributionConfig", *behavior)
        for address in _named(flow, resource, (*path, "LambdaFunctionAssociations", "[]", "LambdaFunctionARN")):
            yield _edge(flow, resource, address, Kind.INVOKES, resource, mode=Mode.EDGE)
        for address in _named(flow, resource, (*path, "FunctionAssociations", "[]", "FunctionARN"), ""):
            yield _edge(flow, resource, address, Kind.INVOKES, resource)


def _alias(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    """The hooks that a release calls before and after it shifts traffic."""
    policy = mapping(mapping(resource.raw.get("UpdatePolicy")).get("CodeDeployLambdaAliasUpdate"))
    for key in ("BeforeAllowTrafficHook", "AfterAllowTrafficHook"):
        for address in flow.addresses.of(resource.template, policy.get(key), "lambda"):
            if _is_function(flow, address):
                yield _edge(flow, resource, address, Kind.INVOKES, resource, mode=Mode.DEPLOYMENT)


def _custom_resource(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for key in ("ServiceToken", "HandlerArn") if resource.type == "Custom::Trigger" else ("ServiceToken",):
        for address in flow.addresses.of(resource.template, resource.properties.get(key), "lambda"):
            if _is_function(flow, address):
                yield _edge(flow, resource, address, Kind.INVOKES, resource, mode=Mode.DEPLOYMENT)


def _permission(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    """What only a permission shows: a trigger that is defined elsewhere."""
    principal = flow.templates.one(resource, "Principal")
    service = _ASYNCHRONOUS_PRINCIPALS.get(principal) if isinstance(principal, str) else None
    if service is None:
        return
    for address in flow.addresses.of(resource.template, resource.properties.get("FunctionName"), "lambda"):
        function, _ = flow.called(address)
        triggers = list(flow.into(function, Kind.INVOKES))
        shown = {node for edge in triggers for node in (edge.source, edge.via)}
        services = {SERVICES.get(node.type) for node in shown if isinstance(node, Resource)}
        for source in flow.addresses.of(resource.template, resource.properties.get("SourceArn")):
            # One permission may be for several sources: for all rules of a bus, say.
            several = source.is_pattern() or isinstance(source.node, Unknown)
            known = source.node in shown or (several and service in services)
            if not known and not (isinstance(source.node, Resource) and source.node.type == "AWS::Events::Rule"):
                yield _edge(flow, source.node, address, Kind.INVOKES, resource, mode=Mode.ASYNCHRONOUS)


_BUILDERS: Mapping[str, _Edges] = {
    **dict.fromkeys(_CALLERS, _caller),
    **dict.fromkeys(_ASYNCHRONOUS_CALLERS, _asynchronous_caller),
    "AWS::ApiGateway::RestApi": _api_description,
    "AWS::ApiGatewayV2::Api": _api_description,
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::Events::Rule": _rule,
    "AWS::IoT::TopicRule": _device_rule,
    "AWS::KinesisFirehose::DeliveryStream": _delivery_stream,
    "AWS::Lambda::Alias": _alias,
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::Lambda::EventSourceMapping": _event_source_mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Pipes::Pipe": _pipe,
    "AWS::S3::Bucket": _bucket,
    "AWS::SES::ReceiptRule": _receipt_rule,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::StepFunctions::StateMachine": _machine,
    "Custom::S3BucketNotifications": _cdk_notifications,
}
