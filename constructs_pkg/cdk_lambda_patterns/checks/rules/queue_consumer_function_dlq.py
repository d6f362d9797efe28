"""A function has a dead-letter queue for events that it polls, where it has no effect.

## Why
A function's own dead-letter queue takes asynchronous events only. What the function polls from a queue or stream
never arrives there: the queue needs a redrive policy, the stream's mapping an on-failure destination.

## Fix
Move the dead-letter queue to the source queue.

```python
SqsTrigger(self, "Orders", function=function)  # the dead-letter queue is the queue's
```
```yaml
# before: on the function
DeadLetterConfig: {TargetArn: !GetAtt OrdersFailed.Arn}
```
```yaml
# after: on the queue
RedrivePolicy: {deadLetterTargetArn: !GetAtt OrdersFailed.Arn, maxReceiveCount: 5}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import asynchronous_triggers, called, listed
from cdk_lambda_patterns.checks.graph import Kind
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class QueueConsumerFunctionDlq(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.applications:
            polled = list(app.flow.into(function, Kind.POLLS))
            own = [edge for edge in app.flow.out_of(function, Kind.FAILS_TO) if edge.via is function]
            if not polled or not own or asynchronous_triggers(app, function):
                continue
            if "DeadLetterConfig" not in function.properties and isinstance(own[0].target, Unknown):
                yield self.cannot_tell(function, f"where {function.name} fails to is {own[0].target.why}")
                continue
            yield self.finding(
                function,
                f"function {function.name} polls {listed([called(edge.source) for edge in polled])}, and its own "
                f"dead-letter target, {listed([called(edge.target) for edge in own])}, never gets what fails there",
                fix="a RedrivePolicy on the queue, or an OnFailure destination on the stream's mapping, instead of "
                "DeadLetterConfig",
            )
