"""What edges are limited to, and whether what enters a node can leave it by another edge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from .addresses import is_known


@dataclass(frozen=True, slots=True)
class Notification:
    """The objects of a bucket that are told of."""

    prefix: str = ""
    suffix: str = ""
    """Unknown parts as `addresses.flat` marks them."""
    events: tuple[str, ...] = ("s3:ObjectCreated:*",)

    def __str__(self) -> str:
        return f"{self.prefix}*{self.suffix}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The objects of a bucket that may be written."""

    pattern: str = "*"
    actions: frozenset[str] = frozenset({"s3:putobject"})

    def __str__(self) -> str:
        return self.pattern


@dataclass(frozen=True, slots=True)
class Pattern:
    """The events of a bus that a rule takes. None takes any."""

    sources: tuple[str, ...] | None = None
    detail_types: tuple[str, ...] | None = None
    exact: bool = True
    """Whether that is all the pattern says; if not, it takes fewer."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The events that may be put on a bus. None is any."""

    sources: tuple[str, ...] | None = None
    detail_types: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """Some of what arrives, by a filter that the templates do not let us decide."""

    what: str


Scope: TypeAlias = Notification | Keys | Pattern | Sent | Filtered


def continues(entering: Scope | None, leaving: Scope | None) -> bool | None:
    """Whether something that enters a node may leave it again; None if that cannot be told."""
    if isinstance(leaving, Filtered) or isinstance(entering, Filtered):
        return None
    if isinstance(leaving, Notification):
        return keys_meet(entering if isinstance(entering, Keys) else Keys(), leaving)
    if isinstance(leaving, Pattern):
        return events_meet(entering if isinstance(entering, Sent) else Sent(), leaving)
    return True


# The events of S3 that an action causes.
_CAUSES = {
    "s3:putobject": ("ObjectCreated",),
    "s3:deleteobject": ("ObjectRemoved",),
    "s3:putobjecttagging": ("ObjectTagging",),
    "s3:putobjectacl": ("ObjectAcl",),
    "s3:restoreobject": ("ObjectRestore",),
}


def keys_meet(written: Keys, told: Notification) -> bool | None:
    """Whether an object that may be written is one that is told of."""
    caused = {event for action in written.actions for event in _CAUSES.get(action, ())}
    # Deleting what was deleted ends by itself; only what makes the event again makes a loop.
    if not any(event in told_of for event in caused for told_of in told.events):
        return False
    if not (is_known(told.prefix) and is_known(told.suffix)):
        return None
    known = is_known(written.pattern)
    pattern = re.sub("[\0\1][^\0\1]*[\0\1]", "*", written.pattern)
    head = re.split(r"[*?]", pattern, maxsplit=1)[0]
    tail = re.split(r"[*?]", pattern)[-1]
    if head == pattern:  # one key
        meets = pattern.startswith(told.prefix) and pattern.endswith(told.suffix)
    else:
        meets = (head.startswith(told.prefix) or told.prefix.startswith(head)) and (
            tail.endswith(told.suffix) or told.suffix.endswith(tail)
        )
    return meets if known or not meets else None


def events_meet(sent: Sent, taken: Pattern) -> bool | None:
    """Whether an event that may be sent is one that is taken."""
    if taken.sources and all(source.startswith("aws.") for source in taken.sources):
        return False  # only AWS itself may send those
    for may_send, takes in ((sent.sources, taken.sources), (sent.detail_types, taken.detail_types)):
        if may_send is not None and takes is not None and not set(may_send) & set(takes):
            return False
    limited = sent.sources is not None or sent.detail_types is not None
    takes_all = taken.sources is None and taken.detail_types is None
    return True if taken.exact and (limited or takes_all) else None
