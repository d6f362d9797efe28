"""One message that fails brings the whole batch back.

## Why
Without partial batch responses the queue gets back every message of a batch in which one failed: work is done twice,
and good messages reach the dead-letter queue together with the bad one.

## Fix
Report the failed messages (`ReportBatchItemFailures`) and let the handler return their ids. A batch of one needs
nothing.

```python
SqsTrigger(self, "Orders", function=function)  # reports them; Powertools' BatchProcessor returns them
```
```yaml
# before
Type: AWS::Lambda::EventSourceMapping
Properties: {EventSourceArn: !GetAtt Orders.Arn, FunctionName: !Ref ProcessLive}
```
```yaml
# after
Type: AWS::Lambda::EventSourceMapping
Properties:
  EventSourceArn: !GetAtt Orders.Arn
  FunctionName: !Ref ProcessLive
  FunctionResponseTypes: [ReportBatchItemFailures]
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.facts import called, queue_consumers
from cdk_lambda_patterns.checks.graph import label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class QueuePartialBatchResponse(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for mapping, queue, function, _ in queue_consumers(app):
            responses = [value for value, _ in app.templates.entries(mapping, "FunctionResponseTypes")]
            if "ReportBatchItemFailures" in responses:
                continue
            if any(isinstance(value, Unknown) for value in responses):
                yield self.cannot_tell(mapping, f"whether {mapping.name} reports failed messages")
                continue
            for size, _ in app.templates.number(mapping, "BatchSize", default=quotas.DEFAULT_QUEUE_BATCH_SIZE):
                if isinstance(size, Unknown):
                    yield self.cannot_tell(mapping, f"the batch size of {mapping.name} depends on {size.why}")
                elif size > 1:
                    yield self.finding(
                        mapping,
                        f"function {label(function)} takes up to {size:g} messages at once from {called(queue)}; if "
                        "one fails, "
                        "all come back",
                        fix="FunctionResponseTypes: [ReportBatchItemFailures], and return the failed ids; or a batch "
                        "of one",
                        function=function,
                    )
