"""How traffic shifts from one version to another: deployment configurations, as steps.

Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html#deployment-configurations-predefined-lambda
"""

from __future__ import annotations

from typing import NamedTuple

from ..support.emulator import Record, part

_ALL = 100


class Step(NamedTuple):
    """One of the shares that the new version has in turn."""

    share: float
    """Of the invocations, 0 to 1."""
    minutes: int
    """How long it stays so."""


def all_at_once() -> Record:
    """The routing that shifts everything in one step."""
    return {"type": "AllAtOnce"}


def canary(percentage: int, minutes: int) -> Record:
    """The routing that shifts some, waits, and shifts the rest."""
    return {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"canaryPercentage": percentage, "canaryInterval": minutes},
    }


def linear(percentage: int, minutes: int) -> Record:
    """The routing that shifts as much again and again."""
    return {
        "type": "TimeBasedLinear",
        "timeBasedLinear": {"linearPercentage": percentage, "linearInterval": minutes},
    }


PREDEFINED: dict[str, Record] = {
    "CodeDeployDefault.LambdaAllAtOnce": all_at_once(),
    **{f"CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes": canary(10, minutes) for minutes in (5, 10, 15, 30)},
    "CodeDeployDefault.LambdaLinear10PercentEvery1Minute": linear(10, 1),
    **{f"CodeDeployDefault.LambdaLinear10PercentEvery{minutes}Minutes": linear(10, minutes) for minutes in (2, 3, 10)},
}
"""The routings that every account has, by the name of their deployment configuration."""


def steps(routing: Record) -> list[Step]:
    """The shares that the new version gets, and for how long; the last is all, and stays.

    Args:
        routing: A `trafficRoutingConfig`.

    Raises:
        ValueError: It is of no type that Lambda has.
    """
    everything = Step(1.0, 0)
    match routing.get("type"):
        case "AllAtOnce":
            return [everything]
        case "TimeBasedCanary":
            settings = part(routing, "timeBasedCanary")
            return [Step(int(settings["canaryPercentage"]) / _ALL, int(settings["canaryInterval"])), everything]
        case "TimeBasedLinear":
            settings = part(routing, "timeBasedLinear")
            # A template may have numbers as text.
            percentage, interval = int(settings["linearPercentage"]), int(settings["linearInterval"])
            return [*(Step(percent / _ALL, interval) for percent in range(percentage, _ALL, percentage)), everything]
        case other:
            raise ValueError(f"traffic is not routed by {other}")
