"""What others must leave to a release: its alias's weights, scaling and update policy, looked at when all is defined.

Of properties that are overridden in the template nothing is known here: jsii does not tell. The check
`AliasWeightsConflict` reads the template.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_codedeploy as codedeploy

from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.function.stacks import resources_in

from .provisioned_concurrency import ALL_AT_ONCE, SCALED_BY_CDK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_lambda as lambda_

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction


@jsii.implements(constructs.IValidation)
class ReleasedAliases:
    """Finds what came to the aliases of a stack's releases behind their back, whenever it came there."""

    functions: list[WellArchitectedFunction]
    """The functions that are released."""

    def __init__(self, stack: cdk.Stack) -> None:
        """Begin without any.

        Args:
            stack: The stack.
        """
        self._stack = stack
        self.functions = []

    def validate(self) -> list[str]:
        """What is wrong, as the CDK gathers texts before it raises its own error."""
        released = [
            (release, node, cast("lambda_.CfnAlias", node.default_child))
            for function in self.functions
            if (release := function.gradual_release) is not None
            for node in (function.live.node,)
        ]
        # At once, since each of its members is a message to Node.
        groups: list[tuple[Mapping[str, Any], object]] = self._stack.resolve(
            [[alias.cfn_options, release.deployment_group_name] for release, _, alias in released]
        )
        errors: list[ValidationError] = []
        for (release, node, alias), (options, group) in zip(released, groups, strict=True):
            if alias.routing_config is not None:
                errors.append(_weighted(release, node))
            if node.try_find_child(SCALED_BY_CDK) is not None and _config(release) != ALL_AT_ONCE:
                errors.append(_scaled(release))
            if _group(options) != group:
                errors.append(_taken(release, node))
        errors += map(_left_over, self._groups_without_alias([release for release, _, _ in released]))
        return list(map(str, errors))

    def _groups_without_alias(
        self, releases: Sequence[codedeploy.LambdaDeploymentGroup]
    ) -> list[codedeploy.LambdaDeploymentGroup]:
        """The groups that lost their alias: what comes to it later takes it without a word."""
        resources = resources_in(self._stack, "AWS::CodeDeploy::DeploymentGroup")
        if len(resources) == len(releases):
            return []
        known = set(map(reference, releases))
        parents = [resource.node.scope for resource in resources]
        groups = [
            parent
            for parent in parents
            if isinstance(parent, codedeploy.LambdaDeploymentGroup) and reference(parent) not in known
        ]
        # An alias may be in another stack than what shifts it, of the same environment: names of others do not resolve.
        stage = cast("cdk.Stage", cdk.Stage.of(self._stack))
        aliases = [cast("lambda_.CfnAlias", alias) for alias in resources_in(stage, "AWS::Lambda::Alias")]
        here = self._stack.environment
        options, names = self._stack.resolve(
            [
                [alias.cfn_options for alias in aliases if alias.stack.environment == here],
                [group.deployment_group_name for group in groups],
            ]
        )
        named = list(map(_group, options))
        return [group for group, name in zip(groups, names, strict=True) if name not in named]


def _weighted(release: codedeploy.LambdaDeploymentGroup, alias: constructs.Node) -> ValidationError:
    return ValidationError(
        f"{alias.path} must not have weights of its own: each release sets them, and CloudFormation would set them "
        "back in the middle of one, got 'routing_config'; leave it out",
        code="ReleaseAliasWeighted",
        path=release.node.path,
    )


def _scaled(release: codedeploy.LambdaDeploymentGroup) -> ValidationError:
    return ValidationError(
        "'plan' must be ReleasePlan.all_at_once() where provisioned concurrency scales: Lambda refuses to change it "
        "while an alias has weights, got another one on what live.add_auto_scaling(...) scales; shift all at once "
        "behind a smoke test, or give the concurrency a fixed number",
        code="ReleaseWeightsAutoscaled",
        path=release.node.path,
    )


def _taken(release: codedeploy.LambdaDeploymentGroup, alias: constructs.Node) -> ValidationError:
    return ValidationError(
        "'function' must have one release: CodeDeploy shifts an alias for one deployment group at a time, got "
        f"{alias.path} with another update policy; leave one of them out",
        code="ReleaseExists",
        path=release.node.path,
    )


def _left_over(group: codedeploy.LambdaDeploymentGroup) -> ValidationError:
    return ValidationError(
        "a deployment group must be the only one of its alias: CodeDeploy shifts an alias for one at a time, got "
        f"{group.node.path}, from which another one took it; leave one of them out",
        code="ReleaseExists",
        path=group.node.path,
    )


def _config(release: codedeploy.LambdaDeploymentGroup) -> str:
    return release.deployment_config.deployment_config_name


def _group(options: Mapping[str, Any]) -> object:
    """The deployment group that shifts an alias."""
    return options.get("updatePolicy", {}).get("codeDeployLambdaAliasUpdate", {}).get("deploymentGroupName")
