from __future__ import annotations

import inspect

from cdk_lambda_patterns import WellArchitectedFunction
from cdk_lambda_patterns.function.function_kwargs import FunctionKwargs
from cdk_lambda_patterns.function.well_architected_kwargs import WellArchitectedKwargs


def test_constructs_pass_on_every_option_of_the_function() -> None:
    parameters = inspect.signature(WellArchitectedFunction.__init__).parameters
    own = {name for name, parameter in parameters.items() if parameter.kind is inspect.Parameter.KEYWORD_ONLY}

    assert WellArchitectedKwargs.__annotations__.keys() - FunctionKwargs.__annotations__.keys() == own - {
        "code",
        "handler",
        "runtime",
    }


def test_an_option_is_typed_as_by_the_function() -> None:
    annotations = inspect.signature(WellArchitectedFunction.__init__).parameters

    for name in WellArchitectedKwargs.__annotations__.keys() - FunctionKwargs.__annotations__.keys():
        typed = str(WellArchitectedKwargs.__annotations__[name].__forward_arg__)
        assert typed == str(annotations[name].annotation).removeprefix("destinations."), name
