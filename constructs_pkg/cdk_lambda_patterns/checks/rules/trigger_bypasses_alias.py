"""A trigger invokes the unpublished code of a function that has an alias.

## Why
The alias is what releases shift, what provisioned concurrency and SnapStart are on, what a rollback turns back. A
trigger on the function itself goes past all of it: new code gets the full traffic at once.

## Fix
Bind the trigger to the alias.

```python
SqsTrigger(self, "Orders", function=function)  # binds to function.live
```
```yaml
# before
FunctionName: !Ref Process
```
```yaml
# after
FunctionName: !Ref ProcessLive
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import LATEST, called, listed, qualifier_name
from cdk_lambda_patterns.checks.graph import Kind, Mode
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_BY_TRIGGERS = {Mode.SYNCHRONOUS, Mode.ASYNCHRONOUS, Mode.POLLED}


class TriggerBypassesAlias(Rule):
    severity = Severity.WARNING
    pillar = Pillar.OPERATIONAL_EXCELLENCE
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.applications:
            for edge in app.flow.into(function, Kind.INVOKES, Kind.POLLS):
                if edge.mode not in _BY_TRIGGERS or edge.qualifier not in {None, LATEST}:
                    continue
                aliases = [
                    str(qualifier_name(app, alias))
                    for alias in app.flow.aliases(function)
                    if app.templates.together(edge.when, edge.via.condition, alias.condition)
                    and app.templates.one(alias, "FunctionVersion") != LATEST  # which is past no release either
                ]
                if aliases:
                    yield self.finding(
                        edge.via,
                        f"{called(edge.source)} starts the unpublished code of function {function.name}, past "
                        "alias "
                        f"{listed(aliases)}: no release or rollback reaches it",
                        fix=f"let it invoke {listed(aliases)}",
                        function=function,
                    )
