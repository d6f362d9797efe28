"""Keeps versions of functions to roll back to, and removes those before them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_scheduler as scheduler
from constructs import Construct

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function
from cdk_lambda_patterns.function.durations import seconds
from cdk_lambda_patterns.function.given import given_list
from cdk_lambda_patterns.function.packaging import PythonCode
from cdk_lambda_patterns.function.policies import allow, policy_document
from cdk_lambda_patterns.function.retention import keep_versions
from cdk_lambda_patterns.function.schedule_expressions import check_schedule, check_time_zone
from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where, is_number

from .environments import require_same_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sns as sns, aws_sqs as sqs

_HANDLER = Path(__file__).parent / "version_pruning_handler"
_TIMEOUT_SECONDS = 300


class VersionPruning(Construct):
    """Keeps the newest versions of functions, to roll back to, and removes those before them.

    Without it a deployment takes the version before it away as soon as `live` has moved on, and there is nothing to
    roll back to. With it versions stay when CloudFormation is done with them; a function on a schedule removes those
    behind the newest `keep`, but never one that an alias leads to, be it with a part of its traffic only, nor one on
    which durable executions still run.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
    """

    function: WellArchitectedFunction
    """What removes them. It may delete versions of these functions, and nothing else."""

    schedule: scheduler.CfnSchedule
    """When it does."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Sequence[WellArchitectedFunction],
        keep: int = practices.VERSIONS_KEPT,
        schedule: str = practices.VERSION_PRUNING_SCHEDULE,
        time_zone: str = "UTC",
        notify: sns.ITopic | sns.TopicBase | None = None,
    ) -> None:
        """Keep some versions.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            functions: Whose versions; those of each are counted on their own.
            keep: How many of the newest stay, the current one among them; 1 or more.
                Default: 5
            schedule: When the others are removed: `rate(1 day)`, `cron(0 3 * * ? *)`.
                Default: rate(1 day)
                Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
            time_zone: The time zone of cron, as `Europe/Zurich`.
                Default: UTC
            notify: The topic that the alarms publish to.
                Default: - the alarms change state and tell nobody.

        Raises:
            ValidationError: No functions, one that is pruned already, less than one version to keep, or a schedule that
                does not exist.
        """
        # 1 validate
        where = Where(scope, construct_id)
        pruned = given_list(where, "functions", functions)
        _check(where, pruned, keep)
        if not is_token(schedule):
            check_schedule(where, schedule)
        check_time_zone(where, time_zone)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        self.function = WellArchitectedFunction(
            self,
            "Function",
            code=PythonCode.from_folder(_HANDLER),
            handler="version_pruning.handler",
            description="Removes old versions of functions",
            timeout=seconds(_TIMEOUT_SECONDS),
            notify=notify,
        )
        self.function.invoked_asynchronously()
        payload = {
            "keep": keep,
            "functions": [{"name": each.function_name, "durable": each.features.durable} for each in pruned],
        }
        self.schedule = _define_schedule(self, self.function, schedule, time_zone, payload)

        # 3 connect
        for each in pruned:
            _owners[each] = where
            # A version that a failed deployment left would make Lambda publish none when it is tried again.
            keep_versions(each.live_version)
        _let_prune(self.function, pruned)


_owners: WeakKeyDictionary[WellArchitectedFunction, Where] = WeakKeyDictionary()


def _check(where: Where, functions: Sequence[WellArchitectedFunction], keep: float) -> None:
    if not functions:
        where.refuse("functions", "must name some", got="none", fix="give those to prune", code="FunctionsMissing")
    for function in functions:
        require_function(where, "functions", function)
    require_same_environment(where, "functions", functions, VersionPruning.__name__)
    for function in functions:
        owner = _owners.get(function, where)
        if owner is not where or functions.count(function) > 1:
            where.refuse(
                "functions",
                "must each be pruned once: of two numbers of versions to keep, the smaller one would count",
                got=f"{function.node.path}, which {owner.path} prunes",
                fix="leave it out of one of them",
                code="PrunedTwice",
            )
    if not is_token(keep) and not (is_number(keep) and keep >= 1 and keep % 1 == 0):
        where.refuse(
            "keep",
            "must be a whole number of versions, 1 or more",
            got=keep if is_number(keep) else repr(keep),
            fix="give 1 to keep the current one alone, besides what aliases use",
            code="VersionsKeptOutOfRange",
        )


def _let_prune(pruner: WellArchitectedFunction, functions: Sequence[WellArchitectedFunction]) -> None:
    """Its rights: on versions only where it deletes, since a function's own ARN stands for all of it."""
    arns = [function.function_arn for function in functions]
    versions = [f"{arn}:*" for arn in arns]
    durable = [arn for arn, function in zip(versions, functions, strict=True) if function.features.durable]
    rights = [
        (["lambda:ListAliases", "lambda:ListVersionsByFunction"], arns),
        (["lambda:DeleteFunction"], versions),
        (["lambda:ListDurableExecutionsByFunction"], durable),
    ]
    for actions, resources in rights:
        if resources:
            pruner.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=resources))
    for arn in versions:
        acknowledge_wildcard(
            cast("iam.IRole", pruner.role), arn, "versions have numbers that nobody knows before; the function is meant"
        )


def _define_schedule(
    scope: Construct, function: WellArchitectedFunction, schedule: str, time_zone: str, payload: Mapping[str, object]
) -> scheduler.CfnSchedule:
    live_arn = function.live.function_arn
    queue_arn = cast("sqs.IQueue", function.failure_queue).queue_arn
    rights = policy_document(allow("lambda:InvokeFunction", live_arn), allow("sqs:SendMessage", queue_arn))
    role = iam.Role(
        scope,
        "Role",
        assumed_by=principals.service_in_account("scheduler.amazonaws.com"),
        inline_policies={"Start": iam.PolicyDocument.from_json(rights)},
    )
    resource = scheduler.CfnSchedule
    return resource(
        scope,
        "Schedule",
        schedule_expression=schedule,
        schedule_expression_timezone=time_zone,
        flexible_time_window=resource.FlexibleTimeWindowProperty(mode="OFF"),
        target=resource.TargetProperty(
            arn=live_arn,
            role_arn=role.role_arn,
            input=cdk.Stack.of(scope).to_json_string(payload),
            dead_letter_config=resource.DeadLetterConfigProperty(arn=queue_arn),
        ),
    )
