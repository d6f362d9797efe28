"""Execution environments of a function that stand ready, so that callers meet no cold start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, cast
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_applicationautoscaling as autoscaling, aws_codedeploy as codedeploy, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function, require_type
from cdk_lambda_patterns.function.given import given_list
from cdk_lambda_patterns.function.schedule_expressions import check_schedule, check_time_zone
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .environments import require_same_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_DIMENSION = "lambda:function:ProvisionedConcurrency"
_UTILIZATION = "LambdaProvisionedConcurrencyUtilization"
_ONE_OWNER = "must have one owner of what is kept ready: of two, each would undo the other's"
SCALED_BY_CDK = "AliasScaling"
"""What the CDK calls what `Alias.add_auto_scaling` defines."""
ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
"""CodeDeploy's configuration that leaves an alias without weights."""


@dataclass(frozen=True, kw_only=True)
class Season:
    """From a moment on, that comes again or comes once, how many environments are kept ready."""

    schedule: str
    """When it begins: `cron(0 7 ? * MON-FRI *)`, or once, `at(2027-11-26T06:00:00)`. It lasts until another begins.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
    """
    minimum: int
    """How many at least. With a maximum of 0 too, none."""
    maximum: int
    """How many at most."""


class ProvisionedConcurrency(Construct):
    """Keeps execution environments of a function's `live` alias ready, so that callers meet no cold start.

    A fixed number, or a number that follows the load between a minimum and a maximum, or both ends by the season of the
    day, the week or the year. They are paid for while they stand ready. An alarm tells when they have not been enough
    for a while.

    On `live` they move on to the new version with each release. A function has one such construct.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
    """

    scalable_target: autoscaling.CfnScalableTarget | None
    """What is scaled, with its seasons. None for a fixed number."""

    scaling_policy: autoscaling.CfnScalingPolicy | None
    """How it follows the load. None where there is nothing between a minimum and a maximum."""

    most: float | None
    """How many are kept ready at most. None where that is only known at deployment."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `Spillover`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        concurrency: int | None = None,
        minimum: int | None = None,
        maximum: int | None = None,
        target_utilization: float | None = None,
        seasons: Sequence[Season] = (),
        time_zone: str = "UTC",
    ) -> None:
        """Keep environments ready: give `concurrency`, or `minimum` and `maximum`.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function. What it reserves must be enough for the maximum.
            concurrency: How many, all the time; 1 or more.
                Default: - as many as the load asks for.
            minimum: How many at least, while no season has begun.
                Default: - 1, if `maximum` is given.
            maximum: How many at most, while no season has begun.
                Default: - `concurrency` is given.
            target_utilization: The share in use from which on more are started, 0.1 to 0.9.
                Default: - 0.7, see `practices.PROVISIONED_UTILIZATION`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
            seasons: When other minimums and maximums begin.
                Default: - the same all the time.
            time_zone: The time zone of the seasons, as `Europe/Zurich`; daylight saving is followed.
                Default: UTC

        Raises:
            ValidationError: A fixed number and a range at once, or neither; a minimum above its maximum; more than the
                function reserves; a function with SnapStart, isolated tenants or managed instances; a second one for
                the same function; or scaling beside a release that shifts traffic.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_same_environment(where, "function", [function], ProvisionedConcurrency.__name__)
        _check_features(where, function)
        begin = given_list(where, "seasons", seasons)
        if concurrency is None:
            minimum, maximum = _check_range(where, minimum, maximum)
            where.within("target_utilization", target_utilization, quotas.PROVISIONED_UTILIZATION)
            _check_seasons(where, begin, time_zone)
            most = [maximum, *(season.maximum for season in begin)]
        else:
            scaled = {"minimum": minimum, "maximum": maximum, "target_utilization": target_utilization}
            _check_fixed(where, concurrency, {**scaled, "seasons": begin or None})
            most = [concurrency]
        for amount in most:
            _check_reserved(where, function, amount)
        _check_owner(where, function, scales=concurrency is None)
        alias = cast("lambda_.CfnAlias", function.live.node.default_child)
        _check_weights(where, alias)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        self.most = None if any(map(is_token, most)) else max(most)
        _owners[function] = self
        self.node.add_validation(_Alone(where, function.live, scales=concurrency is None))
        self.scalable_target = self.scaling_policy = None
        if concurrency is not None:
            alias.provisioned_concurrency_config = lambda_.CfnAlias.ProvisionedConcurrencyConfigurationProperty(
                provisioned_concurrent_executions=concurrency
            )
        elif minimum is not None and maximum is not None:
            function.autoscaled_by = self
            self.scalable_target = _define_target(self, function, (minimum, maximum), begin, time_zone)
            if any(low != high for low, high in [(minimum, maximum), *((s.minimum, s.maximum) for s in begin)]):
                self.scaling_policy = _define_policy(self, self.scalable_target, target_utilization)
        self.alarms = {"Spillover": _spillover_alarm(self, function)}
        if self.most is not None and self.most == function.reserved_concurrency:
            _warn_of_nothing_left(self, function)


_owners: WeakKeyDictionary[WellArchitectedFunction, ProvisionedConcurrency] = WeakKeyDictionary()


def provisioned_concurrency_of(function: WellArchitectedFunction) -> ProvisionedConcurrency | None:
    """What keeps environments of a function ready, if anything does.

    Args:
        function: The function.
    """
    return _owners.get(function)


@jsii.implements(constructs.IValidation)
class _Alone:
    """Finds what else came to the alias, whenever it came there."""

    def __init__(self, where: Where, alias: lambda_.Alias, *, scales: bool) -> None:
        self._where = where
        self._alias = alias
        self._scales = scales

    def validate(self) -> list[str]:
        """What is wrong."""
        try:
            _check_alone(self._where, self._alias.node, scales=self._scales)
        except ValidationError as error:  # the CDK gathers texts before it raises its own
            return [str(error)]
        return []


def _check_alone(where: Where, alias: constructs.Node, *, scales: bool) -> None:
    resource = cast("lambda_.CfnAlias", alias.default_child)
    other = None
    if alias.try_find_child(SCALED_BY_CDK) is not None:
        other = "live.add_auto_scaling(...)"
    elif scales and resource.provisioned_concurrency_config is not None:
        other = "a fixed number on 'live'"
    if other is not None:
        where.refuse("function", _ONE_OWNER, got=f"{other} too", fix="leave it out", code="ProvisionedTwice")
    _check_weights(where, resource)


def _check_owner(where: Where, function: WellArchitectedFunction, *, scales: bool) -> None:
    owner = provisioned_concurrency_of(function)
    if owner is not None:
        where.refuse(
            "function",
            _ONE_OWNER,
            got=f"a function that {owner.node.path} keeps ready",
            fix="merge them: other numbers at other times are its 'seasons'",
            code="ProvisionedTwice",
        )
    release = function.gradual_release
    if scales and isinstance(release, codedeploy.LambdaDeploymentGroup):
        config = release.deployment_config.deployment_config_name
        if config != ALL_AT_ONCE:
            where.refuse(
                "function",
                "must not be scaled while its traffic is shifted: Lambda refuses to change provisioned concurrency of "
                "an alias with weights",
                got=f"a function that {release.node.path} releases",
                fix="give a fixed 'concurrency', or release with ReleasePlan.all_at_once()",
                code="ReleaseWeightsAutoscaled",
            )


def _check_weights(where: Where, alias: lambda_.CfnAlias) -> None:
    if alias.routing_config is not None:
        where.refuse(
            "function",
            "must have all of its traffic on one version: of an alias with weights Lambda keeps nothing ready",
            got="'live' with a routing configuration",
            fix="leave the weights to a GradualRelease",
            code="ProvisionedBesideWeights",
        )


def _check_features(where: Where, function: WellArchitectedFunction) -> None:
    features = function.features
    if features.snap_start:
        _refuse(where, "SnapStart", "its snapshots make starts short already", "ProvisionedBesideSnapStart")
    if features.tenant_isolation:
        _refuse(where, "isolated tenants", "nobody knows which tenant would come", "ProvisionedBesideTenants")
    resource = cast("lambda_.CfnFunction", function.node.default_child)
    if resource.capacity_provider_config is not None:
        _refuse(
            where,
            "managed instances",
            "they always run: set how many environments with the capacity provider",
            "ProvisionedBesideManagedInstances",
        )


def _refuse(where: Where, feature: str, why: str, code: str) -> NoReturn:
    where.refuse(
        "function",
        "must be one whose environments Lambda can keep ready",
        got=f"one with {feature}",
        fix=f"leave one of the two out; {why}",
        code=code,
    )


def _check_fixed(where: Where, concurrency: int, scaled: Mapping[str, object]) -> None:
    for name, given in scaled.items():
        if given is not None:
            where.refuse(
                "concurrency",
                f"must be left out where '{name}' is given: each deployment would set back what scaling has set",
                got=concurrency,
                fix="give either of them",
                code="FixedAndScaled",
            )
    where.within("concurrency", concurrency, quotas.PROVISIONED_CONCURRENCY)


def _check_range(where: Where, minimum: int | None, maximum: int | None) -> tuple[int, int]:
    if maximum is None:
        where.refuse(
            "maximum",
            "must be given where the number of environments is not fixed",
            got="nothing" if minimum is None else f"a minimum of {minimum} alone",
            fix="give a 'maximum', or a fixed 'concurrency'",
            code="MaximumMissing",
        )
    if minimum is None:
        where.within("maximum", maximum, quotas.SCALED_CONCURRENCY)
        minimum = 1 if is_token(maximum) else min(1, maximum)
    _check_ends(where, minimum, maximum)
    return minimum, maximum


def _check_ends(where: Where, minimum: int, maximum: int, prefix: str = "") -> None:
    where.required_within(f"{prefix}minimum", minimum, quotas.SCALED_CONCURRENCY)
    where.required_within(f"{prefix}maximum", maximum, quotas.SCALED_CONCURRENCY)
    if is_token(minimum) or is_token(maximum):
        return
    if minimum > maximum:
        where.refuse(
            f"{prefix}minimum",
            f"must not be above the maximum, {maximum}",
            got=minimum,
            fix="swap them, or raise the maximum",
            code="MinimumAboveMaximum",
        )
    if minimum == 0 < maximum:
        where.refuse(
            f"{prefix}minimum",
            "must be at least 1 where more may be started: what is not there has no utilization, so none would be",
            got=minimum,
            fix="give 1, or a 'maximum' of 0 too",
            code="ScaledFromZero",
        )


def _check_seasons(where: Where, seasons: Sequence[Season], time_zone: str) -> None:
    check_time_zone(where, time_zone)
    for index, season in enumerate(seasons):
        require_type(where, f"seasons[{index}]", season, "__dataclass_fields__", "Season")
        if not is_token(season.schedule):
            check_schedule(where, season.schedule)
        _check_ends(where, season.minimum, season.maximum, prefix=f"seasons[{index}].")


def _check_reserved(where: Where, function: WellArchitectedFunction, most: float) -> None:
    reserved = function.reserved_concurrency
    if reserved is not None and not is_token(most) and most > reserved:
        where.refuse(
            "function",
            f"must reserve at least the {most:g} environments that are kept ready",
            got=f"{reserved:g} reserved",
            fix="raise its 'reserved_concurrent_executions', or keep fewer ready",
            code="ProvisionedAboveReserved",
        )


def _warn_of_nothing_left(scope: Construct, function: WellArchitectedFunction) -> None:
    cdk.Annotations.of(scope).add_warning_v2(
        "cdk-lambda-patterns:allReservedKeptReady",
        f"all that {function.node.path} reserves may be kept ready for 'live': until it leads to a new version, "
        "nothing is left to try that version with, as a smoke test does. Reserve a few more",
    )


def _define_target(
    scope: Construct,
    function: WellArchitectedFunction,
    ends: tuple[float, float],
    seasons: Sequence[Season],
    time_zone: str,
) -> autoscaling.CfnScalableTarget:
    """Without a role: Application Auto Scaling makes the one that is linked to it."""
    resource = autoscaling.CfnScalableTarget
    return resource(
        scope,
        "Target",
        service_namespace="lambda",
        scalable_dimension=_DIMENSION,
        resource_id=f"function:{function.live.function_name}",
        min_capacity=ends[0],
        max_capacity=ends[1],
        scheduled_actions=[
            resource.ScheduledActionProperty(
                scheduled_action_name=f"Season{index}",
                schedule=season.schedule,
                timezone=time_zone,
                scalable_target_action=resource.ScalableTargetActionProperty(
                    min_capacity=season.minimum, max_capacity=season.maximum
                ),
            )
            for index, season in enumerate(seasons)
        ]
        or None,
    )


def _define_policy(
    scope: Construct, target: autoscaling.CfnScalableTarget, utilization: float | None
) -> autoscaling.CfnScalingPolicy:
    resource = autoscaling.CfnScalingPolicy
    return resource(
        scope,
        "Policy",
        policy_name="Utilization",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration=resource.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=practices.PROVISIONED_UTILIZATION if utilization is None else utilization,
            predefined_metric_specification=resource.PredefinedMetricSpecificationProperty(
                predefined_metric_type=_UTILIZATION
            ),
        ),
    )


def _spillover_alarm(scope: Construct, function: WellArchitectedFunction) -> cloudwatch.CfnAlarm:
    return define_alarm(
        scope,
        "SpilloverAlarm",
        metric=("AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations", "Sum"),
        dimensions=function.live_dimensions,
        threshold=practices.SPILLOVER_ALARM_THRESHOLD,
        periods=practices.SPILLOVER_ALARM_PERIODS,
        text="Invocations find no environment ready and wait for a cold start. Keep more ready, or have the season "
        "begin earlier.",
        actions=function.alarm_actions,
    )
