"""Whether two objects of Python stand for the same construct.

What Node makes and returns is a new object of Python each time, and so is what nobody in Python holds any more.
"""

from __future__ import annotations


def reference(construct: object) -> str:
    """What jsii calls a construct: one name for each, as long as the process runs.

    Args:
        construct: The construct.
    """
    return str(getattr(construct, "__jsii_ref__").ref)  # noqa: B009 (name-mangled otherwise)
