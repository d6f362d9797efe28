"""Records of a stream that were given up are lost.

## Why
When retries or age run out, Lambda goes on to the next records. Without an on-failure destination nobody learns which
ones were left out.

## Fix
Name a queue, topic or bucket on the mapping. It gets the place of the records in the stream; a bucket gets the
records.

```python
KinesisTrigger(self, "Clicks", function=function)  # with a queue for what fails
```
```yaml
# before
Type: AWS::Lambda::EventSourceMapping
```
```yaml
# after
Type: AWS::Lambda::EventSourceMapping
Properties: {DestinationConfig: {OnFailure: {Destination: !GetAtt Failures.Arn}}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import called, stream_consumers
from cdk_lambda_patterns.checks.graph import label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class StreamFailureDestination(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"
    equivalents = {
        "cdk-nag": "Serverless-LambdaEventSourceMappingDestination",
        "cfn-lint-serverless": "ES1001",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for mapping, stream, function, _ in stream_consumers(app):
            found = [v for v, _ in app.templates.cases(mapping, "DestinationConfig", "OnFailure", "Destination")]
            if all(value is not None for value in found):
                continue
            if any(value is not None for value in found):
                yield self.cannot_tell(mapping, f"whether {mapping.name} keeps what fails depends on a condition")
                continue
            yield self.finding(
                mapping,
                f"records of {called(stream)} that function {label(function)} gives up are lost: there is no "
                "on-failure "
                "destination",
                fix="DestinationConfig: {OnFailure: ...} (on_failure) on the mapping",
                function=function,
            )
