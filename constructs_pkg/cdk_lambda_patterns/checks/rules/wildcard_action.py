"""A function's role allows every action of a service.

## Why
`dynamodb:*` reads and writes, but also deletes the table, its backups and its policies. A function needs a handful of
actions; the rest is for whoever takes it over.

## Fix
Name the actions, or let a grant name them.

```python
table.grants.read_write_data(function)
```
```yaml
# before
Action: dynamodb:*
```
```yaml
# after
Action: [dynamodb:GetItem, dynamodb:PutItem]
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import listed
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class WildcardAction(Rule):
    severity = Severity.WARNING
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
    equivalents = {
        "cdk-nag": "AwsSolutions-IAM5, Serverless-LambdaStarPermissions",
        "cfn-lint-serverless": "WS1003",
        "checkov": "CKV_AWS_63",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            if app.flow.serves_deployment(function):
                continue
            for edge in app.flow.roles(function):
                if isinstance(edge.target, Resource):
                    yield from self._look(app, function, edge.target)

    def _look(self, app: App, function: Resource, role: Resource) -> Iterator[Finding | Undecided]:
        whole: dict[tuple[Resource, str], list[str]] = {}
        for statement in app.flow.policies.of(role):
            if statement.unknown:
                yield self.cannot_tell(statement.via, f"what role {role.name} allows depends on {statement.unknown}")
            if statement.allow and statement.not_actions:
                yield self.finding(
                    statement.via,
                    f"function {function.name} may do everything but {listed(statement.said(statement.actions))}",
                    fix="Action with what it needs instead of NotAction",
                    function=function,
                    severity=Severity.ERROR,
                )
            elif statement.allow:
                actions = [action for action in statement.actions if re.fullmatch(r"\*+|[a-z0-9-]+:\*+", action)]
                whole.setdefault((statement.via, statement.policy), []).extend(actions)
        for (via, policy), actions in whole.items():
            if actions:
                everything = any(":" not in action for action in actions)
                through = f" (through {policy})" if policy else ""
                yield self.finding(
                    via,
                    f"function {function.name} may do {'everything' if everything else listed(actions)}{through}",
                    fix="name the actions it needs, or use a grant such as table.grants.read_data(function)",
                    function=function,
                    severity=Severity.ERROR if everything else Severity.WARNING,
                )
