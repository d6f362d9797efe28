"""Accounts and Regions of functions that a construct is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

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
    here = _environment(where.scope)
    for function in functions:
        if _environment(function) != here:
            where.refuse(
                prop,
                f"must be of the account and Region that {construct} is defined in",
                got=function.node.path,
                fix=f"define another {construct} in that function's stack",
                code="FunctionInOtherEnvironment",
            )


def _environment(construct: Construct) -> tuple[str, str]:
    stack = cdk.Stack.of(construct)
    return stack.account, stack.region
