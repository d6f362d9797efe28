"""What a function publishes to a topic starts it again.

## Why
Each message becomes at least one more, and with several subscribers the number grows with every round. Lambda stops
the loop after about 16.

## Fix
Publish to another topic, or filter the subscription so that the function does not get its own messages.

```python
SnsTrigger(self, "Orders", function=function, topic=topic, filter_policy={"kind": ["new"]})
```
```yaml
# before
Resource: !Ref Orders
```
```yaml
# after
Resource: !Ref Invoices
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import recursion
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class RecursionThroughTopic(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        return recursion.outcomes(
            self,
            app,
            "sns",
            fix="publish to another topic, or give the subscription a filter policy",
        )
