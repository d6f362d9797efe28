"""Finds what a value names: an ARN, an attribute, a physical name, put together in any of CloudFormation's ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from .template import Resource
from .values import Reference, Text, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .template import Template, Templates
    from .values import Assumptions, Value


@dataclass(frozen=True, slots=True)
class External:
    """Something outside of the templates."""

    service: str
    """The service as ARNs have it, for example `sqs`."""
    name: str
    """Its name, or as much of it as can be read."""

    def __str__(self) -> str:
        return f"{self.name} ({self.service})"


Node: TypeAlias = Resource | External | Unknown

SERVICES = {
    "AWS::DynamoDB::GlobalTable": "dynamodb",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::Events::EventBus": "events",
    "AWS::Events::Rule": "events",
    "AWS::IAM::ManagedPolicy": "iam",
    "AWS::IAM::Role": "iam",
    "AWS::KMS::Alias": "kms",
    "AWS::KMS::Key": "kms",
    "AWS::Kinesis::Stream": "kinesis",
    "AWS::KinesisFirehose::DeliveryStream": "firehose",
    "AWS::Lambda::Alias": "lambda",
    "AWS::Lambda::Function": "lambda",
    "AWS::Lambda::Version": "lambda",
    "AWS::Logs::LogGroup": "logs",
    "AWS::S3::Bucket": "s3",
    "AWS::SES::ReceiptRule": "ses",
    "AWS::SNS::Topic": "sns",
    "AWS::SQS::Queue": "sqs",
    "AWS::SSM::Parameter": "ssm",
    "AWS::SecretsManager::Secret": "secretsmanager",
    "AWS::StepFunctions::StateMachine": "states",
}
"""The services of resources that ARNs are followed to."""

_NAME_PROPERTIES = {
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}

# What stands before the name in the last part of an ARN, and what may follow it.
_NAME_PREFIXES = {
    "dynamodb": "table/",
    "events": "event-bus/",
    "firehose": "deliverystream/",
    "iam": "role/",
    "kinesis": "stream/",
    "lambda": "function:",
    "logs": "log-group:",
    "secretsmanager": "secret:",
    "ssm": "parameter/",
    "states": "stateMachine:",
}
# What an ARN has before the name of a resource, where the service has ARNs with the names of other resources in them:
# `rule/<bus>/<rule>` names a rule, not the bus.
_RESOURCE_PARTS = {"AWS::Events::EventBus": ":event-bus/", "AWS::Events::Rule": ":rule/"}
_NAME_ENDS = {"s3": "/", "dynamodb": "/", "ssm": "", "secretsmanager": "", "iam": ""}


class Address(NamedTuple):
    """What a value names."""

    node: Node
    rest: str
    """What follows the name: a key pattern, a qualifier. Unknown parts as in `flat`."""
    when: Assumptions
    attribute: str = ""
    """The attribute that named it, if one did: `Arn`, `StreamArn`, `Ref`."""

    def is_pattern(self) -> bool:
        """Whether it names everything that a pattern matches."""
        return isinstance(self.node, External) and ("*" in self.node.name or "?" in self.node.name)


def flat(value: Value) -> str:
    """Text in which what is not literal is marked: equal values give equal text, and marks hold no separators."""
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else flat(part) for part in value.parts)
    if isinstance(value, Unknown):
        within = f"{id(value.within)}." if value.within else ""
        return f"\0{within}{value.why.replace(':', '.').replace('/', '.')}\0"
    if isinstance(value, Reference):
        return f"\1{id(value.resource)}.{value.attribute}\1"
    return str(value)


def is_known(text: str) -> bool:
    """Whether text from `flat` is literal."""
    return "\0" not in text and "\1" not in text


@lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """A pattern of IAM: `*` is any text, `?` any character; case does not count."""
    escaped = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile(escaped, re.IGNORECASE | re.DOTALL)


class Addresses:
    """Follows values to the resources of some templates."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._names: dict[tuple[str, str], list[Resource]] = {}
        for kind, property_name in _NAME_PROPERTIES.items():
            for resource in templates.of_type(kind):
                for value, _ in templates.cases(resource, property_name):
                    if value is not None:
                        self._names.setdefault((SERVICES[kind], flat(value)), []).append(resource)

    def of(self, template: Template, raw: object, service: str = "") -> Iterator[Address]:
        """What a value, or each element of a list, names.

        Args:
            template: Where the value stands.
            raw: The value as it stands there.
            service: What a bare name is a name of, for example `lambda`.
        """
        for value, when in self._templates.items(template, raw):
            yield self.named(template, value, when, service)

    def named(self, template: Template, value: Value, when: Assumptions, service: str = "") -> Address:
        """What a resolved value names."""
        if isinstance(value, Reference):
            return Address(value.resource, "", when, value.attribute)
        if isinstance(value, Text):
            found = self._within(value, when)
            if found is not None:
                return found
        if isinstance(value, Unknown):
            return Address(value, "", when)
        if not isinstance(value, (str, Text)):
            return Address(Unknown("a value that is no name"), "", when)
        return self._by_name(template, flat(value), when, service)

    def matching(self, service: str, pattern: str, kinds: Sequence[str]) -> Iterator[Resource]:
        """Resources whose name a pattern of IAM matches, as far as names are known; every one for `*`."""
        if set(pattern) <= {"*", "/"}:
            yield from self._templates.of_type(*kinds)
            return
        expression = glob(pattern)
        for (of, name), resources in self._names.items():
            if of == service and is_known(name) and expression.fullmatch(name):
                yield from (resource for resource in resources if resource.type in kinds)

    def _within(self, text: Text, when: Assumptions) -> Address | None:
        """The resource whose attribute stands in text such as `${Bucket.Arn}/in/*`."""
        position = next((i for i, part in enumerate(text.parts) if isinstance(part, Reference)), None)
        if position is None:
            return None
        reference = text.parts[position]
        assert isinstance(reference, Reference)  # noqa: S101 - just found
        before = flat(Text(text.parts[:position]))
        rest = flat(Text(text.parts[position + 1 :]))
        service = SERVICES.get(reference.resource.type)
        if before.startswith("arn:"):
            # The name of one thing within the ARN of another says nothing of either, but for API Gateway's paths.
            stated = before.split(":", 3)[2] if before.count(":") > 1 else service
            apart = stated not in {service, "apigateway"} or (before[-1] not in ":/" and stated != "apigateway")
            if apart or _RESOURCE_PARTS.get(reference.resource.type, "") not in before:
                return Address(Unknown(f"a name made with {reference.resource.name}"), "", when)
        elif before:
            return None
        return Address(reference.resource, rest, when, reference.attribute)

    def _by_name(self, template: Template, text: str, when: Assumptions, service: str) -> Address:
        account = region = ""
        if text.startswith("arn:"):
            parts = text.split(":", 5)
            if len(parts) < 6:  # noqa: PLR2004 - an ARN's parts
                return Address(External(service, text), "", when)
            _, _, service, region, account, name = parts
            if name.startswith("aws-sdk:"):  # an action of any service, as the Scheduler and Step Functions call it
                return Address(External("action", name.removeprefix("aws-sdk:")), "", when)
            if service == "apigateway" and "/functions/" in name:
                inner = name.partition("/functions/")[2].removesuffix("/invocations")
                return self._by_name(template, inner, when, "lambda")
            name = name.removeprefix(_NAME_PREFIXES.get(service, ""))
        else:
            name = text
        end = _NAME_ENDS.get(service, ":")
        cut = name.find(end) if end else -1
        name, rest = (name[:cut], name[cut:]) if cut >= 0 else (name, "")
        if service == "iam":
            name = name.rpartition("/")[2]
        candidates = [
            resource
            for resource in self._names.get((service, name), ())
            if _agree(resource.template.account, account) and _agree(resource.template.region, region)
        ]
        same = [r for r in candidates if r.template.environment == template.environment]
        if len(same or candidates) == 1:
            return Address((same or candidates)[0], rest, when)
        if not is_known(name):
            return Address(Unknown(_reason(name)), rest, when)
        return Address(External(service, name), rest, when)


def _agree(known: str | None, stated: str) -> bool:
    return not known or not stated or not is_known(stated) or "*" in stated or known == stated


def _reason(text: str) -> str:
    """Why marked text is unknown."""
    marks = text.split("\0")
    return re.sub(r"^\d+\.", "", marks[1]).replace("AWS..", "AWS::") if len(marks) > 1 else "a name made of another"
