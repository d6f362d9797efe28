from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions, aws_lambda as lambda_, aws_sns as sns

from cdk_lambda_patterns import ManagedInstances, ProvisionedConcurrency, Season, ValidationError
from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, instances, only, resources, stacks_in
from tests.refusals import refusal

if TYPE_CHECKING:
    from cdk_lambda_patterns import WellArchitectedFunction
    from cdk_lambda_patterns.testing import Template

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
MORNING = Season(schedule="cron(0 7 ? * MON-FRI *)", minimum=10, maximum=50)
NIGHT = Season(schedule="cron(0 20 * * ? *)", minimum=0, maximum=0)


def warm(stack: cdk.Stack, construct_id: str = "Warm", **options: Any) -> ProvisionedConcurrency:  # noqa: ANN401
    return ProvisionedConcurrency(stack, construct_id, **options)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    options.setdefault("function", None)
    function = options.pop("function") or define(stack)
    return refusal(lambda: warm(stack, "Refused", function=function, **options), code, got, path="Stack/Refused")


def alias(template: Template) -> dict[str, Any]:
    return only(template, "AWS::Lambda::Alias")


def number(stack: cdk.Stack) -> float:
    return cdk.CfnParameter(stack, "Number", type="Number").value_as_number


class TestFixed:
    def test_is_on_the_alias_and_scales_nothing(self, stack: cdk.Stack) -> None:
        defined = warm(stack, function=define(stack), concurrency=3)

        template = synthesize(stack)
        assert alias(template)["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 3}
        assert (defined.scalable_target, defined.scaling_policy, defined.most) == (None, None, 3)
        assert resources(template, TARGET) == {}

    def test_may_be_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        function = define(stack, reserved_concurrent_executions=1)

        defined = warm(stack, function=function, concurrency=number(stack))

        config = alias(synthesize(stack))["ProvisionedConcurrencyConfig"]
        assert config == {"ProvisionedConcurrentExecutions": {"Ref": "Number"}}
        assert defined.most is None

    @pytest.mark.parametrize(
        ("concurrency", "got"), [(0, "0"), (-1, "-1"), (1.5, "1.5"), ("2", "'2'"), (float("inf"), "inf")]
    )
    def test_fails_when_it_is_no_number_of_environments(self, stack: cdk.Stack, concurrency: float, got: str) -> None:
        refused(stack, "ProvisionedConcurrencyOutOfRange", got, concurrency=concurrency)

    @pytest.mark.parametrize(
        "scaled", [{"minimum": 0}, {"maximum": 5}, {"target_utilization": 0.5}, {"seasons": [MORNING]}]
    )
    def test_fails_when_it_is_scaled_as_well(self, stack: cdk.Stack, scaled: dict[str, Any]) -> None:
        error = refused(stack, "FixedAndScaled", "2", concurrency=2, **scaled)

        assert f"'{next(iter(scaled))}' is given" in str(error)

    @pytest.mark.parametrize("none", [None, (), iter(())])
    def test_has_no_seasons(self, stack: cdk.Stack, none: Any) -> None:  # noqa: ANN401
        assert warm(stack, function=define(stack), concurrency=2, seasons=none).most == 2


class TestScaling:
    def test_follows_the_load_between_a_minimum_and_a_maximum(self, stack: cdk.Stack) -> None:
        warm(stack, function=define(stack), minimum=2, maximum=20, target_utilization=0.5)

        template = synthesize(stack)
        target = only(template, TARGET)
        assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 20)
        assert target["ServiceNamespace"] == "lambda"
        assert target["ScalableDimension"] == "lambda:function:ProvisionedConcurrency"
        assert "RoleARN" not in target, "Application Auto Scaling has a role of its own"
        assert "ScheduledActions" not in target
        policy = only(template, POLICY)
        assert policy["ScalingTargetId"] == {"Ref": next(iter(resources(template, TARGET)))}
        assert policy["TargetTrackingScalingPolicyConfiguration"] == {
            "PredefinedMetricSpecification": {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"},
            "TargetValue": 0.5,
        }
        assert "ProvisionedConcurrencyConfig" not in alias(template), "a deployment would set back what scaling has set"

    def test_is_of_the_alias_and_waits_for_it(self, stack: cdk.Stack) -> None:
        warm(stack, function=define(stack), maximum=20)

        template = synthesize(stack)
        (live,) = resources(template, "AWS::Lambda::Alias")
        separator, parts = only(template, TARGET)["ResourceId"]["Fn::Join"]
        assert separator == ""
        assert (parts[0], parts[2]) == ("function:", ":live")
        assert parts[1] == {"Fn::Select": [6, {"Fn::Split": [":", {"Ref": live}]}]}, "the name in the alias's ARN"

    def test_begins_at_one_with_a_utilization_of_seventy_percent(self, stack: cdk.Stack) -> None:
        defined = warm(stack, function=define(stack), maximum=20)

        template = synthesize(stack)
        assert only(template, TARGET)["MinCapacity"] == 1
        assert only(template, POLICY)["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 0.7
        assert defined.most == 20

    def test_has_no_policy_where_nothing_is_between_the_ends(self, stack: cdk.Stack) -> None:
        defined = warm(stack, function=define(stack), minimum=3, maximum=3, seasons=[NIGHT])

        assert defined.scaling_policy is None
        assert resources(synthesize(stack), POLICY) == {}

    def test_ends_may_be_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        function = define(stack, reserved_concurrent_executions=1)

        defined = warm(stack, function=function, minimum=1, maximum=number(stack))

        assert only(synthesize(stack), TARGET)["MaxCapacity"] == {"Ref": "Number"}
        assert defined.most is None

    def test_fails_when_nothing_is_given(self, stack: cdk.Stack) -> None:
        refused(stack, "MaximumMissing", "nothing")

    def test_fails_when_there_is_no_maximum(self, stack: cdk.Stack) -> None:
        refused(stack, "MaximumMissing", "a minimum of 2 alone", minimum=2)

    def test_fails_when_the_minimum_is_above_the_maximum(self, stack: cdk.Stack) -> None:
        refused(stack, "MinimumAboveMaximum", "21", minimum=21, maximum=20)

    def test_fails_when_it_would_begin_from_nothing(self, stack: cdk.Stack) -> None:
        refused(stack, "ScaledFromZero", "0", minimum=0, maximum=20)

    def test_may_be_of_none(self, stack: cdk.Stack) -> None:
        warm(stack, function=define(stack), maximum=0, seasons=[MORNING])

        target = only(synthesize(stack), TARGET)
        assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 0)

    @pytest.mark.parametrize("ends", [{"minimum": -1, "maximum": 2}, {"maximum": -1}])
    def test_fails_when_an_end_is_below_zero(self, stack: cdk.Stack, ends: dict[str, int]) -> None:
        refused(stack, "ProvisionedConcurrencyOutOfRange", "-1", **ends)

    @pytest.mark.parametrize("value", ["5", True, [5]])
    def test_fails_when_the_only_end_is_no_number(self, stack: cdk.Stack, value: object) -> None:
        refused(stack, "ProvisionedConcurrencyOutOfRange", repr(value), maximum=value)

    def test_fails_when_an_end_is_not_whole(self, stack: cdk.Stack) -> None:
        refused(stack, "ProvisionedConcurrencyOutOfRange", "2.5", minimum=1, maximum=2.5)

    @pytest.mark.parametrize("utilization", [0.1, 0.9])
    def test_takes_each_utilization_of_the_service(self, stack: cdk.Stack, utilization: float) -> None:
        warm(stack, function=define(stack), maximum=2, target_utilization=utilization)

        policy = only(synthesize(stack), POLICY)
        assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == utilization

    @pytest.mark.parametrize(("utilization", "got"), [(0, "0"), (0.09, "0.09"), (0.91, "0.91"), (70, "70")])
    def test_fails_when_the_utilization_is_out_of_range(self, stack: cdk.Stack, utilization: float, got: str) -> None:
        refused(stack, "UtilizationOutOfRange", got, maximum=2, target_utilization=utilization)


class TestSeasons:
    def test_begin_in_the_time_zone(self, stack: cdk.Stack) -> None:
        defined = warm(stack, function=define(stack), maximum=5, seasons=[MORNING, NIGHT], time_zone="Europe/Zurich")

        first, second = only(synthesize(stack), TARGET)["ScheduledActions"]
        assert first == {
            "ScheduledActionName": "Season0",
            "Schedule": "cron(0 7 ? * MON-FRI *)",
            "Timezone": "Europe/Zurich",
            "ScalableTargetAction": {"MinCapacity": 10, "MaxCapacity": 50},
        }
        assert second["ScheduledActionName"] == "Season1"
        assert second["ScalableTargetAction"] == {"MinCapacity": 0, "MaxCapacity": 0}
        assert defined.most == 50

    def test_begin_in_utc_unless_told(self, stack: cdk.Stack) -> None:
        warm(stack, function=define(stack), maximum=5, seasons=[MORNING])

        (season,) = only(synthesize(stack), TARGET)["ScheduledActions"]
        assert season["Timezone"] == "UTC"

    def test_may_bring_the_only_range(self, stack: cdk.Stack) -> None:
        defined = warm(stack, function=define(stack), minimum=2, maximum=2, seasons=[MORNING])

        assert defined.scaling_policy is not None

    def test_may_come_from_a_generator(self, stack: cdk.Stack) -> None:
        seasons: Any = (season for season in (MORNING, NIGHT))

        warm(stack, function=define(stack), maximum=5, seasons=seasons)

        actions = only(synthesize(stack), TARGET)["ScheduledActions"]
        assert [action["Schedule"] for action in actions] == [MORNING.schedule, NIGHT.schedule]

    @pytest.mark.parametrize(("seasons", "got"), [(MORNING, "Season"), ("cron(0 7 * * ? *)", "str"), (5, "int")])
    def test_fail_when_they_are_no_list(self, stack: cdk.Stack, seasons: object, got: str) -> None:
        refused(stack, "ListExpected", got, maximum=5, seasons=seasons)

    def test_fail_when_there_is_no_such_time(self, stack: cdk.Stack) -> None:
        wrong = Season(schedule="cron(0 25 * * ? *)", minimum=1, maximum=1)

        refused(stack, "ScheduleInvalid", "cron(0 25 * * ? *) with '25'", maximum=1, seasons=[wrong])

    def test_fail_when_one_is_none(self, stack: cdk.Stack) -> None:
        season = ("cron(0 7 * * ? *)", 1, 2)

        error = refused(stack, "TypeMismatch", "tuple", maximum=5, seasons=[MORNING, season])

        assert "'seasons[1]' must be of type Season" in str(error)

    def test_fail_when_there_is_no_such_time_zone(self, stack: cdk.Stack) -> None:
        refused(stack, "TimeZoneUnknown", "'CEST'", maximum=1, seasons=[MORNING], time_zone="CEST")

    @pytest.mark.parametrize("end", ["minimum", "maximum"])
    @pytest.mark.parametrize("value", [None, "5", True])
    def test_fail_when_an_end_is_no_number(self, stack: cdk.Stack, end: str, value: Any) -> None:  # noqa: ANN401
        wrong = dataclasses.replace(MORNING, **{end: value})

        error = refused(stack, "ProvisionedConcurrencyOutOfRange", repr(value), maximum=5, seasons=[wrong])

        assert f"'seasons[0].{end}'" in str(error)

    def test_fail_when_a_minimum_is_above_its_maximum(self, stack: cdk.Stack) -> None:
        wrong = Season(schedule="rate(1 day)", minimum=3, maximum=2)

        error = refused(stack, "MinimumAboveMaximum", "3", maximum=1, seasons=[MORNING, wrong])

        assert "'seasons[1].minimum'" in str(error)


class TestReserved:
    @pytest.mark.parametrize("options", [{"concurrency": 10}, {"maximum": 10}])
    def test_may_be_used_up(self, stack: cdk.Stack, options: dict[str, Any]) -> None:
        warm(stack, function=define(stack, reserved_concurrent_executions=10), **options)

        assert_no_findings(stack, select=["ProvisionedAboveReserved", "ProvisionedOnVersion"])

    @pytest.mark.parametrize(("concurrency", "warnings"), [(10, 1), (9, 0)])
    def test_are_better_not_used_up(self, stack: cdk.Stack, concurrency: int, warnings: int) -> None:
        warm(stack, function=define(stack, reserved_concurrent_executions=10), concurrency=concurrency)

        pattern = assertions.Match.string_like_regexp("nothing is left to try that version with")
        assert len(assertions.Annotations.from_stack(stack).find_warning("/Stack/Warm", pattern)) == warnings

    @pytest.mark.parametrize("options", [{"concurrency": 10}, {"maximum": 10}, {"maximum": 2, "seasons": [MORNING]}])
    def test_fails_when_more_is_kept_ready(self, stack: cdk.Stack, options: dict[str, Any]) -> None:
        function = define(stack, reserved_concurrent_executions=9)

        refused(stack, "ProvisionedAboveReserved", "9 reserved", function=function, **options)

    def test_fails_when_the_function_is_stopped(self, stack: cdk.Stack) -> None:
        function = define(stack, reserved_concurrent_executions=0)

        refused(stack, "ProvisionedAboveReserved", "0 reserved", function=function, concurrency=1)


class TestAlarm:
    def test_tells_of_invocations_that_find_none_ready(self, stack: cdk.Stack) -> None:
        topic = sns.Topic(stack, "Topic")

        defined = warm(stack, function=define(stack, notify=topic), concurrency=1)

        template = synthesize(stack)
        (function,) = resources(template, "AWS::Lambda::Function")
        alarm = template["Resources"][stack.resolve(defined.alarms["Spillover"].logical_id)]["Properties"]
        assert alarm["MetricName"] == "ProvisionedConcurrencySpilloverInvocations"
        assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["Period"]) == (1, 5, 60)
        assert alarm["AlarmActions"] == [{"Ref": stack.resolve(topic.node.default_child.logical_id)}]  # type: ignore[union-attr]
        assert alarm["Dimensions"] == [
            {"Name": "FunctionName", "Value": {"Ref": function}},
            {"Name": "Resource", "Value": {"Fn::Join": ["", [{"Ref": function}, ":live"]]}},
        ]


def share_traffic(function: WellArchitectedFunction) -> None:
    alias: Any = function.live.node.default_child
    weight = lambda_.CfnAlias.VersionWeightProperty(function_version="1", function_weight=0.1)
    alias.routing_config = lambda_.CfnAlias.AliasRoutingConfigurationProperty(additional_version_weights=[weight])


class TestFunctions:
    def test_fail_when_another_keeps_them_ready(self, stack: cdk.Stack) -> None:
        function = define(stack)
        warm(stack, function=function, concurrency=1)

        refused(
            stack, "ProvisionedTwice", "a function that Stack/Warm keeps ready", function=function, minimum=1, maximum=2
        )

    @pytest.mark.parametrize("before", [True, False])
    def test_fail_when_the_cdk_keeps_them_ready(self, stack: cdk.Stack, *, before: bool) -> None:
        function = define(stack)
        if before:
            function.live.add_auto_scaling(max_capacity=5)
        warm(stack, function=function, maximum=2)
        if not before:
            function.live.add_auto_scaling(max_capacity=5)

        with pytest.raises(RuntimeError, match=r"Stack/Warm.*add_auto_scaling.*\(ProvisionedTwice\)"):
            synthesize(stack)

    def test_fail_when_snapshots_make_their_starts_short(self, stack: cdk.Stack) -> None:
        function = define(stack, snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS)

        refused(stack, "ProvisionedBesideSnapStart", "one with SnapStart", function=function, concurrency=1)

    def test_fail_when_they_isolate_tenants(self, stack: cdk.Stack) -> None:
        function = define(stack, tenancy_config=lambda_.TenancyConfig.PER_TENANT)

        refused(stack, "ProvisionedBesideTenants", "one with isolated tenants", function=function, maximum=1)

    def test_fail_when_they_run_on_managed_instances(self, stack: cdk.Stack) -> None:
        function = define(stack)
        provider = instances(stack, architectures=[lambda_.Architecture.ARM_64])
        provider.add_function(function)

        refused(
            stack, "ProvisionedBesideManagedInstances", "one with managed instances", function=function, concurrency=1
        )

    @pytest.mark.parametrize("options", [{"concurrency": 1}, {"maximum": 2}])
    def test_fail_when_they_run_on_managed_instances_later(self, stack: cdk.Stack, options: dict[str, Any]) -> None:
        function = define(stack, memory_size=2_048)
        provider = instances(stack, architectures=[lambda_.Architecture.ARM_64])
        warm(stack, function=function, **options)

        refusal(
            lambda: function.run_on(ManagedInstances(capacity_provider=provider)),
            "ProvisionedBesideManagedInstances",
            "managed instances beside provisioned concurrency",
            path="Stack/Function",
        )

    @pytest.mark.parametrize("before", [True, False])
    def test_fail_when_their_alias_has_a_fixed_number_too(self, stack: cdk.Stack, *, before: bool) -> None:
        function = define(stack)
        alias: Any = function.live.node.default_child
        fixed = lambda_.CfnAlias.ProvisionedConcurrencyConfigurationProperty(provisioned_concurrent_executions=1)
        if before:
            alias.provisioned_concurrency_config = fixed
        warm(stack, function=function, maximum=2)
        if not before:
            alias.provisioned_concurrency_config = fixed

        with pytest.raises(RuntimeError, match=r"got a fixed number on 'live' too; .*\(ProvisionedTwice\)"):
            synthesize(stack)

    @pytest.mark.parametrize("options", [{"concurrency": 1}, {"maximum": 2}])
    def test_fail_when_their_traffic_is_shared_for_good(self, stack: cdk.Stack, options: dict[str, Any]) -> None:
        function = define(stack)
        share_traffic(function)

        refused(stack, "ProvisionedBesideWeights", "'live' with a routing configuration", function=function, **options)

    @pytest.mark.parametrize("options", [{"concurrency": 1}, {"maximum": 2}])
    def test_fail_when_their_traffic_is_shared_afterwards(self, stack: cdk.Stack, options: dict[str, Any]) -> None:
        function = define(stack)
        warm(stack, function=function, **options)
        share_traffic(function)

        with pytest.raises(
            RuntimeError, match=r"got 'live' with a routing configuration; .*\(ProvisionedBesideWeights\)"
        ):
            synthesize(stack)

    def test_fail_when_it_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", function="orders", concurrency=1)

    def test_fail_when_there_is_none(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValidationError, match=r"got None.*\(TypeMismatch\)"):
            ProvisionedConcurrency(stack, "Warm", function=None, concurrency=1)  # type: ignore[arg-type]

    def test_may_be_in_another_stack(self, app: cdk.App) -> None:
        elsewhere, here = cdk.Stack(app, "Elsewhere"), cdk.Stack(app, "Here")

        warm(here, function=define(elsewhere), maximum=2)

        target = only(synthesize(here), TARGET)
        assert "Fn::ImportValue" in str(target["ResourceId"])


@pytest.mark.parametrize("other", [{"region": "us-east-1"}, {"account": "222222222222"}])
def test_fails_when_a_function_is_of_another_environment(app: cdk.App, other: dict[str, str]) -> None:
    here, elsewhere = stacks_in(app, **other)

    refusal(
        lambda: warm(elsewhere, function=define(here, "Orders"), concurrency=1),
        "FunctionInOtherEnvironment",
        "In0/Orders",
        path="In1/Warm",
    )
