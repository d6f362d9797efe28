"""Stacks within stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aws_cdk as cdk


def root_stack(stack: cdk.Stack) -> cdk.Stack:
    """The stack that is deployed with a stack in it, or the stack itself where it is not nested.

    Args:
        stack: The stack.
    """
    while (parent := stack.nested_stack_parent) is not None:
        stack = parent
    return stack
