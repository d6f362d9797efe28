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
        "cfn-lint": "I3510",
        "checkov": "CKV_AWS_111",
    }

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            if app.flow.serves_deployment(function):
                continue
            for edge in app.flow.roles(function):
                if isinstance(edge.target, Resource):
                    for statement in app.flow.policies.of(edge.target):
                        yield from self._look(function, statement)

    def _look(self, function: Resource, statement: Statement) -> Iterator[Finding | Undecided]:
        everywhere = statement.not_resources or any(
            isinstance(address.node, External) and address.node.service == "*" for address in statement.resources
        )
        if not statement.allow or statement.conditions or not everywhere or statement.policy or statement.not_actions:
            return
        scoped = [action for action in statement.actions if _takes_resources(action)]
        if scoped:
            yield self.finding(
                statement.via,
                f"function {function.name} may do {listed(scoped)} on every resource",
                fix="name the resources, or use a grant such as bucket.grant_read(function)",
                function=function,
            )


def _takes_resources(action: str) -> bool:
    """Whether an action, or one that a pattern means, could be allowed on single resources."""
    service, _, name = action.partition(":")
    known = data.load("actions")["services"].get(service)
    if known is None or name == "*" or name.startswith(_HARMLESS):
        return False  # nothing is known, or it is the matter of WildcardAction
    return any(matches(name, scoped) for scoped in known["scoped"])
