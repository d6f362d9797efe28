"""Orders whose events come twice, deployed to the local cloud: the example, with its real handler."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import example_stack
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud
    from cdk_lambda_patterns.local_cloud.description import Deployment

pytestmark = pytest.mark.local_cloud

HOUR = 3_600


@pytest.fixture
def deployed(local_cloud: LocalCloud) -> Deployment:
    return local_cloud.deploy(example_stack("idempotency_table"))


def place(deployed: Deployment, **order: object) -> None:
    deployed.event_bus().put(source="shop", detail_type="Order Placed", detail=order)


def wait_for_successes(deployed: Deployment, count: int) -> None:
    """Wait until the function has succeeded so often."""

    def enough() -> list[bool]:
        activity = deployed.function("Charge").activity()
        return [True] if activity.invocations - activity.errors >= count else []

    eventually(enough, within=60)


def remembered(deployed: Deployment) -> list[dict[str, Any]]:
    return deployed.table("Charged").items()


def test_an_event_that_comes_again_is_charged_once(deployed: Deployment) -> None:
    place(deployed, order="1", customer="ann", amount=7)
    assert deployed.table("Accounts").get(customer="ann", within=30)["charged"] == 7

    place(deployed, order="1", customer="ann", amount=7)
    wait_for_successes(deployed, 2)
    place(deployed, order="2", customer="ann", amount=5)
    eventually(lambda: [item for item in deployed.table("Accounts").items() if item["charged"] == 12], within=30)

    assert deployed.function("Charge").activity().errors == 0
    assert len(remembered(deployed)) == 2


def test_events_that_come_at_the_same_time_are_charged_once(deployed: Deployment) -> None:
    """One of them fails for now, is tried again, and gets the other's result."""
    for _ in range(5):
        place(deployed, order="1", customer="ann", amount=7)

    wait_for_successes(deployed, 5)
    assert deployed.table("Accounts").get(customer="ann")["charged"] == 7
    assert deployed.queue("Charge/FailureQueue").depth().visible == 0


def test_the_result_is_remembered_for_an_hour(deployed: Deployment) -> None:
    place(deployed, order="1", customer="ann", amount=7)

    (record,) = eventually(lambda: [item for item in remembered(deployed) if item["status"] == "COMPLETED"], within=30)
    assert record["id"].startswith(deployed.function("Charge").physical_id)
    assert record["data"] == '{"charged": "1"}'
    assert float(record["expiration"]) == pytest.approx(time.time() + HOUR, abs=60)


def test_what_failed_is_forgotten_so_that_it_can_be_tried_again(deployed: Deployment) -> None:
    place(deployed, order="1", customer="ann")

    failure = deployed.queue("Charge/FailureQueue").receive(within=60).body
    assert failure["requestPayload"]["detail"] == {"order": "1", "customer": "ann"}
    assert failure["requestContext"]["approximateInvokeCount"] == 3
    assert remembered(deployed) == []

    place(deployed, order="1", customer="ann", amount=7)
    assert deployed.table("Accounts").get(customer="ann", within=30)["charged"] == 7


def test_an_event_without_an_order_is_not_taken_for_another(deployed: Deployment) -> None:
    place(deployed, customer="ann", amount=7)
    place(deployed, customer="ann", amount=7)

    for _ in range(2):
        failure = deployed.queue("Charge/FailureQueue").receive(within=60).body
        assert failure["responsePayload"]["errorType"] == "IdempotencyKeyError"
    assert deployed.table("Accounts").items() == []
