from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cognito as cognito, aws_kms as kms

from cdk_lambda_patterns import CognitoTrigger, ValidationError
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, granted, logical_id

HOOK = cognito.UserPoolOperation
SENDERS = [HOOK.CUSTOM_EMAIL_SENDER, HOOK.CUSTOM_SMS_SENDER]
SYNCHRONOUS = {
    "PreSignUp": HOOK.PRE_SIGN_UP,
    "PostConfirmation": HOOK.POST_CONFIRMATION,
    "PreAuthentication": HOOK.PRE_AUTHENTICATION,
    "PostAuthentication": HOOK.POST_AUTHENTICATION,
    "PreTokenGeneration": HOOK.PRE_TOKEN_GENERATION,
    "CustomMessage": HOOK.CUSTOM_MESSAGE,
    "DefineAuthChallenge": HOOK.DEFINE_AUTH_CHALLENGE,
    "CreateAuthChallenge": HOOK.CREATE_AUTH_CHALLENGE,
    "VerifyAuthChallengeResponse": HOOK.VERIFY_AUTH_CHALLENGE_RESPONSE,
    "UserMigration": HOOK.USER_MIGRATION,
}


def trigger(stack: cdk.Stack, *, timeout: float = 5, **options: Any) -> CognitoTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"operations": [HOOK.PRE_SIGN_UP], **options}
    if "function" not in given:
        given["function"] = define(stack, timeout=cdk.Duration.seconds(timeout))
    if "user_pool" not in given:
        given["user_pool"] = cognito.UserPool(stack, "Pool")
    return CognitoTrigger(stack, "Hooks", **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: trigger(stack, **options), code, got, path="Stack/Hooks")


def hooks(stack: cdk.Stack) -> dict[str, Any]:
    found: dict[str, Any] = only(synthesize(stack), "AWS::Cognito::UserPool")["LambdaConfig"]
    return found


class TestHooks:
    @pytest.mark.parametrize("name", SYNCHRONOUS)
    def test_call_the_live_alias(self, stack: cdk.Stack, name: str) -> None:
        function = define(stack, timeout=cdk.Duration.seconds(5))

        trigger(stack, function=function, operations=[SYNCHRONOUS[name]])

        assert hooks(stack) == {name: {"Ref": logical_id(function.live)}}

    def test_share_one_permission_for_this_pool(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(stack, "Pool")

        trigger(stack, user_pool=pool, operations=list(SYNCHRONOUS.values()))

        template = synthesize(stack)
        assert set(hooks(stack)) == set(SYNCHRONOUS)
        permission = only(template, "AWS::Lambda::Permission")
        assert permission["Principal"] == "cognito-idp.amazonaws.com"
        assert permission["SourceArn"] == {"Fn::GetAtt": [logical_id(pool), "Arn"]}

    def test_may_call_different_functions(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(stack, "Pool")
        first, second = (define(stack, name, timeout=cdk.Duration.seconds(5)) for name in ("First", "Second"))

        CognitoTrigger(stack, "In", function=first, user_pool=pool, operations=[HOOK.PRE_SIGN_UP])
        CognitoTrigger(stack, "Out", function=second, user_pool=pool, operations=[HOOK.POST_CONFIRMATION])

        assert hooks(stack) == {
            "PreSignUp": {"Ref": logical_id(first.live)},
            "PostConfirmation": {"Ref": logical_id(second.live)},
        }

    def test_need_no_failure_queue_since_the_user_waits(self, stack: cdk.Stack) -> None:
        trigger(stack, operations=list(SYNCHRONOUS.values()))

        assert resources(synthesize(stack), "AWS::SQS::Queue") == {}

    def test_fails_when_there_is_none(self, stack: cdk.Stack) -> None:
        refused(stack, "CognitoOperationsMissing", "none", operations=[])

    def test_fails_when_the_pool_has_one_already(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(stack, "Pool")
        pool.add_trigger(HOOK.PRE_SIGN_UP, define(stack, "Other").live)

        with pytest.raises(ValidationError, match="preSignUp already exists") as caught:
            trigger(stack, user_pool=pool)

        assert caught.value.code == "TriggerOperation"
        assert caught.value.path == "Stack/Hooks"

    def test_fails_when_the_pool_is_from_outside(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool.from_user_pool_id(stack, "Pool", "us-east-1_abc")

        refused(stack, "TypeMismatch", "aws_cognito.IUserPool", user_pool=pool)

    def test_fails_when_the_pool_stands_in_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(cdk.Stack(app, "Pools"), "Pool")

        refused(stack, "CognitoStack", "one in Pools", user_pool=pool)

    def test_may_call_a_function_of_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        function = define(cdk.Stack(app, "Functions"), timeout=cdk.Duration.seconds(5))

        trigger(stack, function=function).grant("cognito-idp:AdminGetUser")

        app.synth()
        assert [dependency.node.id for dependency in stack.dependencies] == ["Functions"]


class TestTimeout:
    @pytest.mark.parametrize("timeout", [1, 5])
    def test_is_up_to_five_seconds(self, stack: cdk.Stack, timeout: int) -> None:
        trigger(stack, timeout=timeout)

        assert only(synthesize(stack), "AWS::Lambda::Function")["Timeout"] == timeout

    def test_may_only_be_known_at_deployment(self, stack: cdk.Stack) -> None:
        trigger(stack, timeout=NUMBER)

        assert only(synthesize(stack), "AWS::Lambda::Function")["Timeout"] == {"Ref": "Number"}

    def test_fails_when_cognito_does_not_wait_so_long(self, stack: cdk.Stack) -> None:
        refused(stack, "CognitoTimeout", "6", timeout=6)

    def test_fails_when_it_is_left_at_thirty_seconds(self, stack: cdk.Stack) -> None:
        refused(stack, "CognitoTimeout", "30", function=define(stack))

    def test_fails_when_one_of_several_hooks_is_waited_for(self, stack: cdk.Stack) -> None:
        refused(stack, "CognitoTimeout", "30", timeout=30, operations=[*SENDERS, HOOK.PRE_SIGN_UP])


class TestTokens:
    def test_are_changed_with_the_event_that_has_access_tokens(self, stack: cdk.Stack) -> None:
        function = define(stack, timeout=cdk.Duration.seconds(5))

        trigger(stack, function=function, operations=[HOOK.PRE_TOKEN_GENERATION_CONFIG, HOOK.PRE_SIGN_UP])

        live = {"Ref": logical_id(function.live)}
        assert hooks(stack) == {
            "PreSignUp": live,
            "PreTokenGenerationConfig": {"LambdaArn": live, "LambdaVersion": "V2_0"},
        }

    @pytest.mark.parametrize("version", cognito.LambdaVersion)
    def test_may_have_another_event(self, stack: cdk.Stack, version: cognito.LambdaVersion) -> None:
        trigger(stack, operations=[HOOK.PRE_TOKEN_GENERATION_CONFIG], lambda_version=version)

        assert hooks(stack)["PreTokenGenerationConfig"]["LambdaVersion"] == version.value

    def test_of_a_lite_pool_have_the_first_event(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(stack, "Pool", feature_plan=cognito.FeaturePlan.LITE)

        trigger(
            stack,
            user_pool=pool,
            operations=[HOOK.PRE_TOKEN_GENERATION_CONFIG],
            lambda_version=cognito.LambdaVersion.V1_0,
        )

        assert hooks(stack)["PreTokenGenerationConfig"]["LambdaVersion"] == "V1_0"

    def test_fails_when_a_lite_pool_has_no_such_event(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(stack, "Pool", feature_plan=cognito.FeaturePlan.LITE)

        refused(stack, "CognitoFeaturePlan", "V2_0", user_pool=pool, operations=[HOOK.PRE_TOKEN_GENERATION_CONFIG])

    def test_fails_when_no_hook_has_versions(self, stack: cdk.Stack) -> None:
        refused(stack, "LambdaVersionUnused", "V2_0", lambda_version=cognito.LambdaVersion.V2_0)

    def test_fails_when_there_are_two_hooks_for_them(self, stack: cdk.Stack) -> None:
        refused(
            stack,
            "CognitoTokenHooks",
            "PRE_TOKEN_GENERATION and PRE_TOKEN_GENERATION_CONFIG",
            operations=[HOOK.PRE_TOKEN_GENERATION, HOOK.PRE_TOKEN_GENERATION_CONFIG],
        )


class TestCustomSenders:
    """Cognito does not wait for them."""

    def test_get_codes_that_they_may_decrypt_and_their_failures_are_kept(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        pool = cognito.UserPool(stack, "Pool", custom_sender_kms_key=key)
        function = define(stack)

        trigger(stack, function=function, user_pool=pool, operations=SENDERS, custom_sender_key=key)

        template = synthesize(stack)
        sender = {"LambdaArn": {"Ref": logical_id(function.live)}, "LambdaVersion": "V1_0"}
        arn = {"Fn::GetAtt": [logical_id(key), "Arn"]}
        assert hooks(stack) == {"CustomEmailSender": sender, "CustomSMSSender": sender, "KMSKeyID": arn}
        assert granted(template)[logical_id(key)] == ["kms:Decrypt"]
        assert function.failure_queue is not None
        assert "OnFailure" in only(template, "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]

    def test_may_stand_in_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        pool = cognito.UserPool(stack, "Pool", custom_sender_kms_key=key)

        trigger(
            stack,
            function=define(cdk.Stack(app, "Functions")),
            user_pool=pool,
            operations=SENDERS,
            custom_sender_key=key,
        )

        app.synth()
        assert granted(synthesize(stack))[logical_id(key)] == ["kms:Decrypt"]

    def test_fails_when_they_could_not_decrypt(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(stack, "Pool", custom_sender_kms_key=kms.Key(stack, "Key"))

        refused(stack, "CustomSenderKeyMissing", "none", user_pool=pool, operations=SENDERS)

    def test_fails_when_the_pool_lacks_the_key(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValidationError, match="you must specify a KMS key") as caught:
            trigger(stack, operations=SENDERS, custom_sender_key=kms.Key(stack, "Key"))

        assert caught.value.path == "Stack/Hooks"

    def test_fails_when_a_key_has_no_use(self, stack: cdk.Stack) -> None:
        refused(stack, "CustomSenderKeyUnused", "aws_kms.Key", custom_sender_key=kms.Key(stack, "Key"))


class TestCycle:
    def test_rights_on_the_pool_come_after_both(self, stack: cdk.Stack) -> None:
        pool = cognito.UserPool(stack, "Pool")
        defined = trigger(stack, user_pool=pool)

        policy = defined.grant("cognito-idp:AdminGetUser")
        again = defined.grant("cognito-idp:AdminDeleteUser")

        template = synthesize(stack)
        assert policy is again
        assert granted(template)[logical_id(pool)] == ["cognito-idp:AdminGetUser", "cognito-idp:AdminDeleteUser"]
        needed = needs(template["Resources"], logical_id(pool))
        assert not {logical_id(policy), logical_id(pool)} & needed
        assert any(name.startswith("Function") for name in needed)

    def test_rights_from_the_pool_itself_would_close_it(self, stack: cdk.Stack) -> None:
        """What the construct avoids: the pool needs the function, the function its policy, and that the pool."""
        pool = cognito.UserPool(stack, "Pool")
        function = define(stack, timeout=cdk.Duration.seconds(5))
        trigger(stack, function=function, user_pool=pool)

        pool.grant(function, "cognito-idp:AdminGetUser")

        assert logical_id(pool) in needs(synthesize(stack)["Resources"], logical_id(pool))


def needs(resources: dict[str, Any], name: str, found: set[str] | None = None) -> set[str]:
    """All resources that must be there before one."""
    found = set() if found is None else found
    for other in references(resources[name]) & resources.keys() - found:
        found.add(other)
        needs(resources, other, found)
    return found


def references(value: Any) -> set[str]:  # noqa: ANN401
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case dict():
            depends = value.get("DependsOn", [])
            return set(depends).union(*map(references, value.values()))
        case list():
            return set().union(*map(references, value))
        case _:
            return set()
