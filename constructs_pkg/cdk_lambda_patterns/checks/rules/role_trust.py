"""A function's role cannot be assumed by Lambda, or can be assumed by others as well.

## Why
Lambda must be able to assume the role, or the function is not created. Whoever else may assume it has all of the
function's rights without its code: another service, an account, or, with `*`, everybody.

## Fix
Trust Lambda alone; at CloudFront's edge, Lambda and `edgelambda.amazonaws.com`.

```python
WellArchitectedFunction(self, "Process", code=code, handler="index.handler")  # its role trusts Lambda alone
```
```yaml
# before
Principal: {Service: lambda.amazonaws.com, AWS: "*"}
```
```yaml
# after
Principal: {Service: lambda.amazonaws.com}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import listed, principals
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_LAMBDA = "lambda.amazonaws.com"
_EDGE = "edgelambda.amazonaws.com"


class RoleTrust(Rule):
    severity = Severity.ERROR
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"
    equivalents = {"checkov": "CKV_AWS_60"}

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            for edge in app.flow.roles(function):
                if isinstance(edge.target, Resource) and "AssumeRolePolicyDocument" in edge.target.properties:
                    yield from self._look(app, function, edge.target)

    def _look(self, app: App, function: Resource, role: Resource) -> Iterator[Finding | Undecided]:
        statements = list(app.flow.policies.statements(role, role.properties["AssumeRolePolicyDocument"]))
        trusted = [principals(app, statement) for statement in statements if statement.allow]
        services = frozenset[str]().union(*(principal.services for principal in trusted))
        others = [other for principal in trusted for other in principal.others]
        unknown = any(principal.unknown for principal in trusted) or any(s.unknown for s in statements)
        needed = {_LAMBDA, _EDGE} if _EDGE in services or app.flow.at_edge(function) else {_LAMBDA}
        if any(principal.everyone for principal in trusted):
            yield self.finding(
                role,
                f"everybody may assume role {role.name}, and with it what function {function.name} may do",
                fix=f"Principal: {{Service: {_LAMBDA}}}",
                function=function,
            )
        elif unknown:
            yield self.cannot_tell(role, f"who may assume role {role.name} is unknown")
        elif not needed <= services:
            yield self.finding(
                role,
                f"{listed(sorted(needed - services))} cannot assume role {role.name} of function {function.name}",
                fix=f"Principal: {{Service: [{', '.join(sorted(needed))}]}}",
                function=function,
            )
        elif services - needed or others:
            yield self.finding(
                role,
                f"role {role.name} of function {function.name} may also be assumed by "
                f"{listed([*(services - needed), *others])}",
                fix=f"Principal: {{Service: {_LAMBDA}}} alone, and a role of their own for the others",
                function=function,
                severity=Severity.WARNING,
            )
