"""Properties of resources that the CDK does not show to Python: what is only decided at synthesis."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import IConstruct


def resolved_property(resource: cdk.IInspectable, name: str) -> object:
    """A property of a resource as it is now. Overrides of the template are not in it.

    Args:
        resource: The resource.
        name: The property, by the CDK's name in JavaScript.
    """
    inspector = cdk.TreeInspector()
    resource.inspect(inspector)
    properties = inspector.attributes["aws:cdk:cloudformation:props"]
    return cast("object", cdk.Stack.of(cast("IConstruct", resource)).resolve(properties.get(name)))
