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

from cdk_lambda_patterns.checks.recursion_rule import RecursionRule


class RecursionThroughTable(RecursionRule):
    medium = "dynamodb"
    fix = "write to another table, or filter the event source mapping by what the function does not write"
