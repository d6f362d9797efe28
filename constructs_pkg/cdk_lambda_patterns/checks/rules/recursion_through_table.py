"""What a function writes to a table comes back through its stream.

## Why
Every write is a record in the stream, every record starts the function. Lambda does not notice loops through
DynamoDB.

## Fix
Write to another table, or filter the mapping by what the function itself does not write.

```python
DynamoDbTrigger(self, "Orders", function=function, table=table, filters=[{"eventName": ["REMOVE"]}])
```
```yaml
# before
Resource: !GetAtt Orders.Arn
```
```yaml
# after
Resource: !GetAtt Totals.Arn
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import recursion
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class RecursionThroughTable(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        return recursion.outcomes(
            self,
            app,
            "dynamodb",
            fix="write to another table, or filter the event source mapping by what the function does not write",
        )
