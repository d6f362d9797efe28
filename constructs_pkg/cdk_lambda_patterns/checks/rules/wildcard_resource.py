"""A function's role allows on every resource what could be allowed on some.

## Why
`s3:GetObject` on `*` reads every bucket of the account, those of other teams and of tomorrow too. Most actions take
the resource they are about; only those that have none need `*`.

## Fix
Name the resource, or let a grant name it. Listing and describing is not asked about, nor what a condition limits.

```python
bucket.grant_read(function)
```
```yaml
# before
Action: s3:GetObject
Resource: "*"
```
```yaml
# after
Action: s3:GetObject
Resource: !Sub ${Uploads.Arn}/*
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import data
from cdk_lambda_patterns.checks.addresses import External
from cdk_lambda_patterns.checks.facts import listed
from cdk_lambda_patterns.checks.policies import matches
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.policies import Statement
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_HARMLESS = ("describe", "list")


class WildcardResource(Rule):
    severity = Severity.WARNING
    pillar = Pillar.SECURITY
    source_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
    equivalents = {
        "cdk-nag": "AwsSolutions-IAM5",
        "checkov": "CKV_AWS_111",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            if app.flow.serves_deployment(function):
                continue
            scoped: dict[Resource, list[str]] = {}
            for edge in app.flow.roles(function):
                for statement in app.flow.policies.of(edge.target) if isinstance(edge.target, Resource) else ():
                    if _is_everywhere(statement):
                        actions = [action for action in statement.actions if _takes_resources(action)]
                        scoped.setdefault(statement.via, []).extend(statement.said(actions))
            for via, actions in scoped.items():
                if actions:
                    yield self.finding(
                        via,
                        f"function {function.name} may do {listed(actions)} on every resource",
                        fix="name the resources, or use a grant such as bucket.grant_read(function)",
                        function=function,
                    )


def _is_everywhere(statement: Statement) -> bool:
    """Whether a statement allows what it names on everything, without a condition; managed policies are not asked."""
    if not statement.allow or statement.conditions or statement.policy or statement.not_actions:
        return False
    return statement.not_resources or any(
        isinstance(address.node, External) and address.node.service == "*" for address in statement.resources
    )


def _takes_resources(action: str) -> bool:
    """Whether an action, or one that a pattern means, could be allowed on single resources."""
    service, _, name = action.partition(":")
    known = data.load("actions")["services"].get(service)
    if known is None or name == "*" or name.startswith(_HARMLESS):
        return False  # nothing is known, or it is the matter of WildcardAction
    return any(matches(name, scoped) for scoped in known["scoped"])
