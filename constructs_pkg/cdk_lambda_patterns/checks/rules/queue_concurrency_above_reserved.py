"""Queues may start a function more often at once than its reserved concurrency allows.

## Why
Pollers take messages for invocations that are then throttled. Each time a message's receive count rises, and messages
that nothing is wrong with end in the dead-letter queue.

## Fix
Limit the mapping's concurrency to what is reserved, or reserve more.

```python
SqsTrigger(self, "Orders", function=function, max_concurrency=10)  # not above the function's reserved concurrency
```
```yaml
# before: ReservedConcurrentExecutions is 10
ScalingConfig: {MaximumConcurrency: 50}
```
```yaml
# after
ScalingConfig: {MaximumConcurrency: 10}
```
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import Consumer, queue_consumers
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class QueueConcurrencyAboveReserved(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        consumers = sorted((c for c in queue_consumers(app) if isinstance(c.function, Resource)), key=_function_key)
        for _, group in groupby(consumers, key=_function_key):
            members = list(group)
            function = members[0].function
            if isinstance(function, Resource) and "ReservedConcurrentExecutions" in function.properties:
                yield from self._compare(app, function, list({c.mapping: None for c in members}))

    def _compare(self, app: App, function: Resource, mappings: list[Resource]) -> Iterator[Finding | Undecided]:
        limits = [app.templates.number(m, "ScalingConfig", "MaximumConcurrency", default=0) for m in mappings]
        reserved = app.templates.number(function, "ReservedConcurrentExecutions", default=0)
        for kept, *at_once in app.templates.combined(reserved, *limits, given=(function, *mappings)):
            known = [number for number in at_once if not isinstance(number, Unknown)]
            if isinstance(kept, Unknown) or len(known) < len(at_once):
                yield self.cannot_tell(function, f"the concurrency of {function.name} or of its queues is unknown")
            elif all(known) and sum(known) > kept:
                yield self.finding(
                    mappings[0],
                    f"queues may start function {function.name} {sum(known):g} times at once, but {kept:g} are "
                    "reserved: "
                    "the rest is throttled, and its messages count as received",
                    fix=f"MaximumConcurrency of {kept:g} in all, or ReservedConcurrentExecutions: {sum(known):g}",
                    function=function,
                )


def _function_key(consumer: Consumer) -> tuple[str, str]:
    function = consumer.function
    return (function.template.name, function.logical_id) if isinstance(function, Resource) else ("", "")
