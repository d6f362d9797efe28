"""Whether two objects of Python stand for the same construct.

What Node made itself (a role, the app of a stack that was given none) is a new object of Python each time it is asked
for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import IConstruct


def reference(construct: object) -> str:
    """What jsii calls a construct: one name for each, as long as the process runs.

    Args:
        construct: The construct.
    """
    return str(getattr(construct, "__jsii_ref__").ref)  # noqa: B009 (name-mangled otherwise)


def in_one_stack(construct: IConstruct, other: IConstruct) -> bool:
    """Whether two constructs are defined in the same stack.

    Args:
        construct: The one.
        other: The other.
    """
    return reference(cdk.Stack.of(construct)) == reference(cdk.Stack.of(other))
