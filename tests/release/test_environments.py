"""What a construct is defined in: a stack, whatever it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from constructs import Construct

from cdk_lambda_patterns import (
    ConcurrencyBudget,
    DeploymentAccess,
    GradualRelease,
    ProvisionedConcurrency,
    ValidationError,
    VersionPruning,
)
from tests.function.support import define

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk

    from cdk_lambda_patterns import WellArchitectedFunction


@pytest.mark.parametrize(
    "build",
    [
        lambda scope, function: GradualRelease(scope, "Here", function=function),
        lambda scope, function: ProvisionedConcurrency(scope, "Here", function=function, concurrency=1),
        lambda scope, function: VersionPruning(scope, "Here", functions=[function]),
        lambda scope, function: DeploymentAccess(scope, "Here", functions=[function]),
        lambda scope, _function: ConcurrencyBudget(scope, "Here"),
    ],
    ids=["release", "provisioned concurrency", "pruning", "access", "budget"],
)
def test_fails_outside_of_a_stack(
    app: cdk.App, stack: cdk.Stack, build: Callable[[Construct, WellArchitectedFunction], object]
) -> None:
    function = define(stack)

    with pytest.raises(
        ValidationError,
        match=r"in the scope of a Stack, but no Stack found \[Outside/Here\] \(ShouldBeCreatedInStackScope\)",
    ):
        build(Construct(app, "Outside"), function)
