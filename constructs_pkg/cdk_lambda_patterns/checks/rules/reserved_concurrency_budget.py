"""The functions of an app reserve more concurrency than an account has.

## Why
An account has 1,000 concurrent executions in a Region, of which 100 must stay unreserved. When the sum is reached,
the next deployment that reserves some fails; before that, every function without a reservation shares the little that
is left.

## Fix
Reserve less, or ask AWS for more and say what was granted: in the metadata of the app's templates, which
`ConcurrencyBudget` writes.

```python
WellArchitectedFunction(self, "Process", code=code, handler="index.handler", reserved_concurrent_executions=50)
ConcurrencyBudget(self, "Concurrency", account_limit=3_000)  # what AWS has granted
```
```yaml
# before: and 900 elsewhere
ReservedConcurrentExecutions: 100
```
```yaml
# after: nothing, unless it protects something; or, if AWS has granted more
Metadata: {LambdaAccountConcurrency: 3000}
```
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import NONE, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource, Template
    from cdk_lambda_patterns.checks.values import Assumptions, NumberCase

# Combinations of conditions that are kept; of more, those that reserve the most.
_WORLDS = 64


class ReservedConcurrencyBudget(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        environments: dict[tuple[object, ...], list[Resource]] = {}
        for function in app.flow.functions:
            if "ReservedConcurrentExecutions" in function.properties:
                # A stage has a folder of its own, and may go to another account.
                key = (*function.template.environment, function.template.folder)
                environments.setdefault(key, []).append(function)
        for environment, functions in environments.items():
            limits = [_stated(t) for t in app.templates.templates if (*t.environment, t.folder) == environment]
            limit = max((stated for stated in limits if stated is not None), default=quotas.ACCOUNT_CONCURRENCY)
            yield from self._add_up(app, functions, limit)

    def _add_up(self, app: App, functions: list[Resource], limit: float) -> Iterator[Finding | Undecided]:
        reserved = _most_at_once(app, functions)
        total, allowed = sum(reserved.values()), limit - quotas.UNRESERVED_CONCURRENCY
        if total > allowed:
            largest = max(reserved, key=lambda function: reserved[function])
            yield self.finding(
                largest,
                f"{len(reserved)} functions reserve {total:g} concurrent executions together; an account has "
                f"{allowed:g} to "
                f"reserve (most: function {largest.name} with {reserved[largest]:g})",
                fix="reserve less, or have the account's limit raised",
            )
            return
        for function in functions:
            if any(isinstance(value, Unknown) for value, _ in _reserved(app, function)):
                yield self.cannot_tell(function, f"what function {function.name} reserves, and so the sum, is unknown")
                return


def _reserved(app: App, function: Resource) -> tuple[NumberCase, ...]:
    return app.templates.number(function, "ReservedConcurrentExecutions", default=0)


def _most_at_once(app: App, functions: list[Resource]) -> dict[Resource, float]:
    """What functions reserve where they reserve the most: never of two branches that exclude each other."""
    worlds: dict[Assumptions, dict[Resource, float]] = {NONE: {}}
    for function in functions:
        further = dict(worlds) if function.condition else {}  # it may not be there
        for (assumed, reserved), (value, when) in product(worlds.items(), _reserved(app, function)):
            together = assumed | when | function.condition
            if not app.templates.together(together):
                continue
            more = {**reserved, function: 0 if isinstance(value, Unknown) else value}
            if sum(more.values()) >= sum(further.get(together, {}).values()):
                further[together] = more
        ordered = sorted(further.items(), key=lambda world: -sum(world[1].values()))
        worlds = dict(ordered[:_WORLDS])
    return max(worlds.values(), key=lambda reserved: sum(reserved.values()))


def _stated(template: Template) -> float | None:
    """The account's limit, where the template states it."""
    limit = template.section("Metadata").get("LambdaAccountConcurrency")
    return float(limit) if isinstance(limit, (int, float)) and not isinstance(limit, bool) else None
