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

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import recursion
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class RecursionThroughStream(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        return recursion.outcomes(
            self,
            app,
            "kinesis",
            fix="write to another stream",
        )
