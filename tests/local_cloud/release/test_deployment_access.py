"""Who may do what, as the local cloud's policy simulator says of the policies deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.examples import example_stack

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import LocalCloud

pytestmark = pytest.mark.local_cloud

ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
ALLOWED, NOT_ALLOWED, DENIED = "allowed", "implicitDeny", "explicitDeny"


def test_a_duty_allows_its_work_and_the_guardrail_denies_going_around_it(local_cloud: LocalCloud) -> None:
    deployed = local_cloud.deploy(example_stack("deployment_access"))
    iam = local_cloud.client("iam")
    function = deployed.function("Price").configuration["FunctionArn"]
    live, other = f"{function}:live", f"{function}-2"
    start = function.partition(":function:")[0].replace(":lambda:", ":{}:")
    (group,) = (found for found in deployed.resources if found.type == "AWS::CodeDeploy::DeploymentGroup")
    (application,) = (found for found in deployed.resources if found.type == "AWS::CodeDeploy::Application")
    release = f"{start.format('codedeploy')}:deploymentgroup:{application.physical_id}/{group.physical_id}"
    stack = f"{start.format('cloudformation')}:stack/Prices/1"

    def decided(role: str, action: str, resource: str) -> str:
        name = deployed.resource(f"Access/{role}", type="AWS::IAM::Role").physical_id
        source = iam.get_role(RoleName=name)["Role"]["Arn"]
        (result,) = iam.simulate_principal_policy(
            PolicySourceArn=source, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        return str(result["EvalDecision"])

    for action, resource in (
        ("lambda:PublishVersion", function),
        ("lambda:GetAlias", live),
        ("lambda:InvokeFunction", live),
        ("lambda:UpdateFunctionConfiguration", function),
        ("codedeploy:CreateDeployment", release),
        ("codedeploy:StopDeployment", release),
        ("cloudformation:RollbackStack", stack),
    ):
        assert decided("OnCall", action, resource) == ALLOWED, (action, resource)
    for action, resource in (
        ("lambda:InvokeFunction", function),
        ("lambda:InvokeFunction", f"{other}:live"),
        ("lambda:PublishVersion", other),
        ("lambda:UpdateFunctionConfiguration", other),
        ("codedeploy:CreateDeployment", f"{release}-2"),
        ("cloudformation:DeleteStack", stack),
        ("iam:PassRole", "arn:aws:iam::000000000000:role/any"),
    ):
        assert decided("OnCall", action, resource) == NOT_ALLOWED, (action, resource)
    assert decided("Pipeline", "lambda:PublishVersion", function) == NOT_ALLOWED

    # An administrator otherwise: the guardrail wins.
    name = deployed.resource("Access/OnCall", type="AWS::IAM::Role").physical_id
    iam.put_role_policy(RoleName=name, PolicyName="Administrator", PolicyDocument=ANYTHING)
    assert decided("OnCall", "cloudformation:DeleteStack", stack) == ALLOWED
    for action, resource in (
        ("lambda:UpdateFunctionCode", function),
        ("lambda:DeleteFunction", function),
        ("lambda:UpdateAlias", live),
        ("lambda:UpdateAlias", function),
        ("lambda:DeleteAlias", live),
        ("lambda:CreateAlias", function),
    ):
        assert decided("OnCall", action, resource) == DENIED, (action, resource)
    assert decided("OnCall", "lambda:UpdateFunctionCode", other) == ALLOWED
