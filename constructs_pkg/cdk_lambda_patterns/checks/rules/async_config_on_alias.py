"""The asynchronous configuration is set on another alias than the one that is invoked.

## Why
Retries, event age and destinations belong to one qualifier: `$LATEST`, a version or an alias. A configuration on
`$LATEST` says nothing about events that a trigger sends to the alias `live`; those are dropped when they fail.

## Fix
Set the configuration on what the triggers invoke.

```python
ScheduleTrigger(self, "Nightly", function=function, schedule="rate(1 day)")  # both are bound to function.live
```
```yaml
# before
FunctionName: !Ref Process
Qualifier: $LATEST
```
```yaml
# after
FunctionName: !Ref Process
Qualifier: live
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.facts import (
    asynchronous_triggers,
    called,
    configured_qualifiers,
    failure_targets,
    listed,
    qualifier_name,
)
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.graph import Edge
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class AsyncConfigOnAlias(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.applications:
            targets = failure_targets(app, function)
            if not targets or any(edge.via is function for edge in targets):
                continue  # nothing is configured, or the function's own queue serves every qualifier
            config = targets[0].via
            for trigger in asynchronous_triggers(app, function):
                invoked = qualifier_name(app, trigger.qualifier)
                configured = _configured(app, targets, trigger)
                if not configured or invoked in configured:
                    continue  # where nothing is configured, another rule says so
                unknown = next((q for q in (invoked, *configured) if isinstance(q, Unknown)), None)
                if unknown is not None:
                    yield self.cannot_tell(
                        config, f"which alias of {function.name} is configured depends on {unknown.why}"
                    )
                    continue
                yield self.finding(
                    config,
                    f"the on-failure destination of function {function.name} is set on "
                    f"{listed([str(q) for q in configured])}, "
                    f"but {called(trigger.source)} invokes {invoked}: what fails there is lost",
                    fix=f"set the configuration's Qualifier to {invoked}, or let the trigger invoke "
                    f"{listed([str(q) for q in configured])}",
                    function=function,
                )


def _configured(app: App, targets: list[Edge], trigger: Edge) -> set[str | Unknown]:
    """What is configured where the trigger is."""
    return {
        qualifier
        for edge in targets
        for qualifier, when in configured_qualifiers(app, edge.via)
        if app.templates.together(when, edge.when, edge.via.condition, trigger.when, trigger.via.condition)
    }
