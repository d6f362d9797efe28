from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import CustomResourceTrigger
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, granted, logical_id


def trigger(stack: cdk.Stack, *, timeout: float = 30, **options: Any) -> CustomResourceTrigger:  # noqa: ANN401
    given: dict[str, Any] = {**options}
    if "function" not in given:
        given["function"] = define(stack, timeout=cdk.Duration.seconds(timeout))
    return CustomResourceTrigger(stack, "Seed", **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: trigger(stack, **options), code, got, path="Stack/Seed")


def the_resource(stack: cdk.Stack, kind: str = "Custom::Resource") -> dict[str, Any]:
    return only(synthesize(stack), kind)


class TestResource:
    def test_is_answered_for_by_the_provider(self, stack: cdk.Stack) -> None:
        function = define(stack)

        trigger(stack, function=function)

        template = synthesize(stack)
        ((framework, properties),) = (
            (name, found)
            for name, found in resources(template, "AWS::Lambda::Function").items()
            if found["Handler"] == "framework.onEvent"
        )
        assert the_resource(stack)["ServiceToken"] == {"Fn::GetAtt": [framework, "Arn"]}
        live = {"Ref": logical_id(function.live)}
        assert properties["Environment"]["Variables"] == {"USER_ON_EVENT_FUNCTION_ARN": live}

    def test_has_the_properties_that_the_function_gets(self, stack: cdk.Stack) -> None:
        trigger(stack, resource_type="Custom::Plans", properties={"Plans": ["free"], "region": stack.region})

        resource = the_resource(stack, "Custom::Plans")
        assert (resource["Plans"], resource["region"]) == (["free"], {"Ref": "AWS::Region"})

    def test_gives_what_the_function_returned(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        cdk.CfnOutput(stack, "Count", value=defined.resource.get_att_string("Count"))

        name = logical_id(defined.resource)
        assert synthesize(stack)["Outputs"]["Count"]["Value"] == {"Fn::GetAtt": [name, "Count"]}

    @pytest.mark.parametrize(
        ("policy", "written"), [(cdk.RemovalPolicy.DESTROY, "Delete"), (cdk.RemovalPolicy.RETAIN, "Retain")]
    )
    def test_may_stay(self, stack: cdk.Stack, policy: cdk.RemovalPolicy, written: str) -> None:
        defined = trigger(stack, removal_policy=policy)

        assert synthesize(stack)["Resources"][logical_id(defined.resource)]["DeletionPolicy"] == written

    @pytest.mark.parametrize("name", ["Custom::A", "Custom::" + 52 * "a", "Custom::a_b@c-1"])
    def test_may_have_any_type_that_cloudformation_takes(self, stack: cdk.Stack, name: str) -> None:
        trigger(stack, resource_type=name)

        assert the_resource(stack, name)

    @pytest.mark.parametrize(
        "name", ["Seed", "Custom::", "Custom::" + 53 * "a", "Custom::Two words", "AWS::S3::Bucket"]
    )
    def test_fails_when_cloudformation_takes_no_such_type(self, stack: cdk.Stack, name: str) -> None:
        refused(stack, "CustomResourceType", repr(name), resource_type=name)


class TestProvider:
    def test_may_call_the_live_alias_and_log_and_nothing_else(self, stack: cdk.Stack) -> None:
        function = define(stack)

        trigger(stack, function=function)

        template = synthesize(stack)
        (role,) = (name for name in resources(template, "AWS::IAM::Role") if "CustomResourceProvider" in name)
        (inline,) = resources(template, "AWS::IAM::Role")[role]["Policies"]
        (statement,) = inline["PolicyDocument"]["Statement"]
        assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        assert "ManagedPolicyArns" not in resources(template, "AWS::IAM::Role")[role]
        assert granted(template, to=role) == {
            logical_id(function.live): ["lambda:InvokeFunction", "lambda:GetFunction"]
        }
        (group,) = (
            found for name, found in resources(template, "AWS::Logs::LogGroup").items() if "CustomResource" in name
        )
        assert group["RetentionInDays"] == 30

    def test_is_one_for_all_resources_of_a_function(self, stack: cdk.Stack) -> None:
        function = define(stack)

        first = CustomResourceTrigger(stack, "First", function=function)
        second = CustomResourceTrigger(stack, "Second", function=function)

        template = synthesize(stack)
        assert first.provider is second.provider
        assert len(resources(template, "AWS::Lambda::Function")) == 2
        assert len(resources(template, "Custom::Resource")) == 2

    def test_stands_in_the_functions_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        function = define(cdk.Stack(app, "Functions"))

        trigger(stack, function=function)

        assert set(kinds(synthesize(stack))) == {"Custom::Resource"}

    def test_fails_when_the_function_isolates_tenants(self, stack: cdk.Stack) -> None:
        function = define(stack, tenancy_config=lambda_.TenancyConfig.PER_TENANT)

        refused(stack, "EventSourceWithoutTenant", "an event source", function=function)

    def test_fails_when_the_function_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", function="seed")


class TestWaiting:
    @pytest.mark.parametrize(("timeout", "waited"), [(1, 183), (30, 270), (840, 2_700)])
    def test_is_as_long_as_an_answer_can_come(self, stack: cdk.Stack, timeout: int, waited: int) -> None:
        """Three tries, and Lambda's waits of one and two minutes between them."""
        trigger(stack, timeout=timeout)

        assert the_resource(stack)["ServiceTimeout"] == f"{waited}"

    def test_is_for_the_longest_function_where_its_timeout_is_not_known(self, stack: cdk.Stack) -> None:
        trigger(stack, timeout=NUMBER)

        assert the_resource(stack)["ServiceTimeout"] == "2700"

    @pytest.mark.parametrize(("timeout", "seconds"), [(1, 1), (30, 30), (30, 3_600)])
    def test_may_be_said(self, stack: cdk.Stack, timeout: int, seconds: int) -> None:
        trigger(stack, timeout=timeout, service_timeout=cdk.Duration.seconds(seconds))

        assert the_resource(stack)["ServiceTimeout"] == f"{seconds}"

    def test_fails_when_it_is_shorter_than_the_function_may_take(self, stack: cdk.Stack) -> None:
        refused(stack, "ServiceTimeoutTooShort", "29", service_timeout=cdk.Duration.seconds(29))

    @pytest.mark.parametrize(("seconds", "got"), [(0, "0"), (3_601, "3,601")])
    def test_fails_when_cloudformation_does_not_wait_so_long(self, stack: cdk.Stack, seconds: int, got: str) -> None:
        refused(stack, "ServiceTimeoutOutOfRange", got, service_timeout=cdk.Duration.seconds(seconds))

    def test_fails_when_the_provider_does_not_wait_so_long(self, stack: cdk.Stack) -> None:
        refused(stack, "CustomResourceFunctionTimeout", "841", timeout=841)


def kinds(template: dict[str, Any]) -> list[str]:
    return [resource["Type"] for resource in template["Resources"].values()]
