"""What the tests of the triggers that poll have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import assertions

from tests.function.support import only, resources

if TYPE_CHECKING:
    from cdk_lambda_patterns.testing import Template

NUMBER = cdk.Token.as_number({"Ref": "Number"})


def the_mapping(template: Template) -> dict[str, Any]:
    """The properties of the one event source mapping."""
    return only(template, "AWS::Lambda::EventSourceMapping")


def alarm(template: Template, metric: str) -> dict[str, Any]:
    """The properties of the one alarm on a metric."""
    (found,) = [
        properties
        for properties in resources(template, "AWS::CloudWatch::Alarm").values()
        if properties["MetricName"] == metric
    ]
    return found


def logical_id(construct: Any) -> str:  # noqa: ANN401
    """The logical id of a construct's resource."""
    resource = construct if isinstance(construct, cdk.CfnResource) else construct.node.default_child
    found: str = cdk.Stack.of(construct).resolve(resource.logical_id)
    return found


def granted(template: Template, *, to: str | None = None) -> dict[str, list[str]]:
    """What was granted: the actions, by the logical id of the resource that they are on, or by its text."""
    found: dict[str, list[str]] = {}
    for properties in resources(template, "AWS::IAM::Policy").values():
        if to is not None and properties["Roles"] != [{"Ref": to}]:
            continue
        for statement in properties["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            for resource in _listed(statement["Resource"]):
                found.setdefault(_name(resource), []).extend(_listed(actions))
    return found


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]


def _name(resource: Any) -> str:  # noqa: ANN401
    match resource:
        case {"Fn::GetAtt": [name, *_]} | {"Ref": name}:
            return str(name)
        case {"Fn::Join": [_, [{"Fn::GetAtt": [name, *_]}, rest]]}:
            return f"{name}{rest}"
        case _:
            return str(resource)


def warnings(stack: cdk.Stack) -> list[tuple[str, str]]:
    """The warnings of a stack's constructs: path and text."""
    found = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())
    return [(message.id, str(message.entry.data)) for message in found]
