"""Lets a service call a function: for callers that need a permission and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


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

    @classmethod
    def alexa_skill(cls, skill_id: str) -> ServiceCaller:
        """An Alexa skill, which waits for the reply.

        Args:
            skill_id: As `amzn1.ask.skill.…`. Without it every skill of the world could call.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/services-alexa.html
        """
        return cls(principal="alexa-appkit.amazon.com", event_source_token=skill_id, asynchronous=False)

    @classmethod
    def lex_bot(cls, bot_alias_arn: str) -> ServiceCaller:
        """An Amazon Lex V2 bot, which waits for the reply.

        Args:
            bot_alias_arn: The ARN of the bot's alias.
                Source: https://docs.aws.amazon.com/lexv2/latest/dg/lambda-attach.html
        """
        return cls(principal="lexv2.amazonaws.com", source_arn=bot_alias_arn, asynchronous=False)

    @classmethod
    def config_rule(cls) -> ServiceCaller:
        """The custom rules of AWS Config in this account.

        Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
        """
        return cls(principal="config.amazonaws.com", source_account=cdk.Aws.ACCOUNT_ID)

    @classmethod
    def iot_events(cls, detector_model_arn: str) -> ServiceCaller:
        """A detector model of AWS IoT Events.

        Args:
            detector_model_arn: The ARN of the detector model.
                Source: https://docs.aws.amazon.com/iotevents/latest/developerguide/iotevents-supported-actions.html
        """
        return cls(principal="iotevents.amazonaws.com", source_arn=detector_model_arn)

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
            principal: The service, as `mediaconvert.amazonaws.com`.
            source_arn: The resource on whose behalf it calls, with wildcards for several.
                Default: - any of the account's.
            source_account: The account that the resource belongs to.
                Default: - this account, where no ARN is given.
            asynchronous: Whether it does not wait for the reply, so that failures must be kept.
                Default: True
        """
        if source_arn is None and source_account is None:
            source_account = cdk.Aws.ACCOUNT_ID
        return cls(principal=principal, source_arn=source_arn, source_account=source_account, asynchronous=asynchronous)


class ServiceTrigger(Construct):
    """Lets a service call a function's `live` alias: Alexa, Lex, AWS Config, IoT Events and others.

    Defines the permission, with its source. Where the caller does not wait for the reply, what the function fails to
    process ends in its failure queue.
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
            ValidationError: A service without a source: resources of any account could call through it.
        """
        where = Where(scope, construct_id)
        if not (caller.source_arn or caller.source_account or caller.event_source_token):
            where.refuse(
                "caller",
                "must say on whose behalf the service calls",
                got=f"{caller.principal} without a source",
                fix="give 'source_arn' or 'source_account'",
                code="PermissionSourceMissing",
            )
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
