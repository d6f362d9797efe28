"""A function that is told by its settings class, deployed to the local cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import example_stack
from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud


def test_the_handler_loads_what_the_stack_filled_in(local_cloud: LocalCloud) -> None:
    local_cloud.client("secretsmanager").create_secret(Name="billing/api-key", SecretString="key")
    deployed = local_cloud.deploy(example_stack("function_settings"))

    answers = [
        deployed.function("Bill").invoke({"id": f"{days}", "paid": False, "age_days": days, "amount": 7}).payload
        for days in (30, 31)
    ]

    assert answers == [{"overdue": False, "signed": True}, {"overdue": True, "signed": True}]
    reminded = '{"reminded_of": {"id": "31", "amount": 7, "currency": "EUR"}}'
    assert eventually(lambda: [line for line in deployed.function("Remind").logs() if line == reminded]) == [reminded]
