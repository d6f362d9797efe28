"""What a function puts into a stream comes back to it.

## Why
Every record that the function writes is one that it reads. Lambda does not notice loops through Kinesis.

## Fix
Write to another stream.

```python
kinesis.Stream(self, "Enriched")
```
```yaml
# before
Resource: !GetAtt Clicks.Arn
```
```yaml
# after
Resource: !GetAtt Enriched.Arn
```
"""

from __future__ import annotations

from cdk_lambda_patterns.checks.recursion_rule import RecursionRule


class RecursionThroughStream(RecursionRule):
    medium = "kinesis"
    fix = "write to another stream"
