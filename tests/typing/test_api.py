"""What the type checkers accept in api.py also works."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.testing import synthesize
from tests.typing import api

if TYPE_CHECKING:
    from collections.abc import Callable

    import aws_cdk as cdk

RIGHT = [
    api.the_least,
    api.every_kind_of_option,
    api.every_kind_of_destination,
    api.what_a_function_has,
    api.triggers,
    api.more_triggers,
    api.releases,
    api.in_a_network,
    api.at_the_edge,
    api.who_may_deploy,
    api.told_once,
    api.done_once,
    api.kept_ready,
    api.on_instances,
    api.callers,
    api.devices_mail_and_streams,
    api.sign_up_and_deployments,
]
WRONG = [api.misspelt, api.mistyped, api.missing, api.done_in_another_way, api.of_an_image, api.positional]


@pytest.mark.parametrize("define", RIGHT, ids=lambda define: define.__name__)
def test_what_is_accepted_works(define: Callable[[cdk.Stack], None]) -> None:
    assert synthesize(define)["Resources"]


@pytest.mark.parametrize("define", WRONG, ids=lambda define: define.__name__)
def test_what_is_refused_fails_at_run_time_as_well(define: Callable[[cdk.Stack], None]) -> None:
    with pytest.raises((TypeError, ValidationError)):
        synthesize(define)


def test_a_handler_gets_what_its_settings_say() -> None:
    assert api.what_a_handler_is_told() == "Orders-1 100 arn:key"


def test_nothing_that_is_accepted_is_left_out() -> None:
    of_a_stack = {
        value
        for value in vars(api).values()
        if inspect.isfunction(value)
        and value.__module__ == api.__name__
        and [*inspect.signature(value).parameters] == ["stack"]
    }

    assert of_a_stack == {*RIGHT, *WRONG}


def test_the_helpers_for_tests_work_together() -> None:
    assert api.in_tests()["Outputs"]["Stage"] == {"Value": "prod"}


def test_options_pass_through_a_construct_on_top() -> None:
    template = synthesize(lambda stack: api.OfATeam(stack, "Team"))

    (function,) = (r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function")
    assert function["MemorySize"] == 2048
