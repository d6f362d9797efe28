"""Accounts and Regions of functions that a construct is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals
from cdk_lambda_patterns.function.stacks import stack_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.validation import Where


def require_same_environment(
    where: Where, prop: str, functions: Sequence[WellArchitectedFunction], construct: str
) -> None:
    """Refuse functions of another account or Region: CloudFormation cannot name them there.

    Args:
        where: The construct.
        prop: What the functions were given as.
        functions: The functions.
        construct: The name of the construct's class.
    """
    with cdk_refusals(where):
        here = environment_of(where.scope)
    for function in functions:
        if environment_of(function) != here:
            where.refuse(
                prop,
                f"must be of the account and Region that {construct} is defined in",
                got=function.node.path,
                fix=f"define another {construct} in that function's stack",
                code="FunctionInOtherEnvironment",
            )


def environment_of(construct: Construct) -> tuple[str, str]:
    """The account and the Region that a construct is deployed to.

    Args:
        construct: The construct.
    """
    stack = stack_of(construct)
    return stack.account, stack.region
