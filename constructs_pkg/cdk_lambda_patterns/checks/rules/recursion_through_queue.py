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

from cdk_lambda_patterns.checks.recursion_rule import RecursionRule


class RecursionThroughQueue(RecursionRule):
    medium = "sqs"
    fix = "send to another queue; replay dead letters with StartMessageMoveTask instead of a function"
