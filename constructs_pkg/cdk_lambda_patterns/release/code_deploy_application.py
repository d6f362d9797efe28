"""What the releases of a stack share: one CodeDeploy application, and the role that CodeDeploy works with."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_codedeploy as codedeploy, aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.durations import seconds
from cdk_lambda_patterns.function.policies import allow, arn_here, policy_document
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.tokens import is_token

from .release_plan import Shift
from .released_aliases import ReleasedAliases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_lambda as lambda_

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .release_plan import Steps

_ID = "GradualReleases"
_POLICY_NAME = "ShiftTraffic"
_SHIFT = ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"]
_WILDCARD_REASON = (
    "CodeDeploy asks for the states of alarms; AWS hides composite alarms from a permission that names any, and with "
    "them every release would stop"
)
_MINUTE = 60
_LONGEST_NAME = "x" * int(quotas.FUNCTION_NAME_LENGTH.maximum)
_LONGEST_ARN = f"arn:aws-us-gov:lambda:ap-southeast-2:123456789012:function:{_LONGEST_NAME}"
# CodeDeploy's own, which need no resource.
_PREDEFINED = {
    (Shift.ALL_AT_ONCE, 100, 0): "ALL_AT_ONCE",
    **{(Shift.CANARY, 10, minutes): f"CANARY_10_PERCENT_{minutes}_MINUTES" for minutes in (5, 10, 15, 30)},
    (Shift.LINEAR, 10, 1): "LINEAR_10_PERCENT_EVERY_1_MINUTE",
    **{(Shift.LINEAR, 10, minutes): f"LINEAR_10_PERCENT_EVERY_{minutes}_MINUTES" for minutes in (2, 3, 10)},
}

_of_stack: dict[str, CodeDeployApplication] = {}


class CodeDeployApplication(Construct):
    """The application that a stack's releases share, and their role.

    There is another role as soon as the policies of one would outgrow what IAM takes.
    """

    application: codedeploy.LambdaApplication
    """The application."""

    def __init__(self, stack: cdk.Stack) -> None:
        """Define it. Use `of`.

        Args:
            stack: The stack.
        """
        super().__init__(stack, _ID)
        self.application = codedeploy.LambdaApplication(self, "Application")
        self._trust = _trust(self.application.application_name)
        self._roles: list[ReleaseRole] = []
        self._configs: dict[Steps, codedeploy.ILambdaDeploymentConfig] = {}
        self._released = ReleasedAliases(stack)
        self.node.add_validation(self._released)

    @classmethod
    def of(cls, stack: cdk.Stack) -> CodeDeployApplication:
        """The one of a stack, defined when it is asked for first.

        Args:
            stack: The stack.
        """
        key = reference(stack)
        if key not in _of_stack:
            _of_stack[key] = cls(stack)
        return _of_stack[key]

    def shift(self, function: WellArchitectedFunction, *, hooks: int) -> ReleaseRole:
        """Let CodeDeploy shift a function's traffic.

        Args:
            function: The function.
            hooks: How many hooks it calls meanwhile.

        Returns:
            The role that may.
        """
        self._released.functions.append(function)
        if not self._roles or not self._roles[-1].has_room_for(hooks):
            number = len(self._roles) + 1
            self._roles.append(ReleaseRole(self, "" if number == 1 else str(number), self._trust))
        role = self._roles[-1]
        role.shift(function, hooks=hooks)
        return role

    def calls(self, function: lambda_.FunctionBase) -> bool:
        """Whether a function is a hook of one of the releases.

        Args:
            function: The function, its alias or its version.
        """
        return any(role.calls(function) for role in self._roles)

    def config(self, steps: Steps) -> codedeploy.ILambdaDeploymentConfig:
        """CodeDeploy's configuration for a plan: its own, or one that all releases with equal plans share.

        Args:
            steps: The plan.
        """
        predefined = _PREDEFINED.get((steps.shift, steps.percent, steps.minutes))
        if predefined is not None:
            return _predefined(predefined)
        if steps not in self._configs:
            self._configs[steps] = self._define_config(steps)
        return self._configs[steps]

    def _define_config(self, steps: Steps) -> codedeploy.ILambdaDeploymentConfig:
        interval = seconds(_MINUTE * steps.minutes)
        routing = (
            codedeploy.TrafficRouting.time_based_canary(percentage=steps.percent, interval=interval)
            if steps.shift is Shift.CANARY
            else codedeploy.TrafficRouting.time_based_linear(percentage=steps.percent, interval=interval)
        )
        # Named after the plan, as CodeDeploy's own are: who changes a plan replaces its configuration.
        name = f"{steps.shift.value}{steps.percent}Percent{steps.minutes}Minutes"
        config = codedeploy.LambdaDeploymentConfig(self, name, traffic_routing=routing)
        return cast("codedeploy.ILambdaDeploymentConfig", config)


class ReleaseRole:
    """A role that CodeDeploy shifts traffic with.

    The role may do what AWSCodeDeployRoleForLambdaLimited may, for these functions alone, and without what
    CloudFormation does not use: objects of buckets, and hooks of others.
    Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
    """

    role: iam.IRole
    """The role, to which nothing can be added."""

    def __init__(self, scope: Construct, suffix: str, trust: dict[str, Any]) -> None:
        """Define it.

        Args:
            scope: The application.
            suffix: What its id ends with.
            trust: Who may assume it.
        """
        self._statements = _Statements()
        resource = iam.CfnRole(
            scope,
            f"Role{suffix}",
            description="CodeDeploy shifts the traffic of this stack's functions",
            assume_role_policy_document=trust,
            policies=cdk.Lazy.uncached_any(cast("cdk.IAnyProducer", self._statements)),
        )
        self._name = resource.ref
        acknowledge_wildcard(resource, "*", _WILDCARD_REASON)
        self.role = iam.Role.from_role_arn(scope, f"SharedRole{suffix}", _arn_in_account(resource), mutable=False)
        self._hooks: dict[str, iam.CfnPolicy] = {}
        self._room = quotas.ROLE_POLICIES_SIZE - _characters(_document([]))

    def has_room_for(self, hooks: int) -> bool:
        """Whether IAM takes what another function adds to the role's policies, whatever the names are.

        Args:
            hooks: How many hooks it has.
        """
        return self._room >= _size(hooks)

    def shift(self, function: WellArchitectedFunction, *, hooks: int) -> None:
        """Let the role shift a function's traffic.

        Args:
            function: The function.
            hooks: How many hooks it has.
        """
        self._room -= _size(hooks)
        arn = arn_here("lambda", f"function:{function.live_dimensions['FunctionName']}")
        self._statements.functions += [arn, f"{arn}:{practices.LIVE_ALIAS}"]

    def invoke(self, scope: Construct, hooks: Sequence[lambda_.IFunction]) -> list[iam.CfnPolicy]:
        """Let the role call the hooks of a release, those that it may not call already.

        In a policy beside the role: hooks wait for their release, which waits for the role.

        Args:
            scope: The release.
            hooks: The functions.

        Returns:
            What allows it.
        """
        known = {reference(hook): hook for hook in hooks}
        new = [name for name in known if name not in self._hooks]
        if new:
            arns = [known[name].function_arn for name in new]
            policy = iam.CfnPolicy(
                scope,
                "InvokeHooks",
                policy_name="InvokeHooks",
                policy_document=_calls(arns),
                roles=[self._name],
            )
            self._hooks |= dict.fromkeys(new, policy)
        return list(dict.fromkeys(self._hooks[name] for name in known))

    def calls(self, function: lambda_.FunctionBase) -> bool:
        """Whether a function is a hook of one of its releases.

        Args:
            function: The function, its alias or its version.
        """
        return reference(function) in self._hooks


def _arn_in_account(role: iam.CfnRole) -> str:
    """The ARN of a role, with its account where that is known.

    In the role's own attribute the CDK cannot see the account: it would take the hooks for those of another one, and
    let the role call each by a resource policy too.
    """
    account = cdk.Stack.of(role).account
    return role.attr_arn if is_token(account) else f"arn:{cdk.Aws.PARTITION}:iam::{account}:role/{role.ref}"


@jsii.implements(cdk.IAnyProducer)
class _Statements:
    """The policy of a role, written when all releases are known: nothing is sent to Node for each of them."""

    def __init__(self) -> None:
        self.functions: list[str] = []

    def produce(self, context: cdk.IResolveContext) -> Any:  # noqa: ANN401, ARG002 - as the CDK declares it
        """The role's policies."""
        return [{"policyName": _POLICY_NAME, "policyDocument": _document(self.functions)}]


def _document(functions: Sequence[str]) -> dict[str, Any]:
    return policy_document(allow(_SHIFT, functions), allow("cloudwatch:DescribeAlarms", "*"))


def _calls(hooks: Sequence[str]) -> dict[str, Any]:
    return policy_document(allow("lambda:InvokeFunction", hooks))


def _size(hooks: int) -> int:
    """How many characters a function and its hooks add to the policies of a role at most."""
    function = [_LONGEST_ARN, f"{_LONGEST_ARN}:{practices.LIVE_ALIAS}"]
    return _characters(function) + hooks * _characters(_calls([_LONGEST_ARN]))


def _characters(value: object) -> int:
    """As IAM counts them, without white space."""
    return len(json.dumps(value, separators=(",", ":")))


def _trust(application_name: str) -> dict[str, Any]:
    """CodeDeploy may work with the role for deployments of this application alone.

    Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/security_confused_deputy.html
    """
    groups = arn_here("codedeploy", f"deploymentgroup:{application_name}/*")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "codedeploy.amazonaws.com"},
        "Condition": {
            "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
            "ArnLike": {"aws:SourceArn": groups},
        },
    }
    return policy_document(statement)


@cache
def _predefined(name: str) -> codedeploy.ILambdaDeploymentConfig:
    return cast("codedeploy.ILambdaDeploymentConfig", getattr(codedeploy.LambdaDeploymentConfig, name))
