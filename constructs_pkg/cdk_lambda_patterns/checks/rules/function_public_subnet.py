"""A function is in a public subnet, where it reaches nothing outside.

## Why
A function has no public address. The route to the Internet gateway that makes a subnet public is of no use to it:
what it sends there is dropped, and calls end in its timeout. Only a NAT gateway or endpoints lead out.

## Fix
Put it into private subnets.

```python
# private subnets
WellArchitectedFunction(self, "Process", code=code, handler="index.handler", vpc=FunctionVpc(self, "Vpc"))
```
```yaml
# before
VpcConfig: {SubnetIds: [!Ref PublicSubnet]}
```
```yaml
# after
VpcConfig: {SubnetIds: [!Ref PrivateSubnet1, !Ref PrivateSubnet2]}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks import networks
from cdk_lambda_patterns.checks.facts import listed
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class FunctionPublicSubnet(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.functions:
            exits = {
                subnet: networks.way_out(app, subnet) if isinstance(subnet, Resource) else networks.Exit.UNKNOWN
                for subnet in networks.subnets(app, function)
            }
            public = [
                s.name for s, way in exits.items() if way is networks.Exit.INTERNET_GATEWAY and isinstance(s, Resource)
            ]
            if public:
                yield self.finding(
                    function,
                    f"function {function.name} is in public subnet {listed(public)}: it has no public address there "
                    "and "
                    "reaches nothing outside",
                    fix="private subnets, with a NAT gateway or endpoints for what it calls",
                )
            elif networks.Exit.UNKNOWN in exits.values():
                yield self.cannot_tell(
                    function, f"whether the subnets of {function.name} are public is decided elsewhere"
                )
