"""Who may call a function: each permission with its source, merged where sources are alike, counted before deployment.

Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.policies import arn_here
from cdk_lambda_patterns.tokens import is_token, without_tokens

from .references import in_one_stack
from .stacks import root_stack

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.validation import Where

    from .features import Features

# The policy as Lambda keeps it.
_POLICY = len('{"Version":"2012-10-17","Id":"default","Statement":[]}')
_STATEMENT = len(quotas.RESOURCE_POLICY_STATEMENT)
_CONDITION = len(quotas.RESOURCE_POLICY_CONDITION)
_SOURCE_ARN = len(quotas.RESOURCE_POLICY_SOURCE_ARN) + len(",")
_SOURCE_ACCOUNT = len('"StringEquals":{"AWS:SourceAccount":""},')
_EVENT_SOURCE_TOKEN = len('"StringEquals":{"lambda:EventSourceToken":""},')
# What is only known at deployment, about: the statement's id (stack, logical id, twelve characters), the alias's ARN,
# and an ARN that a token stands for.
_STATEMENT_ID = 50
_ALIAS_ARN = 95
_TOKEN = 70
# CloudFormation cuts a stack's name in a generated one to no less than this.
_STACK_NAME_PREFIX = 20


class ResourcePolicy:
    """The resource-based policy of a function's `live` alias."""

    def __init__(self, alias: lambda_.Alias, where: Where, features: Features) -> None:
        """Begin with no callers.

        Args:
            alias: The alias that is called.
            where: The function.
            features: Its features: some callers cannot serve them.
        """
        self._alias = alias
        self._where = where
        self._features = features
        self._statements: dict[tuple[str, str | None, str | None], list[lambda_.CfnPermission]] = {}
        self._bytes = _POLICY

    @property
    def size(self) -> int:
        """The policy's size in bytes, as far as it is known before deployment."""
        return self._bytes

    def allow(
        self,
        scope: Construct,
        construct_id: str,
        *,
        principal: str,
        source_arn: str | None = None,
        source_account: str | None = None,
        event_source_token: str | None = None,
    ) -> lambda_.CfnPermission:
        """Let a caller invoke the function. In one stack the same caller and source share a statement.

        Args:
            scope: Where the permission is defined: beside its source, so that the source's stack depends on the
                function's.
            construct_id: Its name there.
            principal: The service, as `events.amazonaws.com`, or account.
            source_arn: The resource, or with wildcards the resources, on whose behalf the service calls.
            source_account: The account that they belong to, for sources whose ARN does not say it.
            event_source_token: What an Alexa skill shows of itself.

        Raises:
            ValidationError: The policy would outgrow Lambda's limit, or the service cannot name a tenant.
        """
        self._features.check_caller(self._where, principal)
        key = (principal, source_arn, source_account or event_source_token)
        existing = self._statements.setdefault(key, [])
        # Not that of another stack, which is deployed and deleted without this one.
        shared = next((permission for permission in existing if in_one_stack(permission, scope)), None)
        if shared is not None:
            return shared
        self._count(principal, source_arn, source_account, event_source_token)
        permission = lambda_.CfnPermission(
            scope,
            construct_id,
            action="lambda:InvokeFunction",
            function_name=self._alias.function_arn,
            principal=principal,
            source_arn=source_arn,
            source_account=source_account,
            event_source_token=event_source_token,
        )
        existing.append(permission)
        return permission

    def _count(self, principal: str, arn: str | None, account: str | None, token: str | None) -> None:
        size = self._bytes + _STATEMENT + _STATEMENT_ID + _ALIAS_ARN + _CONDITION + _length(principal)
        for text, around in ((arn, _SOURCE_ARN), (account, _SOURCE_ACCOUNT), (token, _EVENT_SOURCE_TOKEN)):
            if text is not None:
                size += around + _length(text)
        if not quotas.RESOURCE_POLICY_SIZE.admits(size):
            self._where.refuse(
                "live",
                f"may have a resource-based policy of {quotas.RESOURCE_POLICY_SIZE.range}",
                got=f"about {size:,} with {sum(map(len, self._statements.values())) + 1} callers",
                fix="let callers share a source, as rules of one event bus, or put a queue between",
                code=quotas.RESOURCE_POLICY_SIZE.code,
            )
        self._bytes = size


def rules_of(stack: cdk.Stack, *, bus_name: str | None = None) -> str:
    """The ARN of all EventBridge rules of a stack on one bus, so that they share a statement in a policy.

    Generated names begin with the stack's, and that of a nested stack with the name of the one around it.

    Args:
        stack: The stack.
        bus_name: The event bus if it is not the default one; `*` for all others.
    """
    name = stack.stack_name
    if is_token(name):
        name = root_stack(stack).stack_name
    names = f"{name}-*" if len(name) <= _STACK_NAME_PREFIX else f"{name[:_STACK_NAME_PREFIX]}*"
    bus = "" if bus_name is None else f"{bus_name}/"
    return arn_here("events", f"rule/{bus}{names}")


@cache
def _pseudo_parameters() -> dict[str, str]:
    """What is as long in every account, and the longest of the Regions' names."""
    return {cdk.Aws.PARTITION: "aws", cdk.Aws.REGION: "ap-southeast-2", cdk.Aws.ACCOUNT_ID: "123456789012"}


def _length(text: str) -> int:
    if is_token(text):
        for token, value in _pseudo_parameters().items():
            text = text.replace(token, value)
    return len(without_tokens(text)) + text.count("${Token[") * _TOKEN
