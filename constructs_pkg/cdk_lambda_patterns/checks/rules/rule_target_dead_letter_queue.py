"""What a rule, schedule or subscription cannot deliver is lost: its target has no dead-letter queue.

## Why
EventBridge, the Scheduler and SNS try to deliver for some time (a rule for 24 hours), then drop the event: when the
function was deleted or throttled for long, when a permission is missing, when a key is disabled. The function's own
on-failure destination sees none of that, for the event never arrived.

## Fix
Name a dead-letter queue on the target.

```python
EventBridgeTrigger(self, "Paid", function=function, pattern={"source": ["shop"]})  # brings the queue
```
```yaml
# before
Targets: [{Id: Process, Arn: !Ref ProcessLive}]
```
```yaml
# after
Targets: [{Id: Process, Arn: !Ref ProcessLive, DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}}]
```
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.event_sources import redrive
from cdk_lambda_patterns.checks.facts import called
from cdk_lambda_patterns.checks.graph import FUNCTION, Kind
from cdk_lambda_patterns.checks.notifications import is_disabled
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown, is_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.values import Value

_WORDS = {
    "AWS::Events::Rule": ("rule", "a standard queue as the target's DeadLetterConfig"),
    "AWS::SNS::Subscription": ("subscription", "a standard queue in the subscription's RedrivePolicy"),
    "AWS::SNS::Topic": (
        "a subscription in topic",
        "an AWS::SNS::Subscription beside the topic, which can have a RedrivePolicy",
    ),
    "AWS::Scheduler::Schedule": ("schedule", "a standard queue as the target's DeadLetterConfig"),
}


class RuleTargetDeadLetterQueue(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html"
    equivalents = {
        "cdk-nag": "Serverless-EventBusDLQ, Serverless-SNSRedrivePolicy",
        "cfn-lint-serverless": "ES4000, ES7000",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for resource, started, queues in (*_rules(app), *_schedules(app), *_subscriptions(app)):
            if _is_ours(app, started):
                yield from self._look(resource, started, queues)

    def _look(self, resource: Resource, started: object, queues: list[Value]) -> Iterator[Finding | Undecided]:
        if all(value is not None for value in queues):
            return
        name = called(started) if isinstance(started, Resource) else "its target"
        word, fix = _WORDS[resource.type]
        if any(value is not None for value in queues):
            yield self.cannot_tell(
                resource, f"whether {word} {resource.name} has a dead-letter queue depends on a condition"
            )
            return
        yield self.finding(
            resource,
            f"{word} {resource.name} has no dead-letter queue: what it cannot deliver to {name} is lost",
            fix=fix,
            function=started,
        )


def _rules(app: App) -> Iterator[tuple[Resource, Node, list[Value]]]:
    for rule in app.templates.of_type("AWS::Events::Rule"):
        targets = () if is_disabled(app.templates, rule) else app.templates.entries(rule, "Targets")
        for target, when in targets:
            if is_mapping(target):
                inside = partial(app.templates.inside, rule.template, target)
                arn = app.templates.only(inside("Arn"))
                started, _ = app.flow.called(app.flow.addresses.named(rule.template, arn, when))
                yield rule, started, [value for value, _ in inside("DeadLetterConfig", "Arn")]


def _schedules(app: App) -> Iterator[tuple[Resource, Node, list[Value]]]:
    for schedule in app.templates.of_type("AWS::Scheduler::Schedule"):
        queues = [value for value, _ in app.templates.cases(schedule, "Target", "DeadLetterConfig", "Arn")]
        yield from ((schedule, started, queues) for started in _started(app, schedule))


def _subscriptions(app: App) -> Iterator[tuple[Resource, Node, list[Value]]]:
    for subscription in app.templates.of_type("AWS::SNS::Subscription"):
        queues = [value for value, _ in redrive(app.templates, subscription)]
        yield from ((subscription, started, queues) for started in _started(app, subscription))
    none: list[Value] = [None]  # what stands within a topic can have no queue
    for topic in app.templates.of_type("AWS::SNS::Topic"):
        yield from ((topic, started, none) for started in _started(app, topic))


def _started(app: App, resource: Resource) -> Iterator[Node]:
    return (edge.target for edge in app.flow.via(resource) if edge.kind in {Kind.INVOKES, Kind.SENDS})


def _is_ours(app: App, node: object) -> bool:
    """Whether it is a function, a queue, or a state machine of these templates; not only for deployments."""
    if isinstance(node, Unknown) or not isinstance(node, Resource):
        return False
    if node.type == FUNCTION:
        return not app.flow.serves_deployment(node)
    return node.type in {"AWS::SQS::Queue", "AWS::StepFunctions::StateMachine"}
