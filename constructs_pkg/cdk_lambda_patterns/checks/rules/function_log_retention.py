"""A function's logs are kept, and paid for, for ever.

## Why
Lambda makes a log group of its own accord at the first line, without an end. Years later it costs more than the
function, and holds what should have been deleted.

## Fix
Define the log group with a retention, and name it in the function.

```python
WellArchitectedFunction(self, "Process", code=code, handler="index.handler")  # 30 days
```
```yaml
# before: nothing
# after
ProcessLogs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}
Process: {Type: AWS::Lambda::Function, Properties: {LoggingConfig: {LogGroup: !Ref ProcessLogs}}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.checks.addresses import flat
from cdk_lambda_patterns.checks.facts import called
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Reference, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_FIX = f"an AWS::Logs::LogGroup with RetentionInDays: {practices.LOG_RETENTION_DAYS}, named in LoggingConfig"
_PREFIX = "/aws/lambda/"


class FunctionLogRetention(Rule):
    severity = Severity.WARNING
    pillar = Pillar.COST_OPTIMIZATION
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html"
    equivalents = {
        "cdk-nag": "Serverless-CloudWatchLogGroupRetentionPeriod",
        "cfn-lint-serverless": "WS1004",
        "checkov": "CKV_AWS_66",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        by_name = {name: group for group in _keepers(app) for name in _names(app, group)}
        for function in app.flow.applications:
            named = app.templates.cases(function, "LoggingConfig", "LogGroup")
            for value, when in named:
                group: Node | None
                if value is not None:
                    group = app.flow.addresses.named(function.template, value, when, "logs").node
                else:
                    group = next((by_name[name] for name in _own_names(app, function) if name in by_name), None)
                yield from self._look(app, function, group)

    def _look(self, app: App, function: Resource, group: Node | None) -> Iterator[Finding | Undecided]:
        if group is None:
            yield self.finding(
                function, f"the logs of function {function.name} are kept for ever: no log group ends them", fix=_FIX
            )
        elif not isinstance(group, Resource):
            yield self.cannot_tell(function, f"how long {called(group)} keeps the logs of {function.name}")
        else:
            for days, _ in app.templates.cases(group, "RetentionInDays"):
                if days is None:
                    yield self.finding(
                        group,
                        f"the logs of function {function.name} are kept for ever: log group {group.name} has no "
                        "retention",
                        fix=f"RetentionInDays: {practices.LOG_RETENTION_DAYS}",
                        function=function,
                    )


def _keepers(app: App) -> Iterator[Resource]:
    return app.templates.of_type("AWS::Logs::LogGroup", "Custom::LogRetention")


def _names(app: App, group: Resource) -> Iterator[str]:
    for value, _ in app.templates.cases(group, "LogGroupName"):
        if value is not None:
            yield flat(value)


def _own_names(app: App, function: Resource) -> Iterator[str]:
    """The names that the log group has which Lambda would make."""
    yield flat(Text((_PREFIX, Reference(function, "Ref"))))
    for value, _ in app.templates.cases(function, "FunctionName"):
        if value is not None:
            yield _PREFIX + flat(value)
