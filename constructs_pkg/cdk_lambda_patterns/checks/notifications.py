"""Edges by which objects and events spread: notifications of buckets, rules of buses, schedules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .addresses import Address, External, flat
from .edges import edge_to, named
from .graph import Edge, Kind, Mode
from .marked_json import marked, unmarked
from .overlaps import Filtered, Notification, Pattern
from .values import NONE, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .addresses import Node
    from .edges import Builder
    from .event_flow import EventFlow
    from .overlaps import Scope
    from .template import Resource, Templates
    from .values import Case, Part


_NATIVE_NOTIFICATIONS = (
    ("LambdaConfigurations", "Function"),
    ("QueueConfigurations", "Queue"),
    ("TopicConfigurations", "Topic"),
)
_MOVE = External("action", "sqs:startMessageMoveTask")
_CDK_NOTIFICATIONS = (
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "TopicArn"),
)


def _bucket(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for configuration in flow.templates.cases(resource, "NotificationConfiguration"):
        yield from _notifications(flow, resource, resource, configuration, _NATIVE_NOTIFICATIONS)


def _cdk_notifications(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for bucket in flow.addresses.of(resource.template, resource.properties.get("BucketName"), "s3"):
        for configuration in flow.templates.cases(resource, "NotificationConfiguration"):
            yield from _notifications(flow, bucket.node, resource, configuration, _CDK_NOTIFICATIONS)


def _notifications(
    flow: EventFlow,
    bucket: Node,
    via: Resource,
    configuration: Case,
    forms: tuple[tuple[str, str], ...],
) -> Iterator[Edge]:
    templates, template = flow.templates, via.template
    written = mapping(configuration.value)
    for key, target in forms:
        for entry, when in templates.items(template, written.get(key)):
            if not is_mapping(entry):
                continue
            scope = _notification(templates, via, entry)
            for value, also in templates.items(template, entry.get(target)):
                address = flow.addresses.named(template, value, configuration.when | when | also, "lambda")
                yield edge_to(flow, bucket, address, Kind.SENDS, via, mode=Mode.ASYNCHRONOUS, scope=scope)


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
            yield edge_to(flow, resource, address, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS)
        for value, also in templates.inside(template, target, "DeadLetterConfig", "Arn"):
            if value is not None:
                address = flow.addresses.named(template, value, when | also)
                yield edge_to(flow, resource, address, Kind.FAILS_TO, resource)
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
            if value is not None and str(mapping(value).get("EventBridgeEnabled", True)).lower() != "false":
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
    for address in named(flow, resource, ("Target", "Arn"), ""):
        yield edge_to(flow, resource, address, Kind.SENDS, resource, mode=Mode.ASYNCHRONOUS)
    for address in named(flow, resource, ("Target", "DeadLetterConfig", "Arn"), ""):
        yield edge_to(flow, resource, address, Kind.FAILS_TO, resource)
    if any(address.node == _MOVE for address in named(flow, resource, ("Target", "Arn"), "")):
        yield from _moved(flow, resource)


def _moved(flow: EventFlow, schedule: Resource) -> Iterator[Edge]:
    """The way back from a dead-letter queue, where a schedule lets SQS move messages."""
    for text, when in flow.templates.cases(schedule, "Target", "Input"):
        marks: list[Part] = []
        try:
            move = mapping(json.loads(marked(text, marks)))
        except (ValueError, RecursionError):
            continue
        source, queue = (unmarked(move.get(key), marks) for key in ("SourceArn", "DestinationArn"))
        if source is not None and queue is not None:
            dead_letters = flow.addresses.named(schedule.template, source, when)
            address = flow.addresses.named(schedule.template, queue, when)
            yield edge_to(flow, dead_letters.node, address, Kind.REDRIVES_TO, schedule)


BUILDERS: Mapping[str, Builder] = {
    "AWS::Events::Rule": _rule,
    "AWS::S3::Bucket": _bucket,
    "AWS::Scheduler::Schedule": _schedule,
    "Custom::S3BucketNotifications": _cdk_notifications,
}
