"""What all event source mappings have in common: batches, pollers, and the limits on both.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.durations import in_seconds
from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.quotas import Quota
    from cdk_lambda_patterns.validation import Where


@dataclass(frozen=True, kw_only=True)
class ProvisionedPollers:
    """Event pollers that stand ready, for sources with sudden traffic. Each is paid for while it runs."""

    minimum: int | None = None
    """How many always run.

    Default: - the service's, 2 for SQS and 1 for Kafka.
    """
    maximum: int | None = None
    """How many run at most.

    Default: - the service's, 200.
    """

    def checked(self, where: Where, minimum: Quota, maximum: Quota) -> lambda_.ProvisionedPollerConfig:
        """The CDK's configuration, within a source's limits.

        Raises:
            ValidationError: Outside the limits, or more at least than at most.
        """
        where.within("provisioned_pollers", self.minimum, minimum)
        where.within("provisioned_pollers", self.maximum, maximum)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            where.refuse(
                "provisioned_pollers",
                f"must not have a minimum above their maximum, {self.maximum}",
                got=self.minimum,
                fix="swap them, or raise the maximum",
                code="PollersMinimumAboveMaximum",
            )
        return lambda_.ProvisionedPollerConfig(minimum_pollers=self.minimum, maximum_pollers=self.maximum)


def check_batch(
    where: Where,
    *,
    batch_size: int | None,
    batch_quota: Quota,
    window: cdk.Duration | None,
    window_above: int | None = None,
) -> float | None:
    """Refuse batches and windows that the source does not know; return the window in seconds if it is known.

    Args:
        where: The construct.
        batch_size: Records in one invocation.
        batch_quota: The source's limit on them.
        window: How long records are gathered.
        window_above: From more than how many records on the source demands a window.
    """
    where.within("batch_size", batch_size, batch_quota)
    gathered = in_seconds(window)
    where.within("max_batching_window", gathered, quotas.BATCHING_WINDOW)
    at_once = window is None or gathered == 0
    large = (
        window_above is not None and batch_size is not None and not is_token(batch_size) and batch_size > window_above
    )
    if large and at_once:
        where.refuse(
            "batch_size",
            f"must be at most {window_above} without a batching window",
            got=batch_size,
            fix="give 'max_batching_window' at least one second",
            code="BatchNeedsWindow",
        )
    return gathered


def check_max_concurrency(
    where: Where, function: WellArchitectedFunction, max_concurrency: int | None, quota: Quota
) -> None:
    """Refuse a maximum outside the source's limits, or above what is reserved for the function.

    Args:
        where: The construct.
        function: The function that polls.
        max_concurrency: How many of its executions the source may use at once.
        quota: The source's limit.
    """
    where.within("max_concurrency", max_concurrency, quota)
    reserved = function.reserved_concurrency
    if max_concurrency is None or is_token(max_concurrency) or reserved is None or max_concurrency <= reserved:
        return
    where.refuse(
        "max_concurrency",
        f"must be at most {reserved:g}, the function's reserved concurrency",
        got=max_concurrency,
        fix="lower it, or reserve more: what is throttled between the two is received again and again until it is lost",
        code="MaxConcurrencyAboveReserved",
    )
