"""What all event source mappings have in common: batches, pollers, the limits on both, and who may read the source.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from aws_cdk import aws_iam as iam, aws_lambda as lambda_

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals
from cdk_lambda_patterns.function.durations import as_seconds, duration_within
from cdk_lambda_patterns.function.references import in_one_stack, reference
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from aws_cdk import Duration
    from constructs import Construct, IConstruct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
    from cdk_lambda_patterns.quotas import Quota

    Reader: TypeAlias = WellArchitectedFunction | iam.IRole
    """Who reads a source: a function, or its role seen from another stack."""


@dataclass(frozen=True, kw_only=True)
class ProvisionedPollers:
    """Event pollers that stand ready, for sources with sudden traffic. Each is paid for while it runs."""

    minimum: int | None = None
    """How many always run.

    Default: - the service's, 2 for SQS and 1 for Kafka.
    """
    maximum: int | None = None
    """How many run at most.

    Default: - the service's, 200.
    """
    group: str | None = None
    """For Kafka: the name of a group of mappings that share their pollers, to pay for fewer.

    Default: - the pollers are not shared.
    """

    def checked(
        self, where: Where, minimum: Quota, maximum: Quota
    ) -> lambda_.CfnEventSourceMapping.ProvisionedPollerConfigProperty:
        """The resource's configuration, within a source's limits.

        Raises:
            ValidationError: Outside the limits, or more at least than at most.
        """
        where.within("provisioned_pollers", self.minimum, minimum)
        where.within("provisioned_pollers", self.maximum, maximum)
        ends = (self.minimum, self.maximum)
        if self.minimum is not None and self.maximum is not None and not any(map(is_token, ends)):
            self._check_order(where, self.minimum, self.maximum)
        return lambda_.CfnEventSourceMapping.ProvisionedPollerConfigProperty(
            minimum_pollers=self.minimum, maximum_pollers=self.maximum, poller_group_name=self.group
        )

    def _check_order(self, where: Where, minimum: int, maximum: int) -> None:
        if minimum > maximum:
            where.refuse(
                "provisioned_pollers",
                f"must not have a minimum above their maximum, {maximum}",
                got=minimum,
                fix="swap them, or raise the maximum",
                code="PollersMinimumAboveMaximum",
            )


_readers: Counter[tuple[str, str]] = Counter()
"""How many triggers read a source: by app, since imports of the same one are several objects, and by its ARN."""

_pairs: set[tuple[str, str, str | None]] = set()
"""Which functions read which sources, and what of them."""


def count_readers(scope: Construct, source_arn: str) -> int:
    """Count one more trigger that reads a source, and return how many there are in the app.

    Args:
        scope: The trigger.
        source_arn: The source.
    """
    source = (reference(scope.node.root), source_arn)
    _readers[source] += 1
    return _readers[source]


def check_first(
    where: Where, prop: str, source: str, function: WellArchitectedFunction, part: str | None = None
) -> None:
    """Refuse a second trigger for a source and a function, of which Lambda makes one mapping only.

    Args:
        where: The trigger.
        prop: The property that the source was given for.
        source: The ARN of a queue, a stream or a cluster, or a cluster's servers.
        function: The function.
        part: The topic or queue in it, of which Lambda makes a mapping each.

    Raises:
        ValidationError: The function reads it already.
    """
    if (function.live.function_arn, source, part) in _pairs:
        where.refuse(
            prop,
            "must not start the same function twice: Lambda makes one mapping of the two",
            got=f"a second trigger for {function.node.path}",
            fix="put what the two should do into one, with more filters or larger batches",
            code="EventSourceMapped",
        )


def define_mapping(
    scope: Construct,
    function: WellArchitectedFunction,
    reader: Reader,
    *,
    report_batch_item_failures: bool,
    filters: list[str] | None = None,
    source: str | None = None,
    part: str | None = None,
    **properties: Any,  # noqa: ANN401 - properties of CfnEventSourceMapping
) -> lambda_.CfnEventSourceMapping:
    """The mapping from a source to a function's `live` alias.

    A plain resource: one message to Node where the CDK's construct would be several, and nothing of the mapping is out
    of reach.

    Args:
        scope: The trigger.
        function: The function.
        reader: Who was granted to read the source, from `reader_of`.
        report_batch_item_failures: Whether the handler says which records failed.
        filters: Patterns, from `check_filters`.
        source: What `check_first` was told of the source.
            Default: - its ARN.
        part: What `check_first` was told of its part.
        **properties: Other properties of `aws_lambda.CfnEventSourceMapping`.

    Raises:
        ValidationError: The function isolates tenants, or its durable executions take longer than a mapping waits.
    """
    function.features.check_poller(scope)
    resource = lambda_.CfnEventSourceMapping
    function_arn = function.live.function_arn
    _pairs.add((function_arn, source or str(properties.get("event_source_arn")), part))
    with cdk_refusals(Where(scope, "Mapping")):
        mapping = resource(
            scope,
            "Mapping",
            function_name=function_arn,
            function_response_types=["ReportBatchItemFailures"] if report_batch_item_failures else None,
            filter_criteria=None
            if filters is None
            else resource.FilterCriteriaProperty(filters=[resource.FilterProperty(pattern=text) for text in filters]),
            **properties,
        )
    if reader is not function:
        # CloudFormation knows of no order between a role's policy in this stack and what Lambda checks with it.
        mapping.node.add_dependency(cast("iam.IRole", reader))
    return mapping


def reader_of(scope: Construct, function: WellArchitectedFunction) -> Reader:
    """Whom to let read a source: the function, or seen from another stack its role by name.

    Granted to the function itself, a source in another stack would be named by the role's stack, which the mapping
    beside the source names in turn: a cycle.

    Args:
        scope: The trigger.
        function: The function.
    """
    role = cast("iam.IRole", function.role)
    if in_one_stack(scope, role):
        return function
    return iam.Role.from_role_name(scope, "FunctionRole", role.role_name)


def role_of(reader: Reader) -> IConstruct:
    """The role of who reads.

    Args:
        reader: The function, or its role seen from another stack.
    """
    return cast("IConstruct", reader.role if isinstance(reader, lambda_.Function) else reader)


def check_batch(
    where: Where,
    *,
    batch_size: int | None,
    batch_quota: Quota,
    window: Duration | None,
    window_above: int | None = None,
) -> float | None:
    """Refuse batches and windows that the source does not know; return the window in seconds, or its token.

    Args:
        where: The construct.
        batch_size: Records in one invocation.
        batch_quota: The source's limit on them.
        window: How long records are gathered.
        window_above: From more than how many records on the source demands a window.
    """
    where.within("batch_size", batch_size, batch_quota)
    gathered = duration_within(where, "max_batching_window", window, quotas.BATCHING_WINDOW)
    at_once = window is None or gathered == 0
    large = (
        window_above is not None and batch_size is not None and not is_token(batch_size) and batch_size > window_above
    )
    if large and at_once:
        where.refuse(
            "batch_size",
            f"must be at most {window_above} without a batching window",
            got=batch_size,
            fix="give 'max_batching_window' at least one second",
            code="BatchNeedsWindow",
        )
    return as_seconds(window, gathered)


def check_max_concurrency(
    where: Where, function: WellArchitectedFunction, max_concurrency: int | None, quota: Quota
) -> None:
    """Refuse a maximum outside the source's limits, or above what is reserved for the function.

    Args:
        where: The construct.
        function: The function that polls.
        max_concurrency: How many of its executions the source may use at once.
        quota: The source's limit.
    """
    where.within("max_concurrency", max_concurrency, quota)
    reserved = function.reserved_concurrency
    if max_concurrency is None or is_token(max_concurrency) or reserved is None or max_concurrency <= reserved:
        return
    where.refuse(
        "max_concurrency",
        f"must be at most {reserved:g}, the function's reserved concurrency",
        got=max_concurrency,
        fix="lower it, or reserve more: what is throttled between the two is received again and again until it is lost",
        code="MaxConcurrencyAboveReserved",
    )
