"""Services that call a function by a permission alone."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_codecommit as codecommit, aws_s3 as s3
from botocore.stub import Stubber

from cdk_lambda_patterns import ServiceCaller, ServiceTrigger, ValidationError
from cdk_lambda_patterns.testing import synthesize
from tests.examples import example_handler
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, logical_id

SKILL = "amzn1.ask.skill.f3cc4f60-61f6-4a2b-8a21-d07600c373ce"
BOT = "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/TSTALIASID"
REPOSITORY = "arn:aws:codecommit:us-east-1:123456789012:orders"
ACCOUNT = {"Ref": "AWS::AccountId"}


def trigger(stack: cdk.Stack, caller: ServiceCaller, /, **options: Any) -> ServiceTrigger:  # noqa: ANN401
    return ServiceTrigger(stack, "Caller", function=define(stack, **options), caller=caller)


def permission(stack: cdk.Stack) -> dict[str, Any]:
    """Who may call, without what is the same for all."""
    found = only(synthesize(stack), "AWS::Lambda::Permission")
    assert found.pop("Action") == "lambda:InvokeFunction"
    (live,) = resources(synthesize(stack), "AWS::Lambda::Alias")
    assert found.pop("FunctionName") == {"Ref": live}
    return found


def keeps_failures(stack: cdk.Stack) -> bool:
    return bool(resources(synthesize(stack), "AWS::Lambda::EventInvokeConfig"))


def refused(stack: cdk.Stack, code: str, got: str, caller: Any, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, caller, **options), code, got, path="Stack/Caller")


class TestAlexa:
    @pytest.mark.parametrize(
        ("caller", "principal"),
        [
            (ServiceCaller.alexa_skill, "alexa-appkit.amazon.com"),
            (ServiceCaller.alexa_smart_home_skill, "alexa-connectedhome.amazon.com"),
        ],
    )
    def test_calls_for_one_skill_and_waits(
        self,
        stack: cdk.Stack,
        caller: Any,  # noqa: ANN401
        principal: str,
    ) -> None:
        trigger(stack, caller(SKILL), timeout=cdk.Duration.seconds(8))

        assert permission(stack) == {"Principal": principal, "EventSourceToken": SKILL}
        assert not keeps_failures(stack)

    def test_may_call_for_a_skill_that_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        token = cdk.CfnParameter(stack, "Skill").value_as_string

        trigger(stack, ServiceCaller.alexa_skill(token), timeout=cdk.Duration.seconds(1))

        assert permission(stack)["EventSourceToken"] == {"Ref": "Skill"}

    @pytest.mark.parametrize("skill", ["amzn1.echo-sdk-ams.app.000000-d0ed-0000-ad00-000000d00ebe", SKILL])
    def test_knows_the_ids_of_skills_old_and_new(self, stack: cdk.Stack, skill: str) -> None:
        trigger(stack, ServiceCaller.alexa_skill(skill), timeout=cdk.Duration.seconds(8))

        assert permission(stack)["EventSourceToken"] == skill

    @pytest.mark.parametrize("skill", ["", "*", "my-skill", "amzn1.ask.skill.", f"{SKILL} "])
    def test_fails_when_the_skill_is_none(self, stack: cdk.Stack, skill: str) -> None:
        caller = ServiceCaller.alexa_skill(skill)

        refused(stack, "SkillIdInvalid", repr(skill), caller, timeout=cdk.Duration.seconds(8))

    @pytest.mark.parametrize(("options", "got"), [({}, "30"), ({"timeout": cdk.Duration.seconds(9)}, "9")])
    def test_fails_when_the_function_may_take_longer_than_alexa_waits(
        self, stack: cdk.Stack, options: dict[str, Any], got: str
    ) -> None:
        error = refused(stack, "AlexaTimeout", got, ServiceCaller.alexa_skill(SKILL), **options)

        assert "'timeout' of 8 seconds" in str(error)

    def test_leaves_a_timeout_alone_that_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        trigger(stack, ServiceCaller.alexa_skill(SKILL), timeout=cdk.Duration.seconds(NUMBER))

        assert permission(stack)["EventSourceToken"] == SKILL


def test_lex_calls_for_one_alias_of_a_bot_and_waits(stack: cdk.Stack) -> None:
    trigger(stack, ServiceCaller.lex_bot(BOT), timeout=cdk.Duration.minutes(15))

    assert permission(stack) == {"Principal": "lexv2.amazonaws.com", "SourceArn": BOT}
    assert not keeps_failures(stack)


def test_config_calls_for_this_account_and_does_not_wait(stack: cdk.Stack) -> None:
    trigger(stack, ServiceCaller.config_rules())

    assert permission(stack) == {"Principal": "config.amazonaws.com", "SourceAccount": ACCOUNT}
    assert keeps_failures(stack)


class TestAnyService:
    def test_calls_for_this_account_and_does_not_wait(self, stack: cdk.Stack) -> None:
        trigger(stack, ServiceCaller.service("codecommit.amazonaws.com"))

        assert permission(stack) == {"Principal": "codecommit.amazonaws.com", "SourceAccount": ACCOUNT}
        assert keeps_failures(stack)

    def test_may_wait(self, stack: cdk.Stack) -> None:
        trigger(stack, ServiceCaller.service("secretsmanager.amazonaws.com", asynchronous=False))

        assert not keeps_failures(stack)

    @pytest.mark.parametrize(
        ("given", "account"),
        [
            ({"source_arn": REPOSITORY}, None),
            ({"source_arn": "arn:aws:s3:::photos"}, ACCOUNT),
            ({"source_arn": "arn:aws:s3:::photos", "source_account": "111111111111"}, "111111111111"),
            ({"source_arn": REPOSITORY, "source_account": "111111111111"}, "111111111111"),
        ],
    )
    def test_names_the_account_where_the_arn_does_not(
        self, stack: cdk.Stack, given: dict[str, Any], account: dict[str, str] | str | None
    ) -> None:
        trigger(stack, ServiceCaller.service("codecommit.amazonaws.com", **given))

        found = permission(stack)
        assert found["SourceArn"] == given["source_arn"]
        assert found.get("SourceAccount") == account

    def test_names_the_account_of_a_bucket_that_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")

        trigger(stack, ServiceCaller.service("s3.amazonaws.com", source_arn=bucket.bucket_arn))

        arn = {"Fn::GetAtt": [logical_id(bucket), "Arn"]}
        assert permission(stack) == {"Principal": "s3.amazonaws.com", "SourceArn": arn, "SourceAccount": ACCOUNT}

    def test_may_come_from_what_the_stack_defines(self, stack: cdk.Stack) -> None:
        repository = codecommit.Repository(stack, "Repository", repository_name="orders")

        trigger(stack, ServiceCaller.service("codecommit.amazonaws.com", source_arn=repository.repository_arn))

        arn = {"Fn::GetAtt": [logical_id(repository), "Arn"]}
        assert permission(stack) == {"Principal": "codecommit.amazonaws.com", "SourceArn": arn}

    @pytest.mark.parametrize("principal", ["config.amazonaws.com.cn", "lambda.alarms.cloudwatch.amazonaws.com"])
    def test_is_any_name_of_a_service(self, stack: cdk.Stack, principal: str) -> None:
        trigger(stack, ServiceCaller.service(principal))

        assert permission(stack)["Principal"] == principal

    @pytest.mark.parametrize(
        "principal",
        ["*", "", "123456789012", "arn:aws:iam::123456789012:root", "codecommit", "evil.example.com", ".amazonaws.com"],
    )
    def test_fails_when_it_is_none(self, stack: cdk.Stack, principal: str) -> None:
        error = refused(stack, "PrincipalInvalid", repr(principal), ServiceCaller.service(principal))

        assert "grant_invoke" in str(error)

    @pytest.mark.parametrize(
        "arn",
        ["", "*", "photos", "arn:aws:s3", "arn:*:s3:::photos", "arn:aws:sns:us-east-1:*:orders", "arn:aws:s3:::a b"],
    )
    def test_fails_when_its_source_is_none(self, stack: cdk.Stack, arn: str) -> None:
        caller = ServiceCaller.service("s3.amazonaws.com", source_arn=arn)

        refused(stack, "SourceArnInvalid", repr(arn), caller)

    @pytest.mark.parametrize("account", ["", "*", "12345678901", "1234567890123"])
    def test_fails_when_its_account_is_none(self, stack: cdk.Stack, account: str) -> None:
        caller = ServiceCaller.service("s3.amazonaws.com", source_account=account)

        refused(stack, "SourceAccountInvalid", repr(account), caller)


def test_callers_with_one_source_share_a_permission(stack: cdk.Stack) -> None:
    function = define(stack)

    first, second = (
        ServiceTrigger(stack, name, function=function, caller=ServiceCaller.config_rules()) for name in ("One", "Two")
    )

    assert first.permission is second.permission
    assert permission(stack)["Principal"] == "config.amazonaws.com"


def test_callers_of_two_stacks_share_none(app: cdk.App, stack: cdk.Stack) -> None:
    """Each stack can be deployed and deleted without the other."""
    function = define(stack)
    others = [cdk.Stack(app, name) for name in ("One", "Two")]

    for other in others:
        ServiceTrigger(other, "Trigger", function=function, caller=ServiceCaller.config_rules())

    assert [len(resources(synthesize(other), "AWS::Lambda::Permission")) for other in others] == [1, 1]
    assert resources(synthesize(stack), "AWS::Lambda::Permission") == {}


def test_fails_when_nobody_says_on_whose_behalf_a_service_calls(stack: cdk.Stack) -> None:
    caller = ServiceCaller(principal="codecommit.amazonaws.com")

    refused(stack, "PermissionSourceMissing", "codecommit.amazonaws.com without a source", caller)


def test_fails_when_the_caller_is_only_a_name(stack: cdk.Stack) -> None:
    refused(stack, "TypeMismatch", "str", "codecommit.amazonaws.com")


def test_fails_when_the_function_is_not_one_of_ours(stack: cdk.Stack) -> None:
    refusal(
        lambda: ServiceTrigger(stack, "Caller", function=REPOSITORY, caller=ServiceCaller.config_rules()),  # type: ignore[arg-type]
        "TypeMismatch",
        "str",
    )


class TestExamplesHandler:
    """With the event that AWS documents.

    https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
    """

    @staticmethod
    def event(*, left: bool = False, **item: object) -> dict[str, Any]:
        changed = {
            "configurationItemCaptureTime": "2016-02-17T01:36:34.043Z",
            "awsAccountId": "123456789012",
            "configurationItemStatus": "OK",
            "resourceId": "orders",
            "ARN": "arn:aws:lambda:us-east-2:123456789012:function:orders",
            "awsRegion": "us-east-2",
            "resourceType": "AWS::Lambda::Function",
            "tags": {},
            **item,
        }
        notification = {"configurationItem": changed, "messageType": "ConfigurationItemChangeNotification"}
        return {
            "invokingEvent": json.dumps(notification),
            "ruleParameters": '{"myParameterKey":"myParameterValue"}',
            "resultToken": "myResultToken",
            "eventLeftScope": left,
            "executionRoleArn": "arn:aws:iam::123456789012:role/config-role",
            "configRuleArn": "arn:aws:config:us-east-2:123456789012:config-rule/config-rule-0123456",
            "configRuleName": "change-triggered-config-rule",
            "configRuleId": "config-rule-0123456",
            "accountId": "123456789012",
            "version": "1.0",
        }

    @pytest.mark.parametrize(
        ("changed", "compliance"),
        [
            ({"tags": {"owner": "shop"}}, "COMPLIANT"),
            ({"tags": {"owner": ""}}, "NON_COMPLIANT"),
            ({}, "NON_COMPLIANT"),
            ({"left": True}, "NOT_APPLICABLE"),
            ({"configurationItemStatus": "ResourceDeleted"}, "NOT_APPLICABLE"),
        ],
    )
    def test_tells_config_who_complies(
        self, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], compliance: str
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        owner = example_handler("owners/owner.py")
        evaluation = {
            "ComplianceResourceType": "AWS::Lambda::Function",
            "ComplianceResourceId": "orders",
            "ComplianceType": compliance,
            "OrderingTimestamp": "2016-02-17T01:36:34.043Z",
        }

        with Stubber(owner.config) as config_hears:
            expected = {"Evaluations": [evaluation], "ResultToken": "myResultToken"}
            config_hears.add_response("put_evaluations", {}, expected)
            owner.handler(self.event(**changed), None)

            config_hears.assert_no_pending_responses()
