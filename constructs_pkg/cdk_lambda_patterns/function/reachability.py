"""Whether isolated subnets lead to what functions in them were granted: looked at when all is defined.

Only what is certain is refused. Of what was imported, of routes that somebody adds and of endpoints whose service is
not known, nothing is said: the check `FunctionReachability` reads the templates, and finds more.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-endpoints.html
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_ec2 as ec2, aws_iam as iam, aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.json_values import as_list
from cdk_lambda_patterns.tokens import is_known_to_differ

from .function_checks import member
from .references import reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet

    from constructs import IConstruct

_RULE = "LambdaChecks::FunctionReachability"
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
_POLLING = {f"{service}:{name}" for service, names in quotas.POLLING_ACTIONS.items() for name in names}
# Where functions' configurations name what Lambda fills and reads.
_NAMED = (
    ("destination_config", "on_failure", "destination"),
    ("destination_config", "on_success", "destination"),
    ("source_access_configurations", "uri"),
    ("amazon_managed_kafka_event_source_config", "schema_registry_config", "access_configs", "uri"),
    ("self_managed_kafka_event_source_config", "schema_registry_config", "access_configs", "uri"),
)

_REGION = re.compile(r"arn:[^:]+:[^:]+:([a-z]+(?:-[a-z]+)+-\d+):")

_of_vpc: dict[str, _Reachability] = {}


def look_at_reachability(function: lambda_.FunctionBase, vpc: ec2.Vpc, selection: Mapping[str, Any]) -> None:
    """Have synthesis fail where a function in isolated subnets was granted a service that nothing leads to.

    One validation for the VPC: none of its functions costs a message more.

    Args:
        function: The function.
        vpc: Its VPC.
        selection: Which of the subnets, as `select_subnets` takes it.
    """
    key = reference(vpc)
    if key not in _of_vpc:
        _of_vpc[key] = _Reachability(vpc)
        vpc.node.add_validation(_of_vpc[key])
    _of_vpc[key].functions.append((function, selection))


def services_called(functions: Sequence[lambda_.FunctionBase]) -> list[set[str]]:
    """The services with VPC endpoints that each function was granted until now and calls itself, as actions begin.

    Args:
        functions: The functions, of one app.
    """
    lambdas_own = _LambdasOwn(_all_around(functions[0]) if functions else ())
    return [_services_called(function, quotas.VPC_ENDPOINTS.keys(), lambdas_own) for function in functions]


@jsii.implements(constructs.IValidation)
class _Reachability:
    """Finds the functions of a VPC that nothing leads to what they were granted, however late that was."""

    def __init__(self, vpc: ec2.Vpc) -> None:
        self._vpc = vpc
        self.functions: list[tuple[lambda_.FunctionBase, Mapping[str, Any]]] = []

    def validate(self) -> list[str]:
        """What is wrong."""
        isolated = self._vpc.isolated_subnets
        parts = _all_around(self._vpc) if isolated else []
        endpoints = _endpoints(parts, self._vpc)
        if not isolated or endpoints is None:
            return []
        unreached, lambdas_own = _unreached(endpoints), _LambdasOwn(parts)
        found = [
            refusal
            for function in self._functions_in(isolated)
            for refusal in _refusals(function, unreached, lambdas_own)
        ]
        if not found or lambdas_own.is_unknown or _somebody_adds_routes(parts, isolated):
            return []
        return found

    def _functions_in(self, subnets: Sequence[ec2.ISubnet]) -> Iterator[lambda_.FunctionBase]:
        names = {reference(subnet) for subnet in subnets}
        default = self._vpc.select_subnets().subnets
        for function, selection in self.functions:
            # Of subnets that were imported the CDK knows too little to select them.
            chosen = selection.get("subnets") or (
                self._vpc.select_subnets(**selection).subnets if selection else default
            )
            if any(reference(subnet) in names for subnet in chosen or ()):
                yield function


class _LambdasOwn:
    """What Lambda itself calls with functions' roles: it fills destinations, and reads the secrets of sources."""

    def __init__(self, parts: Sequence[IConstruct]) -> None:
        self._parts = parts

    @cached_property
    def _named(self) -> list[tuple[IConstruct, list[object]]]:
        kinds = (lambda_.CfnEventInvokeConfig, lambda_.CfnEventSourceMapping)
        return [
            (part, [value for path in _NAMED for value in _at(part, path)])
            for part in self._parts
            if isinstance(part, kinds)
        ]

    @cached_property
    def _arns(self) -> set[str]:
        return {text for part, named in self._named for spellings in _spellings(part, named) for text in spellings}

    @property
    def is_unknown(self) -> bool:
        """Whether only the template will say what it is."""
        return any(_is_unknown(value) for _, named in self._named for value in named)

    def has(self, arn: Sequence[str]) -> bool:
        """Whether one of the spellings of an ARN is one of them, or something in one."""
        return any(
            text.startswith(own) and text[len(own) : len(own) + 1] in "/:-" for text in arn for own in self._arns
        )


def _spellings(scope: IConstruct, arns: Sequence[object]) -> list[tuple[str, str]]:
    """Each ARN as it is written, which is the same in all stacks, and as the template of a construct has it.

    There are several tokens for one thing, as `secret_arn` and the ARN that `grant_read` writes.
    """
    written = [arn for arn in arns if isinstance(arn, str)]
    resolved: list[Any] = cdk.Stack.of(scope).resolve([[arn] for arn in written]) if written else []
    # Some are left out, as those of the indexes of a table that has none; of one that stands for many, nothing is.
    return [(arn, _text(*as_list(found))) for arn, found in zip(written, resolved, strict=True) if found]


def _text(value: Any) -> str:  # noqa: ANN401 (intrinsic functions)
    match value:
        case str():
            return value
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(map(_text, parts))
        case _:
            return json.dumps(value, sort_keys=True)


def _at(value: object, path: Sequence[str]) -> Iterator[object]:
    """What stands at a path, in each element of a list; what is not known yet, as it is."""
    if isinstance(value, list):
        for element in cast("list[object]", value):
            yield from _at(element, path)
    elif path and not _is_unknown(value):
        yield from _at(member(value, path[0]), path[1:])
    elif value is not None:
        yield value


def _is_unknown(value: object) -> bool:
    """Whether only the template will say what it is."""
    return hasattr(value, "resolve")


def _all_around(construct: IConstruct) -> list[IConstruct]:
    """All that is deployed together with a construct, or refers to it."""
    stage = cdk.Stage.of(construct)
    return [] if stage is None else stage.node.find_all()


def _services_called(function: lambda_.FunctionBase, services: AbstractSet[str], lambdas_own: _LambdasOwn) -> set[str]:
    """Those of some services that a function calls itself in its own Region."""
    found: set[str] = set()
    for statement in _granted(function):
        called = services & statement.services - found
        if called and _other_region(function, statement.resources) is None:
            arns = _spellings(statement.policy, statement.resources)
            if not arns or not all(map(lambdas_own.has, arns)):
                found |= called
    return found


def _called_elsewhere(function: lambda_.FunctionBase, lambdas_own: _LambdasOwn) -> set[tuple[str, str]]:
    """The services that a function calls in other Regions, each with the Region."""
    return {
        (service, region)
        for statement in _granted(function)
        for service in statement.services & quotas.VPC_ENDPOINTS.keys()
        if (region := _other_region(function, statement.resources)) is not None
        and not all(map(lambdas_own.has, _spellings(statement.policy, statement.resources)))
    }


class _Granted(NamedTuple):
    policy: iam.Policy
    services: set[str]
    """What it lets a function call, as actions begin."""
    resources: list[str]


def _granted(function: lambda_.FunctionBase) -> Iterator[_Granted]:
    role = function.role
    policy = None if role is None else role.node.try_find_child("DefaultPolicy")
    if not isinstance(policy, iam.Policy):
        return
    document: dict[str, Any] = policy.document.to_json() or {}
    for statement in as_list(document.get("Statement")):
        if statement["Effect"] == "Allow":
            actions = {str(action).lower() for action in as_list(statement.get("Action"))}
            services = {action.partition(":")[0] for action in actions - _POLLING}
            yield _Granted(policy, services, as_list(statement.get("Resource")))


def _other_region(function: lambda_.FunctionBase, arns: Sequence[str]) -> str | None:
    """The Region of all of some ARNs, where it is known to be another than the function's."""
    regions = {match[1] if (match := _REGION.match(arn)) else None for arn in arns}
    region = regions.pop() if len(regions) == 1 else None
    if region is None:
        return None
    return region if is_known_to_differ(cdk.Stack.of(function).region, region) else None


def _unreached(endpoints: set[str]) -> set[str]:
    """The services without an endpoint. One like it (`sqs-fips`, `bedrock-agent-runtime`) may lead there too."""
    return {
        service
        for service, name in quotas.VPC_ENDPOINTS.items()
        if not any(endpoint.startswith((name, service)) for endpoint in endpoints)
    }


def _endpoints(parts: Sequence[IConstruct], vpc: ec2.Vpc) -> set[str] | None:
    """The services that have an endpoint in a VPC; None where that is not known."""
    own = vpc.vpc_id
    others = {part.ref for part in parts if isinstance(part, ec2.CfnVPC)} - {own}
    services: set[str] = set()
    for part in parts:
        if isinstance(part, ec2.CfnVPCEndpoint) and part.vpc_id not in others:
            service = _service_of(part)
            if service is None:
                return None
            services.add(service)
    return services


def _service_of(endpoint: ec2.CfnVPCEndpoint) -> str | None:
    """The last word of `com.amazonaws.us-east-1.sqs`; None where it is only known at deployment."""
    match cdk.Stack.of(endpoint).resolve(endpoint.service_name):
        case str(text) | {"Fn::Join": ["", [*_, str(text)]]} | {"Fn::Sub": str(text)} if not text.endswith("}"):
            return text.rpartition(".")[2]
        case _:
            return None


def _somebody_adds_routes(parts: Sequence[IConstruct], isolated: Sequence[ec2.ISubnet]) -> bool:
    """Whether a route, which is none of other subnets' own, may lead out of isolated subnets."""
    own = {subnet.route_table.route_table_id for subnet in isolated}
    others = {part.ref for part in parts if isinstance(part, ec2.CfnRouteTable)} - own
    return any(table not in others for part in parts for table in _tables_with_routes(part))


def _tables_with_routes(part: IConstruct) -> Sequence[str]:
    if isinstance(part, (ec2.CfnRoute, ec2.CfnRouteServerPropagation)):
        return [part.route_table_id]
    if isinstance(part, ec2.CfnVPNGatewayRoutePropagation):
        return part.route_table_ids
    # Written as a resource of any type.
    return ["unknown"] if type(part) is cdk.CfnResource and part.cfn_resource_type.startswith("AWS::EC2::") else ()


def _is_acknowledged(function: lambda_.FunctionBase) -> bool:
    """Whether somebody knows better, and said why: of the function, or of something that it is part of."""
    return any(
        entry.type == _ACKNOWLEDGED and _RULE in cast("Mapping[str, str]", entry.data)
        for scope in function.node.scopes
        for entry in scope.node.metadata
    )


def _refusals(function: lambda_.FunctionBase, unreached: AbstractSet[str], lambdas_own: _LambdasOwn) -> Iterator[str]:
    """The texts of ValidationErrors, as the CDK gathers texts before it raises its own."""
    here = _services_called(function, unreached, lambdas_own)
    elsewhere = _called_elsewhere(function, lambdas_own)
    if not (here or elsewhere) or _is_acknowledged(function):
        return
    path = function.node.path
    if here:
        missing = sorted(quotas.VPC_ENDPOINTS[service] for service in here)
        error = ValidationError(
            "'vpc' must lead from isolated subnets to what the function was granted: calls to anything else hang until "
            f"its timeout, got no endpoint for {', '.join(missing)}; add it, as add_endpoints_for(function) of a "
            "FunctionVpc does after the grants, or where something else leads there acknowledge "
            f"{_RULE} with the reason",
            code="ServiceUnreachable",
            path=path,
        )
        yield str(error)
    if elsewhere:
        regions = sorted(f"{quotas.VPC_ENDPOINTS[service]} of {region}" for service, region in elsewhere)
        error = ValidationError(
            "'vpc' must lead from isolated subnets to what the function was granted: endpoints lead to their own "
            f"Region alone, got {', '.join(regions)}; let the subnets out, as nat_gateways=1 of a FunctionVpc does, "
            f"or where something else leads there acknowledge {_RULE} with the reason",
            code="ServiceInOtherRegion",
            path=path,
        )
        yield str(error)
