"""A durable function is invoked without a version or alias.

## Why
A durable execution is replayed, perhaps months later, and must meet the code it began with. Lambda therefore takes
invocations of durable functions by a version or alias only; `$LATEST` is taken, but changes under executions that
run.

## Fix
Invoke an alias.

```python
SqsTrigger(self, "Orders", function=function)  # invokes function.live
```
```yaml
# before
Arn: !GetAtt Process.Arn
```
```yaml
# after
Arn: !Ref ProcessLive
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import LATEST, called
from cdk_lambda_patterns.checks.graph import Kind, Mode
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class DurableFunctionQualifier(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            configs = [value for value, _ in app.templates.cases(function, "DurableConfig") if value is not None]
            unknown = [value for value in configs if isinstance(value, Unknown)]
            for edge in app.flow.into(function, Kind.INVOKES, Kind.POLLS) if configs else ():
                if edge.qualifier in {None, LATEST} and edge.mode is not Mode.DEPLOYMENT:
                    if unknown == configs:
                        yield self.cannot_tell(
                            function, f"whether {function.name} is durable depends on {unknown[0].why}"
                        )
                        continue
                    latest = edge.qualifier == LATEST
                    what = "by $LATEST, which changes while executions run" if latest else "without a version or alias"
                    yield self.finding(
                        edge.via,
                        f"{called(edge.source)} invokes durable function {function.name} {what}",
                        fix="invoke an alias: function.live",
                        function=function,
                        severity=Severity.WARNING if latest else Severity.ERROR,
                    )
