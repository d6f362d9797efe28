"""Whether an account has the concurrency that functions reserve, keep ready and are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function, require_type
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.function.stacks import resources_in
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .environments import environment_of
from .provisioned_concurrency import provisioned_concurrency_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from constructs import IConstruct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .workload import Workload

    _Amounts: TypeAlias = Mapping[IConstruct, float]
    _Environment: TypeAlias = tuple[str, str, str]

_METADATA = "LambdaAccountConcurrency"

_of_environment: dict[_Environment, str] = {}


class ConcurrencyBudget(Construct):
    """Compares what functions are asked to do with what they may do at once.

    Each function's load at its peak must fit into what it reserves. What all functions reserve and keep ready must
    leave 100 of the account's concurrency; and what the others keep ready or are asked for must fit, together, into
    what nobody reserves. All functions count that the app (or the stage) defines in this account and Region, also those
    that come later: they are added up at synthesis too. Defines no resource, and is there once.

    It also tells the check `ReservedConcurrencyBudget`, which adds up the templates, what the account's limit is.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    """

    required: dict[WellArchitectedFunction, int]
    """How much each function needs at once, at its peak."""

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
                Default: - nothing is known of it; what is reserved and kept ready is compared.
            account_limit: The concurrent executions of the account in the Region.
                Default: 1000
                Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

        Raises:
            ValidationError: A limit that is no number; a load above what its function reserves, or longer than its
                timeout; a function of another account or Region; a second budget; more reserved and kept ready than an
                account allows; or more asked for without a reservation than is left.
        """
        # 1 validate
        where = Where(scope, construct_id)
        workloads = {} if workloads is None else workloads
        _check_limit(where, account_limit)
        require_type(where, "workloads", workloads, "items", "dict", fix="write {function: Workload(...)}")
        with cdk_refusals(where):
            here = _environment(scope)
        for function, workload in workloads.items():
            require_function(where, "workloads", function)
            require_type(where, "workloads", workload, "concurrency", "Workload")
            _check_environment(where, function, here)
            _check_workload(where, function, workload)
        _check_only(where, here)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 compare
        self._where, self._here, self._limit = where, here, account_limit
        self.required = {function: workload.concurrency for function, workload in workloads.items()}
        self._compare()
        _of_environment[here] = where.path
        self.node.add_validation(_Sum(self._compare))
        for function, need in self.required.items():
            _warn_of_cold_starts(self, function, need)
        cdk.Stack.of(self).add_metadata(_METADATA, account_limit)

    @property
    def available(self) -> int:
        """What functions without a reservation share: the account's limit less what is reserved until now."""
        reserved, _, _ = self._amounts()
        return int(self._limit - sum(reserved.values()))

    def _compare(self) -> None:
        reserved, ready, asked = self._amounts()
        _check_reserved(self._where, {**reserved, **ready}, self._limit)
        _check_unreserved(self._where, asked, int(self._limit - sum(reserved.values())), self._limit)

    def _amounts(self) -> tuple[_Amounts, _Amounts, _Amounts]:
        """What is reserved; and of functions without a reservation, what is kept ready, and what is used at the peak.

        What is only known at deployment counts as nothing.
        """
        reserved: dict[IConstruct, float] = {}
        ready: dict[IConstruct, float] = {}
        asked: dict[IConstruct, float] = {}
        for resource in _functions_in(self, self._here):
            function = cast("WellArchitectedFunction", resource.node.scope)
            amount = resource.reserved_concurrent_executions
            if amount is not None:
                reserved[function] = 0 if is_token(amount) else amount
                continue
            owner = provisioned_concurrency_of(function)
            ready[function] = 0 if owner is None or owner.most is None else owner.most
            asked[function] = max(ready[function], self.required.get(function, 0))
        return reserved, ready, asked


@jsii.implements(constructs.IValidation)
class _Sum:
    """Compares again when all functions are defined."""

    def __init__(self, compare: Callable[[], None]) -> None:
        self._compare = compare

    def validate(self) -> list[str]:
        """What is wrong."""
        try:
            self._compare()
        except ValidationError as error:  # the CDK gathers texts before it raises its own
            return [str(error)]
        return []


def _environment(construct: Construct) -> _Environment:
    """The stage, account and Region that a construct is deployed with."""
    account, region = environment_of(construct)
    return reference(cdk.Stage.of(construct)), account, region


def _functions_in(construct: Construct, environment: _Environment) -> Iterator[lambda_.CfnFunction]:
    """The functions of an environment, those of the CDK itself too."""
    here: dict[str, bool] = {}
    stage = cast("cdk.Stage", cdk.Stage.of(construct))
    for function in resources_in(stage, "AWS::Lambda::Function"):
        if isinstance(function, lambda_.CfnFunction):
            stack = function.stack
            key = reference(stack)
            if key not in here:
                here[key] = _environment(stack) == environment
            if here[key]:
                yield function


def _check_environment(where: Where, function: WellArchitectedFunction, here: _Environment) -> None:
    if _environment(function) != here:
        where.refuse(
            "workloads",
            "must be of functions in the stage, account and Region of their budget: others have a limit of their own",
            got=function.node.path,
            fix="define another ConcurrencyBudget in that function's stack",
            code="BudgetInOtherEnvironment",
        )


def _check_only(where: Where, here: _Environment) -> None:
    if here in _of_environment:
        where.refuse(
            "workloads",
            "must be in one budget: an account has one limit in a Region",
            got=f"another budget beside {_of_environment[here]}",
            fix="name all workloads in one of the two",
            code="BudgetExists",
        )


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


def _check_reserved(where: Where, kept: _Amounts, account_limit: int) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html."""
    total = sum(kept.values())
    if total > max(0, account_limit - quotas.UNRESERVED_CONCURRENCY):
        where.refuse(
            "account_limit",
            f"must be {quotas.UNRESERVED_CONCURRENCY} above what functions reserve and keep ready: AWS holds those "
            "back for the others",
            got=f"{account_limit:,} for {total:,g} {_most(kept)}",
            fix="reserve less, keep fewer ready, or give the limit that AWS has granted",
            code="ReservedAboveAccount",
        )


def _check_unreserved(where: Where, asked: _Amounts, available: int, account_limit: int) -> None:
    total = sum(asked.values())
    if total > available:
        where.refuse(
            "workloads",
            f"must fit into the {available:,} concurrent executions of the account's {account_limit:,} that nothing "
            "reserves, with what is kept ready there",
            got=f"{total:,g} {_most(asked)}",
            fix="put a queue before some of them, or give the 'account_limit' that AWS has granted",
            code="WorkloadsAboveAccount",
        )


def _most(amounts: _Amounts) -> str:
    largest = max(amounts, key=lambda function: amounts[function])
    return f"(most: {amounts[largest]:,g} by {largest.node.path})"


def _warn_of_cold_starts(scope: Construct, function: WellArchitectedFunction, need: int) -> None:
    owner = provisioned_concurrency_of(function)
    ready = None if owner is None else owner.most
    if ready is not None and ready < need:
        cdk.Annotations.of(scope).add_warning_v2(
            "cdk-lambda-patterns:provisionedBelowWorkload",
            f"{function.node.path} needs {need:,} environments at its peak and keeps at most {ready:g} ready: the "
            "others start cold",
        )
