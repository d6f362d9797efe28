"""What a function sends to a queue comes back to it.

## Why
A function that sends to the queue that it polls, or that puts dead letters back into the queue they came from, works
on the same message for ever. Lambda notices it after about 16 rounds; a message that goes by way of a dead-letter
queue begins anew each time.

## Fix
Send to another queue. Replay dead letters with SQS's own redrive, which a person starts.

```python
sqs.Queue(self, "Next")  # the next step, with a function of its own
```
```yaml
# before
Resource: !GetAtt Orders.Arn
```
```yaml
# after
Resource: !GetAtt Invoices.Arn
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import recursion
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class RecursionThroughQueue(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        return recursion.outcomes(
            self,
            app,
            "sqs",
            fix="send to another queue; replay dead letters with StartMessageMoveTask instead of a function",
        )
