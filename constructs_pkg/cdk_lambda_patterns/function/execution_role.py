"""The function's own role: least privilege, nothing shared, no AWS managed policy.

The CDK attaches AWSLambdaBasicExecutionRole, which may write to every log group of the account, and
AWSLambdaVPCAccessExecutionRole. Here the role gets an inline policy with the same use and a narrower reach: its own log
group, tracing if traced, network interfaces if in a VPC.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_lambda as lambda_

from cdk_lambda_patterns.json_values import as_list

from .acknowledgments import acknowledge, acknowledge_wildcard
from .policies import Statement, allow, arn_here, policy_document
from .references import reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_lambda_patterns.validation import Where

_POLICY_NAME = "Baseline"
_REMOVED_REASON = "the template does not have this policy: an inline one that names the log group stands in its place"
_WILDCARD_REASON = (
    "the least that the function needs to run: X-Ray's and the network interfaces' actions cannot be limited to a "
    "resource, log streams and durable executions are named when they begin; grants stand in another policy"
)

_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")

_owners: dict[tuple[str, str], str] = {}


def baseline_statements(*, log_group_arn: str | None, traced: bool, in_vpc: bool, insights: bool) -> list[Statement]:
    """What every function needs to run at all.

    Args:
        log_group_arn: The function's own log group, unless `let_log` names it. No `logs:CreateLogGroup`: the group is
            part of the stack.
        traced: Whether it sends traces to X-Ray.
        in_vpc: Whether it runs in a VPC.
        insights: Whether it runs the Lambda Insights extension.
    """
    statements = [] if log_group_arn is None else [allow(_LOG, log_group_arn)]
    if traced:
        statements.append(allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"))
    if in_vpc:
        statements.append(
            allow(
                [
                    "ec2:CreateNetworkInterface",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                    "ec2:DeleteNetworkInterface",
                    "ec2:AssignPrivateIpAddresses",
                    "ec2:UnassignPrivateIpAddresses",
                ],
                "*",
            )
        )
    if insights:
        group = arn_here("logs", "log-group:/aws/lambda-insights:*")
        statements.append(allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], group))
    return statements


def managed_by_cdk(*, in_vpc: bool, insights: bool, durable: bool) -> list[str]:
    """The managed policies that the CDK attaches to a function's role, in its order.

    Args:
        in_vpc: Whether the function runs in a VPC.
        insights: Whether it runs the Lambda Insights extension.
        durable: Whether it is a durable function.
    """
    names = [
        "service-role/AWSLambdaBasicDurableExecutionRolePolicy"
        if durable
        else "service-role/AWSLambdaBasicExecutionRole"
    ]
    if in_vpc:
        names.append("service-role/AWSLambdaVPCAccessExecutionRole")
    if insights:
        names.append("CloudWatchLambdaInsightsExecutionRolePolicy")
    return names


class Baseline:
    """What a function may do without having been granted it, in a policy apart from the grants."""

    def __init__(self, holder: iam.CfnRole | iam.Policy, statements: Sequence[Statement]) -> None:
        """Begin with what it needs to run. Use `in_role` or `beside`.

        Args:
            holder: Where the policy stands.
            statements: What it may do.
        """
        self._holder = holder
        self._statements: list[Statement] = []
        self.allow(*statements)

    @classmethod
    def in_role(cls, role: iam.CfnRole, statements: Sequence[Statement], *, managed: Sequence[str]) -> Baseline:
        """In the role itself, in the place of the managed policies that the CDK attached.

        Args:
            role: The role that the CDK made for the function.
            statements: What the role may do instead.
            managed: The managed policies that the CDK attached, which come first; those added later stay.
        """
        for index, name in enumerate(managed):
            role.add_property_deletion_override(f"ManagedPolicyArns.{index}")
            # cdk-nag looks at the construct, where the policy still stands, and not at the template.
            acknowledge(role, f"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]", _REMOVED_REASON)
        return cls(role, statements)

    @classmethod
    def beside(
        cls, scope: Construct, role: iam.IRole, statements: Sequence[Statement], *, function: lambda_.CfnFunction
    ) -> Baseline:
        """Beside a role that the user brought.

        Args:
            scope: The function.
            role: The role.
            statements: What it may do.
            function: The resource, which waits for the rights: Lambda makes network interfaces when it makes the
                function.
        """
        policy = iam.Policy(scope, _POLICY_NAME)
        role.attach_inline_policy(policy)
        function.node.add_dependency(policy)
        return cls(policy, statements)

    def allow(self, *statements: Statement) -> None:
        """Let the function do more.

        Args:
            *statements: What it may do.
        """
        self._statements += statements
        if not self._statements:
            return  # IAM takes no empty policy
        if isinstance(self._holder, iam.Policy):
            self._holder.document.add_statements(*map(iam.PolicyStatement.from_json, statements))
        else:
            document = policy_document(*self._statements)
            self._holder.policies = [iam.CfnRole.PolicyProperty(policy_name=_POLICY_NAME, policy_document=document)]
        for statement in statements:
            acknowledge_wildcard(self._holder, statement["Resource"], _WILDCARD_REASON)


def let_log(scope: Construct, role: iam.IRole, log_group_arn: str) -> None:
    """Let a function write to a log group with a customer's key.

    A policy beside the role's: the key's policy may name the role, as the CDK's grants on secrets have it do, so that
    the role cannot name what the key guards.

    Args:
        scope: The function.
        role: Its role.
        log_group_arn: The log group.
    """
    policy = iam.Policy(
        scope, "Logs", document=iam.PolicyDocument.from_json(policy_document(allow(_LOG, log_group_arn)))
    )
    role.attach_inline_policy(policy)


def let_checkpoint(scope: Construct, role: iam.IRole, function_arn: str) -> iam.Policy:
    """Let a durable function keep and read the state of its own executions, and of no other function's.

    A policy beside the role's: the function needs the role first, so the role cannot name it.

    Args:
        scope: The function.
        role: Its role.
        function_arn: Its ARN, without a version.
    """
    actions = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]
    statement = allow(actions, f"{function_arn}:*")
    policy = iam.Policy(scope, "DurableExecution", document=iam.PolicyDocument.from_json(policy_document(statement)))
    role.attach_inline_policy(policy)
    acknowledge_wildcard(policy, statement["Resource"], _WILDCARD_REASON)
    return policy


def check_role(where: Where, role: iam.IRole) -> None:
    """Refuse a role that another function has, or that Lambda cannot assume."""
    made_for = role.node.scope
    if isinstance(made_for, lambda_.FunctionBase):
        _refuse_shared(where, made_for.node.path)
    # An imported role is a new object each time; its ARN, within one stage, says whether it is the same: its account
    # may be a token.
    key = (reference(cdk.Stage.of(where.scope)), role.role_arn)
    owner = _owners.setdefault(key, where.path)
    if owner != where.path:
        _refuse_shared(where, owner)
    if isinstance(role, iam.Role) and role.assume_role_policy is not None:
        trust = cdk.Stack.of(role).resolve(role.assume_role_policy)
        if not _lambda_may_assume(trust):
            where.refuse(
                "role",
                "must trust lambda.amazonaws.com",
                got=f"a role that trusts {_principals(trust)}",
                fix="make it with assumed_by=iam.ServicePrincipal(\"lambda.amazonaws.com\"), or leave 'role' out",
                code="RoleNotAssumable",
            )


def _refuse_shared(where: Where, owner: str) -> NoReturn:
    where.refuse(
        "role",
        "must not be shared: each function has a role of its own",
        got=f"the role of {owner}",
        fix="leave 'role' out and grant each function what it needs",
        code="RoleShared",
    )


def _lambda_may_assume(trust: dict[str, Any]) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and "sts:AssumeRole" in as_list(statement.get("Action"))
        and _trusts_lambda(statement.get("Principal"))
        for statement in as_list(trust.get("Statement"))
    )


def _trusts_lambda(principal: Any) -> bool:  # noqa: ANN401 (policy JSON)
    if isinstance(principal, str):
        return principal == "*"
    return "lambda.amazonaws.com" in as_list(principal.get("Service"))


def _principals(trust: dict[str, Any]) -> str:
    names = [
        str(name)
        for statement in as_list(trust.get("Statement"))
        for kind in [statement.get("Principal")]
        for name in (as_list(kind) if isinstance(kind, str) else [n for v in kind.values() for n in as_list(v)])
    ]
    return ", ".join(names) or "nobody"
