"""An alias has weights of its own where releases set them, or where environments are kept ready.

## Why
CodeDeploy shifts the traffic of an alias by its weights; those of the template stand in its way, and the next
deployment sets them back, be it in the middle of a release. And of an alias with weights Lambda keeps nothing ready: it
answers that an *alias with weights can not be used with provisioned concurrency*.

## Fix
Leave the weights to the release.

```python
GradualRelease(self, "Release", function=function, plan=ReleasePlan.linear(percent=20, interval=Duration.minutes(2)))
```
```yaml
# before
Type: AWS::Lambda::Alias
UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref Application, DeploymentGroupName: !Ref Release}}
Properties: {RoutingConfig: {AdditionalVersionWeights: [{FunctionVersion: "1", FunctionWeight: 0.1}]}}
```
```yaml
# after
Type: AWS::Lambda::Alias
UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref Application, DeploymentGroupName: !Ref Release}}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import called, provisioned, references
from cdk_lambda_patterns.checks.graph import ALIAS
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.values import Case

_FIX = "no RoutingConfig"


class AliasWeightsConflict(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for alias in app.templates.of_type(ALIAS):
            function, _ = app.flow.function_of(alias)
            released = bool(mapping(mapping(alias.raw.get("UpdatePolicy")).get("CodeDeployLambdaAliasUpdate")))
            for weight in _weights(app, alias):
                conflicts = ["CodeDeploy sets them"] if released else []
                if _kept_ready(app, alias, function, weight):
                    conflicts.append("Lambda keeps nothing ready of an alias that has any")
                if not conflicts:
                    continue
                if isinstance(weight.value, Unknown):
                    yield self.cannot_tell(
                        alias, f"whether alias {alias.name} has weights depends on {weight.value.why}"
                    )
                else:
                    yield self.finding(
                        alias,
                        f"alias {alias.name} of {called(function)} has weights of its own: {', and '.join(conflicts)}",
                        fix=_FIX,
                        function=function,
                    )
                break


def _weights(app: App, alias: Resource) -> Iterator[Case]:
    """Each weight; that one is unknown where the whole of them is."""
    for case in app.templates.cases(alias, "RoutingConfig"):
        if isinstance(case.value, Unknown):
            yield case
    yield from app.templates.entries(alias, "RoutingConfig", "AdditionalVersionWeights")


def _kept_ready(app: App, alias: Resource, function: Node, weight: Case) -> bool:
    """Whether environments of the alias are kept ready where it has the weight."""
    fixed = app.templates.cases(alias, "ProvisionedConcurrencyConfig")
    if any(case.value is not None and app.templates.together(case.when, weight.when) for case in fixed):
        return True
    if not isinstance(function, Resource):
        return False
    return any(entry.scaled and _scales(app, entry.on, alias) for entry in provisioned(app, function))


def _scales(app: App, target: Resource, alias: Resource) -> bool:
    """Whether a target of an alias's function is for this alias: `function:NAME:ALIAS`."""
    scaled, name = app.templates.one(target, "ResourceId"), app.templates.one(alias, "Name")
    return alias in references(scaled) or (isinstance(name, str) and str(scaled).endswith(f":{name}"))
