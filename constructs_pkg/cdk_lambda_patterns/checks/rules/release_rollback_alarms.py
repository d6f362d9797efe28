"""A gradual release has no alarm that would roll it back.

## Why
CodeDeploy shifts traffic by the clock. Without an alarm on the function it goes on to 100 % whatever the new version
does; and an alarm that is not named in the deployment group, or rollbacks that are switched off, stop nothing.

## Fix
Name alarms on the function in the deployment group, and let them stop and roll back the deployment.

```python
GradualRelease(self, "Release", function=function, plan=ReleasePlan.canary(percent=10, interval=Duration.minutes(5)))
```
```yaml
# before
Type: AWS::CodeDeploy::DeploymentGroup
```
```yaml
# after
Type: AWS::CodeDeploy::DeploymentGroup
Properties:
  AlarmConfiguration: {Enabled: true, Alarms: [{Name: !Ref ProcessErrors}]}
  AutoRollbackConfiguration: {Enabled: true, Events: [DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_ALARM]}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import truth, watched
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_FIX = "AlarmConfiguration with alarms on the function, and AutoRollbackConfiguration with DEPLOYMENT_STOP_ON_ALARM"


class ReleaseRollbackAlarms(Rule):
    severity = Severity.WARNING
    pillar = Pillar.OPERATIONAL_EXCELLENCE
    source_url = "https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for alias in app.templates.of_type("AWS::Lambda::Alias"):
            update = mapping(mapping(alias.raw.get("UpdatePolicy")).get("CodeDeployLambdaAliasUpdate"))
            function, _ = app.flow.function_of(alias)
            for address in app.flow.addresses.of(alias.template, update.get("DeploymentGroupName")):
                if isinstance(address.node, Resource):
                    yield from self._look(app, address.node, function)
                else:
                    yield self.cannot_tell(alias, f"the deployment group of {alias.name} is defined elsewhere")

    def _look(self, app: App, group: Resource, function: Node) -> Iterator[Finding | Undecided]:
        name = function.name if isinstance(function, Resource) else "the function"
        alarms = [
            address.node
            for entry, _ in app.templates.entries(group, "AlarmConfiguration", "Alarms")
            for address in app.flow.addresses.of(group.template, mapping(entry).get("Name"))
        ]
        events = [value for value, _ in app.templates.entries(group, "AutoRollbackConfiguration", "Events")]
        on = truth(app.templates.one(group, "AlarmConfiguration", "Enabled"))
        rolls_back = truth(app.templates.one(group, "AutoRollbackConfiguration", "Enabled"))
        if not alarms or on is False:
            yield self.finding(
                group,
                f"deployment group {group.name} shifts the traffic of function {name} without an alarm: a bad "
                "version gets "
                "all of it",
                fix=_FIX,
                function=function,
            )
        elif rolls_back is False or (events and "DEPLOYMENT_STOP_ON_ALARM" not in events and not _any_unknown(events)):
            yield self.finding(
                group,
                f"deployment group {group.name} has alarms for function {name}, but they do not roll back a deployment",
                fix=_FIX,
                function=function,
            )
        elif not any(_may_watch(app, alarm, function) for alarm in alarms):
            yield self.finding(
                group,
                f"no alarm of deployment group {group.name} watches function {name}",
                fix=_FIX,
                function=function,
            )
        elif isinstance(on, Unknown) or isinstance(rolls_back, Unknown) or _any_unknown(events):
            yield self.cannot_tell(group, f"whether alarms of {group.name} roll back")


def _any_unknown(values: Iterable[object]) -> bool:
    return any(isinstance(value, Unknown) for value in values)


def _may_watch(app: App, alarm: Node, function: Node) -> bool:
    """Whether an alarm watches a function, or something that cannot be seen."""
    if not isinstance(alarm, Resource) or alarm.type != "AWS::CloudWatch::Alarm":
        return True
    metrics = list(watched(app, alarm))
    return not metrics or any(metric.every or metric.function in {function, None} for metric in metrics)
