"""A queue and its dead-letter queue are not of the same type.

## Why
The dead-letter queue of a FIFO queue must be FIFO, that of a standard queue a standard one. Otherwise the deployment
fails.

## Fix
Make both FIFO or neither.

```python
SqsTrigger(self, "Orders", function=function, fifo=True)  # both
```
```yaml
# before
OrdersFailed: {Type: AWS::SQS::Queue}
```
```yaml
# after: as Orders
OrdersFailed: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import is_fifo
from cdk_lambda_patterns.checks.graph import Kind, label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class QueueTypesMatch(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = (
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
    )
    equivalents = {"cfn-lint": "E3502"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for edge in app.flow.edges:
            if edge.kind is not Kind.DEAD_LETTERS_TO:
                continue
            queue, dead_letters = is_fifo(app, edge.source), is_fifo(app, edge.target)
            if isinstance(queue, Unknown) or isinstance(dead_letters, Unknown):
                if queue != dead_letters:
                    yield self.cannot_tell(
                        edge.via, f"whether {label(edge.source)} and {label(edge.target)} are both FIFO"
                    )
            elif queue is not dead_letters:
                kinds = ("FIFO", "standard") if queue else ("standard", "FIFO")
                yield self.finding(
                    edge.via,
                    f"queue {label(edge.source)} is {kinds[0]}, its dead-letter queue {label(edge.target)} is "
                    f"{kinds[1]}",
                    fix="make both FIFO, or neither",
                    built_in="E3502",
                )
