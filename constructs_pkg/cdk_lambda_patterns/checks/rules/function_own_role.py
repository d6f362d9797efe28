"""Several functions share one role.

## Why
Each of them may do what any of them needs. A flaw in the one that reads uploads reaches the tables of the one that
takes payments, and nobody can tell any more which right is still used.

## Fix
Give each function a role of its own.

```python
# its role is made with it, and never shared
WellArchitectedFunction(self, "Process", code=code, handler="index.handler")
```
```yaml
# before: and the same in Report
Role: !GetAtt SharedRole.Arn
```
```yaml
# after
Role: !GetAtt ProcessRole.Arn
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import called, listed
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class FunctionOwnRole(Rule):
    severity = Severity.WARNING
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        users: dict[Node, list[Resource]] = {}
        for function in app.flow.functions:
            if not app.flow.serves_deployment(function):
                for edge in app.flow.roles(function):
                    users.setdefault(edge.target, []).append(function)
        for role, functions in users.items():
            if len(functions) > 1 and not _exclude_each_other(app, functions):
                yield self.finding(
                    role if isinstance(role, Resource) else functions[0],
                    f"functions {listed([function.name for function in functions])} share {called(role)}: each may "
                    "do what "
                    "any of them needs",
                    fix="a role for each function, with what that one needs",
                    function=functions[0],
                )


def _exclude_each_other(app: App, functions: list[Resource]) -> bool:
    """Whether never two of them exist at once."""
    pairs = ((first, second) for i, first in enumerate(functions) for second in functions[i + 1 :])
    return not any(app.templates.together(first.condition, second.condition) for first, second in pairs)
