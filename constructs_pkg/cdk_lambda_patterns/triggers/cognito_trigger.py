"""Has a user pool call a function: before and after sign-up, sign-in, messages and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito, aws_iam as iam, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function, require_type
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.function.references import in_one_stack
from cdk_lambda_patterns.validation import Where, type_name

from .event_source_mappings import reader_of
from .trigger_checks import require_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_COGNITO = "cognito-idp.amazonaws.com"
_SENDERS = {"customEmailSender", "customSmsSender"}
_TOKENS, _OLD_TOKENS = "preTokenGenerationConfig", "preTokenGeneration"


class CognitoTrigger(Construct):
    """Has a user pool call a function's `live` alias from its hooks.

    Defines the hooks and one permission for all of them. Cognito waits 5 seconds for the reply and asks three times;
    the user waits too and is told of a failure, so there is no failure queue. Custom senders are the exception: Cognito
    does not wait for them, and what they fail on ends in the function's failure queue.

    The pool names the function, so the function's role and environment must not name the pool: neither could be created
    before the other. Rights on the pool come with `grant`, and its id with each event, as `userPoolId`.
    """

    permission: lambda_.CfnPermission
    """The permission: for resources that must come after it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        user_pool: cognito.UserPool,
        operations: Sequence[cognito.UserPoolOperation],
        lambda_version: cognito.LambdaVersion | None = None,
        custom_sender_key: kms.IKey | kms.Key | None = None,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of, in the pool's stack.
            construct_id: Its name there.
            function: The function to call, with a timeout of at most 5 seconds unless it is a custom sender only.
                Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
            user_pool: The user pool.
            operations: The hooks, of `aws_cognito.UserPoolOperation`; before tokens are made,
                `PRE_TOKEN_GENERATION_CONFIG`.
            lambda_version: The version of the event before tokens are made. `V1_0` changes identity tokens only; the
                others need a pool on another plan than Lite.
                Default: - `V2_0`, which changes access tokens too.
                Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
            custom_sender_key: The key that the pool has as `custom_sender_kms_key`: the function may decrypt the codes
                that it sends.
                Default: - none; custom senders need it.
                Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html

        Raises:
            ValidationError: No hook, one that the pool already has, a function that may run longer than Cognito waits,
                a version that the pool's plan lacks, a custom sender without a key, or a trigger in another stack than
                the pool's.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_type(where, "user_pool", user_pool, "add_trigger", "aws_cognito.UserPool")
        expect_type(where, "custom_sender_key", custom_sender_key, "key_arn", "aws_kms.IKey")
        expect_type(where, "lambda_version", lambda_version, "V1_0", "aws_cognito.LambdaVersion")
        for operation in require_list(where, "operations", operations):
            require_type(where, "operations", operation, "operation_name", "aws_cognito.UserPoolOperation")
        names = [operation.operation_name for operation in operations]
        _check_operations(where, names)
        _check_stack(where, user_pool)
        if not _SENDERS.issuperset(names):
            where.within("function", function.timeout_seconds, quotas.COGNITO_RESPONSE)
        version = _version(where, user_pool, names, lambda_version)
        _check_key(where, names, custom_sender_key)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        self._function = function
        self._user_pool = user_pool

        # 2 define
        if not _SENDERS.isdisjoint(names):
            function.invoked_asynchronously()
        # Not the alias itself: the pool would add a permission for each hook.
        target = lambda_.Function.from_function_attributes(
            self, "Live", function_arn=function.live.function_arn, skip_permissions=True
        )
        with cdk_refusals(where):
            for name, operation in zip(names, operations, strict=True):
                user_pool.add_trigger(operation, target, version if name == _TOKENS else None)

        # 3 connect
        self.permission = function.callers.allow(
            self, "Permission", principal=_COGNITO, source_arn=user_pool.user_pool_arn
        )
        if custom_sender_key is not None:
            let_use(reader_of(self, function), custom_sender_key, "kms:Decrypt")

    def grant(self, *actions: str) -> iam.Policy:
        """Let the function use the pool, with a policy that comes after both.

        Args:
            *actions: As `cognito-idp:AdminUpdateUserAttributes`.

        Returns:
            The policy: for what must come after it.
        """
        statement = iam.PolicyStatement(actions=list(actions), resources=[self._user_pool.user_pool_arn])
        existing = self.node.try_find_child("Access")
        if isinstance(existing, iam.Policy):
            existing.add_statements(statement)
            return existing
        return iam.Policy(self, "Access", statements=[statement], roles=[cast("iam.IRole", self._function.role)])


def _check_operations(where: Where, names: Sequence[str]) -> None:
    if not names:
        where.refuse(
            "operations",
            "must name at least one hook",
            got="none",
            fix="choose among aws_cognito.UserPoolOperation",
            code="CognitoOperationsMissing",
        )
    if {_TOKENS, _OLD_TOKENS}.issubset(names):
        where.refuse(
            "operations",
            "must name one hook for tokens",
            got="PRE_TOKEN_GENERATION and PRE_TOKEN_GENERATION_CONFIG",
            fix="leave PRE_TOKEN_GENERATION out: it is the older form",
            code="CognitoTokenHooks",
        )


def _check_stack(where: Where, user_pool: cognito.UserPool) -> None:
    if not in_one_stack(where.scope, user_pool):
        where.refuse(
            "user_pool",
            "must be in the trigger's stack, since it needs the function and its permission needs the pool",
            got=f"one in {cdk.Stack.of(user_pool).node.path}",
            fix="define the trigger beside the pool; the function may be elsewhere",
            code="CognitoStack",
        )


def _version(
    where: Where, user_pool: cognito.UserPool, names: Sequence[str], given: cognito.LambdaVersion | None
) -> cognito.LambdaVersion:
    if given is not None and _TOKENS not in names:
        where.refuse(
            "lambda_version",
            "must be left out where PRE_TOKEN_GENERATION_CONFIG is not among the 'operations'",
            got=given.value,
            fix="the other hooks have one version",
            code="LambdaVersionUnused",
        )
    version = cognito.LambdaVersion(practices.COGNITO_LAMBDA_VERSION) if given is None else given
    if _TOKENS in names and version is not cognito.LambdaVersion.V1_0:
        plan = cast("cognito.CfnUserPool", user_pool.node.default_child).user_pool_tier
        if plan == "LITE":
            where.refuse(
                "lambda_version",
                "must be V1_0 on a pool of the plan Lite",
                got=version.value,
                fix="give the pool the feature plan ESSENTIALS, or write lambda_version=LambdaVersion.V1_0",
                code="CognitoFeaturePlan",
            )
    return version


def _check_key(where: Where, names: Sequence[str], key: kms.IKey | kms.Key | None) -> None:
    senders = not _SENDERS.isdisjoint(names)
    if senders and key is None:
        where.refuse(
            "custom_sender_key",
            "must be given for custom senders: Cognito encrypts the codes that they send",
            got="none",
            fix="give the key that the pool has as 'custom_sender_kms_key'",
            code="CustomSenderKeyMissing",
        )
    if key is not None and not senders:
        where.refuse(
            "custom_sender_key",
            "must be left out where no custom sender is among the 'operations'",
            got=type_name(key),
            fix="leave it out",
            code="CustomSenderKeyUnused",
        )
