"""Roles of releases: as few as IAM's limit allows, whatever the functions are called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns import GradualRelease, quotas
from cdk_lambda_patterns.release.code_deploy_application import _LONGEST_ARN
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, resources

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.testing import Template

ROLE = "AWS::IAM::Role"
ENDS = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-2", "AWS::AccountId": "123456789012"}


def release_many(stack: cdk.Stack, count: int, *, hooks: int) -> None:
    for number in range(count):
        function = define(stack, f"Function{number}")
        both = [define(stack, f"Hook{number}{side}") for side in ("Before", "After")[:hooks]]
        names = ("pre_hook", "post_hook")
        GradualRelease(stack, f"Release{number}", function=function, **dict(zip(names, both, strict=False)))  # type: ignore[arg-type]


def deployed(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """The value with the longest name for each function."""
    match value:
        case {"Ref": name}:
            return ENDS.get(name, "x" * int(quotas.FUNCTION_NAME_LENGTH.maximum))
        case {"Fn::GetAtt": [_, "Arn"]}:
            return _LONGEST_ARN
        case {"Fn::Join": ["", parts]}:
            return "".join(map(deployed, parts))
        case dict():
            return {key: deployed(part) for key, part in value.items()}
        case list():
            return list(map(deployed, value))
    return value


def sizes(template: Template) -> dict[str, int]:
    """The characters of all policies of the roles of releases."""
    documents: dict[str, list[Any]] = {
        name: [policy["PolicyDocument"] for policy in role["Policies"]]
        for name, role in resources(template, ROLE).items()
        if "shifts the traffic" in role.get("Description", "")
    }
    for policy in resources(template, "AWS::IAM::Policy").values():
        (role,) = policy["Roles"]
        documents.get(role["Ref"], []).append(policy["PolicyDocument"])
    return {
        name: sum(len(json.dumps(deployed(document), separators=(",", ":"))) for document in each)
        for name, each in documents.items()
    }


@pytest.mark.parametrize(
    ("count", "hooks", "roles"), [(38, 0, 1), (55, 0, 2), (20, 1, 1), (24, 1, 2), (18, 2, 2)], ids=str
)
def test_no_role_outgrows_what_iam_takes(stack: cdk.Stack, count: int, hooks: int, roles: int) -> None:
    release_many(stack, count, hooks=hooks)

    found = sizes(synthesize(stack))
    assert len(found) == roles
    assert max(found.values()) <= quotas.ROLE_POLICIES_SIZE


def test_each_group_has_the_role_that_may_shift_its_function(stack: cdk.Stack) -> None:
    release_many(stack, 45, hooks=0)

    template = synthesize(stack)
    assert len(sizes(template)) == 2
    groups = resources(template, "AWS::CodeDeploy::DeploymentGroup").values()
    assert {group["ServiceRoleArn"]["Fn::GetAtt"][0] for group in groups} == sizes(template).keys()
    for alias, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Alias":
            update = resource["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]
            role = template["Resources"][template["Resources"][update]["Properties"]["ServiceRoleArn"]["Fn::GetAtt"][0]]
            assert json.dumps(resource["Properties"]["FunctionName"]) in json.dumps(role), alias


def test_a_hook_of_releases_with_different_roles_may_be_called_by_both(stack: cdk.Stack) -> None:
    hook = define(stack, "Hook")
    for number in range(45):
        GradualRelease(stack, f"Release{number}", function=define(stack, f"Function{number}"), pre_hook=hook)

    template = synthesize(stack)
    callers = [
        policy["Roles"][0]["Ref"]
        for name, policy in resources(template, "AWS::IAM::Policy").items()
        if "InvokeHooks" in name
    ]
    assert sorted(callers) == sorted(sizes(template))
    assert len(callers) > 1


def test_releases_that_come_after_a_synthesis_count_too(stack: cdk.Stack) -> None:
    release_many(stack, 1, hooks=0)
    (before,) = sizes(synthesize(stack)).values()

    GradualRelease(stack, "Later", function=define(stack, "Late"))

    (after,) = sizes(synthesize(stack)).values()
    assert after > before
