"""The options that pass through: complete, and None is always the default."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import WellArchitectedFunction
from cdk_lambda_patterns.function.function_checks import REPLACED_OPTIONS
from cdk_lambda_patterns.function.function_kwargs import FunctionKwargs
from cdk_lambda_patterns.function.well_architected_kwargs import WellArchitectedKwargs
from cdk_lambda_patterns.testing import synthesize

if TYPE_CHECKING:
    import aws_cdk as cdk


def own_options() -> set[str]:
    """What the function lists in its own signature, beside the code."""
    parameters = inspect.signature(WellArchitectedFunction.__init__).parameters.values()
    names = {parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.KEYWORD_ONLY}
    return names - {"code", "handler", "runtime"}


def test_what_passes_the_function_on_knows_every_option() -> None:
    assert WellArchitectedKwargs.__annotations__.keys() == FunctionKwargs.__annotations__.keys() | own_options()


def test_every_option_of_the_cdk_is_known_or_has_a_reason() -> None:
    of_the_cdk = set(inspect.signature(lambda_.FunctionProps.__init__).parameters) - {
        "self",
        "code",
        "handler",
        "runtime",
    }

    assert of_the_cdk - own_options() - FunctionKwargs.__annotations__.keys() <= set(REPLACED_OPTIONS)


def test_none_is_the_default_of_every_option() -> None:
    def define(stack: cdk.Stack, options: dict[str, Any]) -> None:
        code = lambda_.Code.from_inline("def handler(event, context): ...")
        WellArchitectedFunction(stack, "Function", code=code, handler="index.handler", **options)

    nothing = dict.fromkeys(WellArchitectedKwargs.__annotations__)

    assert synthesize(lambda stack: define(stack, nothing)) == synthesize(lambda stack: define(stack, {}))
