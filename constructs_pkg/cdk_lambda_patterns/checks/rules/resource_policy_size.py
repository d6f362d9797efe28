"""A function's permissions outgrow what its resource-based policy can hold.

## Why
Each permission is a statement in a policy of at most 20 KB; when it is full, the deployment that adds one more fails.
APIs with many routes, each with its permission, get there.

## Fix
Let callers share a source: one permission for all routes of an API, one for all rules of a bus.

```python
# one permission for the whole API
integration = apigateway.LambdaIntegration(function.live, scope_permission_to_method=False)
apigateway.RestApi(self, "Api").root.add_proxy(default_integration=integration)
```
```yaml
# before: one for each route
SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/orders
```
```yaml
# after: one
SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.values import Value

_STATEMENT = len(quotas.RESOURCE_POLICY_STATEMENT)
_CONDITION = len(quotas.RESOURCE_POLICY_CONDITION) + len(quotas.RESOURCE_POLICY_SOURCE_ARN)
# The id that CloudFormation gives a statement: stack, logical id and twelve characters.
_RANDOM = len("--123456789012")
_ARN = len("arn:aws:lambda:eu-central-1:123456789012:function:")
# The least and the usual length of what is only known at deployment, such as a generated name.
_LEAST, _USUAL = 8, 40


class ResourcePolicySize(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        policies: dict[tuple[Resource, object], list[Resource]] = {}
        for permission in app.templates.of_type("AWS::Lambda::Permission"):
            for address in app.flow.addresses.of(
                permission.template, permission.properties.get("FunctionName"), "lambda"
            ):
                function, qualifier = app.flow.called(address)
                if isinstance(function, Resource):
                    policies.setdefault((function, qualifier), []).append(permission)
        for (function, _), permissions in policies.items():
            least, usual = (
                sum(_size(app, permission, unknown) for permission in permissions) for unknown in (_LEAST, _USUAL)
            )
            limit = quotas.RESOURCE_POLICY_SIZE.maximum
            if usual > limit:
                yield self.finding(
                    permissions[-1],
                    f"{len(permissions)} permissions of function {function.name} take "
                    f"{'at least' if least > limit else 'about'} "
                    f"{least if least > limit else usual:,.0f} bytes; its policy can hold {limit:,}",
                    fix="one permission for all routes of an API, or all rules of a bus: a SourceArn with * at its end",
                    function=function,
                    severity=Severity.ERROR if least > limit else Severity.WARNING,
                )


def _size(app: App, permission: Resource, unknown: int) -> int:
    stack = permission.template.stack_name
    size = _STATEMENT + _RANDOM + (len(stack) if stack else unknown) + len(permission.logical_id) + _ARN + unknown
    size += _length(app.templates.one(permission, "Principal"), unknown)
    source = app.templates.one(permission, "SourceArn")
    return size + (_CONDITION + _length(source, unknown) if source is not None else 0)


def _length(value: Value, unknown: int) -> int:
    parts = value.parts if isinstance(value, Text) else (value,)
    return sum(len(part) if isinstance(part, str) else unknown for part in parts)
