"""A subnet has too few addresses for the functions in it.

## Why
Lambda needs a network interface, and with it an address, in each subnet for each combination of security groups that
functions in it have; endpoints and NAT gateways take some too, and AWS keeps five. Where none is left, functions
cannot be created, updated or woken up.

## Fix
Larger subnets, or security groups that functions share.

```python
FunctionVpc(self, "Vpc")  # subnets with room
```
```yaml
# before: 11 usable addresses
CidrBlock: 10.0.0.0/28
```
```yaml
# after: 251
CidrBlock: 10.0.0.0/24
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks import networks
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Node
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided


class FunctionSubnetCapacity(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        users: dict[Resource, dict[frozenset[Node], Resource]] = {}
        for function in app.flow.functions:
            groups = frozenset(networks.security_groups(app, function))
            for subnet in networks.subnets(app, function):
                if isinstance(subnet, Resource) and subnet.type == networks.SUBNET:
                    users.setdefault(subnet, {})[groups] = function
        others = _others(app)
        for subnet, functions in users.items():
            usable = networks.usable_addresses(app, subnet, quotas.SUBNET_RESERVED_ADDRESSES)
            needed = len(functions) + others.get(subnet, 0)
            if isinstance(usable, Unknown):
                yield self.cannot_tell(subnet, f"how many addresses subnet {subnet.name} has depends on {usable.why}")
            elif needed > usable:
                yield self.finding(
                    subnet,
                    f"subnet {subnet.name} has {usable} addresses for the {needed} network interfaces of functions, "
                    "endpoints "
                    "and gateways in it",
                    fix="a larger CidrBlock, or security groups that functions share",
                    function=next(iter(functions.values())),
                )


def _others(app: App) -> dict[Node, int]:
    """The interfaces of endpoints and NAT gateways, by subnet."""
    count: dict[Node, int] = {}
    for resource in app.templates.of_type("AWS::EC2::VPCEndpoint", "AWS::EC2::NatGateway"):
        subnets = resource.properties.get("SubnetIds", resource.properties.get("SubnetId"))
        for address in app.flow.addresses.of(resource.template, subnets, "ec2"):
            count[address.node] = count.get(address.node, 0) + 1
    return count
