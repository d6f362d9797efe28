from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_codedeploy as codedeploy, aws_events as events, aws_lambda as lambda_
from jsii._reference_map import InterfaceDynamicProxy

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.quotas import Quota
from cdk_lambda_patterns.validation import Where, type_name
from tests.bench.jsii_messages import counted

WHERE = Where(cast("Any", SimpleNamespace(node=SimpleNamespace(path="Stack"))), "Function")
UP_TO_TWO = Quota(code="Retries", minimum=0, maximum=2, unit="retries", source="", fix="choose one")
ANY_NUMBER = Quota(code="Reserved", minimum=0, maximum=math.inf, unit="executions", source="", fix="choose one")


def refusal(method: str, *arguments: Any) -> str:  # noqa: ANN401
    with pytest.raises(ValidationError) as caught:
        getattr(WHERE, method)("prop", *arguments)
    assert caught.value.__suppress_context__, "what it was noticed by would be shown"
    return str(caught.value)


@pytest.mark.parametrize("value", [True, False, "2", [1], object])
def test_fails_when_a_number_is_of_another_type(value: object) -> None:
    assert refusal("within", value, UP_TO_TWO).startswith(
        f"'prop' must be a whole number, at most 2 retries, got {value!r}; choose one"
    )


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_fails_when_a_number_is_infinite(value: float) -> None:
    """JSON has no such number: Node would stop at it."""
    assert f"got {value}; " in refusal("within", value, ANY_NUMBER)


def test_fails_with_both_ends_named_when_a_number_is_negative() -> None:
    assert refusal("within", -1, UP_TO_TWO).startswith("'prop' must be 0 or more and at most 2 retries, got -1; ")
    assert refusal("within", 3, UP_TO_TWO).startswith("'prop' must be at most 2 retries, got 3; ")


@pytest.mark.parametrize("value", [5, object()])
def test_fails_when_something_without_a_length_stands_for_text_or_a_list(value: object) -> None:
    assert refusal("size", value, UP_TO_TWO).startswith(f"'prop' must consist of retries, got {type(value).__name__}; ")


@pytest.mark.parametrize(("value", "got"), [(None, "None"), (5, "5"), (["a"], "['a']"), ("\ud800", r"'\ud800'")])
def test_fails_when_a_value_is_no_text(value: object, got: str) -> None:
    assert refusal("text", value).startswith(f"'prop' must be text, got {got}; ")


@pytest.mark.parametrize("value", ["", "orders", "Zürich", "\U0001f600"])
def test_text_is_accepted(value: str) -> None:
    WHERE.text("prop", value)


@pytest.mark.parametrize("value", [0, 2, 2.0, None, -1.8881545897087626e289])
def test_a_whole_number_is_one_in_any_form_and_tokens_pass(value: float | None) -> None:
    WHERE.within("prop", value, UP_TO_TWO)
    if value is not None:
        WHERE.required_within("prop", value, UP_TO_TWO)


def test_fails_when_a_number_is_a_token_of_text() -> None:
    assert refusal("within", "${Token[TOKEN.7]}", UP_TO_TWO).startswith(
        "'prop' must be a whole number, at most 2 retries, got '${Token[TOKEN.7]}'; turn the text into a number with "
        "cdk.Token.as_number(...)"
    )


def test_fails_when_a_number_is_a_part_of_one() -> None:
    assert refusal("within", 1.5, UP_TO_TWO).startswith(
        "'prop' must be a whole number, at most 2 retries, got 1.5; round it"
    )
    assert refusal("within", 2.5, UP_TO_TWO).startswith("'prop' must be at most 2 retries, got 2.5; choose one")


def test_a_part_of_one_is_accepted_where_aws_takes_it() -> None:
    WHERE.within("prop", 1.5, dataclasses.replace(UP_TO_TWO, whole=False))


def test_fails_with_the_range_when_any_number_would_do() -> None:
    prices = dataclasses.replace(UP_TO_TWO, whole=False, unit="dollars")

    assert refusal("within", "1", prices).startswith("'prop' must be a number, at most 2 dollars, got '1'; ")


class _Mine:
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "None"),
        ("orders", "str"),
        (_Mine(), "_Mine"),
        (cdk.Duration.seconds(1), "aws_cdk.Duration"),
        (lambda_.Runtime.PYTHON_3_14, "aws_lambda.Runtime"),
        (events.Schedule.rate(cdk.Duration.minutes(5)), "aws_events.Schedule"),
        (lambda_.CfnFunction.VpcConfigProperty(), "aws_lambda.CfnFunction.VpcConfigProperty"),
        (
            codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
            "aws_codedeploy.ILambdaDeploymentConfig",
        ),
    ],
)
def test_a_type_has_the_name_that_its_users_write(value: object, name: str) -> None:
    assert type_name(value) == name


@pytest.mark.parametrize("method", ["text", "within"])
def test_a_value_without_words_of_its_own_is_named_by_its_type(method: str) -> None:
    arguments = [UP_TO_TWO] if method == "within" else []

    assert "got aws_cdk.Duration; " in refusal(method, cdk.Duration.seconds(3), *arguments)


@pytest.mark.parametrize(
    ("value", "got"), [(None, "must be a whole number, at most 2 retries, got None; "), (3, "got 3; ")]
)
def test_fails_when_a_number_that_must_be_given_is_not(value: float | None, got: str) -> None:
    assert got in refusal("required_within", value, UP_TO_TWO)


@pytest.mark.parametrize(("scope", "got"), [(None, "None"), ("Stack", "str"), (3, "int")])
def test_fails_when_a_scope_is_no_construct(scope: Any, got: str) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError, match=rf"'scope' must be a construct, got {got}; .* \(ScopeExpected\)"):
        Where(scope, "Function")


@pytest.mark.parametrize("kind", [cdk.App, cdk.Stage])
def test_fails_when_a_scope_holds_stacks_and_no_resources(app: cdk.App, kind: type[cdk.Stage]) -> None:
    scope = app if kind is cdk.App else cdk.Stage(app, "Production")

    with pytest.raises(
        ValidationError,
        match=rf"'scope' must be a stack or a construct in one, got aws_cdk\.{kind.__name__}; .* \[\S*Function\] "
        r"\(ScopeOutsideStack\)",
    ):
        Where(scope, "Function")


def test_a_scope_is_not_asked_whether_it_is_a_construct(stack: cdk.Stack) -> None:
    with counted() as messages:
        Where(stack, "Function")

    assert len(messages) == 0


def test_a_scope_may_be_known_by_its_interfaces_alone(stack: cdk.Stack) -> None:
    proxy: Any = InterfaceDynamicProxy

    assert Where(proxy([stack]), "Function").path == "Stack/Function"
