"""A function of Lambda@Edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import (
    aws_cloudfront as cloudfront,
    aws_iam as iam,
    aws_lambda as lambda_,
    aws_logs as logs,
    region_info,
)
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_type
from cdk_lambda_patterns.function.defaults import default_runtime, logging_defaults
from cdk_lambda_patterns.function.durations import seconds
from cdk_lambda_patterns.function.log_group import check_log_retention, define_log_group
from cdk_lambda_patterns.function.option_types import check_types
from cdk_lambda_patterns.function.packaging import PythonCode, bundling_errors
from cdk_lambda_patterns.function.retention import check_removal_policy, keep
from cdk_lambda_patterns.function.stacks import root_stack
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .edge_checks import TAKEN, check_edge_function, check_edge_options, check_edge_package, warn_of_viewer_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

    from cdk_lambda_patterns.function.function_kwargs import FunctionKwargs


class EdgeFunction(Construct):
    """A function that CloudFront calls where its visitors are: Lambda@Edge.

    Defines the function, an execution role of its own that both of Lambda's services may assume, its log group, and a
    version of the current code, which `at` gives to a distribution. What there is not at the edge is refused.

    Lambda@Edge takes functions of us-east-1. In a stack of another Region everything is defined in a stack beside it,
    which the CDK deploys first: `Shop-Edge-eu-west-1` for `Shop`, with its account, tags, protection and synthesizer.
    """

    function: lambda_.Function
    """The function in us-east-1: grants are made to it."""

    version: lambda_.Version
    """The version that distributions are given."""

    role: iam.Role
    """The function's role."""

    log_group: logs.LogGroup
    """The function's log group in us-east-1. A replica writes to a group of the same name in its own Region.
    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html"""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code | PythonCode,
        handler: str,
        runtime: lambda_.Runtime | None = None,
        log_retention: logs.RetentionDays | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        **options: Unpack[FunctionKwargs],
    ) -> None:
        """Every other option is one of `aws_cdk.aws_lambda.FunctionProps`, as far as there is such a thing at the edge.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            code: The code: `PythonCode` with its dependencies, or any `aws_lambda.Code`. At most 50 MB zipped.
                Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
            handler: The function that Lambda calls, as `module.function`.
            runtime: What runs the code: Python or Node.js.
                Default: - `python3.14`, see `practices.RUNTIME`.
            log_retention: How long the log group in us-east-1 keeps events. Groups in other Regions keep them until a
                retention is set there.
                Default: - 30 days, see `practices.LOG_RETENTION_DAYS`.
            removal_policy: What becomes of the function, its versions, its role and its log group when they go: RETAIN,
                RETAIN_ON_UPDATE_OR_DELETE or DESTROY. Lambda deletes a version only hours after CloudFront has deleted
                its replicas, which work with the role until then.
                Default: - they stay, and are deleted by hand; what a deployment makes that is rolled back goes.
                `RemovalPolicies.of(stage).destroy()` changes that of the log group alone.
                Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-delete-replicas.html
            **options: `timeout` (default 5 seconds, at most 30), `memory_size` (128 MB), `description`,
                `function_name`, `initial_policy`, `logging_format` (JSON), `application_log_level_v2` and
                `system_log_level_v2` (INFO), `code_signing_config`. All others of `FunctionProps` are refused.

        Raises:
            ValidationError: Something that there is not at the edge, a value outside its limits, or a stack whose
                Region is not known or in a partition without Lambda@Edge.
        """
        # 1 validate
        where = Where(scope, construct_id)
        given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
        check_edge_options(where, code, given)
        check_types(where, code=code, handler=handler, runtime=runtime, options=given)
        check_log_retention(where, "log_retention", log_retention)
        check_removal_policy(where, "removal_policy", removal_policy)
        given = {name: value for name, value in given.items() if name in TAKEN}
        runtime_name = practices.RUNTIME if runtime is None else runtime.name
        check_edge_function(where, code=code, handler=handler, runtime=runtime_name, options=given)

        # 2 derive
        props = {**_defaults(given), **given}
        stack = cdk.Stack.of(scope)
        _check_region(where, stack.region)
        if isinstance(code, PythonCode):
            code = code.code_for(
                where,
                scope,
                handler=handler,
                runtime=runtime_name,
                architecture=quotas.DEFAULT_ARCHITECTURE,
                limit_zipped=True,
            )

        # 3 define
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        # Rolled back, a version that stays is in the way of the next try: Lambda publishes the same code once.
        removal = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if removal_policy is None else removal_policy
        with bundling_errors(), cdk_refusals(where):
            home = _home(self, stack)
            self.log_group = define_log_group(home, "LogGroup", retention=log_retention, removal_policy=removal)
            self.role = _define_role(home, self.log_group.log_group_name)
            self.function = lambda_.Function(
                home,
                "Function",
                code=code,
                handler=handler,
                runtime=default_runtime() if runtime is None else runtime,
                role=cast("iam.IRole", self.role),
                log_group=self.log_group,
                current_version_options=lambda_.VersionOptions(removal_policy=removal),
                **props,
            )
        for part in (self.function, self.role):
            _remove_by(part, removal)
        check_edge_package(where, self.function, cast("lambda_.CfnFunction", self.function.node.default_child))
        self.version = self.function.current_version
        # Another stack reads the version's ARN from this one's outputs: no custom resource, in any Region, and nothing
        # that keeps the next version from taking its place.
        cdk.CrossStackReferences.of(self.version).produce(cdk.ReferenceStrength.WEAK)
        self._where = where
        self._options = props

    def at(self, event_type: cloudfront.LambdaEdgeEventType, *, include_body: bool = False) -> cloudfront.EdgeLambda:
        """The function at an event, for the `edge_lambdas` of a distribution's behavior.

        Args:
            event_type: When CloudFront calls it: at viewer requests and responses for every visitor, at origin requests
                and responses for what is not cached.
            include_body: Whether the event has the request's body: 40 KB of it at viewer requests, 1 MB at origin
                requests.
                Default: False

        Raises:
            ValidationError: The body of a response is asked for, the event is one of CloudFront Functions, or something
                is neither.
        """
        require_type(self._where, "event_type", event_type, "ORIGIN_REQUEST", "aws_cloudfront.LambdaEdgeEventType")
        self._where.true_or_false(include_body=include_body)
        at_viewer, at_request = event_type in _AT_VIEWER, event_type in _AT_REQUEST
        if include_body and not at_request:
            self._where.refuse(
                "include_body",
                "must be False at responses, which have none for the function",
                got=f"True at {event_type.value}",
                fix="leave it out, or use a request event",
                code="IncludeBodyAtResponse",
            )
        if at_viewer:
            warn_of_viewer_limits(self, self.function, self._options)
        return cloudfront.EdgeLambda(
            event_type=event_type,
            function_version=cast("lambda_.IVersion", self.version),
            include_body=include_body or None,
        )


_EDGE_STACK = "EdgeStack"
_SERVICES = ("lambda.amazonaws.com", "edgelambda.amazonaws.com")
_AT_VIEWER = (cloudfront.LambdaEdgeEventType.VIEWER_REQUEST, cloudfront.LambdaEdgeEventType.VIEWER_RESPONSE)
_AT_REQUEST = (cloudfront.LambdaEdgeEventType.VIEWER_REQUEST, cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST)
_ANY_REGION_REASON = (
    "a replica writes to a log group of this one name, which it makes in the Region nearest to the visitor"
)


# Those that the CDK gives anew to each stack; another kind may be made for one stack.
_SYNTHESIZERS = (cdk.DefaultStackSynthesizer, cdk.CliCredentialsStackSynthesizer, cdk.LegacyStackSynthesizer)


def _remove_by(part: cdk.Resource, removal: cdk.RemovalPolicy) -> None:
    if removal is cdk.RemovalPolicy.DESTROY:
        part.apply_removal_policy(removal)
    else:
        # Also what is part of it later, as the policy of what is granted, and where all of an app is to be removed: as
        # long as there are replicas, deleting the function fails, and they need the role.
        keep(part, removal)


def _check_region(where: Where, region: str) -> None:
    if is_token(region):
        where.refuse(
            "scope",
            f"must be in a stack whose Region is known: functions at the edge are made in {quotas.EDGE_REGION}",
            got="a stack without one",
            fix='give the stack env=cdk.Environment(region="...")',
            code="RegionUnknown",
        )
    if region == quotas.EDGE_REGION:
        return
    partition = region_info.RegionInfo.get(region).partition
    if partition is not None and partition != quotas.EDGE_PARTITION:
        where.refuse(
            "scope",
            f"must be in a stack of the partition {quotas.EDGE_PARTITION!r}: others have no Lambda@Edge",
            got=f"{region} in {partition!r}",
            fix="do the work in a function behind the origin",
            code="EdgePartition",
        )


def _defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """This library's values for the options that were left out."""
    return {
        "memory_size": practices.EDGE_MEMORY_MB,
        "timeout": seconds(practices.EDGE_TIMEOUT_SECONDS),
        **logging_defaults(options),
    }


def _home(construct: Construct, stack: cdk.Stack) -> Construct:
    """Where the resources are defined: in the construct, or in a stack of the Region that they must be in."""
    if stack.region == quotas.EDGE_REGION:
        return construct
    stack = root_stack(stack)
    beside = stack.node.try_find_child(_EDGE_STACK)
    if not isinstance(beside, cdk.Stack):
        account = stack.account
        beside = cdk.Stack(
            stack,
            _EDGE_STACK,
            # With the Region: stacks of one name in several Regions have theirs in us-east-1 together.
            stack_name=f"{stack.stack_name}-Edge-{stack.region}",
            description=f"What runs at CloudFront's edge for {stack.stack_name}",
            env=cdk.Environment(account=None if is_token(account) else account, region=quotas.EDGE_REGION),
            termination_protection=stack.termination_protection,
            tags=stack.tags.tag_values(),
            synthesizer=_synthesizer(stack),
        )
    # Its place in its own stack: in another stage, or in a pipeline, its resources have the same logical ids.
    return Construct(beside, construct.node.path.removeprefix(f"{stack.node.path}/"))


def _synthesizer(stack: cdk.Stack) -> cdk.IStackSynthesizer | None:
    """The synthesizer that the stack was given, to be given to another one. None where it has the app's."""
    given = stack.synthesizer
    # jsii shows the one that the user made, which is no stack's, and has no qualifier before it is: the CDK gives each
    # stack its own copy. One with a qualifier was made by the CDK for this stack, as it makes one for the other.
    if isinstance(given, _SYNTHESIZERS) and given.bootstrap_qualifier is None:
        return cast("cdk.IStackSynthesizer", given)
    return None


def _define_role(scope: Construct, log_group_name: str) -> iam.Role:
    """A role that both of Lambda's services may assume, and that may write to one log group in every Region.

    Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-permissions.html
    """
    group = f"arn:{cdk.Aws.PARTITION}:logs:*:{cdk.Aws.ACCOUNT_ID}:log-group:{log_group_name}"
    groups = [group, f"{group}:*"]
    write = iam.PolicyStatement(
        actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], resources=groups
    )
    role = iam.Role(
        scope,
        "Role",
        assumed_by=cast("iam.IPrincipal", iam.CompositePrincipal(*map(principals.service, _SERVICES))),
        inline_policies={"Baseline": iam.PolicyDocument(statements=[write])},
    )
    for resource in groups:
        acknowledge_wildcard(role, resource, _ANY_REGION_REASON)
    return role
