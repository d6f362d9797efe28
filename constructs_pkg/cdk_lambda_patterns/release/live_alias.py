"""Who has a say over a function's `live` alias: constructs that cannot work on it together find each other here."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where


class Claim(Enum):
    """What a construct does with the alias."""

    SHIFTS_TRAFFIC = "shifts its traffic between two versions by weights"
    PROVISIONS = "keeps a fixed number of its environments ready"
    SCALES = "changes how many of its environments are kept ready"


class _Owner(NamedTuple):
    path: str
    most: float | None
    """For what is kept ready: how many environments at most. None where that is only known at deployment."""


_owners: WeakKeyDictionary[WellArchitectedFunction, dict[Claim, _Owner]] = WeakKeyDictionary()


def claim(where: Where, function: WellArchitectedFunction, what: Claim, *, most: float | None = None) -> None:
    """Have a say over the alias, unless somebody has one that it does not go together with.

    While an alias has weights, Lambda refuses every change of its provisioned concurrency: scaling would fail in the
    middle of a release. Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html

    Args:
        where: The construct.
        function: The function.
        what: What the construct does with the alias.
        most: For what is kept ready: how many environments at most.
            Default: - only known at deployment.

    Raises:
        ValidationError: Two constructs keep environments ready, or one scales them while another shifts traffic.
    """
    owners = _owners.setdefault(function, {})
    for other, owner in owners.items():
        if what is not Claim.SHIFTS_TRAFFIC and other is not Claim.SHIFTS_TRAFFIC:
            where.refuse(
                "function",
                "must have one owner of what is kept ready: of two, each would undo the other's",
                got=f"{owner.path}, which {other.value}",
                fix="merge them: a schedule is one of its 'seasons'",
                code="ProvisionedTwice",
            )
        if {what, other} == {Claim.SHIFTS_TRAFFIC, Claim.SCALES}:
            where.refuse(
                "function",
                "must not be scaled while its traffic is shifted: Lambda refuses to change provisioned concurrency of "
                "an alias with weights",
                got=f"{owner.path}, which {other.value}",
                fix="provide a fixed 'concurrency', or release all at once",
                code="ScaledWhileShifting",
            )
    owners[what] = _Owner(where.path, most)


def kept_ready(function: WellArchitectedFunction) -> float | None:
    """How many environments are kept ready at most: 0 without any, None where that is only known at deployment."""
    owners = _owners.get(function, {})
    return next((owner.most for what, owner in owners.items() if what is not Claim.SHIFTS_TRAFFIC), 0)
