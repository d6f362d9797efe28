from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from cdk_lambda_patterns import ConcurrencyBudget, ProvisionedConcurrency, ValidationError, Workload
from cdk_lambda_patterns.checks import check
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define
from tests.refusals import refusal

if TYPE_CHECKING:
    from cdk_lambda_patterns import WellArchitectedFunction


def load(concurrency: int) -> Workload:
    """One that needs exactly so much."""
    return Workload(requests_per_second=concurrency, duration=cdk.Duration.seconds(1), headroom=1)


def budget(stack: cdk.Stack, workloads: dict[Any, Workload] | None = None, **options: Any) -> ConcurrencyBudget:  # noqa: ANN401
    return ConcurrencyBudget(stack, "Budget", workloads=workloads, **options)


def refused(
    stack: cdk.Stack,
    code: str,
    got: str,
    workloads: dict[Any, Workload],
    /,
    **options: Any,  # noqa: ANN401
) -> ValidationError:
    return refusal(lambda: budget(stack, workloads, **options), code, got, path="Stack/Budget")


def reserving(stack: cdk.Stack, construct_id: str, amount: int) -> WellArchitectedFunction:
    return define(stack, construct_id, reserved_concurrent_executions=amount)


def test_says_what_is_needed_and_what_is_left(stack: cdk.Stack) -> None:
    orders, reports = reserving(stack, "Orders", 60), define(stack, "Reports")

    defined = budget(stack, {orders: load(50), reports: load(7)})

    assert defined.required == {orders: 50, reports: 7}
    assert defined.available == 940


def test_defines_no_resource(stack: cdk.Stack) -> None:
    orders = define(stack, "Orders")
    before = set(synthesize(stack)["Resources"])

    budget(stack, {orders: load(1)})

    assert set(synthesize(stack)["Resources"]) == before


class TestFunction:
    def test_may_need_all_that_it_reserves(self, stack: cdk.Stack) -> None:
        orders = reserving(stack, "Orders", 50)

        assert budget(stack, {orders: load(50)}).required[orders] == 50

    def test_fails_when_it_needs_more_than_it_reserves(self, stack: cdk.Stack) -> None:
        orders = reserving(stack, "Orders", 50)

        error = refused(stack, "WorkloadAboveReserved", "51 (51 requests a second x 1 s x 1)", {orders: load(51)})

        assert "the 50 concurrent executions that Stack/Orders reserves" in str(error)

    def test_fails_when_it_is_stopped(self, stack: cdk.Stack) -> None:
        stopped = reserving(stack, "Orders", 0)

        refused(stack, "WorkloadAboveReserved", "1 (1 requests a second x 1 s x 1)", {stopped: load(1)})

    def test_fails_when_requests_take_longer_than_its_timeout(self, stack: cdk.Stack) -> None:
        slow = Workload(requests_per_second=1, duration=cdk.Duration.seconds(31))

        refused(stack, "WorkloadAboveTimeout", "31 seconds on average", {define(stack, "Orders"): slow})

    def test_may_take_all_of_its_timeout(self, stack: cdk.Stack) -> None:
        slow = Workload(requests_per_second=1, duration=cdk.Duration.seconds(30))

        budget(stack, {define(stack, "Orders"): slow})

    def test_may_reserve_what_is_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
        orders = define(stack, "Orders", reserved_concurrent_executions=number)

        assert budget(stack, {orders: load(50)}).available == 1000

    def test_fails_when_it_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", {"orders": load(1)})

    def test_fails_when_its_load_is_a_number(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "int", {define(stack): 3})  # type: ignore[dict-item]


class TestAccount:
    @pytest.mark.parametrize(
        ("limit", "got"),
        [
            (0, "0"),
            (-5, "-5"),
            (1_000.5, "1,000.5"),
            ("1000", "'1000'"),
            (None, "None"),
            (cdk.Token.as_number({"Ref": "Limit"}), "a token"),
        ],
    )
    def test_fails_when_its_limit_is_no_number(self, stack: cdk.Stack, limit: Any, got: str) -> None:  # noqa: ANN401
        refused(stack, "AccountLimitOutOfRange", got, {}, account_limit=limit)

    def test_lets_all_but_a_hundred_be_reserved(self, stack: cdk.Stack) -> None:
        budget(stack, {reserving(stack, "A", 500): load(1), reserving(stack, "B", 400): load(1)})

    def test_fails_when_more_is_reserved(self, stack: cdk.Stack) -> None:
        workloads = {reserving(stack, "A", 500): load(1), reserving(stack, "B", 401): load(1)}

        refused(stack, "ReservedAboveAccount", "901 (most: 500 by Stack/A)", workloads)

    def test_may_have_a_limit_of_its_own(self, stack: cdk.Stack) -> None:
        orders = reserving(stack, "Orders", 2_900)

        assert budget(stack, {orders: load(1)}, account_limit=3_000).available == 100

    def test_fails_when_a_limit_of_its_own_is_reserved(self, stack: cdk.Stack) -> None:
        orders = reserving(stack, "Orders", 2_901)

        refused(
            stack, "ReservedAboveAccount", "2,901 (most: 2901 by Stack/Orders)", {orders: load(1)}, account_limit=3_000
        )

    @pytest.mark.parametrize("limit", [1, 10])
    def test_may_be_new(self, stack: cdk.Stack, limit: int) -> None:
        assert budget(stack, {define(stack, "Orders"): load(limit)}, account_limit=limit).available == limit

    def test_fails_when_a_new_one_reserves(self, stack: cdk.Stack) -> None:
        workloads = {reserving(stack, "Orders", 1): load(1)}

        refused(stack, "ReservedAboveAccount", "1 (most: 1 by Stack/Orders)", workloads, account_limit=10)

    def test_shares_the_rest_among_the_others(self, stack: cdk.Stack) -> None:
        workloads = {reserving(stack, "A", 600): load(1), define(stack, "B"): load(300), define(stack, "C"): load(100)}

        assert budget(stack, workloads).available == 400

    def test_fails_when_the_others_need_more_than_the_rest(self, stack: cdk.Stack) -> None:
        workloads = {reserving(stack, "A", 600): load(1), define(stack, "B"): load(300), define(stack, "C"): load(101)}

        error = refused(stack, "WorkloadsAboveAccount", "401 (most: 300 of Stack/B)", workloads)

        assert "the 400 concurrent executions of the account's 1,000 that nothing reserves" in str(error)


class TestCheck:
    def test_adds_up_the_app_against_the_limit_that_is_told(self, stack: cdk.Stack) -> None:
        reserving(stack, "Orders", 1_500)

        budget(stack, account_limit=2_000)

        assert findings(stack) == []

    def test_adds_up_functions_that_the_budget_does_not_name(self, stack: cdk.Stack) -> None:
        reserving(stack, "Orders", 1_500)

        budget(stack, account_limit=1_000)

        assert findings(stack) == ["ReservedConcurrencyBudget"]


def findings(stack: cdk.Stack) -> list[str]:
    report = check(synthesize(stack), select=["ReservedConcurrencyBudget"])
    return [finding.rule.id for finding in report.findings]


class TestProvisioned:
    def warnings(self, stack: cdk.Stack) -> list[str]:
        found = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())
        return [str(message.entry.data) for message in found if "ready" in str(message.entry.data)]

    def test_below_the_peak_is_warned_of(self, stack: cdk.Stack) -> None:
        orders = define(stack, "Orders")
        ProvisionedConcurrency(stack, "Warm", function=orders, minimum=2, maximum=20)

        budget(stack, {orders: load(21)})

        (warning,) = self.warnings(stack)
        assert "Stack/Orders needs 21 environments at its peak and keeps at most 20 ready" in warning

    def test_enough_for_the_peak_is_not(self, stack: cdk.Stack) -> None:
        orders = define(stack, "Orders")
        ProvisionedConcurrency(stack, "Warm", function=orders, minimum=2, maximum=21)

        budget(stack, {orders: load(21)})

        assert self.warnings(stack) == []

    def test_none_is_not(self, stack: cdk.Stack) -> None:
        budget(stack, {define(stack, "Orders"): load(21)})

        assert self.warnings(stack) == []
