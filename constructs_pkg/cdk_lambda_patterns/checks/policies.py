"""What a role may do: its inline policies, those attached to it, and the managed ones of AWS that give the most."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .addresses import Address, External, glob
from .template import Resource
from .values import NONE, Unknown, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .addresses import Addresses
    from .template import Template, Templates
    from .values import Assumptions

MANAGED_POLICIES: Mapping[str, tuple[str, ...]] = {
    "AdministratorAccess": ("*",),
    "PowerUserAccess": ("*",),
    "AWSLambda_FullAccess": ("lambda:*",),
    "AWSLambdaRole": ("lambda:invokefunction",),
    "AWSStepFunctionsFullAccess": ("states:*",),
    "AmazonDynamoDBFullAccess": ("dynamodb:*",),
    "AmazonDynamoDBFullAccess_v2": ("dynamodb:*",),
    "AmazonEventBridgeFullAccess": ("events:*",),
    "AmazonKinesisFirehoseFullAccess": ("firehose:*",),
    "AmazonKinesisFullAccess": ("kinesis:*",),
    "AmazonS3FullAccess": ("s3:*",),
    "AmazonSNSFullAccess": ("sns:*",),
    "AmazonSQSFullAccess": ("sqs:*",),
    "AmazonSSMFullAccess": ("ssm:*",),
    "SecretsManagerReadWrite": ("secretsmanager:*",),
}
"""What AWS's managed policies allow on everything, as far as it matters to the event flow.
Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html"""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a policy."""

    via: Resource
    """The resource that it stands in."""
    policy: str
    """The managed policy of AWS that it comes from; empty for a written one."""
    allow: bool
    actions: tuple[str, ...]
    """In lower case; patterns among them."""
    spelled: Mapping[str, str]
    """How the actions are written, by the action in lower case."""
    not_actions: bool
    """Whether it is about every action but these."""
    resources: tuple[Address, ...]
    not_resources: bool
    """Whether it is about every resource but these."""
    conditions: Mapping[str, object]
    principal: object
    """Whom it is about, as it stands there: only in policies of resources."""
    unknown: str
    """Why some of it cannot be known; empty if it is."""
    when: Assumptions = NONE
    """What it holds under, beside the condition of the resource it stands in."""

    def said(self, actions: Iterable[str]) -> list[str]:
        """Actions as they are written, for messages."""
        return [self.spelled.get(action, action) for action in actions]

    def covers(self, action: str) -> bool:
        """Whether the statement is about an action, given in lower case."""
        return any(matches(pattern, action) for pattern in self.actions) != self.not_actions


@lru_cache(maxsize=16384)
def matches(pattern: str, action: str) -> bool:
    """Whether an action, or its pattern, in lower case covers an action."""
    if pattern in {action, "*"}:
        return True
    return ("*" in pattern or "?" in pattern) and glob(pattern).fullmatch(action) is not None


class Policies:
    """Finds the statements that hold for a role."""

    def __init__(self, templates: Templates, addresses: Addresses) -> None:
        self._templates = templates
        self._addresses = addresses
        self._attached: dict[Resource, list[Resource]] = {}
        self._by_role: dict[Resource, tuple[Statement, ...]] = {}
        for policy in templates.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
            roles = policy.properties.get("Roles", policy.properties.get("RoleName"))
            for address in addresses.of(policy.template, roles, "iam"):
                if isinstance(address.node, Resource):
                    self._attached.setdefault(address.node, []).append(policy)

    def of(self, role: Resource) -> tuple[Statement, ...]:
        """Every statement for a role."""
        if role not in self._by_role:
            self._by_role[role] = tuple(self._of(role))
        return self._by_role[role]

    def _of(self, role: Resource) -> Iterator[Statement]:
        for entry, when in self._templates.entries(role, "Policies"):
            if is_mapping(entry):
                yield from self.statements(role, entry.get("PolicyDocument"), when)
            elif isinstance(entry, Unknown):
                yield _unknown(role, entry.why)
        for policy in self._attached.get(role, ()):
            yield from self.statements(policy, policy.properties.get("PolicyDocument"))
        for address in self._addresses.of(role.template, role.properties.get("ManagedPolicyArns"), "iam"):
            yield from self._managed(role, address)

    def _managed(self, role: Resource, address: Address) -> Iterator[Statement]:
        node = address.node
        if isinstance(node, Resource):
            if role not in self._attached or node not in self._attached[role]:
                yield from self.statements(node, node.properties.get("PolicyDocument"), address.when)
            return
        if isinstance(node, Unknown):
            yield _unknown(role, node.why)
            return
        actions = MANAGED_POLICIES.get(node.name)
        if actions is not None:
            everything = (Address(External("*", "*"), "", NONE),)
            yield Statement(
                via=role, policy=node.name, allow=True, actions=actions, spelled={}, not_actions=False,
                resources=everything, not_resources=False, conditions={}, principal=None, unknown="", when=address.when,
            )  # fmt: skip

    def statements(self, via: Resource, document: object, when: Assumptions = NONE) -> Iterator[Statement]:
        """The statements of a policy document that stands in a resource."""
        template = via.template
        for found, also in self._templates.resolve(template, document):
            if isinstance(found, Unknown):
                yield _unknown(via, found.why)
            for raw, listed in self._templates.items(template, mapping(found).get("Statement")):
                if is_mapping(raw):
                    yield self._statement(via, template, raw, when | also | listed)
                elif isinstance(raw, Unknown):
                    yield _unknown(via, raw.why)

    def _statement(self, via: Resource, template: Template, raw: Mapping[str, object], when: Assumptions) -> Statement:
        not_actions = "NotAction" in raw
        spelled: dict[str, str] = {}
        unknown = ""
        for action, _ in self._templates.items(template, raw.get("NotAction" if not_actions else "Action")):
            if isinstance(action, str):
                spelled[action.lower()] = action
            else:
                unknown = action.why if isinstance(action, Unknown) else "an action that is no text"
        not_resources = "NotResource" in raw
        resources = tuple(self._resources(template, raw.get("NotResource" if not_resources else "Resource")))
        conditions = mapping(raw.get("Condition"))
        return Statement(
            via=via,
            policy="",
            allow=raw.get("Effect") != "Deny",
            actions=tuple(spelled),
            spelled=spelled,
            not_actions=not_actions,
            resources=resources,
            not_resources=not_resources,
            conditions=conditions,
            principal=raw.get("Principal"),
            unknown=unknown,
            when=when,
        )

    def _resources(self, template: Template, raw: object) -> Iterator[Address]:
        for value, when in self._templates.items(template, raw):
            if isinstance(value, str) and re.fullmatch(r"\*+|arn:\*(:\*)*", value):
                yield Address(External("*", "*"), "", when)
            else:
                yield self._addresses.named(template, value, when)


def _unknown(via: Resource, why: str) -> Statement:
    return Statement(
        via=via, policy="", allow=True, actions=(), spelled={}, not_actions=False,
        resources=(), not_resources=False, conditions={}, principal=None, unknown=why,
    )  # fmt: skip
