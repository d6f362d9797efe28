"""An asynchronous event that fails is lost: the function has no on-failure destination.

## Why
Lambda accepts an asynchronous event, answers the caller at once, and tries the function twice more when it fails.
After that, or when the event has become too old, the event is dropped. Nobody else has it.

## Fix
Give the function an on-failure destination on what the trigger invokes (the alias, if there is one), and an alarm on
it. A destination tells more than the function's own dead-letter queue: the error and the attempts are in the record.

```python
# a trigger makes its failure queue
function = WellArchitectedFunction(self, "Process", code=code, handler="index.handler")
ScheduleTrigger(self, "Nightly", function=function, schedule="rate(1 day)")
```
```yaml
# before: nothing
# after
Type: AWS::Lambda::EventInvokeConfig
Properties:
  FunctionName: !Ref Process
  Qualifier: live
  DestinationConfig: {OnFailure: {Destination: !GetAtt Failures.Arn}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import always_one, asynchronous_triggers, called, failure_targets, listed
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.graph import Edge
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource
    from cdk_lambda_patterns.checks.values import Assumptions


class AsyncFailureDestination(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"
    equivalents = {
        "cdk-nag": "Serverless-LambdaAsyncFailureDestination",
        "cfn-lint-serverless": "ES1007",
        "checkov": "CKV_AWS_116",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.applications:
            triggers = asynchronous_triggers(app, function)
            if not triggers or app.flow.serves_failures(function):
                continue
            kept = failure_targets(app, function)
            if kept and all(always_one(app, kept, _started_under(function, edge)) for edge in triggers):
                continue
            sources = listed([called(edge.source) for edge in triggers])
            if kept:
                yield self.cannot_tell(function, f"whether {function.name} keeps what fails depends on a condition")
            elif _configured_elsewhere(app, function):
                yield self.cannot_tell(
                    function, f"what the asynchronous configuration of {function.name} keeps is unknown"
                )
            else:
                yield self.finding(
                    function,
                    f"function {function.name} is started asynchronously by {sources}, and an event that fails is "
                    "lost: "
                    "there is no on-failure destination",
                    fix="an AWS::Lambda::EventInvokeConfig with OnFailure on what is invoked; in this library a "
                    "trigger brings it",
                )


def _started_under(function: Resource, trigger: Edge) -> Assumptions:
    """What holds where a trigger starts a function."""
    return function.condition | trigger.when | trigger.via.condition


def _configured_elsewhere(app: App, function: Resource) -> bool:
    """Whether a configuration exists of which the function or the destination cannot be read."""
    return any(
        not app.flow.via(config)
        for config in app.templates.of_type("AWS::Lambda::EventInvokeConfig")
        if function.template is config.template and "OnFailure" in str(config.properties.get("DestinationConfig"))
    )
