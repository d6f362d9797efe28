"""What fails cannot be written to its encrypted queue: the key does not let the sender use it.

## Why
Whoever sends to a queue with a customer key needs the key as well: the function's role for its destinations, the
service itself (EventBridge, SNS) for the dead-letter queues of rules and subscriptions. Without it the failure is
lost in silence, at the moment it happens. What a role's policies allow counts only where the key's own policy lets
the account in. AWS's own key `alias/aws/sqs` cannot be opened to a service at all.

## Fix
Allow `kms:GenerateDataKey` and `kms:Decrypt`: to the role, or to the service in the key's policy.

```python
EventBridgeTrigger(self, "Paid", function=function, pattern={"source": ["shop"]})  # key grants included
```
```yaml
# before
Undelivered: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: !Ref Key}}
```
```yaml
# after: in the key's policy
- {Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: [kms:GenerateDataKey, kms:Decrypt], Resource: "*"}
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.addresses import External
from cdk_lambda_patterns.checks.facts import Principals, called, principals
from cdk_lambda_patterns.checks.graph import Kind
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Address, Node
    from cdk_lambda_patterns.checks.graph import Edge
    from cdk_lambda_patterns.checks.policies import Statement
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_ACTIONS = ("kms:generatedatakey", "kms:decrypt")
_SERVICES = {"AWS::Events::Rule": "events.amazonaws.com", "AWS::SNS::Subscription": "sns.amazonaws.com"}
_ACCOUNT = re.compile(r":root\b|(^| )\d{12}( |$)|AWS::AccountId>?( |$)")
_KEY_PROPERTIES = {"AWS::SQS::Queue": "KmsMasterKeyId", "AWS::SNS::Topic": "KmsMasterKeyId"}


class DeadLetterQueueKeyGrant(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for edge in app.flow.edges:
            if edge.kind is Kind.FAILS_TO and isinstance(edge.target, Resource) and edge.target.type in _KEY_PROPERTIES:
                target = edge.target
                key = target.properties.get(_KEY_PROPERTIES[target.type])
                for address in app.flow.addresses.of(target.template, key, "kms"):
                    yield from self._look(app, edge, target, address)

    def _look(self, app: App, edge: Edge, target: Resource, key: Address) -> Iterator[Finding | Undecided]:
        node = _key(app, key.node)
        service = _SERVICES.get(edge.via.type)
        if isinstance(node, External) and node.name.startswith("alias/aws/"):
            if service is not None:
                yield self._found(edge, target, service, f"AWS's own key {node.name}, which no service can be let use")
        elif not isinstance(node, Resource):
            yield self.cannot_tell(target, f"whether the key of {target.name} lets failures in is decided elsewhere")
        elif service is not None:
            if not _key_lets_service(app, node, service):
                yield self._found(edge, target, service, f"key {node.name}, which does not let it")
        else:
            yield from self._look_at_roles(app, edge, target, node)

    def _look_at_roles(self, app: App, edge: Edge, target: Resource, key: Resource) -> Iterator[Finding | Undecided]:
        for role in _sending_roles(app, edge):
            if not isinstance(role, Resource):
                yield self.cannot_tell(target, f"what the role of {called(edge.source)} may do with key {key.name}")
            elif not _role_may_use(app, role, key):
                yield self._found(edge, target, f"role {role.name}", f"key {key.name}, which it may not use")

    def _found(self, edge: Edge, target: Resource, who: str, what: str) -> Finding:
        return self.finding(
            target,
            f"what fails at {called(edge.source)} is lost: {who} cannot write to {called(target)}, encrypted with "
            f"{what}",
            fix="allow kms:GenerateDataKey and kms:Decrypt on the key, or use SSE-SQS",
            function=edge.source,
        )


def _key(app: App, node: Node) -> Node:
    """The key behind an alias."""
    if isinstance(node, Resource) and node.type == "AWS::KMS::Alias":
        found = app.flow.addresses.of(node.template, node.properties.get("TargetKeyId"), "kms")
        return next((address.node for address in found), node)
    return node


def _sending_roles(app: App, edge: Edge) -> Iterator[Node]:
    """The roles that write a failure: the function's, or the schedule's."""
    if edge.via.type == "AWS::Scheduler::Schedule":
        for value, _ in app.templates.cases(edge.via, "Target", "RoleArn"):
            yield app.flow.addresses.named(edge.via.template, value, frozenset(), "iam").node
    elif isinstance(edge.source, Resource):
        yield from (role.target for role in app.flow.roles(edge.source))


def _role_may_use(app: App, role: Resource, key: Resource) -> bool:
    statements = app.flow.policies.of(role)
    if any(statement.unknown for statement in statements):
        return True
    of_role = [
        statement
        for statement in statements
        if statement.allow
        for address in statement.resources
        if address.node is key or isinstance(address.node, External)
    ]
    by_key = [statement for statement in _key_policy(app, key) if _names(principals(app, statement), role)]
    if not _leaves_it_to_roles(app, key):
        of_role = []
    return all(any(statement.covers(action) for statement in (*of_role, *by_key)) for action in _ACTIONS)


def _leaves_it_to_roles(app: App, key: Resource) -> bool:
    """Whether the policies of roles count: the key's own lets its account, or everybody, do something."""
    policy = _key_policy(app, key)
    if not policy:
        return "KeyPolicy" not in key.properties  # KMS writes one that does
    named = [principals(app, statement) for statement in policy]
    return any(p.everyone or p.unknown or _ACCOUNT.search(" ".join(p.others)) for p in named)


def _key_lets_service(app: App, key: Resource, service: str) -> bool:
    letting = [s for s in _key_policy(app, key) if s.unknown or _may_be(principals(app, s), service)]
    return all(any(statement.unknown or statement.covers(action) for statement in letting) for action in _ACTIONS)


def _names(principals: Principals, role: Resource) -> bool:
    return role.name in str(principals.others) or principals.everyone or principals.unknown


def _may_be(principals: Principals, service: str) -> bool:
    return service in principals.services or principals.everyone or principals.unknown


def _key_policy(app: App, key: Resource) -> list[Statement]:
    return [s for s in app.flow.policies.statements(key, key.properties.get("KeyPolicy")) if s.allow]
