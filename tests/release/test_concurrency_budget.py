from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions, aws_lambda as lambda_

from cdk_lambda_patterns import ConcurrencyBudget, ProvisionedConcurrency, ValidationError, Workload
from cdk_lambda_patterns.checks import check
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import CODE, define
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

    def test_fails_when_there_is_no_load_beside_it(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "list", [define(stack)])  # type: ignore[arg-type]

    def test_fails_when_it_is_in_another_region(self, app: cdk.App) -> None:
        here = cdk.Stack(app, "Stack", env=cdk.Environment(region="eu-central-1"))
        elsewhere = cdk.Stack(app, "Elsewhere", env=cdk.Environment(region="us-east-1"))

        refused(here, "BudgetInOtherEnvironment", "Elsewhere/Function", {define(elsewhere): load(1)})

    def test_fails_when_it_is_in_another_stage(self, stack: cdk.Stack, app: cdk.App) -> None:
        elsewhere = cdk.Stack(cdk.Stage(app, "Prod"), "Elsewhere")

        refused(stack, "BudgetInOtherEnvironment", "Prod/Elsewhere/Function", {define(elsewhere): load(1)})

    def test_may_be_in_another_stack(self, stack: cdk.Stack, app: cdk.App) -> None:
        orders = reserving(cdk.Stack(app, "Elsewhere"), "Orders", 60)

        assert budget(stack, {orders: load(50)}).available == 940


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

        refused(stack, "ReservedAboveAccount", "1,000 for 901 (most: 500 by Stack/A)", workloads)

    def test_may_have_a_limit_of_its_own(self, stack: cdk.Stack) -> None:
        orders = reserving(stack, "Orders", 2_900)

        assert budget(stack, {orders: load(1)}, account_limit=3_000).available == 100

    def test_fails_when_a_limit_of_its_own_is_reserved(self, stack: cdk.Stack) -> None:
        orders = reserving(stack, "Orders", 2_901)

        got = "3,000 for 2,901 (most: 2,901 by Stack/Orders)"
        refused(stack, "ReservedAboveAccount", got, {orders: load(1)}, account_limit=3_000)

    @pytest.mark.parametrize("limit", [1, 10])
    def test_may_be_new(self, stack: cdk.Stack, limit: int) -> None:
        assert budget(stack, {define(stack, "Orders"): load(limit)}, account_limit=limit).available == limit

    def test_fails_when_a_new_one_reserves(self, stack: cdk.Stack) -> None:
        workloads = {reserving(stack, "Orders", 1): load(1)}

        refused(stack, "ReservedAboveAccount", "10 for 1 (most: 1 by Stack/Orders)", workloads, account_limit=10)

    def test_shares_the_rest_among_the_others(self, stack: cdk.Stack) -> None:
        workloads = {reserving(stack, "A", 600): load(1), define(stack, "B"): load(300), define(stack, "C"): load(100)}

        assert budget(stack, workloads).available == 400

    def test_fails_when_the_others_need_more_than_the_rest(self, stack: cdk.Stack) -> None:
        workloads = {reserving(stack, "A", 600): load(1), define(stack, "B"): load(300), define(stack, "C"): load(101)}

        error = refused(stack, "WorkloadsAboveAccount", "401 (most: 300 by Stack/B)", workloads)

        assert "the 400 concurrent executions of the account's 1,000 that nothing reserves" in str(error)

    def test_counts_what_functions_without_a_load_reserve(self, stack: cdk.Stack) -> None:
        reserving(stack, "Reports", 800)

        refused(stack, "WorkloadsAboveAccount", "201 (most: 201 by Stack/Orders)", {define(stack, "Orders"): load(201)})

    def test_counts_what_functions_of_the_cdk_reserve(self, stack: cdk.Stack) -> None:
        code = lambda_.Code.from_inline(CODE)
        options: Any = {"runtime": lambda_.Runtime.PYTHON_3_14, "reserved_concurrent_executions": 901}
        lambda_.Function(stack, "Plain", code=code, handler="index.handler", **options)

        refused(stack, "ReservedAboveAccount", "1,000 for 901 (most: 901 by Stack/Plain)", {})

    def test_counts_functions_of_other_stacks(self, stack: cdk.Stack, app: cdk.App) -> None:
        reserving(cdk.Stack(app, "Elsewhere"), "Reports", 901)

        refused(stack, "ReservedAboveAccount", "1,000 for 901 (most: 901 by Elsewhere/Reports)", {})

    def test_does_not_count_functions_of_other_accounts_and_stages(self, stack: cdk.Stack, app: cdk.App) -> None:
        other = cdk.Stack(app, "Elsewhere", env=cdk.Environment(account="111111111111"))
        for construct_id, elsewhere in {"A": other, "B": cdk.Stack(cdk.Stage(app, "Prod"), "Stack")}.items():
            reserving(elsewhere, construct_id, 800)

        reserving(stack, "Reports", 800)

        assert budget(stack).available == 200

    def test_counts_functions_that_come_later(self, stack: cdk.Stack) -> None:
        orders = define(stack, "Orders")
        defined = budget(stack, {orders: load(201)})
        reserving(stack, "Reports", 800)

        assert defined.available == 200
        with pytest.raises(RuntimeError, match=r"got 201 \(most: 201 by Stack/Orders\);.*\(WorkloadsAboveAccount\)"):
            synthesize(stack)

    def test_has_one_budget(self, stack: cdk.Stack, app: cdk.App) -> None:
        ConcurrencyBudget(cdk.Stack(app, "Elsewhere"), "Limit", account_limit=3_000)

        refused(stack, "BudgetExists", "another budget beside Elsewhere/Limit", {})

    def test_has_another_budget_in_another_region_or_stage(self, stack: cdk.Stack, app: cdk.App) -> None:
        budget(stack, account_limit=1_000)

        budget(cdk.Stack(app, "Elsewhere", env=cdk.Environment(region="us-east-1")), account_limit=3_000)
        budget(cdk.Stack(cdk.Stage(app, "Prod"), "Stack"), account_limit=3_000)

    def test_fails_when_the_name_of_its_budget_is_taken(self, stack: cdk.Stack) -> None:
        define(stack, "Budget")

        refused(stack, "ConstructIdTaken", "'Budget' a second time", {})


class TestCheck:
    def test_adds_up_the_app_against_the_limit_that_is_told(self, stack: cdk.Stack) -> None:
        reserving(stack, "Orders", 1_500)

        budget(stack, account_limit=2_000)

        assert findings(stack) == []

    def test_adds_up_an_app_without_a_budget_against_the_limit_of_new_accounts(self, stack: cdk.Stack) -> None:
        reserving(stack, "Orders", 1_500)

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

    def test_leaves_a_hundred_to_the_others(self, stack: cdk.Stack) -> None:
        ProvisionedConcurrency(stack, "Warm", function=define(stack, "Orders"), concurrency=900)

        assert budget(stack).available == 1000

    @pytest.mark.parametrize("kept", [{"concurrency": 901}, {"minimum": 2, "maximum": 901}])
    def test_fails_when_it_leaves_less(self, stack: cdk.Stack, kept: dict[str, Any]) -> None:
        ProvisionedConcurrency(stack, "Warm", function=define(stack, "Orders"), **kept)

        refused(stack, "ReservedAboveAccount", "1,000 for 901 (most: 901 by Stack/Orders)", {})

    def test_fails_when_it_leaves_less_together_with_what_is_reserved(self, stack: cdk.Stack) -> None:
        ProvisionedConcurrency(stack, "Warm", function=define(stack, "Orders"), concurrency=500)
        reserving(stack, "Reports", 401)

        refused(stack, "ReservedAboveAccount", "1,000 for 901 (most: 500 by Stack/Orders)", {})

    def test_fails_when_it_comes_later(self, stack: cdk.Stack) -> None:
        budget(stack)
        for name in ("Orders", "Reports"):
            ProvisionedConcurrency(stack, f"Warm{name}", function=define(stack, name), concurrency=900)

        with pytest.raises(RuntimeError, match=r"Stack/Budget.* got 1,000 for 1,800 .*\(ReservedAboveAccount\)"):
            synthesize(stack)

    def test_is_part_of_what_is_reserved(self, stack: cdk.Stack) -> None:
        orders = reserving(stack, "Orders", 500)
        ProvisionedConcurrency(stack, "Warm", function=orders, concurrency=450)

        assert budget(stack, {define(stack, "Reports"): load(500)}).available == 500

    def test_is_part_of_the_load(self, stack: cdk.Stack) -> None:
        orders, reports = define(stack, "Orders"), define(stack, "Reports")
        ProvisionedConcurrency(stack, "Warm", function=orders, concurrency=600)

        budget(stack, {orders: load(500), reports: load(400)})

    def test_is_not_there_for_other_loads(self, stack: cdk.Stack) -> None:
        ProvisionedConcurrency(stack, "Warm", function=define(stack, "Orders"), concurrency=600)

        workloads = {define(stack, "Reports"): load(401)}

        refused(stack, "WorkloadsAboveAccount", "1,001 (most: 600 by Stack/Orders)", workloads)

    def test_counts_as_nothing_while_it_is_not_known(self, stack: cdk.Stack) -> None:
        number: Any = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
        ProvisionedConcurrency(stack, "Warm", function=define(stack, "Orders"), concurrency=number)

        assert budget(stack).available == 1000
