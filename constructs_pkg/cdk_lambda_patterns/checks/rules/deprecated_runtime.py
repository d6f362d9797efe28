"""A function's runtime is deprecated, or soon will be.

## Why
A deprecated runtime gets no security patches. Some time later functions with it can no longer be created, then no
longer be updated: on the day a fix is needed, the runtime must be changed first.

## Fix
Move to the newest runtime of the language. The dates are AWS's, gathered on the day that the report names.

```python
WellArchitectedFunction(self, "Process", code=code, handler="index.handler")  # the newest Python, unless you choose
```
```yaml
# before
Runtime: python3.9
```
```yaml
# after
Runtime: python3.14
```
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.checks import data
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource

# What happens to functions with the runtime, how bad that is, and the CDK's own rule that says so.
_STAGES = (
    ("update_blocked", "can no longer be updated", Severity.ERROR, "E2533"),
    ("create_blocked", "can no longer be created", Severity.ERROR, "E2531"),
    ("deprecated", "get no more security patches", Severity.WARNING, "W2531"),
)


class DeprecatedRuntime(Rule):
    severity = Severity.WARNING
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"
    equivalents = {
        "cdk-nag": "AwsSolutions-L1, Serverless-LambdaLatestVersion",
        "cfn-lint": "W2531, E2531, E2533",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            if app.flow.serves_deployment(function):
                continue  # the CDK's handlers change with the CDK
            for runtime, _ in app.templates.cases(function, "Runtime"):
                if isinstance(runtime, Unknown):
                    yield self.cannot_tell(function, f"the runtime of {function.name} depends on {runtime.why}")
                elif isinstance(runtime, str):
                    yield from self._look(app, function, runtime)

    def _look(self, app: App, function: Resource, runtime: str) -> Iterator[Finding]:
        dates = data.load("runtimes")["runtimes"].get(runtime)
        if dates is None:
            return
        fix = f"Runtime: {dates['successor']}" if dates["successor"] else "another runtime"
        for stage, what, severity, built_in in _STAGES:
            day = dates[stage]
            if day is not None and date.fromisoformat(day) <= app.as_of:
                yield self.finding(
                    function,
                    f"functions with {runtime}, such as {function.name}, {what} since {day}",
                    fix=fix,
                    severity=severity,
                    built_in=built_in,
                )
                return
        day = dates["deprecated"]
        if day is not None and date.fromisoformat(day) - timedelta(days=practices.RUNTIME_NOTICE_DAYS) <= app.as_of:
            yield self.finding(
                function,
                f"functions with {runtime}, such as {function.name}, get no more security patches from {day} on",
                fix=fix,
                severity=Severity.INFO,
            )
