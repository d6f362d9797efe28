"""Finds hooks that wait for the alias that waits for them: CloudFormation would refuse the deployment as a circle.

CloudFormation changes the alias with its hooks at hand, so the alias waits for them, and each hook for its rights and
for what its environment names. Either closes the circle with the alias; a name of it that is text does not. Longer ways
round, as by an API before the alias, are found by the CDK's own validation of templates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_iam as iam, aws_lambda as lambda_

from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.function.resolved_property import resolved_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


@jsii.implements(constructs.IValidation)
class HookCircles:
    """Looks when all is granted."""

    def __init__(self, function: WellArchitectedFunction, hooks: Sequence[lambda_.IFunction]) -> None:
        """Remember what to look at.

        Args:
            function: The function that is released.
            hooks: What is called meanwhile.
        """
        self._function = function
        self._hooks = hooks

    def validate(self) -> list[str]:
        """What is wrong."""
        stack = cdk.Stack.of(self._function)
        alias = stack.resolve(self._function.live.function_arn)
        return [
            str(_refusal(hook, what, self._function))
            for hook in self._hooks
            for what, value in (("a right on", _rights(hook)), ("an environment that names", _environment(hook)))
            if _mentions(stack.resolve(value), alias)
        ]


def function_behind(hook: lambda_.IFunction) -> lambda_.IFunction:
    """The function that a hook is an alias or a version of, or the hook itself.

    Args:
        hook: The hook.
    """
    return hook.lambda_ if isinstance(hook, (lambda_.Alias, lambda_.Version)) else hook


def _rights(hook: lambda_.IFunction) -> iam.PolicyDocument | None:
    """What was granted to a hook."""
    policy = None if hook.role is None else hook.role.node.try_find_child("DefaultPolicy")
    return policy.document if isinstance(policy, iam.Policy) else None


def _environment(hook: lambda_.IFunction) -> object:
    """The variables of a hook that is defined in the app."""
    resource = function_behind(hook).node.default_child
    return resolved_property(resource, "environment") if isinstance(resource, lambda_.CfnFunction) else None


def _mentions(value: object, wanted: object) -> bool:
    if value == wanted:
        return True
    if isinstance(value, dict):
        return any(_mentions(each, wanted) for each in cast("dict[str, object]", value).values())
    return isinstance(value, list) and any(_mentions(each, wanted) for each in cast("list[object]", value))


def _refusal(hook: lambda_.IFunction, what: str, function: WellArchitectedFunction) -> ValidationError:
    return ValidationError(
        "a hook must not be granted anything on the 'live' that is released, nor told its ARN: CloudFormation lets "
        f"each wait for the other, got {hook.node.path} with {what} {function.node.path}'s; call 'live_version', "
        "which hooks may do anyway, or grant and name f'{function.function_arn}:live'",
        code="ReleaseHookCircle",
    )
