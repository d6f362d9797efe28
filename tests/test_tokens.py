from __future__ import annotations

import math

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns.tokens import is_token, without_tokens


def test_tokens_of_every_kind_are_recognised(stack: cdk.Stack) -> None:
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    texts = cdk.CfnParameter(stack, "Texts", type="CommaDelimitedList").value_as_list

    assert is_token(number)
    assert is_token(texts)
    assert is_token(f"arn:{cdk.Aws.PARTITION}:s3:::bucket")


@pytest.mark.parametrize("value", [0, -1, -1e288, math.inf, -math.inf, math.nan, True, None, "", "orders", [], ["a"]])
def test_a_value_is_no_token(value: object) -> None:
    assert not is_token(value)


def test_what_is_known_of_a_text_stands_around_its_tokens() -> None:
    assert without_tokens(f"arn:{cdk.Aws.PARTITION}:s3:::bucket") == "arn::s3:::bucket"
