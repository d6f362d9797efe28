"""Nobody learns that a function fails: no alarm watches its errors.

## Why
Retries and dead-letter queues keep what failed; they tell nobody. Without an alarm the first to notice is a customer.

## Fix
An alarm on the function's `Errors`, or one on the errors of all functions.

```python
WellArchitectedFunction(self, "Process", code=code, handler="index.handler", notify=topic)  # has alarms
```
```yaml
# before: nothing
# after
Type: AWS::CloudWatch::Alarm
Properties:
  Namespace: AWS/Lambda
  MetricName: Errors
  Dimensions: [{Name: FunctionName, Value: !Ref Process}]
  Statistic: Sum
  Period: 60
  EvaluationPeriods: 1
  Threshold: 1
  ComparisonOperator: GreaterThanOrEqualToThreshold
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import watched
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class FunctionErrorAlarm(Rule):
    severity = Severity.WARNING
    pillar = Pillar.OPERATIONAL_EXCELLENCE
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
        "Best_Practice_Recommended_Alarms_AWS_Services.html"
    )

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        alarms = app.templates.of_type("AWS::CloudWatch::Alarm")
        errors = [metric for alarm in alarms for metric in watched(app, alarm) if metric.name == "Errors"]
        seen = {metric.function for metric in errors}
        if any(metric.every for metric in errors):
            return
        for function in app.flow.applications:
            if function in seen:
                continue
            if None in seen:
                yield self.cannot_tell(
                    function, f"whether an alarm watches {function.name}: one watches a function that cannot be read"
                )
            else:
                yield self.finding(
                    function,
                    f"no alarm watches the errors of function {function.name}",
                    fix="an alarm on AWS/Lambda Errors, or FunctionAlarms.from_function",
                )
