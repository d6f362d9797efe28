"""A function may invoke itself.

## Why
A function that invokes itself, or one that invokes it, multiplies with every round if it does so more than once or
never stops. Lambda stops the chain after about 16 invocations that follow from each other.

## Fix
Give longer work to a state machine, a queue or a durable function; take the right away where it is not used.

```python
function.live.grant_invoke(other)  # not to itself
```
```yaml
# before
Action: lambda:InvokeFunction
Resource: !GetAtt Process.Arn
```
```yaml
# after
# nothing
```
"""

from __future__ import annotations

from cdk_lambda_patterns.checks.recursion_rule import RecursionRule


class RecursionOfFunction(RecursionRule):
    medium = "lambda"
    fix = "a state machine or queue between, or no right to invoke itself"
