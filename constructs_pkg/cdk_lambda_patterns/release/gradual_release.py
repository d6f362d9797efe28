"""Shifts a function's traffic to a new version, and back if it fails."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch, aws_codedeploy as codedeploy, aws_iam as iam, aws_lambda as lambda_

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.alarms import define_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function, require_type
from cdk_lambda_patterns.function.given import given_list
from cdk_lambda_patterns.function.python_override import python_override
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.function.stacks import stack_of
from cdk_lambda_patterns.quotas import Quota
from cdk_lambda_patterns.tokens import is_known_to_differ
from cdk_lambda_patterns.validation import Where, type_name

from .code_deploy_application import CodeDeployApplication
from .environments import environment_of
from .hook_circles import HookCircles, function_behind
from .release_plan import DEFAULT, MADE_WITH, ReleasePlan, Shift
from .smoke_test_hook import SmokeTestHook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn, TypeAlias

    from aws_cdk.interfaces.aws_cloudwatch import IAlarmRef
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .code_deploy_application import ReleaseRole
    from .release_plan import Steps

    _Hook: TypeAlias = lambda_.IFunction | lambda_.FunctionBase

_LAMBDA = "AWS/Lambda"
# The alarm goes off at its threshold: with 0 it would without an error.
_ERRORS = Quota(
    code="ErrorThresholdOutOfRange",
    minimum=1,
    maximum=math.inf,
    unit="errors in a minute",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
    fix="choose 1 or more, or say 'without_alarms'",
    whole=False,
)
_RULE = "LambdaChecks::ReleaseRollbackAlarms"


class GradualRelease(codedeploy.LambdaDeploymentGroup):
    """Shifts the traffic of a function's `live` alias to each new version, and back if it fails.

    It is the CodeDeploy deployment group. Defines also an alarm on the errors of the new version, and once a stack the
    CodeDeploy application and its role. A release is rolled back when an alarm goes off, a hook says no, or somebody
    stops it.

    The alarm looks at the new version alone, under a name that has its number: what the old version did neither ends
    the release of its repair nor keeps it from beginning.
    """

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms of its own by their names: `ReleaseErrors`, on the function too. None with `without_alarms`."""

    smoke_test: SmokeTestHook | None
    """The hook that tries the new version before it gets traffic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        plan: ReleasePlan | None = None,
        smoke_test: SmokeTestHook | None = None,
        pre_hook: lambda_.IFunction | lambda_.FunctionBase | None = None,
        post_hook: lambda_.IFunction | lambda_.FunctionBase | None = None,
        error_threshold: float = practices.ERRORS_ALARM_THRESHOLD,
        alarms: Sequence[cloudwatch.IAlarm | cloudwatch.AlarmBase | cloudwatch.CfnAlarm] = (),
        without_alarms: str | None = None,
    ) -> None:
        """Define the release.

        Args:
            scope: The construct that this one is part of, in the function's stack.
            construct_id: Its name there.
            function: The function whose `live` alias gets new versions.
            plan: How traffic is shifted.
                Default: - 10 % for 5 minutes, then all: `ReleasePlan.canary()`.
                Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
            smoke_test: What tries the new version before it gets traffic, at the first deployment too.
                Default: - nothing.
            pre_hook: A function of your own that CodeDeploy calls before traffic is shifted. It gets the right to
                answer and to call the new version, and must answer within an hour.
                Default: - none.
                Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
            post_hook: The same after all traffic was shifted.
                Default: - none.
            error_threshold: Errors of the new version in a minute from which on it is rolled back, at least 1.
                Default: 1
            alarms: Further alarms that roll back, up to 9: on what callers see, say. Not on what the old version does.
                Default: - none.
                Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html
            without_alarms: Why nothing shall watch the new version.
                Default: - it is watched.

        Raises:
            ValidationError: A second release of the function, one in another stack, a plan outside CodeDeploy's limits,
                traffic shifted while provisioned concurrency scales, too many alarms, one twice or one of another
                account or Region, two hooks before the traffic, or a hook that is released itself.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        with cdk_refusals(where):
            stack = stack_of(scope)
        steps = _steps(where, plan)
        _check_function(where, function, stack, steps)
        further = given_list(where, "alarms", alarms)
        _check_alarms(where, stack, further, error_threshold, without_alarms)
        before_and_after = {"smoke_test": smoke_test, "pre_hook": pre_hook, "post_hook": post_hook}
        _check_hooks(where, function, stack, before_and_after)

        # 2 derive
        with cdk_refusals(where):
            shared = CodeDeployApplication.of(stack)
        _check_no_hook(where, function, shared)
        own = {} if without_alarms is not None else {"ReleaseErrors": _errors_alarm(function, error_threshold)}

        first = pre_hook if smoke_test is None else smoke_test
        hooks = [cast("lambda_.IFunction", hook) for hook in (first, post_hook) if hook is not None]
        shifting = shared.shift(function, hooks=len(hooks))

        # 3 define
        with cdk_refusals(where):
            super().__init__(
                scope,
                construct_id,
                alias=function.live,
                application=cast("codedeploy.ILambdaApplication", shared.application),
                role=shifting.role,
                deployment_config=shared.config(steps),
                alarms=[*own.values(), *cast("list[cloudwatch.CfnAlarm]", further)],
                auto_rollback=codedeploy.AutoRollbackConfig(stopped_deployment=True),
                pre_hook=cast("lambda_.IFunction | None", first),
                post_hook=cast("lambda_.IFunction | None", post_hook),
            )
        self._where, self._without_alarms = where, without_alarms
        self._further_alarms: list[object] = list(further)
        self.alarms = own
        function.alarms |= own
        function.gradual_release = self
        self.smoke_test = smoke_test

        # 4 connect
        if without_alarms is not None:
            cdk.Validations.of(self).acknowledge(cdk.Acknowledgment(id=_RULE, reason=without_alarms))
        if hooks:
            self._connect_hooks(function, shifting, hooks)
        if smoke_test is not None:
            smoke_test.try_versions_of(function)

    @python_override
    def add_alarm(self, alarm: IAlarmRef) -> None:
        """Roll back by another alarm too.

        Args:
            alarm: The alarm.

        Raises:
            ValidationError: An eleventh alarm, one that is there already, one of another account or Region, or a
                release without alarms.
        """
        further = [*self._further_alarms, alarm]
        stack = stack_of(self._where.scope)
        _check_alarms(self._where, stack, further, practices.ERRORS_ALARM_THRESHOLD, self._without_alarms)
        self._further_alarms = further
        super().add_alarm(alarm)

    @python_override
    def add_pre_hook(self, pre_hook: lambda_.IFunction) -> None:
        """Not for this release: a hook that comes later has not got its rights.

        Args:
            pre_hook: A function.

        Raises:
            ValidationError: Always.
        """
        self._refuse_late("pre_hook", pre_hook)

    @python_override
    def add_post_hook(self, post_hook: lambda_.IFunction) -> None:
        """Not for this release: a hook that comes later has not got its rights.

        Args:
            post_hook: A function.

        Raises:
            ValidationError: Always.
        """
        self._refuse_late("post_hook", post_hook)

    def _refuse_late(self, name: str, hook: lambda_.IFunction) -> NoReturn:
        self._where.refuse(
            name,
            "must be given to the constructor, so that it gets its rights",
            got=hook.node.path,
            fix=f"write GradualRelease(..., {name}=...)",
            code="ReleaseHookLate",
        )

    def _connect_hooks(
        self, function: WellArchitectedFunction, role: ReleaseRole, hooks: list[lambda_.IFunction]
    ) -> None:
        version = function.live_version.function_arn
        for hook in hooks:
            iam.Grant.add_to_principal(grantee=hook, actions=["lambda:InvokeFunction"], resource_arns=[version])
        # Traffic waits for CodeDeploy's right to ask the hooks.
        function.live.node.add_dependency(*role.invoke(self, hooks))
        self.node.add_validation(HookCircles(function, hooks))


def _steps(where: Where, plan: ReleasePlan | None) -> Steps:
    expect_type(where, "plan", plan, "steps", "ReleasePlan", fix=MADE_WITH)
    return DEFAULT if plan is None else plan.steps(where)


def _check_function(where: Where, function: WellArchitectedFunction, stack: cdk.Stack, steps: Steps) -> None:
    if function.gradual_release is not None:
        where.refuse(
            "function",
            "must have one release: CodeDeploy shifts an alias for one deployment group at a time",
            got=f"a function that {function.gradual_release.node.path} releases",
            fix="leave one of them out",
            code="ReleaseExists",
        )
    if not function.is_part_of(stack):
        where.refuse(
            "function",
            "must be in the stack of its release: the alias names the release, and the release the alias",
            got=f"{function.node.path} for a release in {stack.node.path}",
            fix="define the release beside the function",
            code="ReleaseInOtherStack",
        )
    if function.autoscaled_by is not None and steps.shift is not Shift.ALL_AT_ONCE:
        where.refuse(
            "plan",
            "must be ReleasePlan.all_at_once() where provisioned concurrency scales: Lambda refuses to change it while "
            "an alias has weights",
            got=f"{steps.shift.value.lower()} on what {function.autoscaled_by.node.path} scales",
            fix="shift all at once behind a smoke test, or give the concurrency a fixed number",
            code="ReleaseWeightsAutoscaled",
        )


def _check_alarms(
    where: Where,
    stack: cdk.Stack,
    alarms: Sequence[object],
    error_threshold: float,
    without_alarms: str | None,
) -> None:
    if without_alarms is not None:
        where.text("without_alarms", without_alarms)
        if not without_alarms.strip():
            where.refuse(
                "without_alarms",
                "must give a reason",
                got=repr(without_alarms),
                fix="say why nothing shall watch the new version, or leave it out",
                code="ReasonMissing",
            )
        if alarms:
            where.refuse(
                "alarms",
                "must be left out with 'without_alarms'",
                got=f"{len(alarms)} alarms",
                fix="leave one of them out",
                code="ReleaseAlarmsConflict",
            )
    where.within("error_threshold", error_threshold, _ERRORS)
    own = 0 if without_alarms is not None else 1
    where.size("alarms", range(own + len(alarms)), quotas.RELEASE_ALARMS)
    for alarm in alarms:
        require_type(where, "alarms", alarm, "alarm_ref", "aws_cloudwatch.IAlarm")
    references = list(map(reference, alarms))
    for alarm in cast("list[cloudwatch.CfnAlarm]", alarms):
        _check_place(where, stack, alarm)
        if references.count(reference(alarm)) > 1:
            where.refuse(
                "alarms",
                "must name each alarm once",
                got=f"{alarm.node.path} twice",
                fix="leave one of them out",
                code="ReleaseAlarmTwice",
            )


def _check_place(where: Where, stack: cdk.Stack, alarm: cloudwatch.CfnAlarm) -> None:
    other = cdk.Stack.of(alarm)
    if reference(other) == reference(stack):
        return
    for here, there in zip(environment_of(stack), environment_of(other), strict=True):
        if is_known_to_differ(here, there):
            where.refuse(
                "alarms",
                f"must be of {here}, where CodeDeploy looks for their names",
                got=f"{alarm.node.path} of {there}",
                fix="define it where the function is",
                code="ReleaseAlarmInOtherEnvironment",
            )


def _check_hooks(
    where: Where, function: WellArchitectedFunction, stack: cdk.Stack, hooks: Mapping[str, _Hook | None]
) -> None:
    for name, hook in hooks.items():
        expect_type(where, name, hook, "function_arn", "aws_lambda.IFunction")
        behind = cast("object", None if hook is None else function_behind(cast("lambda_.IFunction", hook)))
        if behind is function:
            where.refuse(
                name,
                "must be another function than the one that is released",
                got="the function itself",
                fix="give a function that calls it and answers CodeDeploy",
                code="ReleaseHookIsFunction",
            )
        if hook is not None and reference(hook.stack) != reference(stack):
            where.refuse(
                name,
                "must be in the stack of its release: each must be allowed to call the other",
                got=f"{hook.node.path} for a release in {stack.node.path}",
                fix="define the hook beside the release",
                code="ReleaseHookInOtherStack",
            )
        if getattr(behind, "gradual_release", None) is not None:
            _refuse_released_hook(where, name, cast("_Hook", behind))
    smoke_test = hooks["smoke_test"]
    if smoke_test is None:
        return
    if not isinstance(smoke_test, SmokeTestHook):
        where.refuse(
            "smoke_test",
            "must be of type SmokeTestHook",
            got=type_name(smoke_test),
            fix="give a function of your own as 'pre_hook'",
            code="TypeMismatch",
        )
    if hooks["pre_hook"] is not None:
        where.refuse(
            "pre_hook",
            "must be left out where 'smoke_test' is given: CodeDeploy calls one function before it shifts traffic",
            got="both",
            fix="call the other one from your own hook",
            code="ReleaseHooksConflict",
        )
    _check_smoke_test(where, function, smoke_test)


def _check_no_hook(where: Where, function: WellArchitectedFunction, shared: CodeDeployApplication) -> None:
    if any(map(shared.calls, (function, function.live, function.live_version))):
        _refuse_released_hook(where, "function", function)


def _refuse_released_hook(where: Where, prop: str, hook: _Hook) -> NoReturn:
    where.refuse(
        prop,
        "must not be a hook with a release of its own: CodeDeploy calls the newest code of a hook, whatever its alias "
        "is on",
        got=hook.node.path,
        fix="leave the hook's release out",
        code="ReleaseHookReleased",
    )


def _check_smoke_test(where: Where, function: WellArchitectedFunction, smoke_test: SmokeTestHook) -> None:
    if smoke_test.tested is not None:
        where.refuse(
            "smoke_test",
            "must be a hook of its own: it calls the version of one function",
            got=f"one that tries {smoke_test.tested.node.path}",
            fix="define another SmokeTestHook for this function",
            code="SmokeTestTaken",
        )
    features = function.features
    if features.tenant_isolation:
        where.refuse(
            "smoke_test",
            "must be left out where tenants are isolated: each call names one, and a payload does not",
            got="a hook for a function with isolated tenants",
            fix="call it for a tenant of your own in a 'pre_hook'",
            code="SmokeTestTenants",
        )
    limit = quotas.TIMEOUT
    if features.durable_seconds is not None and not limit.admits(features.durable_seconds):
        where.refuse(
            "smoke_test",
            f"must be left out where executions may take longer than {limit.maximum:,} seconds: nobody waits for them",
            got=f"a hook for executions of {features.durable_seconds:,g} seconds",
            fix="start one, and look at its end, in a 'pre_hook'; or shorten 'execution_timeout'",
            code="SmokeTestDurable",
        )


def _errors_alarm(function: WellArchitectedFunction, threshold: float | None) -> cloudwatch.CfnAlarm:
    """ALARM when the new version fails.

    A new version makes a new alarm, by its name: an alarm that is changed keeps its state, and in ALARM it would end
    the next release before it began.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    version = function.live_version.version
    dimensions = {**function.live_dimensions, "ExecutedVersion": version}
    return define_alarm(
        function,
        "ReleaseErrorsAlarm",
        name=f"{function.live_dimensions['FunctionName']}-release-{version}",
        metric=(_LAMBDA, "Errors", "Sum"),
        dimensions=dimensions,
        threshold=practices.ERRORS_ALARM_THRESHOLD if threshold is None else threshold,
        text="The new version failed: its release is rolled back. Look at the function's log group for the error.",
        actions=(),
    )
