"""Edges from what resources say of each other: triggers, notifications, subscriptions, targets, destinations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import callers, notifications, workflow_definition
from .addresses import SERVICES, Address, External
from .edges import edge_to, is_function, named, places
from .graph import Edge, Kind, Mode
from .overlaps import Filtered, Sent
from .template import Resource
from .values import NONE, Case, Unknown, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .addresses import Node
    from .edges import Builder
    from .event_flow import EventFlow
    from .template import Templates

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
                yield edge_to(flow, source.node, function, Kind.POLLS, resource, mode=Mode.POLLED, scope=scope)
                for failure in named(flow, resource, ("DestinationConfig", "OnFailure", "Destination")):
                    node, _ = flow.called(function)
                    yield edge_to(flow, node, failure, Kind.FAILS_TO, resource)


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
        for failure in named(flow, resource, ("DestinationConfig", "OnFailure", "Destination")):
            sent = Sent(("lambda",), ("Lambda Function Invocation Result - Failure",))
            yield edge_to(flow, node, failure, Kind.FAILS_TO, resource, mode=Mode.DESTINATION, scope=sent)
        for success in named(flow, resource, ("DestinationConfig", "OnSuccess", "Destination")):
            sent = Sent(("lambda",), ("Lambda Function Invocation Result - Success",))
            yield edge_to(flow, node, success, Kind.SENDS, resource, mode=Mode.DESTINATION, scope=sent)


def _function(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for role in flow.addresses.of(resource.template, resource.properties.get("Role"), "iam"):
        yield edge_to(flow, resource, role, Kind.ASSUMES, resource)
    for queue in named(flow, resource, ("DeadLetterConfig", "TargetArn"), ""):
        yield edge_to(flow, resource, queue, Kind.FAILS_TO, resource)


def _queue(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for value, when in redrive(flow.templates, resource):
        if value is not None:
            address = flow.addresses.named(resource.template, value, when)
            yield edge_to(flow, resource, address, Kind.DEAD_LETTERS_TO, resource)


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
                yield edge_to(flow, resource, address, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS)


def _subscription(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    protocol = flow.templates.one(resource, "Protocol")
    if protocol not in ("lambda", "sqs", "firehose"):  # it may be what no set can hold
        return
    filters = [v for v, _ in flow.templates.cases(resource, "FilterPolicy") if v]
    scope = Filtered("the subscription's filter policy") if filters else None
    for topic in flow.addresses.of(resource.template, resource.properties.get("TopicArn"), "sns"):
        for endpoint in flow.addresses.of(resource.template, resource.properties.get("Endpoint"), str(protocol)):
            yield edge_to(flow, topic.node, endpoint, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS, scope=scope)
        for value, when in redrive(flow.templates, resource):
            if value is not None:
                address = flow.addresses.named(resource.template, value, when)
                yield edge_to(flow, topic.node, address, Kind.FAILS_TO, resource)


def _delivery_stream(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    """A stream of Firehose to a bucket, and the function on its way."""
    for bucket in named(flow, resource, ("ExtendedS3DestinationConfiguration", "BucketARN"), "s3"):
        yield edge_to(flow, resource, bucket, Kind.SENDS, resource)
    templates, template = flow.templates, resource.template
    processors = ("ProcessingConfiguration", "Processors", "[]", "Parameters", "[]")
    destinations = [key for key in resource.properties if key.endswith("DestinationConfiguration")]
    found = (case for key in destinations for case in places(templates, resource, (key, *processors)))
    for parameter, when in found:
        if mapping(parameter).get("ParameterName") == "LambdaArn":
            for value, also in templates.inside(template, parameter, "ParameterValue"):
                address = flow.addresses.named(template, value, when | also, "lambda")
                yield edge_to(flow, resource, address, Kind.INVOKES, resource, mode=Mode.SYNCHRONOUS)


def _machine(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for task in workflow_definition.tasks(flow.templates, resource):
        if isinstance(task, Unknown):
            continue
        if not task.resource or ":lambda:invoke" in task.resource:
            address = flow.addresses.named(resource.template, task.target, task.when, "lambda")
            if is_function(flow, address):
                mode = Mode.ASYNCHRONOUS if task.invocation_type == "Event" else Mode.SYNCHRONOUS
                yield edge_to(flow, resource, address, Kind.INVOKES, resource, mode=mode)


def _pipe(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for source in named(flow, resource, ("Source",), ""):
        yield edge_to(flow, source.node, Address(resource, "", source.when), Kind.SENDS, resource)
    for enrichment in named(flow, resource, ("Enrichment",), "lambda"):
        yield edge_to(flow, resource, enrichment, Kind.SENDS, resource, mode=Mode.SYNCHRONOUS)
    waits = flow.templates.one(resource, "TargetParameters", "LambdaFunctionParameters", "InvocationType")
    mode = Mode.ASYNCHRONOUS if waits == "FIRE_AND_FORGET" else Mode.SYNCHRONOUS
    for target in named(flow, resource, ("Target",), "lambda"):
        yield edge_to(flow, resource, target, Kind.SENDS, resource, mode=mode)


def _distribution(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for behavior in (("DefaultCacheBehavior",), ("CacheBehaviors", "[]")):
        path = ("DistributionConfig", *behavior)
        for address in named(flow, resource, (*path, "LambdaFunctionAssociations", "[]", "LambdaFunctionARN")):
            yield edge_to(flow, resource, address, Kind.INVOKES, resource, mode=Mode.EDGE)
        for address in named(flow, resource, (*path, "FunctionAssociations", "[]", "FunctionARN"), ""):
            yield edge_to(flow, resource, address, Kind.INVOKES, resource)


def _alias(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    """The hooks that a release calls before and after it shifts traffic."""
    policy = mapping(mapping(resource.raw.get("UpdatePolicy")).get("CodeDeployLambdaAliasUpdate"))
    for key in ("BeforeAllowTrafficHook", "AfterAllowTrafficHook"):
        for address in flow.addresses.of(resource.template, policy.get(key), "lambda"):
            if is_function(flow, address):
                yield edge_to(flow, resource, address, Kind.INVOKES, resource, mode=Mode.DEPLOYMENT)


def _custom_resource(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for key in ("ServiceToken", "HandlerArn") if resource.type == "Custom::Trigger" else ("ServiceToken",):
        for address in flow.addresses.of(resource.template, resource.properties.get(key), "lambda"):
            if is_function(flow, address):
                yield edge_to(flow, resource, address, Kind.INVOKES, resource, mode=Mode.DEPLOYMENT)


def _macro(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for address in named(flow, resource, ("FunctionName",)):
        yield edge_to(flow, resource, address, Kind.INVOKES, resource, mode=Mode.DEPLOYMENT)


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
        shown |= set(_switched_off(flow, function))
        services = {SERVICES.get(node.type) for node in shown if isinstance(node, Resource)}
        for source in flow.addresses.of(resource.template, resource.properties.get("SourceArn")):
            # One permission may be for several sources: for all rules of a bus, say.
            several = source.is_pattern() or isinstance(source.node, Unknown)
            known = source.node in shown or (several and service in services)
            if not known and not (isinstance(source.node, Resource) and source.node.type == "AWS::Events::Rule"):
                yield edge_to(flow, source.node, address, Kind.INVOKES, resource, mode=Mode.ASYNCHRONOUS)


def _switched_off(flow: EventFlow, function: Node) -> Iterator[Resource]:
    """The rules that would start a function if they were enabled: what permits them shows no other trigger."""
    for rule in flow.templates.of_type("AWS::Events::Rule"):
        if notifications.is_disabled(flow.templates, rule):
            targets = named(flow, rule, ("Targets", "[]", "Arn"))
            if any(flow.called(target)[0] is function for target in targets):
                yield rule


_BUILDERS: Mapping[str, Builder] = {
    **callers.BUILDERS,
    **notifications.BUILDERS,
    "AWS::CloudFormation::Macro": _macro,
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::KinesisFirehose::DeliveryStream": _delivery_stream,
    "AWS::Lambda::Alias": _alias,
    "AWS::Lambda::EventInvokeConfig": _invoke_config,
    "AWS::Lambda::EventSourceMapping": _event_source_mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Pipes::Pipe": _pipe,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::StepFunctions::StateMachine": _machine,
}
