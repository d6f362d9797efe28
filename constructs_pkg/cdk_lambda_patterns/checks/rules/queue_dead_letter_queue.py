"""A queue that a function polls has no dead-letter queue.

## Why
A message that the function cannot process returns to the queue again and again, takes capacity from the others, and
is deleted unseen when its retention ends. On a FIFO queue it holds up its whole message group.

## Fix
Give the source queue a redrive policy. A dead-letter queue of the function has no effect on what it polls.

```python
SqsTrigger(self, "Orders", function=function)  # with its dead-letter queue, after 5 receives
```
```yaml
# before
Orders: {Type: AWS::SQS::Queue}
```
```yaml
# after
Orders:
  Type: AWS::SQS::Queue
  Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt OrdersFailed.Arn, maxReceiveCount: 5}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.checks.event_sources import redrive
from cdk_lambda_patterns.checks.facts import queue_consumers
from cdk_lambda_patterns.checks.graph import Kind, label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class QueueDeadLetterQueue(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"
    equivalents = {
        "cdk-nag": "AwsSolutions-SQS3, Serverless-SQSRedrivePolicy",
        "cfn-lint-serverless": "ES6000",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for _, queue, function, _ in queue_consumers(app):
            if not isinstance(queue, Resource) or _keeps_failures(app, queue):
                continue
            policies = [value for value, _ in redrive(app.templates, queue)]
            if all(value is not None for value in policies):
                continue
            if any(value is not None for value in policies):
                yield self.cannot_tell(queue, f"whether {queue.name} has a dead-letter queue depends on a condition")
                continue
            yield self.finding(
                queue,
                f"queue {queue.name} has no dead-letter queue: what function {label(function)} cannot process comes "
                "back "
                "until it is deleted unseen",
                fix=f"a RedrivePolicy with maxReceiveCount {practices.MAX_RECEIVE_COUNT}, or SqsTrigger",
                function=function,
            )


def _keeps_failures(app: App, queue: Resource) -> bool:
    """Whether the queue is itself where failures go: a function that replays them is its consumer."""
    return any(app.flow.into(queue, Kind.DEAD_LETTERS_TO, Kind.FAILS_TO))
