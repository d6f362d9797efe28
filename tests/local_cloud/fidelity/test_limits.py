"""Limits that a function meets in its first weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

SIZE = "def handler(event, context): return len(event)"


def test_the_largest_payload_is_taken_and_a_larger_one_refused(faithful: Lab) -> None:
    name = faithful.function(SIZE)
    largest = "x" * (6_291_456 - 2)

    assert faithful.invoke(name, largest).payload == len(largest)
    with pytest.raises(ClientError, match=r"RequestTooLargeException.*limit 6291456 bytes"):
        faithful.invoke(name, f"{largest}x")


def test_an_asynchronous_payload_may_be_smaller_only(faithful: Lab) -> None:
    name = faithful.function(SIZE)
    largest = "x" * (1_048_576 - 2)

    faithful.send(name, largest)
    with pytest.raises(ClientError, match=r"RequestTooLargeException.*limit 1048576 bytes"):
        faithful.send(name, f"{largest}x")


def test_the_published_emulator_takes_any_payload(stock: Lab) -> None:
    assert stock.invoke(stock.function(SIZE), "x" * 6_300_000).payload == 6_300_000


def variables(size: int) -> dict[str, Any]:
    return {"Environment": {"Variables": {"A": "x" * (size - 1)}}}


def test_environment_variables_have_four_kilobytes(faithful: Lab) -> None:
    name = faithful.function(SIZE, **variables(4096))

    with pytest.raises(ClientError, match="exceeded the 4KB limit: 4097 bytes"):
        faithful.function(SIZE, **variables(4097))
    with pytest.raises(ClientError, match="exceeded the 4KB limit"):
        faithful.client("lambda").update_function_configuration(FunctionName=name, **variables(4097))


def test_a_template_with_more_of_them_does_not_deploy(faithful: Lab) -> None:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::000000000000:role/x",
            "Code": {"ZipFile": SIZE},
            **variables(4097),
        },
    }

    with pytest.raises(AssertionError, match="ROLLBACK_COMPLETE"):
        faithful.deploy({"Function": function})


def test_the_published_emulator_takes_environment_variables_of_any_size(stock: Lab) -> None:
    assert stock.function(SIZE, **variables(8000))


def test_what_cannot_be_run_is_an_error(faithful: Lab) -> None:
    answer = faithful.invoke(faithful.function("", Runtime="java21", Handler="shop.Orders"))

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "LocalCloud.NotEmulated"
    assert answer.payload["errorMessage"].endswith("the local cloud does not run java21")


def test_the_published_emulator_makes_a_result_up(stock: Lab) -> None:
    answer = stock.invoke(stock.function("", Runtime="java21", Handler="shop.Orders"))

    assert answer.error is None
    assert "Mock response" in str(answer.payload)
