"""A record that fails is tried again until it expires.

## Why
Without a bound, one record that the function cannot process holds up its shard until the record expires: a day, or up
to a year for Kinesis. Everything behind it waits, and is paid for with every try.

## Fix
Set a number of retries; what is left over goes to the on-failure destination.

```python
KinesisTrigger(self, "Clicks", function=function)  # bounded, with a queue for what fails
```
```yaml
# before
Type: AWS::Lambda::EventSourceMapping
```
```yaml
# after
Type: AWS::Lambda::EventSourceMapping
Properties: {MaximumRetryAttempts: 3}
```
"""

from __future__ import annotations

from cdk_lambda_patterns.checks.stream_bound_rule import StreamBoundRule


class StreamBoundedRetries(StreamBoundRule):
    bound = "MaximumRetryAttempts"
    option = "retry_attempts"
    unbounded = (
        "{function} tries a record of {stream} that fails until it expires, and everything behind it in the shard waits"
    )
