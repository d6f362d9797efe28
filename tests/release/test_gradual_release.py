from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_cloudwatch as cloudwatch,
    aws_codedeploy as codedeploy,
    aws_iam as iam,
    aws_lambda as lambda_,
    aws_sqs as sqs,
)
from constructs import Construct

from cdk_lambda_patterns import (
    ContainerImage,
    GradualRelease,
    ProvisionedConcurrency,
    ReleasePlan,
    SmokeTestHook,
    ValidationError,
    WellArchitectedFunction,
    WellArchitectedImageFunction,
)
from cdk_lambda_patterns.checks import assert_no_findings, check
from cdk_lambda_patterns.testing import synthesize
from tests.bench.content import types
from tests.bench.jsii_messages import counted
from tests.function.support import define, only, resources, statements
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, granted, logical_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cdk_lambda_patterns.testing import Template

GROUP = "AWS::CodeDeploy::DeploymentGroup"
CONFIG = "AWS::CodeDeploy::DeploymentConfig"
MESSAGES_OF_A_RELEASE = 3
"""After the first one of a stack."""

RESOURCES_OF_A_RELEASE = 2
minutes = cdk.Duration.minutes


def release(stack: cdk.Stack, construct_id: str = "Release", **options: Any) -> GradualRelease:  # noqa: ANN401
    given: dict[str, Any] = {**options}
    function = given.pop("function", None) or define(stack, f"{construct_id}Function")
    return GradualRelease(stack, construct_id, function=function, **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: release(stack, **options), code, got)


def the_update(template: Template) -> dict[str, Any]:
    """The update policy of the one alias that has one."""
    (policy,) = [resource["UpdatePolicy"] for resource in template["Resources"].values() if "UpdatePolicy" in resource]
    update: dict[str, Any] = policy["CodeDeployLambdaAliasUpdate"]
    return update


def release_alarm(template: Template) -> dict[str, Any]:
    (alarm,) = [alarm for alarm in resources(template, "AWS::CloudWatch::Alarm").values() if "AlarmName" in alarm]
    return alarm


def plain_function(scope: Construct, construct_id: str) -> lambda_.Function:
    """One that is none of this library."""
    return lambda_.Function(
        scope,
        construct_id,
        code=lambda_.Code.from_inline("exports.handler = async () => {}"),
        handler="index.handler",
        runtime=lambda_.Runtime.NODEJS_22_X,
    )


def live_of(function: WellArchitectedFunction) -> str:
    return logical_id(function.live)


class TestPlan:
    @pytest.mark.parametrize(
        ("plan", "name"),
        [
            (None, "Canary10Percent5Minutes"),
            (ReleasePlan.all_at_once(), "AllAtOnce"),
            (ReleasePlan.canary(), "Canary10Percent5Minutes"),
            *((ReleasePlan.canary(interval=minutes(m)), f"Canary10Percent{m}Minutes") for m in (5, 10, 15, 30)),
            (ReleasePlan.linear(interval=minutes(1)), "Linear10PercentEvery1Minute"),
            *((ReleasePlan.linear(interval=minutes(m)), f"Linear10PercentEvery{m}Minutes") for m in (2, 3, 10)),
        ],
    )
    def test_of_code_deploys_own_needs_no_resource(self, stack: cdk.Stack, plan: ReleasePlan, name: str) -> None:
        release(stack, plan=plan)

        template = synthesize(stack)
        assert only(template, GROUP)["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{name}"
        assert resources(template, CONFIG) == {}

    def test_with_numbers_of_ones_own_is_defined(self, stack: cdk.Stack) -> None:
        release(stack, plan=ReleasePlan.canary(percent=3, interval=minutes(90)))

        template = synthesize(stack)
        ((name, config),) = resources(template, CONFIG).items()
        assert config == {
            "ComputePlatform": "Lambda",
            "TrafficRoutingConfig": {
                "Type": "TimeBasedCanary",
                "TimeBasedCanary": {"CanaryPercentage": 3, "CanaryInterval": 90},
            },
        }
        assert only(template, GROUP)["DeploymentConfigName"] == {"Ref": name}

    def test_may_be_linear(self, stack: cdk.Stack) -> None:
        release(stack, plan=ReleasePlan.linear(percent=50, interval=minutes(1)))

        assert only(synthesize(stack), CONFIG)["TrafficRoutingConfig"] == {
            "Type": "TimeBasedLinear",
            "TimeBasedLinear": {"LinearPercentage": 50, "LinearInterval": 1},
        }

    def test_is_shared_by_releases_with_equal_ones(self, stack: cdk.Stack) -> None:
        for number in (1, 2):
            release(stack, f"Release{number}", plan=ReleasePlan.linear(percent=20, interval=minutes(2)))
        release(stack, "Other", plan=ReleasePlan.canary(percent=20, interval=minutes(2)))

        assert len(resources(synthesize(stack), CONFIG)) == 2

    def test_fails_when_code_deploy_could_not_follow_it(self, stack: cdk.Stack) -> None:
        error = refused(stack, "ReleasePercentOutOfRange", "100", plan=ReleasePlan.canary(percent=100))

        assert error.path == "Stack/Release"

    @pytest.mark.parametrize(
        ("plan", "got"),
        [
            ("Canary10Percent5Minutes", "str"),
            (
                codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
                "aws_codedeploy.ILambdaDeploymentConfig",
            ),
        ],
    )
    def test_fails_when_it_is_the_name_or_the_configuration_of_one(self, stack: cdk.Stack, plan: Any, got: str) -> None:  # noqa: ANN401
        assert "; write ReleasePlan.canary(), " in str(refused(stack, "TypeMismatch", got, plan=plan))


class TestAlias:
    def test_is_moved_by_the_release(self, stack: cdk.Stack) -> None:
        defined = release(stack)

        template = synthesize(stack)
        assert the_update(template) == {
            "ApplicationName": {"Ref": logical_id(defined.application)},
            "DeploymentGroupName": {"Ref": logical_id(defined)},
        }
        assert list(resources(template, GROUP)) == [logical_id(defined)]

    def test_of_an_image_is_moved_too(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM public.ecr.aws/lambda/python:3.14\n")
        image = WellArchitectedImageFunction(stack, "Image", image=ContainerImage.from_folder(tmp_path))

        release(stack, function=image)

        assert the_update(synthesize(stack))

    def test_may_be_deeper_in_the_stack(self, stack: cdk.Stack) -> None:
        release(stack, "Release")
        GradualRelease(Construct(stack, "Outer"), "Release", function=define(Construct(stack, "Inner")))

        assert len(resources(synthesize(stack), "AWS::CodeDeploy::Application")) == 1

    def test_fails_when_it_is_released_already(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, "First", function=function)

        refused(stack, "ReleaseExists", "a function that Stack/First releases", function=function)

    def test_fails_when_it_is_in_another_stack(self, stack: cdk.Stack, app: cdk.App) -> None:
        function = define(cdk.Stack(app, "Other"))

        refused(stack, "ReleaseInOtherStack", "Other/Function for a release in Stack", function=function)

    def test_fails_when_the_function_has_no_live_alias(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "aws_lambda.Function", function=plain_function(stack, "Plain"))

    @pytest.mark.parametrize("before", [True, False])
    def test_fails_when_it_has_weights_of_its_own(self, stack: cdk.Stack, *, before: bool) -> None:
        function = define(stack)
        steps: list[Callable[[], object]] = [lambda: give_weights(function), lambda: release(stack, function=function)]

        for step in steps if before else reversed(steps):
            step()

        with pytest.raises(
            RuntimeError,
            match=r"Stack/Function/Aliaslive must not have weights .*\[Stack/Release\] \(ReleaseAliasWeighted\)",
        ):
            synthesize(stack)

    def test_fails_when_another_group_takes_its_alias(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, function=function)
        codedeploy.LambdaDeploymentGroup(stack, "Other", alias=function.live)

        with pytest.raises(
            RuntimeError, match=r"'function' must have one release.*\[Stack/Release\] \(ReleaseExists\)"
        ) as refused:
            synthesize(stack)
        assert str(refused.value).count("ReleaseExists") == 1

    def test_fails_when_another_group_had_its_alias(self, stack: cdk.Stack) -> None:
        function = define(stack)
        codedeploy.LambdaDeploymentGroup(stack, "Other", alias=function.live)
        release(stack, function=function)

        with pytest.raises(RuntimeError, match=r"got Stack/Other, from which .* \[Stack/Other\] \(ReleaseExists\)"):
            synthesize(stack)

    def test_may_be_beside_other_groups_with_aliases_of_their_own(self, app: cdk.App, stack: cdk.Stack) -> None:
        nested, elsewhere = cdk.NestedStack(stack, "Nested"), cdk.Stack(app, "Elsewhere")
        release(stack)
        release(nested)
        for scope in (stack, nested, elsewhere):
            plain = plain_function(scope, "Plain")
            codedeploy.LambdaDeploymentGroup(stack, f"Of{scope.node.id}", alias=plain.add_alias("prod"))
        codedeploy.ServerDeploymentGroup(stack, "Servers")

        assert len(resources(synthesize(stack), GROUP)) == 5

    @pytest.mark.parametrize("in_stages", [True, False])
    def test_may_be_beside_those_of_other_environments(self, app: cdk.App, *, in_stages: bool) -> None:
        stacks = []
        for number, region in enumerate(["eu-central-1", "us-east-1"]):
            scope = cdk.Stage(app, f"Stage{number}") if in_stages else app
            stack = cdk.Stack(scope, f"Stack{number}", env=cdk.Environment(account="111111111111", region=region))
            release(stack)
            release(cdk.NestedStack(stack, "Nested"))
            stacks.append(stack)

        for stack in stacks:
            assert len(resources(synthesize(stack), GROUP)) == 1

    def test_fails_when_its_alias_has_no_update_policy_any_more(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, function=function)
        alias: Any = function.live.node.default_child
        alias.cfn_options.update_policy = None

        with pytest.raises(RuntimeError, match="ReleaseExists"):
            synthesize(stack)


def give_weights(function: WellArchitectedFunction) -> None:
    alias: Any = function.live.node.default_child
    alias.routing_config = lambda_.CfnAlias.AliasRoutingConfigurationProperty(
        additional_version_weights=[lambda_.CfnAlias.VersionWeightProperty(function_version="1", function_weight=0.1)]
    )


class TestProvisionedConcurrency:
    @pytest.mark.parametrize("plan", [None, ReleasePlan.linear()])
    def test_that_scales_fails_when_traffic_is_shared(self, stack: cdk.Stack, plan: ReleasePlan | None) -> None:
        function = define(stack)
        ProvisionedConcurrency(stack, "Warm", function=function, minimum=1, maximum=5)

        got = f"{'canary' if plan is None else 'linear'} on what Stack/Warm scales"
        refused(stack, "ReleaseWeightsAutoscaled", got, function=function, plan=plan)

    def test_that_scales_fails_when_it_comes_second(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, function=function)

        refusal(
            lambda: ProvisionedConcurrency(stack, "Warm", function=function, minimum=1, maximum=5),
            "ReleaseWeightsAutoscaled",
            "a function that Stack/Release releases",
        )

    @pytest.mark.parametrize("before", [True, False])
    @pytest.mark.parametrize("plan", [None, ReleasePlan.canary(percent=7, interval=minutes(3))])
    def test_that_the_cdk_scales_fails_when_traffic_is_shared(
        self, stack: cdk.Stack, plan: ReleasePlan | None, *, before: bool
    ) -> None:
        function = define(stack)
        if before:
            function.live.add_auto_scaling(max_capacity=3)
        release(stack, function=function, plan=plan)
        if not before:
            function.live.add_auto_scaling(max_capacity=3)

        with pytest.raises(
            RuntimeError,
            match=r"'plan' must be .*live.add_auto_scaling\(...\).*\[Stack/Release\] \(ReleaseWeightsAutoscaled\)",
        ):
            synthesize(stack)

    def test_that_the_cdk_scales_may_be_released_at_once(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, function=function, plan=ReleasePlan.all_at_once())
        function.live.add_auto_scaling(max_capacity=3)

        assert the_update(synthesize(stack))

    def test_that_scales_may_be_released_at_once(self, stack: cdk.Stack) -> None:
        function = define(stack)
        ProvisionedConcurrency(stack, "Warm", function=function, minimum=1, maximum=5)

        release(stack, function=function, plan=ReleasePlan.all_at_once())

        assert the_update(synthesize(stack))

    def test_that_is_fixed_may_be_released_in_steps(self, stack: cdk.Stack) -> None:
        function = define(stack)
        ProvisionedConcurrency(stack, "Warm", function=function, concurrency=2)

        release(stack, function=function)

        assert the_update(synthesize(stack))


class TestRollback:
    def test_comes_with_failures_alarms_and_when_somebody_stops_it(self, stack: cdk.Stack) -> None:
        defined = release(stack)

        group = only(synthesize(stack), GROUP)
        assert group["AutoRollbackConfiguration"] == {
            "Enabled": True,
            "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"],
        }
        assert group["AlarmConfiguration"] == {
            "Enabled": True,
            "Alarms": [{"Name": {"Ref": logical_id(defined.alarms["ReleaseErrors"])}}],
        }

    def test_waits_for_errors_of_the_new_version_alone(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, function=function)

        template = synthesize(stack)
        name, (version,) = logical_id(function), resources(template, "AWS::Lambda::Version")
        alarm = release_alarm(template)
        assert {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]} == {
            "FunctionName": {"Ref": name},
            "Resource": {"Fn::Join": ["", [{"Ref": name}, ":live"]]},
            "ExecutedVersion": {"Fn::GetAtt": [version, "Version"]},
        }
        assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("Errors", "Sum", 1)
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 1)
        assert alarm["TreatMissingData"] == "notBreaching"
        assert "AlarmActions" not in alarm, "the function's own alarm tells people"

    def test_has_an_alarm_for_each_version_that_never_begins_in_the_last_ones_state(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, function=function)

        template = synthesize(stack)
        (version,) = resources(template, "AWS::Lambda::Version")
        parts = [{"Ref": logical_id(function)}, "-release-", {"Fn::GetAtt": [version, "Version"]}]
        assert release_alarm(template)["AlarmName"] == {"Fn::Join": ["", parts]}

    def test_has_an_alarm_that_the_function_shows(self, stack: cdk.Stack) -> None:
        function = define(stack)
        defined = release(stack, function=function)

        assert function.alarms["ReleaseErrors"] is defined.alarms["ReleaseErrors"]
        assert function.gradual_release is defined

    @pytest.mark.parametrize(
        ("threshold", "expected"), [(None, 1), (1, 1), (25, 25), (1.5, 1.5), (NUMBER, {"Ref": "Number"})]
    )
    def test_may_wait_for_more_errors(self, stack: cdk.Stack, threshold: float, expected: object) -> None:
        release(stack, error_threshold=threshold)

        assert release_alarm(synthesize(stack))["Threshold"] == expected

    @pytest.mark.parametrize(("threshold", "got"), [(0, "0"), (0.5, "0.5"), (-1, "-1"), ("1", "'1'")])
    def test_fails_when_it_would_come_without_errors(self, stack: cdk.Stack, threshold: float, got: str) -> None:
        refused(stack, "ErrorThresholdOutOfRange", got, error_threshold=threshold)

    def test_makes_no_circle(self, stack: cdk.Stack) -> None:
        """CloudFormation refuses resources that wait for each other."""
        tested = define(stack, "Tested")
        release(
            stack,
            function=tested,
            smoke_test=SmokeTestHook(stack, "Smoke", payloads=[{"payload": {}}]),
            post_hook=define(stack, "Post"),
        )
        release(stack, "Other")

        assert list(circles(synthesize(stack))) == []

    def test_would_show_a_circle(self, stack: cdk.Stack) -> None:
        function = define(stack)
        metric = cloudwatch.Metric(
            namespace="Shop", metric_name="Unhappy", dimensions_map={"Alias": function.live.function_arn}
        )

        release(stack, function=function, alarms=[metric.create_alarm(stack, "A", threshold=1, evaluation_periods=1)])

        assert live_of(function) in circles(synthesize(stack))


def circles(template: Template) -> Iterator[str]:
    """Resources that wait for themselves, with what their update policies name."""
    names = template["Resources"].keys()
    waits = {
        name: {
            found
            for other in names
            for found in [other]
            if f'"Ref": "{other}"' in (text := json.dumps(resource))
            or f'"Fn::GetAtt": ["{other}"' in text
            or other in resource.get("DependsOn", ())
        }
        for name, resource in template["Resources"].items()
    }
    for name in names:
        seen: set[str] = set()
        ahead = set(waits[name])
        while ahead:
            other = ahead.pop()
            if other == name:
                yield name
                break
            if other not in seen:
                seen.add(other)
                ahead |= waits[other]


class TestFurtherAlarms:
    def test_roll_back_too(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue")
        waiting = queue.metric_approximate_number_of_messages_visible().create_alarm(
            stack, "Waiting", threshold=1, evaluation_periods=1
        )
        function = define(stack)
        plain = function.alarms["Throttles"]
        imported = cloudwatch.Alarm.from_alarm_arn(
            stack, "Imported", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:slow"
        )
        composite = cloudwatch.CompositeAlarm(stack, "Both", alarm_rule=cloudwatch.AlarmRule.all_of(waiting, imported))

        defined = release(stack, function=function, alarms=[waiting, plain, imported, composite])

        alarms = only(synthesize(stack), GROUP)["AlarmConfiguration"]["Alarms"]
        own = defined.alarms["ReleaseErrors"]
        assert alarms[:3] == [{"Name": {"Ref": logical_id(alarm)}} for alarm in (own, waiting, plain)]
        assert alarms[3] == {"Name": "slow"}
        assert logical_id(composite) in json.dumps(alarms[4])

    def test_may_be_nine(self, stack: cdk.Stack) -> None:
        release(stack, alarms=ten(stack)[:9])

        assert len(only(synthesize(stack), GROUP)["AlarmConfiguration"]["Alarms"]) == 10

    def test_may_come_from_a_generator(self, stack: cdk.Stack) -> None:
        release(stack, alarms=(each for each in ten(stack)[:2]))

        assert len(only(synthesize(stack), GROUP)["AlarmConfiguration"]["Alarms"]) == 3

    def test_may_be_none(self, stack: cdk.Stack) -> None:
        release(stack, alarms=None)

        assert len(only(synthesize(stack), GROUP)["AlarmConfiguration"]["Alarms"]) == 1

    def test_fail_when_one_comes_without_a_list(self, stack: cdk.Stack) -> None:
        refused(stack, "ListExpected", "aws_cloudwatch.Alarm", alarms=ten(stack)[0])

    def test_fail_when_they_are_more(self, stack: cdk.Stack) -> None:
        refused(stack, "ReleaseAlarms", "11", alarms=ten(stack))

    def test_fail_when_they_are_names(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", alarms=["slow"])

    def test_fail_when_one_is_there_twice(self, stack: cdk.Stack) -> None:
        (alarm, *others) = ten(stack)[:3]

        refused(stack, "ReleaseAlarmTwice", "Stack/A0 twice", alarms=[alarm, *others, alarm])

    def test_may_be_added_later(self, stack: cdk.Stack) -> None:
        defined = release(stack, alarms=ten(stack)[:8])

        defined.add_alarm(ten(cdk.Stack(stack, "Others"))[0])

        assert len(only(synthesize(stack), GROUP)["AlarmConfiguration"]["Alarms"]) == 10

    def test_fail_when_the_eleventh_is_added(self, stack: cdk.Stack) -> None:
        *nine, tenth = ten(stack)
        defined = release(stack, alarms=nine)

        refusal(lambda: defined.add_alarm(tenth), "ReleaseAlarms", "11", path="Stack/Release")

    def test_fail_when_one_is_added_again(self, stack: cdk.Stack) -> None:
        (alarm, *_) = ten(stack)
        defined = release(stack, alarms=[alarm])

        refusal(lambda: defined.add_alarm(alarm), "ReleaseAlarmTwice", "Stack/A0 twice", path="Stack/Release")

    def test_fail_when_one_is_added_to_a_release_without(self, stack: cdk.Stack) -> None:
        defined = release(stack, without_alarms="nobody calls it yet")

        refusal(lambda: defined.add_alarm(ten(stack)[0]), "ReleaseAlarmsConflict", "1 alarms", path="Stack/Release")

    @pytest.mark.parametrize(
        ("place", "got"),
        [
            ({"region": "eu-west-1"}, "Other/A0 of eu-west-1"),
            ({"account": "2" * 12}, "Other/A0 of 222222222222"),
        ],
    )
    def test_fail_when_code_deploy_does_not_find_them(self, app: cdk.App, place: dict[str, str], got: str) -> None:
        here = {"account": "1" * 12, "region": "us-east-1"}
        stack = cdk.Stack(app, "Here", env=cdk.Environment(**here))
        (alarm, *_) = ten(cdk.Stack(app, "Other", env=cdk.Environment(**{**here, **place})))
        defined = release(stack, "First")

        refused(stack, "ReleaseAlarmInOtherEnvironment", got, alarms=[alarm])
        refusal(lambda: defined.add_alarm(alarm), "ReleaseAlarmInOtherEnvironment", got, path="Here/First")

    @pytest.mark.parametrize("env", [None, cdk.Environment(region="us-east-1"), cdk.Environment(account="1" * 12)])
    def test_may_be_in_another_stack_of_what_may_be_the_same_region(
        self, app: cdk.App, env: cdk.Environment | None
    ) -> None:
        stack = cdk.Stack(app, "Here", env=cdk.Environment(account="1" * 12, region="us-east-1"))
        metric = cloudwatch.Metric(namespace="Shop", metric_name="Unhappy")
        other = cdk.Stack(app, "Other", env=env)
        alarm = metric.create_alarm(other, "A", alarm_name="unhappy", threshold=1, evaluation_periods=1)

        release(stack, alarms=[alarm])

        assert only(synthesize(stack), GROUP)["AlarmConfiguration"]["Alarms"][1] == {"Name": "unhappy"}

    def test_on_the_alias_make_no_circle(self, stack: cdk.Stack) -> None:
        function = define(stack)
        alarm = function.live.metric_errors().create_alarm(stack, "Alarm", threshold=1, evaluation_periods=1)

        release(stack, function=function, alarms=[alarm])

        assert list(circles(synthesize(stack))) == []


def ten(stack: cdk.Stack) -> list[cloudwatch.Alarm]:
    metric = cloudwatch.Metric(namespace="Shop", metric_name="Unhappy")
    return [metric.create_alarm(stack, f"A{n}", threshold=1, evaluation_periods=1) for n in range(10)]


class TestWithoutAlarms:
    def test_only_failures_and_people_roll_back(self, stack: cdk.Stack) -> None:
        defined = release(stack, without_alarms="a tool of ours, one user")

        template = synthesize(stack)
        group = only(template, GROUP)
        assert group["AutoRollbackConfiguration"]["Events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]
        assert not group.get("AlarmConfiguration", {}).get("Enabled")
        assert defined.alarms == {}
        assert not any("AlarmName" in alarm for alarm in resources(template, "AWS::CloudWatch::Alarm").values())

    def test_the_reason_answers_the_finding(self, stack: cdk.Stack, app: cdk.App) -> None:
        release(stack, without_alarms="a tool of ours, one user")

        report = check(app.synth().directory, select=["ReleaseRollbackAlarms"])

        assert report.findings == []
        assert [reason for _, reason in report.acknowledged] == ["a tool of ours, one user"]

    def test_fails_in_the_checks_if_nobody_says_why(self, stack: cdk.Stack, app: cdk.App) -> None:
        defined: Any = release(stack).node.default_child
        defined.add_property_deletion_override("AlarmConfiguration")

        report = check(app.synth().directory, select=["ReleaseRollbackAlarms"])

        assert [finding.resource.logical_id for finding in report.findings] == [logical_id(defined)]

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_fails_without_a_reason(self, stack: cdk.Stack, reason: str) -> None:
        refused(stack, "ReasonMissing", repr(reason), without_alarms=reason)

    @pytest.mark.parametrize("reason", [True, False, 5, ["a tool"]])
    def test_fails_when_the_reason_is_no_text(self, stack: cdk.Stack, reason: object) -> None:
        refused(stack, "TextExpected", repr(reason), without_alarms=reason)

    def test_fails_with_alarms(self, stack: cdk.Stack) -> None:
        refused(stack, "ReleaseAlarmsConflict", "2 alarms", without_alarms="none", alarms=ten(stack)[:2])


class TestHooks:
    def test_are_called_before_and_after(self, stack: cdk.Stack) -> None:
        before, after = define(stack, "Before"), define(stack, "After")

        defined = release(stack, pre_hook=before, post_hook=after)

        template = synthesize(stack)
        update = the_update(template)
        assert update["BeforeAllowTrafficHook"] == {"Ref": logical_id(before)}
        assert update["AfterAllowTrafficHook"] == {"Ref": logical_id(after)}
        role = logical_id(defined.application).replace("Application", "Role")[:19]
        (policy,) = [
            policy
            for policy in resources(template, "AWS::IAM::Policy").values()
            if policy["PolicyName"] == "InvokeHooks"
        ]
        assert policy["Roles"][0]["Ref"].startswith(role)
        assert policy["PolicyDocument"]["Statement"] == [
            {
                "Effect": "Allow",
                "Action": "lambda:InvokeFunction",
                "Resource": [{"Fn::GetAtt": [logical_id(hook), "Arn"]} for hook in (before, after)],
            }
        ]

    def test_may_answer_and_call_exactly_the_new_version(self, stack: cdk.Stack) -> None:
        function = define(stack)
        hook = define(stack, "Hook")

        defined = release(stack, function=function, post_hook=hook)

        template = synthesize(stack)
        role: Any = hook.role
        found = granted(template, to=logical_id(role))
        (version,) = [name for name in resources(template, "AWS::Lambda::Version") if name.startswith("FunctionCurr")]
        assert found.pop(version) == ["lambda:InvokeFunction"]
        ((group, actions),) = found.items()
        assert f"'Ref': '{logical_id(defined)}'" in group
        assert ":deploymentgroup:" in group
        assert actions == ["codedeploy:PutLifecycleEventHookExecutionStatus"]

    def test_have_their_rights_before_traffic_is_shifted(self, stack: cdk.Stack) -> None:
        function = define(stack)
        release(stack, function=function, pre_hook=define(stack, "Hook"))

        template = synthesize(stack)
        (policy,) = [name for name in resources(template, "AWS::IAM::Policy") if name.startswith("ReleaseInvokeHooks")]
        assert template["Resources"][live_of(function)]["DependsOn"] == [policy]

    def test_of_several_releases_are_allowed_once(self, stack: cdk.Stack) -> None:
        shared, other = define(stack, "Shared"), define(stack, "Other")
        functions = [define(stack, name) for name in ("First", "Second", "Third")]
        release(stack, "FirstRelease", function=functions[0], pre_hook=shared)
        release(stack, "SecondRelease", function=functions[1], post_hook=shared)
        release(stack, "ThirdRelease", function=functions[2], pre_hook=other, post_hook=shared)

        template = synthesize(stack)
        allowed = {
            name: policy["PolicyDocument"]["Statement"][0]["Resource"]
            for name, policy in resources(template, "AWS::IAM::Policy").items()
            if policy["PolicyName"] == "InvokeHooks"
        }
        assert list(allowed.values()) == [[{"Fn::GetAtt": [logical_id(hook), "Arn"]}] for hook in (shared, other)]
        of_shared, of_other = allowed
        waits = [template["Resources"][live_of(function)]["DependsOn"] for function in functions]
        assert waits == [[of_shared], [of_shared], sorted([of_shared, of_other])]

    @pytest.mark.parametrize("name", ["smoke_test", "pre_hook", "post_hook"])
    def test_fail_when_they_are_released_themselves(self, stack: cdk.Stack, name: str) -> None:
        hook = SmokeTestHook(stack, "Hook", payloads=[{"payload": 1}])
        release(stack, "HooksRelease", function=hook)

        error = refused(stack, "ReleaseHookReleased", "Stack/Hook", **{name: hook})

        assert f"'{name}'" in str(error)

    @pytest.mark.parametrize("name", ["pre_hook", "post_hook"])
    @pytest.mark.parametrize("part", ["live", "live_version"])
    def test_fail_when_what_they_are_parts_of_is_released(self, stack: cdk.Stack, name: str, part: str) -> None:
        hook, later = define(stack, "Hook"), define(stack, "Later")
        release(stack, "HooksRelease", function=hook)
        release(stack, "First", **{name: getattr(later, part)})

        refused(stack, "ReleaseHookReleased", "Stack/Hook", **{name: getattr(hook, part)})
        refused(stack, "ReleaseHookReleased", "Stack/Later", function=later)

    @pytest.mark.parametrize("name", ["smoke_test", "pre_hook", "post_hook"])
    def test_fail_when_they_are_released_afterwards(self, stack: cdk.Stack, name: str) -> None:
        hook = SmokeTestHook(stack, "Hook", payloads=[{"payload": 1}])
        release(stack, "First", **{name: hook})

        error = refused(stack, "ReleaseHookReleased", "Stack/Hook", function=hook)

        assert "'function'" in str(error)

    def test_need_no_permission_beside_it(self, stack: cdk.Stack) -> None:
        release(stack, pre_hook=define(stack, "Hook"))

        assert resources(synthesize(stack), "AWS::Lambda::Permission") == {}

    def test_need_none_and_cause_no_warning_where_the_account_is_known(self, app: cdk.App) -> None:
        """The CDK would let the role in by resource policy if it took it for one of another account."""
        stack = cdk.Stack(app, "Known", env=cdk.Environment(account="123456789012", region="eu-west-1"))
        release(stack, smoke_test=SmokeTestHook(stack, "Smoke", payloads=[{"payload": 1}]))
        release(stack, "Other", pre_hook=define(stack, "Before"), post_hook=define(stack, "After"))

        artifact = app.synth().get_stack_by_name("Known")

        assert [message.entry.data for message in artifact.messages] == []
        template: Any = artifact.template
        assert resources(template, "AWS::Lambda::Permission") == {}
        (role,) = [name for name in resources(template, "AWS::IAM::Role") if name.startswith("GradualReleasesRole")]
        arn = ["arn:", {"Ref": "AWS::Partition"}, ":iam::123456789012:role/", {"Ref": role}]
        assert {json.dumps(group["ServiceRoleArn"]) for group in resources(template, GROUP).values()} == {
            json.dumps({"Fn::Join": ["", arn]})
        }

    def test_may_be_any_function(self, stack: cdk.Stack) -> None:
        plain = plain_function(stack, "Plain")

        release(stack, pre_hook=plain)

        assert the_update(synthesize(stack))["BeforeAllowTrafficHook"] == {"Ref": logical_id(plain)}

    def test_may_be_imported(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:lambda:us-east-1:123456789012:function:ask"
        imported = lambda_.Function.from_function_attributes(stack, "Imported", function_arn=arn, same_environment=True)

        release(stack, pre_hook=imported)

        assert the_update(synthesize(stack))["BeforeAllowTrafficHook"] == "ask"

    def test_fail_when_they_are_names(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", post_hook="hook")

    @pytest.mark.parametrize("name", ["pre_hook", "post_hook"])
    def test_fail_when_they_are_in_another_stack(self, stack: cdk.Stack, app: cdk.App, name: str) -> None:
        hook = define(cdk.Stack(app, "Other"))

        got = "Other/Function for a release in Stack"
        refused(stack, "ReleaseHookInOtherStack", got, **{name: hook})

    def test_fail_when_the_smoke_test_is_in_another_stack(self, stack: cdk.Stack, app: cdk.App) -> None:
        hook = SmokeTestHook(cdk.Stack(app, "Other"), "Smoke", payloads=[{"payload": 1}])

        refused(stack, "ReleaseHookInOtherStack", "Other/Smoke for a release in Stack", smoke_test=hook)

    @pytest.mark.parametrize("name", ["pre_hook", "post_hook"])
    @pytest.mark.parametrize("part", [None, "live", "live_version"])
    def test_fail_when_they_are_the_function_itself(self, stack: cdk.Stack, name: str, part: str | None) -> None:
        function = define(stack)
        hook = function if part is None else getattr(function, part)

        error = refused(stack, "ReleaseHookIsFunction", "the function itself", function=function, **{name: hook})

        assert f"'{name}'" in str(error)

    def test_may_be_an_alias(self, stack: cdk.Stack) -> None:
        hook = define(stack, "Hook")
        release(stack, pre_hook=hook.live)

        template = synthesize(stack)
        assert logical_id(hook.live) in str(the_update(template)["BeforeAllowTrafficHook"])
        assert list(circles(template)) == []


class TestCircles:
    """What CloudFormation alone would find, at the deployment."""

    @pytest.mark.parametrize("name", ["pre_hook", "post_hook"])
    def test_are_refused_when_a_hook_may_call_live(self, app: cdk.App, stack: cdk.Stack, name: str) -> None:
        function, hook = define(stack), define(stack, "Hook")
        options: dict[str, Any] = {"function": function, name: hook}
        release(stack, **options)
        function.live.grant_invoke(hook)

        with pytest.raises(
            RuntimeError, match=r"got Stack/Hook with a right on Stack/Function's; .* \(ReleaseHookCircle\)"
        ):
            synthesize(stack)
        assert live_of(function) in circles(app.synth(skip_validation=True).get_stack_by_name("Stack").template)

    @pytest.mark.parametrize(
        ("name", "define_hook"),
        [
            ("smoke_test", lambda scope: SmokeTestHook(scope, "Hook", payloads=[{"payload": 1}])),
            ("pre_hook", lambda scope: define(scope, "Hook")),
            ("post_hook", lambda scope: plain_function(scope, "Hook")),
        ],
    )
    def test_are_refused_when_a_hook_is_told_of_live(
        self, app: cdk.App, stack: cdk.Stack, name: str, define_hook: Callable[[cdk.Stack], lambda_.Function]
    ) -> None:
        function, hook = define(stack), define_hook(stack)
        options: dict[str, Any] = {"function": function, name: hook}
        release(stack, **options)
        hook.add_environment("LIVE", f"call {function.live.function_name}")

        with pytest.raises(
            RuntimeError,
            match=r"got Stack/Hook with an environment that names Stack/Function's; .* \(ReleaseHookCircle\)",
        ):
            synthesize(stack)
        assert live_of(function) in circles(app.synth(skip_validation=True).get_stack_by_name("Stack").template)

    def test_are_refused_when_the_function_behind_an_alias_is_told_of_live(self, stack: cdk.Stack) -> None:
        function, hook = define(stack), define(stack, "Hook")
        release(stack, function=function, post_hook=hook.live)
        hook.add_environment("LIVE", function.live.function_arn)

        with pytest.raises(RuntimeError, match="ReleaseHookCircle"):
            synthesize(stack)

    def test_are_none_when_live_is_named_by_text(self, stack: cdk.Stack) -> None:
        function, hook = define(stack), define(stack, "Hook")
        release(stack, function=function, post_hook=hook)

        live = f"{function.function_arn}:live"
        hook.add_environment("LIVE", live)
        hook.add_to_role_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[live]))

        assert list(circles(synthesize(stack))) == []

    def test_are_none_when_a_hook_may_call_another_function(self, stack: cdk.Stack) -> None:
        function, hook, other = define(stack), define(stack, "Hook"), define(stack, "Other")
        release(stack, function=function, post_hook=hook)
        other.live.grant_invoke(hook)

        assert list(circles(synthesize(stack))) == []


@pytest.mark.parametrize("name", ["pre_hook", "post_hook"])
def test_fails_when_a_hook_comes_later(stack: cdk.Stack, name: str) -> None:
    """The CDK's way gives it no rights: CodeDeploy could not call it, nor it the new version."""
    defined, hook = release(stack), define(stack, "Hook")

    refusal(lambda: getattr(defined, f"add_{name}")(hook), "ReleaseHookLate", "Stack/Hook", path="Stack/Release")


class TestShared:
    def test_once_a_stack(self, stack: cdk.Stack) -> None:
        for number in range(3):
            release(stack, f"Release{number}")

        template = synthesize(stack)
        assert only(template, "AWS::CodeDeploy::Application") == {"ComputePlatform": "Lambda"}
        names = {json.dumps(group["ApplicationName"]) for group in resources(template, GROUP).values()}
        roles = {json.dumps(group["ServiceRoleArn"]) for group in resources(template, GROUP).values()}
        assert (len(names), len(roles)) == (1, 1)

    def test_fails_when_its_name_in_the_stack_is_taken(self, stack: cdk.Stack) -> None:
        Construct(stack, "GradualReleases")

        taken = r"already a Construct with name 'GradualReleases' in .* \[Stack/Release\] \(ConstructIdTaken\)"
        with pytest.raises(ValidationError, match=taken):
            release(stack)

    def test_and_not_between_stacks(self, app: cdk.App, stack: cdk.Stack) -> None:
        other = cdk.Stack(app, "Other")

        assert release(stack).application is not release(other).application

    def test_role_is_code_deploys_for_this_application_alone(self, stack: cdk.Stack) -> None:
        defined = release(stack)

        trust = the_role(synthesize(stack))["AssumeRolePolicyDocument"]["Statement"][0]
        assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        groups = json.dumps(trust["Condition"]["ArnLike"]["aws:SourceArn"])
        assert f'":deploymentgroup:", {{"Ref": "{logical_id(defined.application)}"}}, "/*"' in groups

    def test_role_may_shift_the_functions_that_are_released_and_no_other(self, stack: cdk.Stack) -> None:
        first, second, _third = (define(stack, name) for name in ("First", "Second", "Third"))
        for function in (first, second):
            release(stack, f"{function.node.id}Release", function=function)

        (policy,) = the_role(synthesize(stack))["Policies"]
        shift, look = policy["PolicyDocument"]["Statement"]
        assert shift["Action"] == ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"]
        tails = [arn["Fn::Join"][1][-2:] for arn in shift["Resource"]]
        assert tails == [
            tail
            for function in (first, second)
            for name in [{"Ref": logical_id(function)}]
            for tail in ([":function:", name], [name, ":live"])
        ]
        assert look == {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"}

    def test_role_has_no_managed_policy(self, stack: cdk.Stack) -> None:
        release(stack, pre_hook=define(stack, "Hook"))

        template = synthesize(stack)
        assert all("ManagedPolicyArns" not in role for role in resources(template, "AWS::IAM::Role").values())
        assert not any(statement["Action"] == "s3:GetObject" for statement in statements(template))

    def test_role_holds_as_many_releases_as_fit_a_stack(self, stack: cdk.Stack) -> None:
        """IAM counts the characters of all inline policies of a role together, up to 10,240."""
        names = 38
        for number in range(names):
            release(stack, f"R{number}")

        (policy,) = the_role(synthesize(stack))["Policies"]
        known = {"AWS::Partition": "aws-us-gov", "AWS::Region": "us-gov-west-1", "AWS::AccountId": "1" * 12}
        written = json.dumps(resolved(policy["PolicyDocument"], known, longest="f" * 64), separators=(",", ":"))
        assert len(written) <= 10_240


def the_role(template: Template) -> dict[str, Any]:
    (role,) = [
        role
        for role in resources(template, "AWS::IAM::Role").values()
        if "codedeploy.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])
    ]
    return role


def resolved(value: Any, known: dict[str, str], *, longest: str) -> Any:  # noqa: ANN401
    match value:
        case {"Ref": name}:
            return known.get(name, longest)
        case {"Fn::Join": ["", parts]}:
            return "".join(resolved(part, known, longest=longest) for part in parts)
        case dict():
            return {key: resolved(item, known, longest=longest) for key, item in value.items()}
        case list():
            return [resolved(item, known, longest=longest) for item in value]
    return value


class TestBudget:
    def test_of_messages_is_kept(self, stack: cdk.Stack) -> None:
        functions = [define(stack, name) for name in ("First", "Second")]
        GradualRelease(stack, "FirstRelease", function=functions[0])

        with counted() as messages:
            GradualRelease(stack, "SecondRelease", function=functions[1])

        assert len(messages) <= MESSAGES_OF_A_RELEASE, messages

    def test_of_resources_is_kept(self, stack: cdk.Stack) -> None:
        functions = [define(stack, name) for name in ("First", "Second")]
        release(stack, "FirstRelease", function=functions[0])
        before = types(synthesize(stack)).total()

        release(stack, "SecondRelease", function=functions[1])

        assert types(synthesize(stack)).total() - before == RESOURCES_OF_A_RELEASE


def test_a_release_has_no_findings(stack: cdk.Stack, app: cdk.App) -> None:
    release(stack)

    assert_no_findings(app)
