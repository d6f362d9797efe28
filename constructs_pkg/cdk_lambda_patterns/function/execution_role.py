"""The function's own role: least privilege, nothing shared, no AWS managed policy.

The CDK attaches AWSLambdaBasicExecutionRole, which may write to every log group of the account, and
AWSLambdaVPCAccessExecutionRole. Here the role gets an inline policy with the same use and a narrower reach: its own log
group, tracing if traced, network interfaces if in a VPC.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_lambda_patterns.json_values import as_list

if TYPE_CHECKING:
    from constructs import Construct

    from cdk_lambda_patterns.validation import Where

Statement = dict[str, Any]

_POLICY_NAME = "Baseline"
_WILDCARD = "AwsSolutions-IAM5[Resource::*]"
_WILDCARD_REASON = (
    "X-Ray's and the network interfaces' actions cannot be limited to a resource; "
    "the statement stands in a policy of its own, what the function is granted does not"
)

_owners: dict[tuple[str, str], str] = {}


def baseline_statements(
    *, log_group_arn: str, traced: bool, in_vpc: bool, insights: bool, durable: bool
) -> list[Statement]:
    """What every function needs to run at all.

    Args:
        log_group_arn: The function's own log group. No `logs:CreateLogGroup`: the group is part of the stack.
        traced: Whether it sends traces to X-Ray.
        in_vpc: Whether it runs in a VPC.
        insights: Whether it runs the Lambda Insights extension.
        durable: Whether it is a durable function. Its own ARN would be a cycle: the function needs the role first.
    """
    statements = [_allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_group_arn)]
    if traced:
        statements.append(_allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"))
    if in_vpc:
        statements.append(
            _allow(
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
        group = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group:/aws/lambda-insights:*"
        statements.append(_allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], group))
    if durable:
        functions = f"arn:{cdk.Aws.PARTITION}:lambda:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:function:*"
        statements.append(_allow(["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"], functions))
    return statements


def narrow(role: iam.CfnRole, statements: list[Statement], *, managed_by_cdk: int) -> None:
    """Replace the managed policies that the CDK attached with one inline policy.

    Args:
        role: The role that the CDK made for the function.
        statements: What the role may do instead.
        managed_by_cdk: How many managed policies the CDK attached, which come first; those added later stay.
    """
    for index in range(managed_by_cdk):
        role.add_property_deletion_override(f"ManagedPolicyArns.{index}")
    role.policies = [iam.CfnRole.PolicyProperty(policy_name=_POLICY_NAME, policy_document=_document(statements))]
    # Two messages to Node that only an app with cdk-nag has a use for.
    if "cdk_nag" in sys.modules and any(statement["Resource"] == "*" for statement in statements):
        cdk.Validations.of(role).acknowledge(cdk.Acknowledgment(id=_WILDCARD, reason=_WILDCARD_REASON))


def attach(scope: Construct, role: iam.IRole, statements: list[Statement]) -> None:
    """Give a role that the user brought what every function needs to run."""
    policy = iam.Policy(scope, "Baseline", document=iam.PolicyDocument.from_json(_document(statements)))
    role.attach_inline_policy(policy)


def check_role(where: Where, role: iam.IRole) -> None:
    """Refuse a role that another function has, or that Lambda cannot assume."""
    # An imported role is a new object each time; its ARN, within one app, says whether it is the same.
    key = (_reference(where.scope.node.root), role.role_arn)
    owner = _owners.setdefault(key, where.path)
    if owner != where.path:
        where.refuse(
            "role",
            "must not be shared: each function has a role of its own",
            got=f"the role of {owner}",
            fix="leave 'role' out and grant each function what it needs",
            code="RoleShared",
        )
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


def _allow(actions: list[str], resource: str) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _document(statements: list[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _reference(thing: object) -> str:
    return str(getattr(thing, "__jsii_ref__").ref)  # noqa: B009 (name-mangled otherwise)


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
