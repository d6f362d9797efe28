"""A record is tried however old it is.

## Why
After an outage the function works through everything that has gathered, oldest first, however worthless it has
become, and new records wait behind it. A bound on the age hands old records to the on-failure destination instead.

## Fix
Set the age up to which a record is worth processing.

```python
KinesisTrigger(self, "Clicks", function=function)  # bounded
```
```yaml
# before
Type: AWS::Lambda::EventSourceMapping
```
```yaml
# after
Type: AWS::Lambda::EventSourceMapping
Properties: {MaximumRecordAgeInSeconds: 21600}
```
"""

from __future__ import annotations

from cdk_lambda_patterns.checks.stream_bound_rule import StreamBoundRule


class StreamBoundedAge(StreamBoundRule):
    bound = "MaximumRecordAgeInSeconds"
    option = "max_record_age"
    unbounded = (
        "{function} gets records of {stream} however old they are: after an outage the newest wait for the oldest"
    )
