"""A function in a VPC is in one availability zone only.

## Why
When the zone fails, the function has nowhere to run, although Lambda itself would go on in the others.

## Fix
Give it subnets in two zones or more.

```python
# two zones
WellArchitectedFunction(self, "Process", code=code, handler="index.handler", vpc=FunctionVpc(self, "Vpc"))
```
```yaml
# before
VpcConfig: {SubnetIds: [!Ref PrivateSubnet1]}
```
```yaml
# after
VpcConfig: {SubnetIds: [!Ref PrivateSubnet1, !Ref PrivateSubnet2]}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import networks
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided
    from cdk_lambda_patterns.checks.values import Value


class FunctionSingleZone(Rule):
    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            subnets = networks.subnets(app, function)
            if not subnets:
                continue
            if any(isinstance(subnet, Unknown) for subnet in subnets) or not _are_lists_known(app, function):
                yield self.cannot_tell(function, f"the subnets of {function.name} are chosen at deployment")
                continue
            zones = [networks.zone(app, subnet) if isinstance(subnet, Resource) else None for subnet in subnets]
            if len(set(subnets)) > 1 and None in zones:
                yield self.cannot_tell(function, f"the zones of the subnets of {function.name} are decided elsewhere")
            elif len(set(subnets)) == 1 or _are_same(zones):
                yield self.finding(
                    function,
                    f"function {function.name} is in one availability zone only: it stops when that zone does",
                    fix="subnets in two zones or more",
                )


def _are_same(zones: list[Value]) -> bool:
    return all(zone == zones[0] for zone in zones)


def _are_lists_known(app: App, function: Resource) -> bool:
    return not any(isinstance(value, Unknown) for value, _ in app.templates.cases(function, "VpcConfig", "SubnetIds"))
