"""What the tests of the function have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2, aws_lambda as lambda_

from cdk_lambda_patterns import WellArchitectedFunction
from tests.refusals import refusal

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns import ValidationError
    from cdk_lambda_patterns.testing import Template

CODE = "def handler(event, context): ..."


def define(scope: Construct, construct_id: str = "Function", /, **options: Any) -> WellArchitectedFunction:  # noqa: ANN401
    """A function with inline code."""
    given: dict[str, Any] = {"code": lambda_.Code.from_inline(CODE), "handler": "index.handler", **options}
    return WellArchitectedFunction(scope, construct_id, **given)


def instances(stack: cdk.Stack, **options: Any) -> lambda_.CapacityProvider:  # noqa: ANN401
    """Instances that Lambda manages, in a network from elsewhere."""
    groups: list[Any] = [ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")]
    subnets: list[Any] = [ec2.Subnet.from_subnet_id(stack, "Subnet", "subnet-1")]
    return lambda_.CapacityProvider(stack, "Provider", subnets=subnets, security_groups=groups, **options)


def stacks_in(app: cdk.App, **other: str) -> tuple[cdk.Stack, cdk.Stack]:
    """Two stacks, `In0` and `In1`, of which the second has another account or Region."""
    here = {"account": "111111111111", "region": "eu-west-1"}
    first, second = cdk.Environment(**here), cdk.Environment(**(here | other))
    return cdk.Stack(app, "In0", env=first), cdk.Stack(app, "In1", env=second)


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def only(template: Template, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a type."""
    (properties,) = resources(template, kind).values()
    return properties


def the_function(template: Template) -> dict[str, Any]:
    return only(template, "AWS::Lambda::Function")


def statements(template: Template) -> list[dict[str, Any]]:
    """All that roles may do: of their inline policies and of what was granted."""
    inline = [policy for role in resources(template, "AWS::IAM::Role").values() for policy in role.get("Policies", ())]
    policies = [*inline, *resources(template, "AWS::IAM::Policy").values()]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def actions(template: Template) -> set[str]:
    """The names of all that roles may do."""
    return {
        action
        for statement in statements(template)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def refused(scope: Construct, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    """Define a function, which must give one ValidationError with the code and the value received."""
    return refusal(lambda: define(scope, **options), code, got)
