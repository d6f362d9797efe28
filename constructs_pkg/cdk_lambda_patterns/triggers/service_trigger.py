"""Lets a service call a function: for callers that need a permission and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where, type_name

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.quotas import Quota

_S3 = "s3.amazonaws.com"
_SERVICE = r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)"
_ARN = r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+"
_ACCOUNT = r"\d{12}"
_SKILL_ID = r"amzn1\.(ask\.skill|echo-sdk-ams\.app)\.[0-9a-f-]+"


@dataclass(frozen=True, kw_only=True)
class ServiceCaller:
    """Who calls, on whose behalf. Made with one of its methods."""

    principal: str
    """The service, as `lexv2.amazonaws.com`."""
    source_arn: str | None = None
    """The resource on whose behalf it calls, with wildcards for several."""
    source_account: str | None = None
    """The account that the resource belongs to."""
    event_source_token: str | None = None
    """What an Alexa skill shows of itself."""
    asynchronous: bool = True
    """Whether it does not wait for the reply, so that failures must be kept."""
    patience: Quota | None = None
    """The longest timeout that a function can have for a caller that waits for its reply."""

    @classmethod
    def alexa_skill(cls, skill_id: str) -> ServiceCaller:
        """A custom Alexa skill, which waits eight seconds for the reply.

        Args:
            skill_id: As `amzn1.ask.skill.…`. Without it every skill of the world could call.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-alexa.html
        """
        return cls._alexa("alexa-appkit.amazon.com", skill_id)

    @classmethod
    def alexa_smart_home_skill(cls, skill_id: str) -> ServiceCaller:
        """An Alexa skill for the smart home, which waits eight seconds for the reply.

        Args:
            skill_id: As `amzn1.ask.skill.…`. Without it every skill of the world could call.
                Source: https://developer.amazon.com/en-US/docs/alexa/smarthome/develop-smart-home-skills-in-multiple-languages.html
        """
        return cls._alexa("alexa-connectedhome.amazon.com", skill_id)

    @classmethod
    def lex_bot(cls, bot_alias_arn: str) -> ServiceCaller:
        """An Amazon Lex V2 bot, which waits for the reply.

        Args:
            bot_alias_arn: The ARN of the bot's alias: `arn:aws:lex:<region>:<account>:bot-alias/<bot>/<alias>`.
                Source: https://docs.aws.amazon.com/lexv2/latest/dg/lambda-attach.html
        """
        return cls(principal="lexv2.amazonaws.com", source_arn=bot_alias_arn, asynchronous=False)

    @classmethod
    def config_rules(cls) -> ServiceCaller:
        """The custom rules of AWS Config in this account.

        Not one rule: AWS Config makes a rule only when it may call the function, so that the permission comes first.

        Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
        """
        return cls(principal="config.amazonaws.com", source_account=cdk.Aws.ACCOUNT_ID)

    @classmethod
    def service(
        cls,
        principal: str,
        *,
        source_arn: str | None = None,
        source_account: str | None = None,
        asynchronous: bool = True,
    ) -> ServiceCaller:
        """Any other service.

        Args:
            principal: The service, as `codecommit.amazonaws.com`.
            source_arn: The resource on whose behalf it calls, with wildcards for several.
                Default: - any of the account's.
            source_account: The account that the resource belongs to.
                Default: - this account, where the ARN does not name one: anybody can have a bucket of a name that you
                gave up.
            asynchronous: Whether it does not wait for the reply, so that failures must be kept.
                Default: True
        """
        if source_account is None and (source_arn is None or principal == _S3 or _names_no_account(source_arn)):
            source_account = cdk.Aws.ACCOUNT_ID
        return cls(principal=principal, source_arn=source_arn, source_account=source_account, asynchronous=asynchronous)

    @classmethod
    def _alexa(cls, principal: str, skill_id: str) -> ServiceCaller:
        return cls(principal=principal, event_source_token=skill_id, asynchronous=False, patience=quotas.ALEXA_RESPONSE)


class ServiceTrigger(Construct):
    """Lets a service call a function's `live` alias: Alexa, Lex, AWS Config and others.

    Defines the permission, with its source. Callers with the same source share one. Where the caller does not wait for
    the reply, what the function fails to process ends in its failure queue.
    """

    permission: lambda_.CfnPermission
    """The permission: for resources that must come after it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, function: WellArchitectedFunction, caller: ServiceCaller
    ) -> None:
        """Define the permission.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function that is called. The caller is told of `function.live.function_arn`.
            caller: Who calls, on whose behalf.

        Raises:
            ValidationError: Not a service, a service without a source (resources of any account could call through it),
                a source that is none, a function that may take longer than the caller waits, or a resource-based policy
                that is full.
        """
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        _check_caller(where, caller)
        if caller.patience is not None:
            where.within("function", function.timeout_seconds, caller.patience)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        if caller.asynchronous:
            function.invoked_asynchronously()
        self.permission = function.callers.allow(
            self,
            "Permission",
            principal=caller.principal,
            source_arn=caller.source_arn,
            source_account=caller.source_account,
            event_source_token=caller.event_source_token,
        )


def _check_caller(where: Where, caller: ServiceCaller) -> None:
    if not isinstance(cast("object", caller), ServiceCaller):
        where.refuse(
            "caller",
            "must be a ServiceCaller",
            got=type_name(caller),
            fix="make it with one of its methods, as ServiceCaller.service(...)",
            code="TypeMismatch",
        )
    where.matches(
        "caller",
        caller.principal,
        _SERVICE,
        rule="must be a service, as 'codecommit.amazonaws.com'",
        fix="for an account or a role use 'function.live.grant_invoke'",
        code="PrincipalInvalid",
    )
    if caller.source_arn is None and caller.source_account is None and caller.event_source_token is None:
        where.refuse(
            "caller",
            "must say on whose behalf the service calls",
            got=f"{caller.principal} without a source",
            fix="give 'source_arn' or 'source_account'",
            code="PermissionSourceMissing",
        )
    where.matches(
        "source_arn",
        caller.source_arn,
        _ARN,
        rule="must be an ARN, with wildcards in the resource's name alone",
        fix="give the ARN of what calls, or leave it out for all of the account's",
        code="SourceArnInvalid",
    )
    where.matches(
        "source_account",
        caller.source_account,
        _ACCOUNT,
        rule="must be an account's twelve digits",
        fix="give the account that the source belongs to",
        code="SourceAccountInvalid",
    )
    where.matches(
        "skill_id",
        caller.event_source_token,
        _SKILL_ID,
        rule="must be a skill's id, which begins with 'amzn1.ask.skill.'",
        fix="copy it from the Alexa developer console, under Endpoint",
        code="SkillIdInvalid",
    )


def _names_no_account(arn: str) -> bool:
    """Whether the ARN is one like that of a bucket. What only the deployment knows is not looked at."""
    parts = arn.split(":", 5)
    return not is_token(arn) and len(parts) == 6 and not parts[4]  # noqa: PLR2004 - arn:partition:service:region:account:resource
