"""A function calls a service that nothing in its network leads to.

## Why
A function in private subnets without NAT reaches only what has an endpoint there. Everything else hangs until the
function's timeout: no error tells of the missing route. What its role allows is what it is taken to call; what Lambda
does for it (logs, traces, polling, destinations) needs no route. A gateway that lets out IPv6 is of use where the SDK
calls dual-stack endpoints: `AWS_USE_DUALSTACK_ENDPOINT=true`.

Synthesis refuses a `WellArchitectedFunction` in isolated subnets of the app for which this is certain. This rule reads
the templates: it sees plain functions, every route and route table, and what policies beside the grants allow.

## Fix
An endpoint for each service (a gateway for S3 and DynamoDB costs nothing), or a NAT gateway.

```python
FunctionVpc(self, "Vpc", endpoints=["s3", "sqs"])
```
```yaml
# before: nothing
# after
Type: AWS::EC2::VPCEndpoint
Properties:
  VpcId: !Ref Vpc
  ServiceName: !Sub com.amazonaws.${AWS::Region}.s3
  VpcEndpointType: Gateway
  RouteTableIds: [!Ref PrivateRoutes]
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks import networks
from cdk_lambda_patterns.checks.addresses import External
from cdk_lambda_patterns.checks.edges import named
from cdk_lambda_patterns.checks.facts import listed, service_of
from cdk_lambda_patterns.checks.graph import Kind, Mode
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_lambda_patterns.checks.addresses import Address
    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

# What an event source mapping has Lambda read: secrets that it shows the source, a registry of schemas.
_KAFKA = [(f"{kind}KafkaEventSourceConfig", "SchemaRegistryConfig") for kind in ("AmazonManaged", "SelfManaged")]
_READ = [
    ("SourceAccessConfigurations", "[]", "URI"),
    *((*registry, "AccessConfigs", "[]", "URI") for registry in _KAFKA),
    *((*registry, "SchemaRegistryURI") for registry in _KAFKA),
]

_DUAL_STACK = "AWS_USE_DUALSTACK_ENDPOINT"
_BY_IPV6 = f", and by IPv6 only where {_DUAL_STACK} is true and the function takes IPv6"


class FunctionReachability(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-endpoints.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        for function in app.flow.applications:
            subnets = networks.subnets(app, function)
            called = _called(app, function) if subnets else set[str]()
            if not called:
                continue
            groups = networks.security_groups(app, function)
            if groups and all(networks.lets_nothing_out(app, group) for group in groups):
                yield self.finding(
                    function,
                    f"function {function.name} may call {listed(sorted(called))}, but its security groups let "
                    "nothing out",
                    fix="an egress rule to port 443",
                )
                continue
            yield from self._look(app, function, [s for s in subnets if isinstance(s, Resource)], len(subnets), called)

    def _look(
        self, app: App, function: Resource, subnets: list[Resource], count: int, called: set[str]
    ) -> Iterator[Finding | Undecided]:
        exits = {subnet: networks.way_out(app, subnet) for subnet in subnets}
        if len(subnets) < count or networks.Exit.UNKNOWN in exits.values():
            yield self.cannot_tell(function, f"what {function.name} reaches from its subnets is decided elsewhere")
            return
        by_ipv6 = _calls_by_ipv6(app, function)
        enough = {networks.Exit.ELSEWHERE, *([networks.Exit.IPV6] if by_ipv6 else [])}
        closed = [subnet for subnet, way in exits.items() if way not in enough]
        opened = [set(networks.endpoint_services(app, subnet)) for subnet in closed]
        missing = {service for services in opened for service in called - services}
        unread = [service for services in opened for service in services if isinstance(service, Unknown)]
        if missing and (unread or not all(isinstance(networks.vpc(app, subnet), Resource) for subnet in closed)):
            yield self.cannot_tell(function, f"what {function.name} has endpoints for is decided elsewhere")
        elif missing:
            yield self.finding(
                function,
                f"function {function.name} may call {listed(sorted(missing))}, but nothing leads there from subnet "
                f"{listed([subnet.name for subnet in closed])}: no NAT gateway, no endpoint"
                f"{_BY_IPV6 if networks.Exit.IPV6 in exits.values() else ''}",
                fix=f"VPC endpoints for {listed(sorted(missing))}, or a NAT gateway",
            )


def _calls_by_ipv6(app: App, function: Resource) -> bool:
    """Whether the SDK takes endpoints that have IPv6 addresses, as far as the template says."""
    variable = app.templates.one(function, "Environment", "Variables", _DUAL_STACK)
    takes = app.templates.one(function, "VpcConfig", "Ipv6AllowedForDualStack")
    return (isinstance(variable, Unknown) or str(variable).lower() == "true") and (
        isinstance(takes, Unknown) or str(takes).lower() == "true"
    )


def _called(app: App, function: Resource) -> set[str]:
    """The services that a function calls itself, named as their endpoints."""
    polling = list(app.flow.into(function, Kind.POLLS))
    sources = {edge.source for edge in polling}
    filled = {edge.target for edge in app.flow.out_of(function, Kind.FAILS_TO, Kind.SENDS)}
    filled |= {edge.target for edge in app.flow.out_of(function, Kind.INVOKES) if edge.mode is Mode.DESTINATION}
    read = {a.node for edge in polling for path in _READ for a in named(app.flow, edge.via, path, "secretsmanager")}
    of_lambda = filled | read
    # Also allowed on everything, as the CDK does for `dynamodb:ListStreams`.
    services = {"glue", *map(service_of, sources)}
    polled = {f"{service}:{name}" for service in services for name in quotas.POLLING_ACTIONS.get(service, ())}
    called: set[str] = set()
    for role in app.flow.roles(function):
        for statement in app.flow.policies.of(role.target) if isinstance(role.target, Resource) else ():
            if not statement.allow or statement.policy:
                continue
            if statement.resources and all(address.node in of_lambda for address in statement.resources):
                continue
            polls = all(a.node in sources or a.node in of_lambda or _is_wide(a) for a in statement.resources)
            called |= {action.partition(":")[0] for action in statement.actions if not (polls and action in polled)}
    # Logs, traces, keys of the function itself and interfaces are Lambda's business.
    return {quotas.VPC_ENDPOINTS[service] for service in called if service in quotas.VPC_ENDPOINTS}


def _is_wide(address: Address) -> bool:
    """Whether it is everything, or all that a pattern names."""
    return address.is_pattern() or (isinstance(address.node, External) and address.node.service == "*")
