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

from cdk_lambda_patterns.checks.recursion_rule import RecursionRule


class RecursionThroughEventBus(RecursionRule):
    medium = "events"
    fix = (
        "let the rule take other sources than the function sends, and limit the grant with the condition events:source"
    )
