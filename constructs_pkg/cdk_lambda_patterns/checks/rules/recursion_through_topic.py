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

from cdk_lambda_patterns.checks.recursion_rule import RecursionRule


class RecursionThroughTopic(RecursionRule):
    medium = "sns"
    fix = "publish to another topic, or give the subscription a filter policy"
