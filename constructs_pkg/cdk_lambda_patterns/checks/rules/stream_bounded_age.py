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

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.facts import called, stream_consumers
from cdk_lambda_patterns.checks.graph import label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class StreamBoundedAge(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for mapping, stream, function, _ in stream_consumers(app):
            for age, _ in app.templates.number(mapping, "MaximumRecordAgeInSeconds", default=quotas.STREAM_UNLIMITED):
                if isinstance(age, Unknown):
                    yield self.cannot_tell(mapping, f"the record age of {mapping.name} depends on {age.why}")
                elif age == quotas.STREAM_UNLIMITED:
                    yield self.finding(
                        mapping,
                        f"function {label(function)} gets records of {called(stream)} however old they are: after an "
                        "outage the newest wait for the oldest",
                        fix="MaximumRecordAgeInSeconds (max_record_age), with an on-failure destination",
                        function=function,
                    )
