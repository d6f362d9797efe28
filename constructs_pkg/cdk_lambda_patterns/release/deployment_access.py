"""Who may deploy, publish, shift traffic, roll back, invoke and change settings, and that nobody goes around it."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_codedeploy as codedeploy, aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function, require_type
from cdk_lambda_patterns.function.given import given_list
from cdk_lambda_patterns.function.policies import arn_here
from cdk_lambda_patterns.function.stacks import root_stack
from cdk_lambda_patterns.tokens import is_known_to_differ, is_token
from cdk_lambda_patterns.validation import Where

from .environments import require_same_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    _Grantee: TypeAlias = iam.IRole | iam.IGroup | iam.Role | iam.Group


class Duty(Enum):
    """What somebody may be given to do. Each is a managed policy of its own."""

    DEPLOY = "Deploy"
    """Deploy apps with the CDK: assume the roles of its bootstrap stack, and nothing beside."""
    PUBLISH = "Publish"
    """Publish what `$LATEST` is as a version, and look at versions and aliases."""
    SHIFT_TRAFFIC = "ShiftTraffic"
    """Begin and continue releases through CodeDeploy, under their groups' alarms. Who begins one names its hooks."""
    ROLL_BACK = "RollBack"
    """Stop releases, which rolls them back, and roll back or cancel updates of the stacks."""
    INVOKE = "Invoke"
    """Invoke the functions through their `live` aliases."""
    CHANGE_ENVIRONMENT = "ChangeEnvironment"
    """Change the functions' settings, except layers. They count once a version with them is published and released."""


_GUARDRAIL = "Guardrail"
_QUALIFIER = "[A-Za-z0-9_-]{1,10}"
"""As the bootstrap stack's own template has it."""
_QUALIFIER_CONTEXT = "@aws-cdk/core:bootstrapQualifier"
_DEFAULT_QUALIFIER = "hnb659fds"
_BOOTSTRAP_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")
_PASSING_BY = (
    "lambda:CreateAlias",
    "lambda:DeleteAlias",
    "lambda:DeleteFunction",
    "lambda:UpdateAlias",
    "lambda:UpdateFunctionCode",
)
_WILDCARD_REASON = "versions, deployments and stacks get their numbers when they are made"


class DeploymentAccess(Construct):
    """Who may do what with the functions of a stack, each duty a managed policy, and a guardrail for everybody.

    Defines the guardrail, which denies what would go around a release: new code, a moved alias, a deleted function. It
    is attached with every duty. The policies of duties are defined as they are asked for.

    People deploy through the CDK's own roles and shift traffic through CodeDeploy: the guardrail, which is theirs and
    not those roles', does not stand in the way.
    """

    guardrail: iam.ManagedPolicy
    """Denies direct changes of code and aliases. Attach it to people's other roles and groups too, or use it in their
    permission sets."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Sequence[WellArchitectedFunction],
        bootstrap_qualifier: str | None = None,
    ) -> None:
        """Define the guardrail.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            functions: The functions, 1 to 20 of the same account and Region: a policy has 6,144 characters.
                Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
            bootstrap_qualifier: What the names of the CDK's bootstrap roles have in them, 1 to 10 letters, digits,
                hyphens and underscores. Give it where the stack's synthesizer was given one.
                Default: - that of the context (`@aws-cdk/core:bootstrapQualifier`), or hnb659fds.
                Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html

        Raises:
            ValidationError: No function, more than a policy can name, one of another account or Region, or a qualifier
                that the CDK's bootstrap stack does not take.
        """
        # 1 validate
        self._where = where = Where(scope, construct_id)
        self._functions = given_list(where, "functions", functions)
        _check_functions(where, self._functions)
        _check_qualifier(where, bootstrap_qualifier)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 derive
        self._arns = [function.function_arn for function in self._functions]
        self._qualifier = bootstrap_qualifier
        self._policies: dict[Duty, iam.ManagedPolicy] = {}

        # 3 define
        self.guardrail = self._define(
            _GUARDRAIL,
            "Denies what would go around a release: new code, a moved alias, a deleted function",
            [_statement(_PASSING_BY, self._everything_of_functions(), effect=iam.Effect.DENY)],
        )

    def policy(self, duty: Duty) -> iam.ManagedPolicy:
        """The policy of a duty, defined when it is first asked for.

        Args:
            duty: What it allows.

        Raises:
            ValidationError: A function without a `GradualRelease`, for `SHIFT_TRAFFIC`. At synthesis: a release that
                was defined after `ROLL_BACK` was asked for.
        """
        _check_duty(self._where, duty)
        if duty not in self._policies:
            statements: dict[Duty, Callable[[], list[iam.PolicyStatement]]] = {
                Duty.DEPLOY: self._deploy,
                Duty.PUBLISH: self._publish,
                Duty.SHIFT_TRAFFIC: self._shift_traffic,
                Duty.ROLL_BACK: self._roll_back,
                Duty.INVOKE: self._invoke,
                Duty.CHANGE_ENVIRONMENT: self._change_environment,
            }
            self._policies[duty] = self._define(duty.value, _DESCRIPTIONS[duty], statements[duty]())
        return self._policies[duty]

    def grant(self, grantee: iam.IRole | iam.IGroup | iam.Role | iam.Group, *duties: Duty) -> None:
        """Give duties to a role or a group, and the guardrail with them.

        Args:
            grantee: The role or group, defined in the app or imported.
            *duties: What it may do.

        Raises:
            ValidationError: As for `policy`; a role that is imported with `mutable=False`; a role or group of another
                account.
        """
        where = self._where
        require_type(where, "grantee", grantee, "add_managed_policy", "aws_iam.Role or aws_iam.Group")
        _check_account(where, grantee)
        policies = [*(self.policy(duty) for duty in duties), self.guardrail]
        with cdk_refusals(where):
            for policy in policies:
                _attach(where, policy, grantee)

    def role(
        self,
        construct_id: str,
        *duties: Duty,
        assumed_by: iam.IPrincipal | iam.PrincipalBase,
        description: str | None = None,
    ) -> iam.Role:
        """A role for people or a pipeline, with duties and the guardrail.

        Args:
            construct_id: Its name here, for example `Releaser`.
            *duties: What it may do.
            assumed_by: Who may take it on: a SAML or OpenID Connect provider, say.
            description: What it is for.
                Default: - the names of its duties.

        Raises:
            ValidationError: As for `policy`; an id that is taken or that a policy has here; nobody who may take it on.
        """
        where = Where(self, construct_id)
        for duty in duties:
            _check_duty(where, duty)
        _check_role_id(where)
        require_type(where, "assumed_by", assumed_by, "assume_role_action", "aws_iam.IPrincipal")
        named = ", ".join(duty.value for duty in duties)
        with cdk_refusals(where):
            role = iam.Role(
                self,
                construct_id,
                assumed_by=cast("iam.IPrincipal", assumed_by),
                description=f"May: {named}" if description is None else description,
            )
        self.grant(role, *duties)
        return role

    def _define(self, construct_id: str, description: str, statements: list[iam.PolicyStatement]) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(self, construct_id, description=description, statements=statements)
        for statement in statements:
            for resource in statement.resources:
                acknowledge_wildcard(policy, resource, _WILDCARD_REASON)
        return policy

    def _everything_of_functions(self) -> list[str]:
        return [*self._arns, *(f"{arn}:*" for arn in self._arns)]

    def _deploy(self) -> list[iam.PolicyStatement]:
        # A synthesizer that was made in Python does not tell its own.
        qualifier = self._qualifier or self.node.try_get_context(_QUALIFIER_CONTEXT) or _DEFAULT_QUALIFIER
        roles = [
            f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:role/cdk-{qualifier}-{name}-role-"
            f"{cdk.Aws.ACCOUNT_ID}-{cdk.Aws.REGION}"
            for name in _BOOTSTRAP_ROLES
        ]
        return [_statement(["sts:AssumeRole"], roles)]

    def _publish(self) -> list[iam.PolicyStatement]:
        names = (
            "GetAlias",
            "GetFunction",
            "GetFunctionConfiguration",
            "ListAliases",
            "ListVersionsByFunction",
            "PublishVersion",
        )
        return [_statement([f"lambda:{name}" for name in names], self._everything_of_functions())]

    def _invoke(self) -> list[iam.PolicyStatement]:
        return [_statement(["lambda:InvokeFunction"], [function.live.function_arn for function in self._functions])]

    def _change_environment(self) -> list[iam.PolicyStatement]:
        # A layer is code. A role cannot be changed without iam:PassRole, which is not given.
        return [
            _statement(
                ["lambda:UpdateFunctionConfiguration"], self._arns, conditions={"Null": {"lambda:Layer": "true"}}
            ),
            _statement(["lambda:GetFunctionConfiguration"], self._arns),
        ]

    def _shift_traffic(self) -> list[iam.PolicyStatement]:
        releases = self._releases()
        for function in self._functions:
            if function.gradual_release is None:
                self._where.refuse(
                    "functions",
                    "must each have a release for traffic to be shifted",
                    got=f"{function.node.path} without one",
                    fix="define a GradualRelease of it first",
                    code="AccessWithoutRelease",
                )
        applications = list(dict.fromkeys(release.application.application_arn for release in releases))
        configs = arn_here("codedeploy", "deploymentconfig:*")
        return [
            _statement(
                ["codedeploy:ContinueDeployment", "codedeploy:CreateDeployment", "codedeploy:GetDeployment"],
                [release.deployment_group_arn for release in releases],
            ),
            _statement(["codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"], applications),
            _statement(["codedeploy:GetDeploymentConfig"], [configs]),
        ]

    def _roll_back(self) -> list[iam.PolicyStatement]:
        actions = (
            "CancelUpdateStack",
            "ContinueUpdateRollback",
            "DescribeStackEvents",
            "DescribeStacks",
            "RollbackStack",
        )
        # A nested stack is rolled back with the one that it is in.
        stacks = dict.fromkeys(root_stack(cdk.Stack.of(function)).stack_name for function in self._functions)
        statements = [
            _statement(
                [f"cloudformation:{name}" for name in actions],
                [arn_here("cloudformation", f"stack/{name}/*") for name in stacks],
            )
        ]
        groups = [release.deployment_group_arn for release in self._releases()]
        without = [function for function in self._functions if function.gradual_release is None]
        self.node.add_validation(_LateReleases(self._where, without))
        if groups:
            # The Service Authorization Reference knows no resource for stopping and continuing. CodeDeploy's own does,
            # as for the answers of hooks, of which the same is said and for which it works.
            # https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html
            stops = ["codedeploy:GetDeployment", "codedeploy:ListDeployments", "codedeploy:StopDeployment"]
            statements.append(_statement(stops, groups))
        return statements

    def _releases(self) -> list[codedeploy.LambdaDeploymentGroup]:
        return [release for function in self._functions if (release := function.gradual_release) is not None]


@jsii.implements(constructs.IValidation)
class _LateReleases:
    """Finds releases that nobody may stop, since they were defined after the right to."""

    def __init__(self, where: Where, functions: Sequence[WellArchitectedFunction]) -> None:
        self._where = where
        self._functions = functions

    def validate(self) -> list[str]:
        """What is wrong."""
        late = [release for function in self._functions if (release := function.gradual_release) is not None]
        return [str(_defined_late(self._where, release)) for release in late]


def _defined_late(where: Where, release: codedeploy.LambdaDeploymentGroup) -> ValidationError:
    return ValidationError(
        f"a release must be defined before Duty.{Duty.ROLL_BACK.name} is given, which names it, got "
        f"{release.node.path} after it; give duties once all releases are defined",
        code="AccessBeforeRelease",
        path=where.path,
    )


def _check_functions(where: Where, functions: Sequence[WellArchitectedFunction]) -> None:
    where.size("functions", functions, quotas.ACCESS_FUNCTIONS)
    for function in functions:
        require_function(where, "functions", function)
    require_same_environment(where, "functions", functions, DeploymentAccess.__name__)


def _check_qualifier(where: Where, qualifier: object) -> None:
    if qualifier is None or is_token(qualifier):
        return
    if not isinstance(qualifier, str) or re.fullmatch(_QUALIFIER, qualifier) is None:
        where.refuse(
            "bootstrap_qualifier",
            "must be 1 to 10 letters, digits, hyphens and underscores",
            got=repr(qualifier),
            fix="give what 'cdk bootstrap --qualifier' was given, or leave it out",
            code="BootstrapQualifierInvalid",
        )


def _check_duty(where: Where, duty: object) -> None:
    if not isinstance(duty, Duty):
        where.refuse(
            "duty",
            f"must be a Duty: {', '.join(known.name for known in Duty)}",
            got=repr(duty),
            fix="choose one of them, as in Duty.INVOKE",
            code="DutyUnknown",
        )


def _check_role_id(where: Where) -> None:
    policies = [_GUARDRAIL, *(duty.value for duty in Duty)]
    if where.construct_id in policies:
        where.refuse(
            "construct_id",
            f"must differ from those of the policies beside it: {', '.join(policies)}",
            got=repr(where.construct_id),
            fix="name the role after who takes it on",
            code="ConstructIdTaken",
        )


def _check_account(where: Where, grantee: _Grantee) -> None:
    account, here = grantee.principal_account, cdk.Stack.of(where.scope).account
    if is_known_to_differ(here, account):
        where.refuse(
            "grantee",
            f"must be of account {here}, where the policies are",
            got=f"one of account {account}",
            fix="let it assume a role of this account: role(..., assumed_by=iam.ArnPrincipal(...))",
            code="GranteeInOtherAccount",
        )


def _attach(where: Where, policy: iam.ManagedPolicy, grantee: _Grantee) -> None:
    """Attach a policy. Where the CDK leaves it out without a word, say so."""
    managed = cast("iam.IManagedPolicy", policy)
    if isinstance(grantee, (iam.Role, iam.LazyRole, iam.Group, iam.User)):
        grantee.add_managed_policy(managed)
    elif hasattr(grantee, "group_name"):
        policy.attach_to_group(cast("iam.IGroup", grantee))
    else:
        role = cast("iam.IRole", grantee)
        role.add_managed_policy(managed)
        stack = cdk.Stack.of(policy)
        attached: list[object] = stack.resolve(cast("iam.CfnManagedPolicy", policy.node.default_child).roles) or []
        if stack.resolve(role.role_name) not in attached:
            where.refuse(
                "grantee",
                "must be a role that may be given policies",
                got=f"{role.node.path}, which is imported to stay as it is",
                fix="import it without mutable=False, or attach 'guardrail' and policy(duty) where it is defined",
                code="GranteeImmutable",
            )


def _statement(
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    effect: iam.Effect = iam.Effect.ALLOW,
    conditions: dict[str, Any] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(effect=effect, actions=list(actions), resources=list(resources), conditions=conditions)


_DESCRIPTIONS = {
    Duty.DEPLOY: "Deploys apps with the CDK",
    Duty.PUBLISH: "Publishes versions",
    Duty.SHIFT_TRAFFIC: "Begins releases through CodeDeploy",
    Duty.ROLL_BACK: "Stops releases and rolls back stacks",
    Duty.INVOKE: "Invokes the functions through their live aliases",
    Duty.CHANGE_ENVIRONMENT: "Changes settings, not code",
}
