from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2, aws_iam as iam, aws_lambda as lambda_, aws_s3 as s3

from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.function.support import actions, define, only, refused, resources, statements, the_function

if TYPE_CHECKING:
    from collections.abc import Callable

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
XRAY = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
INTERFACES = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}


def lambda_role(stack: cdk.Stack, construct_id: str = "Role") -> iam.Role:
    return iam.Role(stack, construct_id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def vpc(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )


def test_the_role_may_write_to_the_functions_log_group_and_trace_and_nothing_else(stack: cdk.Stack) -> None:
    define(stack)

    template = synthesize(stack)
    (log_group,) = resources(template, "AWS::Logs::LogGroup")
    assert statements(template) == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [log_group, "Arn"]},
        },
        {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"},
    ]


def test_the_role_is_the_functions_own_and_lambda_alone_may_assume_it(stack: cdk.Stack) -> None:
    define(stack)

    role = only(synthesize(stack), "AWS::IAM::Role")
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]


@pytest.mark.parametrize("in_vpc", [False, True])
@pytest.mark.parametrize("insights", [False, True])
@pytest.mark.parametrize("durable", [False, True])
def test_there_is_no_aws_managed_policy(in_vpc: bool, insights: bool, durable: bool, stack: cdk.Stack) -> None:  # noqa: FBT001
    options: dict[str, Any] = {}
    if in_vpc:
        options["vpc"] = vpc(stack)
    if insights:
        options["insights_version"] = lambda_.LambdaInsightsVersion.VERSION_1_0_333_0
    if durable:
        options["durable_config"] = lambda_.DurableConfig(execution_timeout=cdk.Duration.hours(1))

    define(stack, **options)

    template = synthesize(stack)
    assert "ManagedPolicyArns" not in only(template, "AWS::IAM::Role")
    assert (actions(template) >= INTERFACES) is in_vpc
    assert ("logs:CreateLogGroup" in actions(template)) is insights
    assert ("lambda:CheckpointDurableExecution" in actions(template)) is durable


@pytest.mark.parametrize("in_vpc", [False, True])
def test_a_managed_policy_that_is_added_later_is_kept(in_vpc: bool, stack: cdk.Stack) -> None:  # noqa: FBT001
    function = define(stack, **({"vpc": vpc(stack)} if in_vpc else {}))

    assert function.role is not None
    function.role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("AWSXRayReadOnlyAccess"))

    (arn,) = only(synthesize(stack), "AWS::IAM::Role")["ManagedPolicyArns"]
    assert arn["Fn::Join"][1][-1] == ":iam::aws:policy/AWSXRayReadOnlyAccess"


def test_grants_stand_in_another_policy_than_the_baseline(stack: cdk.Stack) -> None:
    bucket = s3.Bucket(stack, "Bucket")

    bucket.grant_read(define(stack))

    template = synthesize(stack)
    assert [policy["PolicyName"] for policy in only(template, "AWS::IAM::Role")["Policies"]] == ["Baseline"]
    granted = only(template, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in granted] == [["s3:GetObject*", "s3:GetBucket*", "s3:List*"]]


def test_what_the_failure_queue_needs_is_part_of_the_baseline(stack: cdk.Stack) -> None:
    """So that a function without grants needs no second policy, and grants show what was granted alone."""
    define(stack).invoked_asynchronously()

    template = synthesize(stack)
    (queue,) = resources(template, "AWS::SQS::Queue")
    (baseline,) = only(template, "AWS::IAM::Role")["Policies"]
    sent = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": [queue, "Arn"]}}
    assert baseline["PolicyName"] == "Baseline"
    assert baseline["PolicyDocument"]["Statement"] == statements(template)
    assert statements(template)[-1] == sent
    assert actions(template) == LOGS | XRAY | {"sqs:SendMessage"}


def test_the_failure_queue_is_part_of_the_baseline_of_a_users_role_too(stack: cdk.Stack) -> None:
    define(stack, role=lambda_role(stack)).invoked_asynchronously()

    policy = only(synthesize(stack), "AWS::IAM::Policy")
    assert policy["PolicyDocument"]["Statement"][-1]["Action"] == "sqs:SendMessage"


def test_initial_statements_are_kept(stack: cdk.Stack) -> None:
    define(stack, initial_policy=[iam.PolicyStatement(actions=["ses:SendEmail"], resources=["*"])])

    assert "ses:SendEmail" in actions(synthesize(stack))


def test_without_tracing_there_is_no_right_to_trace(stack: cdk.Stack) -> None:
    define(stack, tracing=lambda_.Tracing.DISABLED)

    assert actions(synthesize(stack)) == LOGS


def test_insights_writes_to_its_own_log_group_alone(stack: cdk.Stack) -> None:
    define(stack, insights_version=lambda_.LambdaInsightsVersion.VERSION_1_0_333_0)

    (resource,) = [s["Resource"] for s in statements(synthesize(stack)) if "logs:CreateLogGroup" in s["Action"]]
    assert resource["Fn::Join"][1][-1] == ":log-group:/aws/lambda-insights:*"


def test_a_durable_function_keeps_the_state_of_its_own_executions_alone(stack: cdk.Stack) -> None:
    define(stack, durable_config=lambda_.DurableConfig(execution_timeout=cdk.Duration.hours(1)))

    template = synthesize(stack)
    (function,) = resources(template, "AWS::Lambda::Function")
    ((policy_id, policy),) = resources(template, "AWS::IAM::Policy").items()
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"],
            "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": [function, "Arn"]}, ":*"]]},
        }
    ]
    (alias,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Alias"]
    assert policy_id in alias["DependsOn"], "the alias takes calls only when the rights are there"
    (resource,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]
    assert policy_id not in resource["DependsOn"], "the policy names the function: a cycle"


def test_a_role_of_the_users_gets_the_baseline_before_the_function_is_made(stack: cdk.Stack) -> None:
    """Lambda makes network interfaces when it makes a function in a VPC, with the function's role."""
    role = lambda_role(stack)

    define(stack, role=role, vpc=vpc(stack))

    template = synthesize(stack)
    assert actions(template) == LOGS | XRAY | INTERFACES
    ((policy_id, policy),) = resources(template, "AWS::IAM::Policy").items()
    assert policy["Roles"] == [{"Ref": stack.get_logical_id(role.node.default_child)}]  # type: ignore[arg-type]
    (function,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]
    assert policy_id in function["DependsOn"]


def test_an_imported_role_gets_the_baseline(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111111111111:role/orders")

    define(stack, role=role)

    template = synthesize(stack)
    assert resources(template, "AWS::IAM::Role") == {}
    assert only(template, "AWS::IAM::Policy")["Roles"] == ["orders"]
    assert the_function(template)["Role"] == "arn:aws:iam::111111111111:role/orders"


def test_a_role_that_must_not_be_changed_is_left_alone(stack: cdk.Stack) -> None:
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111111111111:role/orders", mutable=False)

    define(stack, role=role)

    assert resources(synthesize(stack), "AWS::IAM::Policy") == {}


def test_a_role_of_another_stack_makes_no_cycle(app: cdk.App) -> None:
    identity, stack = cdk.Stack(app, "Identity"), cdk.Stack(app, "Stack")
    role = lambda_role(identity)

    define(stack, role=role)

    assert actions(synthesize(stack)) == LOGS | XRAY
    assert stack.dependencies == [identity]
    assert identity.dependencies == []


def test_a_failure_queue_for_a_role_of_another_stack_makes_no_cycle(app: cdk.App) -> None:
    roles, functions = cdk.Stack(app, "Roles"), cdk.Stack(app, "Functions")

    define(functions, role=lambda_role(roles)).invoked_asynchronously()

    assert "sqs:SendMessage" in actions(synthesize(functions))
    assert functions.dependencies == [roles]


def test_roles_that_were_made_before_get_the_baseline_where_the_app_may_not_make_any(app: cdk.App) -> None:
    """`aws_iam.Role.customize_roles`: another team makes the roles from a report."""
    stack = cdk.Stack(app, "Stack")
    iam.Role.customize_roles(stack, use_precreated_roles={"Stack/Function/ServiceRole": "orders"})

    define(stack)

    template = synthesize(stack)
    assert resources(template, "AWS::IAM::Role") == {}
    assert the_function(template)["Role"]["Fn::Join"][1][-1] == ":role/orders"


SHARED: dict[str, Callable[[cdk.Stack], list[iam.IRole]]] = {
    "own": lambda stack: [lambda_role(stack)] * 2,
    "imported": lambda stack: [
        iam.Role.from_role_arn(stack, name, "arn:aws:iam::111111111111:role/orders") for name in ("One", "Two")
    ],
}


@pytest.mark.parametrize("kind", SHARED)
def test_fails_when_two_functions_share_a_role(kind: str, stack: cdk.Stack) -> None:
    first, second = SHARED[kind](stack)
    define(stack, "First", role=first)

    refused(stack, "RoleShared", "the role of Stack/First", role=second)


def test_each_stage_may_have_a_role_of_the_same_name(app: cdk.App) -> None:
    for name in ("Dev", "Prod"):
        stack = cdk.Stack(cdk.Stage(app, name), "Stack")
        define(stack, "First", role=iam.Role.from_role_name(stack, "Role", "orders"))

    refused(stack, "RoleShared", "the role of Prod/Stack/First", role=iam.Role.from_role_name(stack, "R", "orders"))


def test_fails_when_a_function_gets_the_role_that_another_one_made(stack: cdk.Stack) -> None:
    refused(stack, "RoleShared", "the role of Stack/First", role=define(stack, "First").role)


def test_fails_when_a_function_gets_the_role_of_a_plain_function(stack: cdk.Stack) -> None:
    plain = lambda_.Function(
        stack,
        "Plain",
        code=lambda_.Code.from_inline("x"),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )

    refused(stack, "RoleShared", "the role of Stack/Plain", role=plain.role)


def test_the_same_role_may_be_named_in_two_apps_of_one_process() -> None:
    for _ in range(2):
        stack = cdk.Stack(fast_app(), "Stack")
        define(stack, "A", role=iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111111111111:role/orders"))

    other = cdk.Stack(fast_app(), "Other")
    define(other, "B", role=iam.Role.from_role_arn(other, "Role", "arn:aws:iam::111111111111:role/orders"))


def test_a_refused_function_has_no_claim_on_its_role(stack: cdk.Stack) -> None:
    role = lambda_role(stack)
    refused(stack, "TimeoutOutOfRange", "0", role=role, timeout=cdk.Duration.seconds(0))

    define(stack, "Another", role=role)


UNASSUMABLE: dict[str, Callable[[], iam.IPrincipal]] = {
    "ec2.amazonaws.com": lambda: iam.ServicePrincipal("ec2.amazonaws.com"),
    "arn:aws:iam::111111111111:role/admin": lambda: iam.ArnPrincipal("arn:aws:iam::111111111111:role/admin"),
    "cognito-identity.amazonaws.com": lambda: iam.WebIdentityPrincipal("cognito-identity.amazonaws.com"),
}


@pytest.mark.parametrize("principal", UNASSUMABLE)
def test_fails_when_lambda_cannot_assume_the_role(principal: str, stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Role", assumed_by=UNASSUMABLE[principal]())

    refused(stack, "RoleNotAssumable", f"a role that trusts {principal}", role=role)


def test_a_role_may_trust_others_beside_lambda(stack: cdk.Stack) -> None:
    both = iam.CompositePrincipal(
        iam.ServicePrincipal("edgelambda.amazonaws.com"), iam.ServicePrincipal("lambda.amazonaws.com")
    )

    define(stack, role=iam.Role(stack, "Role", assumed_by=both))


def test_a_log_group_of_the_users_is_the_one_that_the_role_may_write_to(stack: cdk.Stack) -> None:
    log_group = cdk.aws_logs.LogGroup(stack, "Logs")

    define(stack, log_group=log_group)

    (resource,) = [s["Resource"] for s in statements(synthesize(stack)) if "logs:PutLogEvents" in s["Action"]]
    assert resource == {"Fn::GetAtt": [stack.get_logical_id(log_group.node.default_child), "Arn"]}  # type: ignore[arg-type]


NAG = """
import aws_cdk as cdk, cdk_nag, json, pathlib, sys, tempfile
from aws_cdk import aws_ec2 as ec2, aws_iam as iam, aws_lambda as lambda_, aws_logs as logs
from tests.findings import synthesis_findings
from tests.function.support import define

class Stack(cdk.Stack):
    def __init__(self, scope, construct_id, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id="vpc-0a1b2c3d",
            availability_zones=["a", "b"],
            private_subnet_ids=["subnet-0a1b2c3d", "subnet-4e5f6071"],
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        define(self, "Own", vpc=vpc, insights_version=lambda_.LambdaInsightsVersion.VERSION_1_0_333_0)
        define(self, "Brought", role=role)
        define(self, "Durable", durable_config=lambda_.DurableConfig(execution_timeout=cdk.Duration.hours(1)))
        define(self, "Plain", tracing=lambda_.Tracing.DISABLED)
        define(self, "Logs", log_group=logs.LogGroup.from_log_group_name(self, "Group", "orders"))

print(json.dumps(synthesis_findings(Stack, pathlib.Path(tempfile.mkdtemp()))))
"""


@pytest.mark.slow
def test_cdk_nag_finds_nothing_in_the_role() -> None:
    """In a process of its own: the acknowledgements are made only where cdk-nag is imported first."""
    run = subprocess.run([sys.executable, "-c", NAG], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines()[-1] == "[]"
