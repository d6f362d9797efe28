"""One record that fails takes its whole batch with it.

## Why
A failed batch of a stream is tried again as a whole: records that nothing is wrong with are processed again and
again, and are given up together with the bad one. Halving the batch on an error closes in on it.

## Fix
Let Lambda halve the batch, or let the handler report the first failed record. A batch of one needs neither.

```python
KinesisTrigger(self, "Clicks", function=function)  # halves, and reports
```
```yaml
# before
Type: AWS::Lambda::EventSourceMapping
```
```yaml
# after
Type: AWS::Lambda::EventSourceMapping
Properties: {BisectBatchOnFunctionError: true}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.facts import called, stream_consumers, truth
from cdk_lambda_patterns.checks.graph import label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class StreamBisectBatch(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for mapping, stream, function, _ in stream_consumers(app):
            responses = [value for value, _ in app.templates.entries(mapping, "FunctionResponseTypes")]
            if "ReportBatchItemFailures" in responses:
                continue
            for halves, _ in app.templates.cases(mapping, "BisectBatchOnFunctionError"):
                if truth(halves) is True:
                    continue
                for size, _ in app.templates.number(mapping, "BatchSize", default=quotas.DEFAULT_STREAM_BATCH_SIZE):
                    if isinstance(halves, Unknown) or isinstance(size, Unknown):
                        yield self.cannot_tell(mapping, f"whether {mapping.name} halves a batch that fails")
                    elif size > 1:
                        yield self.finding(
                            mapping,
                            f"function {label(function)} takes up to {size:g} records at once from {called(stream)}; "
                            "if "
                            "one fails, all are tried again, and given up together",
                            fix="BisectBatchOnFunctionError: true (bisect_batch_on_error), or ReportBatchItemFailures",
                            function=function,
                        )
