"""Calls a function from a pipeline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_codepipeline as codepipeline, aws_codepipeline_actions as actions, aws_iam as iam

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.tokens import is_token, without_tokens
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_lambda as lambda_, aws_s3 as s3
    from constructs import Construct

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_POLICY = "PipelineJobs"
_NO_RESOURCE = "CodePipeline asks for it, and IAM knows no narrower resource for this action"


class CodePipelineAction(actions.LambdaInvokeAction):
    """An action of a CodePipeline stage that calls a function's `live` alias and waits for its verdict.

    It is the CDK's own action, for `stage.add_action` and for a stage's list. The pipeline gets the right to call
    `live`, the function that to put the results of jobs, and nothing else of CodePipeline.

    The pipeline calls the function asynchronously and waits until the handler says `put_job_success_result` or
    `put_job_failure_result`. A job that the function failed to say it for ends, after retries, in its failure queue,
    while the pipeline waits until the action times out. The event holds credentials for the artifacts: do not log it.
    """

    def __init__(
        self,
        *,
        function: WellArchitectedFunction,
        action_name: str,
        user_parameters: Mapping[str, Any] | str | None = None,
        inputs: Sequence[codepipeline.Artifact] | None = None,
        outputs: Sequence[codepipeline.Artifact] | None = None,
        run_order: int = 1,
        variables_namespace: str | None = None,
        role: iam.IRole | iam.Role | None = None,
    ) -> None:
        """Define the action.

        Args:
            function: The function.
            action_name: The action's name in its stage, up to 100 letters, digits and any of `.@-_`.
            user_parameters: What the function finds in `UserParameters`: text, or what becomes JSON (without its
                `None`s), up to 1,000 characters. No place for secrets: who sees the pipeline reads them.
                Default: - nothing.
                Source: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionConfiguration.html
            inputs: Artifacts that the function may read, up to 5.
                Default: - none.
                Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
            outputs: Artifacts that the function writes, up to 5.
                Default: - none.
                Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
            run_order: Its place among the stage's actions, 1 to 999; equal ones run side by side.
                Default: 1
                Source: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html
            variables_namespace: The name under which later actions find the result's `outputVariables`.
                Default: - one is made when `variable()` is asked for.
            role: The role with which the pipeline calls.
                Default: - one is defined for this action.

        Raises:
            ValidationError: A value outside CodePipeline's limits.
        """
        require_function(None, "function", function)  # an action has no path but its function's
        where = Where(function, action_name)
        where.text("action_name", action_name)
        expect_type(where, "role", role, "role_arn", "aws_iam.IRole")
        where.matches(
            "action_name",
            action_name,
            quotas.PIPELINE_ACTION_NAME_PATTERN,
            rule="must be 1 to 100 letters, digits and any of '.@-_'",
            fix="rename the action",
            code="ActionNameInvalid",
        )
        where.within("run_order", run_order, quotas.PIPELINE_RUN_ORDER)
        where.size("inputs", inputs, quotas.PIPELINE_ARTIFACTS)
        where.size("outputs", outputs, quotas.PIPELINE_ARTIFACTS)
        _check_parameters(where, user_parameters)

        self._live = function.live
        self._parameters = user_parameters
        self._reads, self._writes = bool(inputs), bool(outputs)
        self._own_role = role is None
        with cdk_refusals(where):
            super().__init__(
                action_name=action_name,
                lambda_=cast("lambda_.IFunction", self._live),
                inputs=None if inputs is None else list(inputs),
                outputs=None if outputs is None else list(outputs),
                run_order=run_order,
                variables_namespace=variables_namespace,
                role=cast("iam.IRole | None", role),  # aws/jsii#4541: pyright does not see that a Role is one
            )
        function.invoked_asynchronously()
        _let_put_results(function)

    def _bound(
        self, scope: Construct, _stage: codepipeline.IStage, *, bucket: s3.IBucket, role: iam.IRole
    ) -> codepipeline.ActionConfig:
        """What the pipeline asks for when it takes the action; the CDK's own would grant the function more, twice."""
        live = self._live
        for action, resource in (("lambda:InvokeFunction", live.function_arn), ("lambda:ListFunctions", "*")):
            iam.Grant.add_to_principal(grantee=role, actions=[action], resource_arns=[resource])
        if self._own_role:
            acknowledge_wildcard(role, "*", _NO_RESOURCE)
        if self._reads:
            bucket.grant_read(role)
        if self._writes:
            bucket.grant_write(role)
        configuration = {"FunctionName": live.function_name}
        parameters = self._parameters
        if parameters is not None:
            as_text = parameters if isinstance(parameters, str) else cdk.Stack.of(scope).to_json_string(parameters)
            configuration["UserParameters"] = as_text
        return codepipeline.ActionConfig(configuration=configuration)


def _let_put_results(function: WellArchitectedFunction) -> None:
    """Let the function end jobs, in a policy of its own: what is said of its wildcard is said of nothing else."""
    if function.node.try_find_child(_POLICY) is not None:
        return
    statement = iam.PolicyStatement(
        actions=["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"], resources=["*"]
    )
    policy = iam.Policy(function, _POLICY, statements=[statement], roles=[cast("iam.IRole", function.role)])
    acknowledge_wildcard(policy, "*", _NO_RESOURCE)


def _check_parameters(where: Where, parameters: Mapping[str, Any] | str | None) -> None:
    if parameters is None:
        return
    try:
        text = parameters if isinstance(parameters, str) else json.dumps(dict(parameters), separators=(",", ":"))
    except (TypeError, ValueError) as error:
        where.refuse(
            "user_parameters",
            "must be text, or an object that can be written as JSON",
            got=f"{type(parameters).__name__}: {error}",
            fix="give text, numbers, booleans, lists and objects of them",
            code="UserParametersInvalid",
        )
    if not is_token(text) or len(without_tokens(text)) > quotas.PIPELINE_USER_PARAMETERS.maximum:
        where.size("user_parameters", without_tokens(text), quotas.PIPELINE_USER_PARAMETERS)
