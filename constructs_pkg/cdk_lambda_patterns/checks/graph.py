"""What the event flow is made of: nodes, and what edges say of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from .addresses import External, Node
from .template import Resource
from .values import NONE

if TYPE_CHECKING:
    from .overlaps import Scope
    from .values import Assumptions

FUNCTION = "AWS::Lambda::Function"
ALIAS = "AWS::Lambda::Alias"
VERSION = "AWS::Lambda::Version"


class Kind(StrEnum):
    """What an edge says of its source and target."""

    INVOKES = "invokes"
    POLLS = "is polled by"
    SENDS = "sends to"
    """A service delivers: a bucket to a queue, a topic to a queue, a rule to a bus."""
    MAY_WRITE = "may write to"
    FAILS_TO = "fails to"
    DEAD_LETTERS_TO = "has as its dead-letter queue"
    REDRIVES_TO = "is sent back to"
    """A dead-letter queue to the queue that its messages are moved to by a schedule."""
    ASSUMES = "assumes"
    READS_SECRET = "reads secret"  # noqa: S105 - a sentence


class Mode(StrEnum):
    """How a function is started."""

    SYNCHRONOUS = "synchronously"
    ASYNCHRONOUS = "asynchronously"
    POLLED = "by polling"
    EDGE = "at the edge"
    DEPLOYMENT = "by a deployment"
    """By CloudFormation for a custom resource, by CodeDeploy as a hook."""
    DESTINATION = "as a destination"
    NONE = ""


Qualifier: TypeAlias = "Resource | str | None"
"""What an edge leads through: an alias or version as a resource, a name such as `$LATEST`, or None for none at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A statement about two nodes."""

    source: Node
    target: Node
    kind: Kind
    via: Resource
    """The resource that makes it so."""
    mode: Mode = Mode.NONE
    qualifier: Qualifier = None
    scope: Scope | None = None
    """Of what it is limited to: keys, events. None is everything."""
    broad: bool = False
    """Whether it follows only from a grant on everything."""
    when: Assumptions = NONE

    def __str__(self) -> str:
        return f"{label(self.source)} {self.kind} {label(self.target)}"


def label(node: Node) -> str:
    """How a node is called in messages."""
    return node.name if isinstance(node, (Resource, External)) else str(node)
