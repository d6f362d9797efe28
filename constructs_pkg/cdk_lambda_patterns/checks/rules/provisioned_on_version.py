"""Provisioned concurrency is on a version instead of an alias.

## Why
A version is replaced with every release: the new one's environments are started while the old one's are still paid
for, callers of the alias meet neither, and scaling has nothing stable to act on.

## Fix
Put it on the alias that is invoked.

```python
ProvisionedConcurrency(self, "Warm", function=function, minimum=2, maximum=20)  # on function.live
```
```yaml
# before
Type: AWS::Lambda::Version
Properties: {FunctionName: !Ref Process, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}}
```
```yaml
# after
Type: AWS::Lambda::Alias
Properties:
  FunctionName: !Ref Process
  FunctionVersion: !GetAtt ProcessVersion.Version
  Name: live
  ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.graph import label
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class ProvisionedOnVersion(Rule):
    severity = Severity.WARNING
    pillar = Pillar.PERFORMANCE_EFFICIENCY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for version in app.templates.of_type("AWS::Lambda::Version"):
            found = [value for value, _ in app.templates.cases(version, "ProvisionedConcurrencyConfig")]
            if any(value is not None for value in found):
                function, _ = app.flow.function_of(version)
                yield self.finding(
                    version,
                    f"provisioned concurrency of function {label(function)} is on version {version.name}: it is "
                    "started anew "
                    "with every release, and nothing that invokes an alias finds it",
                    fix="ProvisionedConcurrencyConfig on the alias",
                    function=function,
                )
