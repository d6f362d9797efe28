"""What a function is asked to do, and how much of it runs at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from aws_cdk import Duration

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import is_number, shown


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a function is asked to do at its peak: how often, and how long each request takes.

    As many run at once as arrive while one is under way (Little's law: rate x duration), times the headroom. Lambda
    also lets each environment serve ten requests a second at most, however short they are.

        Workload(requests_per_second=200, duration=Duration.millis(120)).concurrency    # 200 x 0.12 x 1.5 = 36

    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    """

    requests_per_second: float
    """How many arrive in a second, at the peak."""
    duration: Duration
    """How long one takes on average, cold starts included."""
    headroom: float = practices.CONCURRENCY_HEADROOM
    """Times what an average second needs, 1 or more: arrivals bunch, and some requests take longer."""

    def __post_init__(self) -> None:
        """Refuse what is no load.

        Raises:
            ValidationError: A rate that is not above 0, no duration, or a headroom below 1.
        """
        if not (is_number(self.requests_per_second) and 0 < self.requests_per_second < math.inf):
            raise ValidationError(
                f"'requests_per_second' must be above 0, got {_shown(self.requests_per_second)}; give the rate at the "
                "peak, as 0.1 for six a minute",
                code="RequestRateOutOfRange",
            )
        if not isinstance(cast("object", self.duration), Duration) or self.duration.is_unresolved():
            raise ValidationError(
                f"'duration' must be an aws_cdk.Duration that is known now, got {_shown(self.duration)}; write for "
                "example Duration.millis(120)",
                code="DurationExpected",
            )
        if not (is_number(self.headroom) and 1 <= self.headroom < math.inf):
            raise ValidationError(
                f"'headroom' must be at least 1, got {_shown(self.headroom)}; 1.5 leaves half as much again for "
                "bunched arrivals",
                code="HeadroomOutOfRange",
            )

    @property
    def seconds(self) -> float:
        """How long one request takes."""
        return self.duration.to_milliseconds(integral=False) / 1_000

    @property
    def concurrency(self) -> int:
        """How many environments it takes at once."""
        at_once = max(self.seconds, 1 / quotas.REQUESTS_PER_ENVIRONMENT)
        # A product such as 100 x 0.07 x 1 is a hair above 7 in floating point, and no reason for an eighth.
        return max(1, math.ceil(round(self.requests_per_second * at_once * self.headroom, 6)))

    def __str__(self) -> str:
        """The sum as it is made, for messages."""
        return f"{self.requests_per_second:g} requests a second x {self.seconds:g} s x {self.headroom:g}"


def _shown(value: object) -> str:
    if is_token(value) or (isinstance(value, Duration) and value.is_unresolved()):
        return "a token"
    return f"{value:g}" if is_number(value) else shown(value)
