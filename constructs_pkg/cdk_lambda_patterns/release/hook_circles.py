"""Finds hooks that wait for the alias that waits for them: CloudFormation would refuse the deployment as a circle.

CloudFormation changes the alias with its hooks at hand, so the alias waits for them, and each hook for its rights. A
right on the alias closes the circle; one on a name of it that is text does not. The environment of a hook is not seen
here: jsii does not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_iam as iam

from cdk_lambda_patterns.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_lambda as lambda_

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
            str(_refusal(hook, self._function))
            for hook in self._hooks
            if _mentions(stack.resolve(_rights(hook)), alias)
        ]


def _rights(hook: lambda_.IFunction) -> iam.PolicyDocument | None:
    """What was granted to a hook."""
    policy = None if hook.role is None else hook.role.node.try_find_child("DefaultPolicy")
    return policy.document if isinstance(policy, iam.Policy) else None


def _mentions(value: object, wanted: object) -> bool:
    if value == wanted:
        return True
    if isinstance(value, dict):
        return any(_mentions(each, wanted) for each in cast("dict[str, object]", value).values())
    return isinstance(value, list) and any(_mentions(each, wanted) for each in cast("list[object]", value))


def _refusal(hook: lambda_.IFunction, function: WellArchitectedFunction) -> ValidationError:
    return ValidationError(
        "a hook must not be granted anything on the 'live' that is released: CloudFormation lets each wait for the "
        f"other, got {hook.node.path} with a right on {function.node.path}'s; call 'live_version', which hooks may do "
        "anyway, or grant and name f'{function.function_arn}:live'",
        code="ReleaseHookCircle",
    )
