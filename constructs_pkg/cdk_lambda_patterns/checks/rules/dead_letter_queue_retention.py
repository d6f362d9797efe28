"""A dead-letter queue keeps messages no longer than the queue they come from.

## Why
A message that moves from a standard queue to its dead-letter queue keeps its age. One that was tried for three days
is deleted from a dead-letter queue with four days of retention a day later, before anybody has looked.

## Fix
Keep failures for 14 days, SQS's longest.

```python
SqsTrigger(self, "Orders", function=function)  # 14 days
```
```yaml
# before
OrdersFailed: {Type: AWS::SQS::Queue}
```
```yaml
# after
OrdersFailed: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.checks.facts import is_fifo
from cdk_lambda_patterns.checks.graph import Kind
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_DAY = 86_400


class DeadLetterQueueRetention(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = (
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
    )

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        default = quotas.DEFAULT_QUEUE_RETENTION_SECONDS
        for edge in app.flow.edges:
            source, target = edge.source, edge.target
            if (
                edge.kind is not Kind.DEAD_LETTERS_TO
                or not isinstance(source, Resource)
                or not isinstance(target, Resource)
            ):
                continue
            if is_fifo(app, source) is True:
                continue  # a message gets a new age when it moves to a FIFO queue
            queue = app.templates.number(source, "MessageRetentionPeriod", default=default)
            dead_letters = app.templates.number(target, "MessageRetentionPeriod", default=default)
            for kept, kept_failed in app.templates.combined(queue, dead_letters, given=(source, target)):
                if isinstance(kept, Unknown) or isinstance(kept_failed, Unknown):
                    if kept_failed != quotas.QUEUE_RETENTION.maximum:
                        yield self.cannot_tell(target, f"how long {source.name} and {target.name} keep messages")
                elif kept_failed <= kept and kept_failed < quotas.QUEUE_RETENTION.maximum:
                    yield self.finding(
                        target,
                        f"dead-letter queue {target.name} keeps messages for {kept_failed / _DAY:.3g} days, its queue "
                        f"{source.name} for {kept / _DAY:.3g}, and a message's age counts from its first day",
                        fix=f"MessageRetentionPeriod: {practices.FAILURE_QUEUE_RETENTION_SECONDS}",
                    )
