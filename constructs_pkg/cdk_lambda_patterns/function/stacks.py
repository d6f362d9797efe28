"""Stacks of constructs, stacks within stacks, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import Construct, IConstruct


def stack_of(construct: Construct) -> cdk.Stack:
    """The stack of a construct. Of a stack, which is its own, Node is not asked.

    Args:
        construct: The construct.
    """
    return construct if isinstance(construct, cdk.Stack) else cdk.Stack.of(construct)


def root_stack(stack: cdk.Stack) -> cdk.Stack:
    """The stack that is deployed with a stack in it, or the stack itself where it is not nested.

    Args:
        stack: The stack.
    """
    while (parent := stack.nested_stack_parent) is not None:
        stack = parent
    return stack


def resources_in(scope: IConstruct, resource_type: str) -> list[IConstruct]:
    """The resources of a type in a construct, also in stages within.

    Node finds them, so that Python need not make an object of each construct there is. One that was defined as a plain
    `CfnResource` is among them.

    Args:
        scope: The construct.
        resource_type: As CloudFormation calls it.
    """
    return cdk.ConstructSelector.resources_of_type(resource_type).select(scope)
