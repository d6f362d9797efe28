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

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.facts import called, stream_consumers
from cdk_lambda_patterns.checks.graph import label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class StreamBoundedRetries(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for mapping, stream, function, _ in stream_consumers(app):
            for retries, _ in app.templates.number(mapping, "MaximumRetryAttempts", default=quotas.STREAM_UNLIMITED):
                if isinstance(retries, Unknown):
                    yield self.cannot_tell(mapping, f"the retries of {mapping.name} depend on {retries.why}")
                elif retries == quotas.STREAM_UNLIMITED:
                    yield self.finding(
                        mapping,
                        f"function {label(function)} tries a record of {called(stream)} that fails until it expires, "
                        "and "
                        "everything behind it in the shard waits",
                        fix="MaximumRetryAttempts (retry_attempts), with an on-failure destination",
                        function=function,
                    )
