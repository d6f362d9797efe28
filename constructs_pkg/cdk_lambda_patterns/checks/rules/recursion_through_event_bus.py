"""What a function puts on an event bus starts it again.

## Why
Lambda does not notice loops through EventBridge. Whether there is one is in the events: a grant that is limited to
the sources that the function speaks for shows that there is none; without a limit the check cannot tell.

## Fix
Limit the grant with the conditions `events:source` and `events:detail-type`, and let the rule take other ones.

```python
bus.grant_put_events_to(function)  # and a condition on events:source
```
```yaml
# before
EventPattern: {source: [shop.orders]}
```
```yaml
# after
EventPattern: {source: [shop.payments]}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import recursion
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class RecursionThroughEventBus(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        return recursion.outcomes(
            self,
            app,
            "events",
            fix="let the rule take other sources than the function sends, and limit the grant with the condition "
            "events:source",
        )
