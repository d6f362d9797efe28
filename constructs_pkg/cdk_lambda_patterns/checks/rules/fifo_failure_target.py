"""A queue or topic for failures is first-in-first-out where the service only takes a standard one.

## Why
Lambda's destinations and dead-letter queues, the dead-letter queues of rules and schedules, and notifications of
buckets take standard queues and topics only. With a FIFO one the deployment fails, or nothing ever arrives. A
subscription's dead-letter queue is of the kind of its topic.

## Fix
Send failures to a standard queue.

```python
SqsTrigger(self, "Orders", function=function, fifo=True)  # only the dead-letter queue of a FIFO queue is FIFO
```
```yaml
# before
Failures: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
```
```yaml
# after
Failures: {Type: AWS::SQS::Queue}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import called, is_fifo
from cdk_lambda_patterns.checks.graph import Kind
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.graph import Edge
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_WHAT = {
    "AWS::Events::Rule": "the dead-letter queue of a rule's target",
    "AWS::Lambda::EventInvokeConfig": "an asynchronous destination",
    "AWS::Lambda::EventSourceMapping": "the on-failure destination of an event source mapping",
    "AWS::Lambda::Function": "a function's dead-letter queue",
    "AWS::S3::Bucket": "the target of a bucket's notification",
    "AWS::Scheduler::Schedule": "the dead-letter queue of a schedule",
    "Custom::S3BucketNotifications": "the target of a bucket's notification",
}


class FifoFailureTarget(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for edge in app.flow.edges:
            if edge.kind is Kind.FAILS_TO or _delivers(edge):
                yield from self._look(app, edge)

    def _look(self, app: App, edge: Edge) -> Iterator[Finding | Undecided]:
        if isinstance(edge.target, Resource) and edge.target.type not in {"AWS::SQS::Queue", "AWS::SNS::Topic"}:
            return
        fifo = is_fifo(app, edge.target)
        if edge.via.type == "AWS::SNS::Subscription":
            of_topic = is_fifo(app, edge.source)
            if fifo is True and of_topic is False:
                what = f"the dead-letter queue of a subscription to the standard {called(edge.source)}"
                yield self._found(edge, what)
        elif isinstance(fifo, Unknown):
            yield self.cannot_tell(edge.via, f"whether {called(edge.target)} is FIFO")
        elif fifo:
            yield self._found(edge, _WHAT.get(edge.via.type, "a failure's target"))

    def _found(self, edge: Edge, what: str) -> Finding:
        return self.finding(
            edge.via,
            f"{called(edge.target)} is FIFO, and {what} must be a standard one",
            fix=f"make {called(edge.target)} a standard one, or name another",
            function=edge.source,
        )


def _delivers(edge: Edge) -> bool:
    kinds = {"AWS::Lambda::EventInvokeConfig", "AWS::S3::Bucket", "Custom::S3BucketNotifications"}
    return edge.kind is Kind.SENDS and edge.via.type in kinds and not _is_rule(edge)


def _is_rule(edge: Edge) -> bool:
    return isinstance(edge.target, Resource) and edge.target.type == "AWS::Events::Rule"
