"""Whether what functions are asked to do fits into what they reserve, and what all of them take into the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.cdk_refusals import require_type
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .provisioned_concurrency import provisioned_concurrency_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .workload import Workload

_METADATA = "LambdaAccountConcurrency"


class ConcurrencyBudget(Construct):
    """Compares what functions are asked to do with what they may do at once.

    Each function's load at its peak must fit into what it reserves; what is reserved must leave 100 of the account's
    concurrency; and the loads of functions without a reservation must fit, together, into the rest. Defines no
    resource: define it after the functions and what they keep ready.

    It also tells the check `ReservedConcurrencyBudget`, which adds up the whole app, what the account's limit is.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    """

    required: dict[WellArchitectedFunction, int]
    """How much each function needs at once, at its peak."""

    available: int
    """What functions without a reservation share: the account's limit less what these functions reserve."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workloads: Mapping[WellArchitectedFunction, Workload] | None = None,
        account_limit: int = quotas.ACCOUNT_CONCURRENCY,
    ) -> None:
        """Compare.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            workloads: What each function is asked to do at its peak, all peaks at once.
                Default: - nothing is known of it; the account's limit is told to the check.
            account_limit: The concurrent executions of the account in the Region.
                Default: 1000
                Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

        Raises:
            ValidationError: A limit that is no number; a load above what its function reserves, or longer than its
                timeout; more reserved than an account lets reserve; or loads without a reservation above what is left
                for them.
        """
        where = Where(scope, construct_id)
        workloads = {} if workloads is None else workloads
        _check_limit(where, account_limit)
        for function, workload in workloads.items():
            require_type(where, "workloads", function, "invoked_asynchronously", "WellArchitectedFunction")
            require_type(where, "workloads", workload, "concurrency", "Workload")
            _check_workload(where, function, workload)
        reserved = {f: f.reserved_concurrency for f in workloads if f.reserved_concurrency is not None}
        _check_reserved(where, reserved, account_limit)
        super().__init__(scope, construct_id)

        self.required = {function: workload.concurrency for function, workload in workloads.items()}
        self.available = int(account_limit - sum(reserved.values()))
        unreserved = {f: need for f, need in self.required.items() if f not in reserved}
        _check_unreserved(where, unreserved, self.available, account_limit)
        for function, need in self.required.items():
            _warn_of_cold_starts(self, function, need)
        cdk.Stack.of(self).add_metadata(_METADATA, account_limit)


def _check_limit(where: Where, limit: int | None) -> None:
    if limit is None or is_token(limit):
        where.refuse(
            "account_limit",
            "must be known when the app is synthesized: it is compared there",
            got="None" if limit is None else "a token",
            fix=quotas.ACCOUNT_LIMIT.fix,
            code=quotas.ACCOUNT_LIMIT.code,
        )
    where.within("account_limit", limit, quotas.ACCOUNT_LIMIT)


def _check_workload(where: Where, function: WellArchitectedFunction, workload: Workload) -> None:
    if function.timeout_seconds is not None and workload.seconds > function.timeout_seconds:
        where.refuse(
            "workloads",
            f"must not take longer than the timeout of {function.node.path}, {function.timeout_seconds:g} seconds",
            got=f"{workload.seconds:g} seconds on average",
            fix="raise the timeout, or split the work",
            code="WorkloadAboveTimeout",
        )
    reserved, need = function.reserved_concurrency, workload.concurrency
    if reserved is not None and need > reserved:
        where.refuse(
            "workloads",
            f"must fit into the {reserved:g} concurrent executions that {function.node.path} reserves",
            got=f"{need:,} ({workload})",
            fix="raise its 'reserved_concurrent_executions', or put a queue before it",
            code="WorkloadAboveReserved",
        )


def _check_reserved(where: Where, reserved: Mapping[WellArchitectedFunction, float], account_limit: int) -> None:
    if account_limit <= quotas.UNRESERVED_CONCURRENCY and not reserved:
        return  # a new account, of which nothing may be reserved
    allowed, total = max(0, account_limit - quotas.UNRESERVED_CONCURRENCY), sum(reserved.values())
    if total > allowed:
        largest = max(reserved, key=lambda function: reserved[function])
        where.refuse(
            "workloads",
            f"must reserve at most {allowed:,} together: of the account's {account_limit:,}, "
            f"{quotas.UNRESERVED_CONCURRENCY} cannot be reserved",
            got=f"{total:,g} (most: {reserved[largest]:g} by {largest.node.path})",
            fix="reserve less, or give the 'account_limit' that AWS has granted",
            code="ReservedAboveAccount",
        )


def _check_unreserved(
    where: Where, needs: Mapping[WellArchitectedFunction, int], available: int, account_limit: int
) -> None:
    total = sum(needs.values())
    if total > available:
        largest = max(needs, key=lambda function: needs[function])
        where.refuse(
            "workloads",
            f"must fit into the {available:,} concurrent executions of the account's {account_limit:,} that nothing "
            "reserves",
            got=f"{total:,} (most: {needs[largest]:,} of {largest.node.path})",
            fix="put a queue before some of them, or give the 'account_limit' that AWS has granted",
            code="WorkloadsAboveAccount",
        )


def _warn_of_cold_starts(scope: Construct, function: WellArchitectedFunction, need: int) -> None:
    owner = provisioned_concurrency_of(function)
    ready = None if owner is None else owner.most
    if ready is not None and ready < need:
        cdk.Annotations.of(scope).add_warning_v2(
            "cdk-lambda-patterns:provisionedBelowWorkload",
            f"{function.node.path} needs {need:,} environments at its peak and keeps at most {ready:g} ready: the "
            "others start cold",
        )
