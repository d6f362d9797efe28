"""Edges from what roles allow: may write to, reads secret."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .addresses import SERVICES, Address, External
from .graph import Edge, Kind
from .overlaps import Keys, Sent
from .template import Resource
from .values import mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .event_flow import EventFlow
    from .overlaps import Scope
    from .policies import Statement
    from .values import Assumptions

_S3 = ("s3:putobject", "s3:deleteobject", "s3:putobjecttagging", "s3:putobjectacl", "s3:restoreobject")
_TABLE = (
    "dynamodb:putitem", "dynamodb:updateitem", "dynamodb:deleteitem", "dynamodb:batchwriteitem",
    "dynamodb:partiqlinsert", "dynamodb:partiqlupdate", "dynamodb:partiqldelete",
)  # fmt: skip

WRITES: Mapping[str, tuple[str, ...]] = {
    "AWS::DynamoDB::GlobalTable": _TABLE,
    "AWS::DynamoDB::Table": _TABLE,
    "AWS::Events::EventBus": ("events:putevents",),
    "AWS::Kinesis::Stream": ("kinesis:putrecord", "kinesis:putrecords"),
    "AWS::KinesisFirehose::DeliveryStream": ("firehose:putrecord", "firehose:putrecordbatch"),
    "AWS::Lambda::Alias": ("lambda:invokefunction",),
    "AWS::Lambda::Function": ("lambda:invokefunction",),
    "AWS::S3::Bucket": _S3,
    "AWS::SNS::Topic": ("sns:publish",),
    "AWS::SQS::Queue": ("sqs:sendmessage",),
    "AWS::StepFunctions::StateMachine": ("states:startexecution", "states:startsyncexecution"),
}
"""The actions that put something into a resource, in lower case. Source: the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

_SECRETS: Mapping[str, tuple[str, ...]] = {
    "AWS::SSM::Parameter": ("ssm:getparameter", "ssm:getparameters"),
    "AWS::SecretsManager::Secret": ("secretsmanager:getsecretvalue",),
}

_DEFAULT_BUS = "default"
_KINDS_OF_SERVICE: dict[str, tuple[str, ...]] = {}
for _kind in (*WRITES, *_SECRETS):
    if _kind != "AWS::Lambda::Alias":
        _KINDS_OF_SERVICE[SERVICES[_kind]] = (*_KINDS_OF_SERVICE.get(SERVICES[_kind], ()), _kind)


def grants(flow: EventFlow) -> Iterator[Edge]:
    """What functions and state machines may write to and read."""
    for function in flow.functions:
        for edge in list(flow.roles(function)):
            if isinstance(edge.target, Resource):
                yield from _of_role(flow, function, edge.target, edge.when)
    for machine in flow.templates.of_type("AWS::StepFunctions::StateMachine"):
        for address in flow.addresses.of(machine.template, machine.properties.get("RoleArn"), "iam"):
            if isinstance(address.node, Resource):
                yield from _of_role(flow, machine, address.node, address.when)


def _of_role(flow: EventFlow, principal: Resource, role: Resource, assumed: Assumptions) -> Iterator[Edge]:
    statements = flow.policies.of(role)
    denials = [s for s in statements if not s.allow and not s.conditions]
    for statement in statements:
        if statement.allow and (statement.actions or statement.not_actions):
            certain = [denial for denial in denials if denial.when <= statement.when]
            for edge in _of_statement(flow, principal, statement, certain):
                yield replace(edge, when=edge.when | assumed) if assumed else edge


def _of_statement(
    flow: EventFlow, principal: Resource, statement: Statement, denials: list[Statement]
) -> Iterator[Edge]:
    for address in statement.resources:
        for target, broad in _targets(flow, statement, address):
            kind_of_target = target.type if isinstance(target, Resource) else _KINDS_OF_SERVICE[target.service][0]
            node, qualifier = (
                flow.called(address._replace(node=target)) if isinstance(target, Resource) else (target, None)
            )
            for table, kind in ((WRITES, Kind.MAY_WRITE), (_SECRETS, Kind.READS_SECRET)):
                actions = frozenset(a for a in table.get(kind_of_target, ()) if statement.covers(a))
                actions -= {
                    a for denial in denials if _denies(denial, target, address) for a in actions if denial.covers(a)
                }
                if actions:
                    yield Edge(
                        source=principal,
                        target=node,
                        kind=kind,
                        via=statement.via,
                        qualifier=qualifier,
                        scope=_scope(flow, statement, kind_of_target, address, actions),
                        broad=broad,
                        when=address.when | statement.when,
                    )


def _targets(flow: EventFlow, statement: Statement, address: Address) -> Iterator[tuple[Resource | External, bool]]:
    """What a statement's resource may be, and whether only a pattern says so."""
    node = address.node
    if statement.not_resources:
        yield from _matching(flow, statement, External("*", "*"))  # all but a few
    elif isinstance(node, Resource):
        # A table's index or stream is not written to, and objects are below their bucket.
        apart = {"dynamodb": bool(address.rest), "s3": not address.rest}
        if (node.type in WRITES or node.type in _SECRETS) and not apart.get(SERVICES[node.type], False):
            yield node, False
    elif isinstance(node, External) and (node.service == "*" or address.is_pattern()):
        yield from _matching(flow, statement, node)
    elif isinstance(node, External) and node.service in _KINDS_OF_SERVICE:
        yield node, False


def _matching(flow: EventFlow, statement: Statement, pattern: External) -> Iterator[tuple[Resource | External, bool]]:
    """Every resource that a pattern may mean."""
    for service in _services(statement) if pattern.service == "*" else (pattern.service,):
        for resource in flow.addresses.matching(service, pattern.name, _KINDS_OF_SERVICE.get(service, ())):
            yield resource, True
        if service == "events" and set(pattern.name) <= {"*"}:
            yield External("events", _DEFAULT_BUS), True


def _services(statement: Statement) -> tuple[str, ...]:
    """The services that a statement's actions are of."""
    if statement.not_actions or any(action.startswith("*") for action in statement.actions):
        return tuple(_KINDS_OF_SERVICE)
    named = {action.partition(":")[0] for action in statement.actions}
    return tuple(service for service in _KINDS_OF_SERVICE if service in named)


def _denies(denial: Statement, target: Resource | External, address: Address) -> bool:
    """Whether a denial is about all of what is allowed."""
    if denial.not_resources:
        return all(other.node is not target for other in denial.resources)
    for other in denial.resources:
        everything = isinstance(other.node, External) and other.node.service == "*"
        if everything or (other.node is target and other.rest in {address.rest, "/*"}):
            return True
    return False


def _scope(flow: EventFlow, statement: Statement, kind: str, address: Address, actions: frozenset[str]) -> Scope | None:
    if kind == "AWS::S3::Bucket":
        return Keys(address.rest.removeprefix("/") or "*", actions)
    if kind == "AWS::Events::EventBus":
        return Sent(_condition(flow, statement, "events:source"), _condition(flow, statement, "events:detail-type"))
    return None


def _condition(flow: EventFlow, statement: Statement, key: str) -> tuple[str, ...] | None:
    """The values that a condition limits a key to; None if it does not, or not to literals."""
    for operator, tests in statement.conditions.items():
        if not operator.rpartition(":")[2].startswith(("StringEquals", "StringLike")):
            continue
        for name, values in mapping(tests).items():
            if name.lower() == key:
                found = [
                    v for value in sequence(values) for v, _ in flow.templates.resolve(statement.via.template, value)
                ]
                if found and all(isinstance(v, str) and "*" not in v for v in found):
                    return tuple(str(v) for v in found)
    return None
