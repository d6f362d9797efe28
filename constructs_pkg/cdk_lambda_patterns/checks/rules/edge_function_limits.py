"""A function at CloudFront's edge may run longer, or use more memory, than there is at its event.

## Why
At the edge 30 seconds are the most. For viewer events, which every request waits for, CloudFront's documentation has
given 5 seconds and 128 MB; newer editions do not repeat it, and some accounts are still refused more.

## Fix
Stay within the smaller numbers at viewer events, or use origin events.

```python
EdgeFunction(self, "Rewrite", code=code, handler="index.handler")  # 5 seconds, 128 MB
```
```yaml
# before: at viewer-request
Timeout: 10
```
```yaml
# after
Timeout: 5
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.facts import seconds
from cdk_lambda_patterns.checks.graph import Mode
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource
    from cdk_lambda_patterns.checks.values import Value


class EdgeFunctionLimits(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        at_viewer = {function for function, event in _associations(app) if str(event).startswith("viewer-")}
        for function in app.flow.functions:
            if any(app.flow.starts(function, Mode.EDGE)):
                yield from self._time(app, function, at_viewer=function in at_viewer)
                if function in at_viewer:
                    yield from self._memory(app, function)

    def _time(self, app: App, function: Resource, *, at_viewer: bool) -> Iterator[Finding | Undecided]:
        most = quotas.EDGE_FUNCTION_TIMEOUT.maximum
        for runs, _ in app.templates.number(function, "Timeout", default=quotas.DEFAULT_TIMEOUT_SECONDS):
            if isinstance(runs, Unknown):
                yield self.cannot_tell(function, f"how long {function.name} may run depends on {runs.why}")
            elif runs > most:
                yield self.finding(
                    function,
                    f"function {function.name} may run {seconds(runs)} at CloudFront's edge, where {seconds(most)} "
                    "are the most",
                    fix=f"Timeout: {most:g} or less",
                    severity=Severity.ERROR,
                )
            elif at_viewer and runs > quotas.EDGE_VIEWER_TIMEOUT_SECONDS:
                yield self.finding(
                    function,
                    f"function {function.name} may run {seconds(runs)} at a viewer event, which every request waits "
                    "for; "
                    f"{seconds(quotas.EDGE_VIEWER_TIMEOUT_SECONDS)} are what is certain to be taken",
                    fix=f"Timeout: {quotas.EDGE_VIEWER_TIMEOUT_SECONDS}, or an origin event",
                )

    def _memory(self, app: App, function: Resource) -> Iterator[Finding | Undecided]:
        most = quotas.EDGE_VIEWER_MEMORY_MB
        for memory, _ in app.templates.number(function, "MemorySize", default=quotas.DEFAULT_MEMORY_MB):
            if isinstance(memory, Unknown):
                yield self.cannot_tell(function, f"the memory of {function.name} depends on {memory.why}")
            elif memory > most:
                yield self.finding(
                    function,
                    f"function {function.name} has {memory:g} MB at a viewer event; {most} are what is certain to be "
                    "taken",
                    fix=f"MemorySize: {most}, or an origin event",
                )


def _associations(app: App) -> Iterator[tuple[object, Value]]:
    """The functions that distributions call, with the events."""
    for distribution in app.templates.of_type("AWS::CloudFront::Distribution"):
        template = distribution.template
        behaviors = [b for b, _ in app.templates.cases(distribution, "DistributionConfig", "DefaultCacheBehavior")]
        behaviors += [b for b, _ in app.templates.entries(distribution, "DistributionConfig", "CacheBehaviors")]
        for behavior in behaviors:
            for association, _ in app.templates.items(template, mapping(behavior).get("LambdaFunctionAssociations")):
                event = app.templates.only(app.templates.inside(template, association, "EventType"))
                for address in app.flow.addresses.of(template, mapping(association).get("LambdaFunctionARN"), "lambda"):
                    yield app.flow.called(address)[0], event
