"""A queue hides a message for less than six times as long as its function may run.

## Why
While a function works on a message, the queue hides it. If the message shows up again before the function is done, a
second invocation works on it too. Lambda does not even create a mapping to a queue that hides messages for less than
the function's timeout. AWS advises six times: a throttled batch is tried again, and each try needs its time.

## Fix
Raise the visibility timeout, or shorten the function's timeout.

```python
SqsTrigger(self, "Orders", function=function)  # six times the function's timeout
```
```yaml
# before: the function's Timeout is 60
VisibilityTimeout: 60
```
```yaml
# after
VisibilityTimeout: 360
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.checks.facts import queue_consumers, seconds
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class QueueVisibilityTimeout(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
    equivalents = {"cdk-nag": "LambdaEventSourceSQSVisibilityTimeout", "cfn-lint": "E3505"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for mapping, queue, function, _ in queue_consumers(app):
            if not isinstance(queue, Resource) or not isinstance(function, Resource):
                continue
            hidden = app.templates.number(queue, "VisibilityTimeout", default=quotas.DEFAULT_VISIBILITY_TIMEOUT_SECONDS)
            timeout = app.templates.number(function, "Timeout", default=quotas.DEFAULT_TIMEOUT_SECONDS)
            for visible_after, runs in app.templates.combined(hidden, timeout, given=(mapping, queue, function)):
                yield from self._compare(queue, function, visible_after, runs)

    def _compare(
        self, queue: Resource, function: Resource, hidden: float | Unknown, runs: float | Unknown
    ) -> Iterator[Finding | Undecided]:
        if isinstance(hidden, Unknown) or isinstance(runs, Unknown):
            why = hidden.why if isinstance(hidden, Unknown) else runs.why if isinstance(runs, Unknown) else ""
            if hidden != runs:
                yield self.cannot_tell(
                    queue, f"how long {queue.name} hides a message, or {function.name} runs, depends on {why}"
                )
            return
        needed = practices.VISIBILITY_TIMEOUT_FACTOR * runs
        if hidden >= needed:
            return
        too_short = hidden < runs
        yield self.finding(
            queue,
            f"queue {queue.name} hides a message for {seconds(hidden)}; function {function.name} may run "
            f"{seconds(runs)}; "
            f"at least {seconds(needed)} are needed",
            fix=f"VisibilityTimeout: {needed:g} (visibility_timeout=Duration.seconds({needed:g})), or SqsTrigger",
            function=function,
            severity=Severity.ERROR if too_short else Severity.WARNING,
            built_in="E3505" if too_short else "",
        )
