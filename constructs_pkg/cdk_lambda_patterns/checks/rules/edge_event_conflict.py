"""A behavior of a distribution has functions that CloudFront does not take together.

## Why
At each event of a behavior CloudFront calls one function, of either kind, and at its two viewer events it takes either
CloudFront Functions or functions of Lambda@Edge. It refuses the distribution, when everything before it is deployed.

## Fix
Put both into one function, move the one of Lambda@Edge to an origin event, or write both as CloudFront Functions.

```python
redirect = ViewerFunction(self, "Redirect", code=javascript)
rewrite = EdgeFunction(self, "Rewrite", code=code, handler="index.handler")
behavior = cloudfront.BehaviorOptions(
    origin=origin,
    function_associations=[redirect.at(cloudfront.FunctionEventType.VIEWER_REQUEST)],
    edge_lambdas=[rewrite.at(cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST)],
)
cloudfront.Distribution(self, "Site", default_behavior=behavior)
```
```yaml
# before
FunctionAssociations: [{EventType: viewer-request, FunctionARN: !GetAtt Redirect.FunctionARN}]
LambdaFunctionAssociations: [{EventType: viewer-response, LambdaFunctionARN: !Ref RewriteVersion}]
```
```yaml
# after
FunctionAssociations: [{EventType: viewer-request, FunctionARN: !GetAtt Redirect.FunctionARN}]
LambdaFunctionAssociations: [{EventType: origin-request, LambdaFunctionARN: !Ref RewriteVersion}]
```
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from cdk_lambda_patterns.checks.facts import listed
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.values import Unknown, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.template import Resource
    from cdk_lambda_patterns.checks.values import Assumptions, Case, Value

_KINDS = {"FunctionAssociations": "CloudFront Functions", "LambdaFunctionAssociations": "Lambda@Edge"}
_OF_ONE_EVENT = "one function for both, or another event for one of them"
_OF_TWO_KINDS = "one function for both, an origin event for the one of Lambda@Edge, or CloudFront Functions for both"


class _Placed(NamedTuple):
    """A function at an event, in one branch of its conditions."""

    kind: str
    event: Value
    when: Assumptions


class EdgeEventConflict(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html"
    )

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for distribution in app.templates.of_type("AWS::CloudFront::Distribution"):
            for behavior in _behaviors(app, distribution):
                pairs = [
                    (first, second)
                    for first, second in combinations(_placed(app, distribution, behavior), 2)
                    if app.templates.together(first.when, second.when)
                ]
                where = f"{_called(app, distribution, behavior)} of distribution {distribution.name}"
                found = dict.fromkeys(conflict for pair in pairs if (conflict := _conflict(*pair)))
                for why, fix in found:
                    yield self.finding(distribution, f"{where} has {why}", fix=fix)
                unknown = [each.event for pair in pairs for each in pair if isinstance(each.event, Unknown)]
                if unknown and not found:
                    yield self.cannot_tell(
                        distribution, f"whether {where} has two functions at an event depends on {unknown[0].why}"
                    )


def _behaviors(app: App, distribution: Resource) -> Iterator[Case]:
    yield from app.templates.cases(distribution, "DistributionConfig", "DefaultCacheBehavior")
    yield from app.templates.entries(distribution, "DistributionConfig", "CacheBehaviors")


def _placed(app: App, distribution: Resource, behavior: Case) -> Iterator[_Placed]:
    template = distribution.template
    for name, kind in _KINDS.items():
        for association, listed_when in app.templates.items(template, mapping(behavior.value).get(name)):
            for event, when in app.templates.inside(template, association, "EventType"):
                yield _Placed(kind, event, behavior.when | listed_when | when)


def _conflict(first: _Placed, second: _Placed) -> tuple[str, str] | None:
    """Why CloudFront does not take both, and what to change."""
    one, other = first.event, second.event
    if not isinstance(one, str) or not isinstance(other, str):
        return None
    if one == other:
        return f"two functions at {one}, where CloudFront takes one", _OF_ONE_EVENT
    if first.kind != second.kind and one.startswith("viewer-") and other.startswith("viewer-"):
        kinds = listed([first.kind, second.kind])
        return f"{kinds} at viewer events, where CloudFront takes one of the two kinds", _OF_TWO_KINDS
    return None


def _called(app: App, distribution: Resource, behavior: Case) -> str:
    """A behavior as a message has it."""
    pattern = app.templates.only(app.templates.inside(distribution.template, behavior.value, "PathPattern"))
    return "the default behavior" if pattern is None else f"behavior {pattern}"
