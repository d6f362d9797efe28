"""Two aliases of a function have the same name.

## Why
A function has an alias of a name once: CloudFormation creates the first, Lambda refuses the second, and the deployment
fails. It comes from adopting a construct that defines an alias, where the app defines one of that name already.
Removing the old one is not enough once it is deployed: the new one is created before the old one is deleted.

## Fix
Define it once. Where it is deployed already, the one that stays takes the logical id of the deployed one, so that it is
updated in place.

```python
alias = function.live.node.default_child  # the one that the function has; the app defines no other
alias.override_logical_id("LiveAlias0F3BF8D3")  # what `cdk diff` calls the deployed one
```
```yaml
# before
LiveAlias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Process, Name: live, FunctionVersion: "1"}}
ProcessAliaslive: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Process, Name: live, FunctionVersion: "2"}}
```
```yaml
# after
LiveAlias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Process, Name: live, FunctionVersion: "2"}}
```
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from cdk_lambda_patterns.checks.facts import called
from cdk_lambda_patterns.checks.graph import ALIAS
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Reference, Text, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Template
    from cdk_lambda_patterns.checks.values import Assumptions


class _Named(NamedTuple):
    """An alias in one branch of its conditions."""

    alias: Resource
    name: str | Text | Unknown | Reference
    when: Assumptions


class AliasNamedTwice(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        by_function: dict[tuple[Node, Template | None], list[_Named]] = {}
        for alias in app.templates.of_type(ALIAS):
            for function, named in _named(app, alias):
                # A function of elsewhere that templates name alike may be one in each Region.
                where = None if isinstance(function, Resource) else alias.template
                by_function.setdefault((function, where), []).append(named)
        for (function, _), aliases in by_function.items():
            pairs = [(first, second) for first, second in combinations(aliases, 2) if _may_clash(app, first, second)]
            found = {second.alias: (first, second) for first, second in pairs if first.name == second.name}
            for first, second in found.values():
                yield self.finding(
                    second.alias,
                    f"aliases {first.alias.name} and {second.alias.name} of {called(function)} are both named "
                    f"{_said(second.name)}: Lambda refuses the second",
                    fix="define it once; where it is deployed already, under the logical id that it has there",
                    function=function,
                )
            undecided = {second.alias: (first, second) for first, second in pairs if second.alias not in found}
            for first, second in undecided.values():
                depends = second.name if isinstance(first.name, str) else first.name
                yield self.cannot_tell(
                    second.alias,
                    f"whether aliases {first.alias.name} and {second.alias.name} of {called(function)} have the same "
                    f"name depends on {_said(depends)}",
                )


def _named(app: App, alias: Resource) -> Iterator[tuple[Node, _Named]]:
    for address in app.flow.addresses.of(alias.template, alias.properties.get("FunctionName"), "lambda"):
        function, _ = app.flow.called(address)
        for name, when in app.templates.cases(alias, "Name"):
            if isinstance(name, (str, Text, Unknown, Reference)):
                yield function, _Named(alias, name, alias.condition | address.when | when)


def _may_clash(app: App, first: _Named, second: _Named) -> bool:
    """Whether two aliases may be there at once, with the same name as far as it is known."""
    literal = isinstance(first.name, str) and isinstance(second.name, str)
    return (
        first.alias is not second.alias
        and (first.name == second.name or not literal)
        and app.templates.together(first.when, second.when)
    )


def _said(name: object) -> str:
    return name.why if isinstance(name, Unknown) else str(name)
