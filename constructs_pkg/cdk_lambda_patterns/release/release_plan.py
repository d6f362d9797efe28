"""How fast a new version takes over the traffic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import require_type
from cdk_lambda_patterns.function.durations import duration_within, seconds
from cdk_lambda_patterns.quotas import Quota
from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import Duration

    from cdk_lambda_patterns.validation import Where

_ALL = 100
_MINUTE = 60
_INTERVAL = Quota(
    code=quotas.RELEASE_TIME.code,
    minimum=_MINUTE * quotas.RELEASE_TIME.minimum,
    maximum=_MINUTE * quotas.RELEASE_TIME.maximum,
    unit="seconds",
    source=quotas.RELEASE_TIME.source,
    fix=quotas.RELEASE_TIME.fix,
)


class Shift(Enum):
    """How traffic is shifted."""

    ALL_AT_ONCE = "AllAtOnce"
    CANARY = "Canary"
    LINEAR = "Linear"


@dataclass(frozen=True, slots=True)
class Steps:
    """A plan whose values were looked at."""

    shift: Shift
    percent: int = _ALL
    """Of the traffic: at first, or in each step."""
    minutes: int = 0
    """From one step to the next."""


DEFAULT = Steps(Shift.CANARY, practices.RELEASE_PERCENT, practices.RELEASE_INTERVAL_SECONDS // _MINUTE)
"""What a release does that was given no plan."""

MADE_WITH = "write ReleasePlan.canary(), .linear() or .all_at_once()"
"""What to do about something else in the place of a plan."""


@dataclass(frozen=True, kw_only=True)
class ReleasePlan:
    """How a `GradualRelease` shifts traffic. Made with `all_at_once`, `canary` or `linear`.

    Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
    """

    shift: Shift
    """In what manner."""
    percent: float = _ALL
    """Of the traffic: at first, or in each step."""
    interval: Duration | None = None
    """From one step to the next. None where there is one step."""

    @classmethod
    def all_at_once(cls) -> ReleasePlan:
        """All traffic in one step, once the hook before it has agreed.

        Nobody watches the new version with a part of the traffic: alarms can end the release only while its hooks run.
        """
        return cls(shift=Shift.ALL_AT_ONCE)

    @classmethod
    def canary(cls, *, percent: float = practices.RELEASE_PERCENT, interval: Duration | None = None) -> ReleasePlan:
        """A part of the traffic at first, and the rest if no alarm has gone off.

        Args:
            percent: The part, 1 to 99.
                Default: 10
                Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
            interval: How long the part is watched, 1 minute to 48 hours, in whole minutes.
                Default: - 5 minutes, see `practices.RELEASE_INTERVAL_SECONDS`.
                Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
        """
        return cls(shift=Shift.CANARY, percent=percent, interval=_or_default(interval))

    @classmethod
    def linear(cls, *, percent: float = practices.RELEASE_PERCENT, interval: Duration | None = None) -> ReleasePlan:
        """The same part of the traffic more in each step.

        Args:
            percent: The part, 1 to 99.
                Default: 10
                Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
            interval: From one step to the next, at least 1 minute, in whole minutes. All steps together may take 48
                hours.
                Default: - 5 minutes, see `practices.RELEASE_INTERVAL_SECONDS`.
                Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
        """
        return cls(shift=Shift.LINEAR, percent=percent, interval=_or_default(interval))

    def steps(self, where: Where) -> Steps:
        """The plan's values, looked at.

        Args:
            where: The release.

        Raises:
            ValidationError: A value that CodeDeploy does not take, or that is only known at deployment.
        """
        require_type(where, "shift", self.shift, Shift.ALL_AT_ONCE.name, Shift.__name__, fix=MADE_WITH)
        if self.shift is Shift.ALL_AT_ONCE:
            return Steps(self.shift)
        where.required_within("percent", self.percent, quotas.RELEASE_PERCENT)
        length = duration_within(where, "interval", self.interval, _INTERVAL, unit="minutes")
        if is_token(self.percent) or length is None:
            where.refuse(
                "plan",
                "must be known when the app is synthesized: equal plans share what CodeDeploy calls a configuration",
                got="a value that is only known at deployment",
                fix="choose the numbers in the app",
                code="ReleasePlanUnresolved",
            )
        if length % _MINUTE:
            where.refuse(
                "interval",
                "must be of whole minutes",
                got=f"{length:g} seconds",
                fix="round it",
                code=quotas.RELEASE_TIME.code,
            )
        steps = Steps(self.shift, int(self.percent), int(length) // _MINUTE)
        if self.shift is Shift.LINEAR:
            further = math.ceil(_ALL / steps.percent) - 1
            where.within("plan", further * steps.minutes, quotas.RELEASE_TIME)
        return steps


def _or_default(interval: Duration | None) -> Duration:
    return seconds(practices.RELEASE_INTERVAL_SECONDS) if interval is None else interval
