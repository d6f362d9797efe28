"""Stacks of constructs, and stacks within stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import Construct


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
