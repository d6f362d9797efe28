from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_lambda_patterns.function.resolved_property import resolved_property
from tests.function.support import define

if TYPE_CHECKING:
    import aws_cdk as cdk


def test_is_what_it_is_when_it_is_asked_for(stack: cdk.Stack) -> None:
    function = define(stack)
    resource: Any = function.node.default_child
    function.add_environment("STACK", stack.stack_id)

    assert resolved_property(resource, "environment") == {"variables": {"STACK": {"Ref": "AWS::StackId"}}}
    assert resolved_property(resource, "layers") is None
