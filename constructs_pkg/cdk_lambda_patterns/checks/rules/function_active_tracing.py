"""A function does not trace.

## Why
Without active tracing a request cannot be followed through the function: which call was slow, where it failed, what
was a cold start. `PassThrough`, Lambda's default, traces only what the caller chose to sample.

## Fix
Switch active tracing on, and give the role what X-Ray needs.

```python
WellArchitectedFunction(self, "Process", code=code, handler="index.handler")  # traces
```
```yaml
# before: nothing
# after
TracingConfig: {Mode: Active}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class FunctionActiveTracing(Rule):
    severity = Severity.WARNING
    pillar = Pillar.OPERATIONAL_EXCELLENCE
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"
    equivalents = {
        "cdk-nag": "Serverless-LambdaTracing",
        "cfn-lint-serverless": "WS1000",
        "checkov": "CKV_AWS_50",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.applications:
            for mode, _ in app.templates.cases(function, "TracingConfig", "Mode"):
                if isinstance(mode, Unknown):
                    yield self.cannot_tell(function, f"whether {function.name} traces depends on {mode.why}")
                elif mode != practices.TRACING:
                    yield self.finding(
                        function,
                        f"function {function.name} does not trace: requests cannot be followed through it",
                        fix=f"TracingConfig: {{Mode: {practices.TRACING}}} (tracing=Tracing.ACTIVE)",
                    )
