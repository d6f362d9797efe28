"""More environments are kept ready than the function's reserved concurrency allows.

## Why
Provisioned concurrency counts against reserved concurrency. A function cannot have more of it than is reserved, nor,
if all of it is provisioned, run its unpublished code at all.

## Fix
Reserve more, or provision less.

```python
ProvisionedConcurrency(self, "Warm", function=function, minimum=2, maximum=20)  # not above what is reserved
```
```yaml
# before: ReservedConcurrentExecutions is 10
ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 20}
```
```yaml
# after
ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 10}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import provisioned
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.facts import Provisioned
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource


class ProvisionedAboveReserved(Rule):
    severity = Severity.ERROR
    pillar = Pillar.PERFORMANCE_EFFICIENCY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            if "ReservedConcurrentExecutions" not in function.properties:
                continue
            ready = list(provisioned(app, function))
            for scaled in (False, True):
                yield from self._compare(app, function, [entry for entry in ready if entry.scaled is scaled])

    def _compare(self, app: App, function: Resource, ready: list[Provisioned]) -> Iterator[Finding | Undecided]:
        reserved = app.templates.number(function, "ReservedConcurrentExecutions", default=0)
        counts = [entry.most for entry in ready]
        for kept, *wanted in app.templates.combined(reserved, *counts, given=(function,)) if ready else ():
            known = [number for number in wanted if not isinstance(number, Unknown)]
            if isinstance(kept, Unknown) or len(known) < len(wanted):
                yield self.cannot_tell(function, f"what is reserved or provisioned for {function.name} is unknown")
            elif sum(known) > kept:
                scaled = ready[0].scaled
                yield self.finding(
                    ready[0].on,
                    f"{'up to ' if scaled else ''}{sum(known):g} environments of function {function.name} are kept "
                    "ready, "
                    f"but only {kept:g} are reserved",
                    fix=f"ReservedConcurrentExecutions: {sum(known):g} or more, or keep fewer ready",
                    function=function,
                    severity=Severity.WARNING if scaled else Severity.ERROR,
                )
