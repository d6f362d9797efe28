"""Duties are policies for the functions named and nothing else; everybody gets the guardrail with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_lambda_patterns import DeploymentAccess, Duty, GradualRelease, ValidationError
from cdk_lambda_patterns.testing import synthesize
from cdk_lambda_patterns.validation import type_name
from tests.function.support import define, resources
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_lambda_patterns import WellArchitectedFunction
    from cdk_lambda_patterns.testing import Template

POLICY = "AWS::IAM::ManagedPolicy"


def policies(template: Template) -> dict[str, list[dict[str, Any]]]:
    """The statements of each managed policy, by the id it has in its construct."""
    return {
        logical_id.removeprefix("Access")[:-8]: properties["PolicyDocument"]["Statement"]
        for logical_id, properties in resources(template, POLICY).items()
    }


def access(stack: cdk.Stack, *functions: WellArchitectedFunction, **options: Any) -> DeploymentAccess:  # noqa: ANN401
    return DeploymentAccess(stack, "Access", functions=functions or [define(stack)], **options)


def of_duty(duty: Duty, *, released: bool = False, **options: Any) -> Callable[[cdk.Stack], None]:  # noqa: ANN401
    def build(stack: cdk.Stack) -> None:
        function = define(stack)
        if released:
            GradualRelease(stack, "Release", function=function)
        access(stack, function, **options).policy(duty)

    return build


def test_alone_it_is_the_guardrail() -> None:
    template = synthesize(access)

    ((statement,),) = policies(template).values()
    assert statement["Effect"] == "Deny"
    assert statement["Action"] == [
        "lambda:CreateAlias",
        "lambda:DeleteAlias",
        "lambda:DeleteFunction",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
    ]
    arn, aliases = statement["Resource"]
    assert aliases == {"Fn::Join": ["", [arn, ":*"]]}


def test_a_policy_is_defined_once_when_it_is_asked_for() -> None:
    seen: list[iam.ManagedPolicy] = []

    def build(stack: cdk.Stack) -> None:
        given = access(stack)
        seen.extend([given.policy(Duty.INVOKE), given.policy(Duty.INVOKE)])

    assert set(policies(synthesize(build))) == {"Guardrail", "Invoke"}
    assert seen[0] is seen[1]


@pytest.mark.parametrize(
    ("duty", "released", "actions"),
    [
        (Duty.DEPLOY, False, {"sts:AssumeRole"}),
        (
            Duty.PUBLISH,
            False,
            {
                "lambda:PublishVersion",
                "lambda:GetAlias",
                "lambda:GetFunction",
                "lambda:GetFunctionConfiguration",
                "lambda:ListAliases",
                "lambda:ListVersionsByFunction",
            },
        ),
        (
            Duty.SHIFT_TRAFFIC,
            True,
            {
                "codedeploy:ContinueDeployment",
                "codedeploy:CreateDeployment",
                "codedeploy:GetApplicationRevision",
                "codedeploy:GetDeployment",
                "codedeploy:GetDeploymentConfig",
                "codedeploy:RegisterApplicationRevision",
            },
        ),
        (
            Duty.ROLL_BACK,
            False,
            {
                "cloudformation:CancelUpdateStack",
                "cloudformation:ContinueUpdateRollback",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStacks",
                "cloudformation:RollbackStack",
            },
        ),
        (Duty.INVOKE, False, {"lambda:InvokeFunction"}),
        (
            Duty.CHANGE_ENVIRONMENT,
            False,
            {"lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"},
        ),
    ],
)
def test_a_duty_allows_this_and_no_more(duty: Duty, released: bool, actions: set[str]) -> None:  # noqa: FBT001 - a parameter
    statements = policies(synthesize(of_duty(duty, released=released)))[duty.value]

    found = [statement["Action"] for statement in statements]
    assert {name for names in found for name in ([names] if isinstance(names, str) else names)} == actions
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    assert "*" not in [statement["Resource"] for statement in statements]


def test_invoking_is_by_the_alias() -> None:
    (statement,) = policies(synthesize(of_duty(Duty.INVOKE)))["Invoke"]

    assert "Aliaslive" in statement["Resource"]["Ref"]


def test_settings_change_without_layers() -> None:
    changes, _looks = policies(synthesize(of_duty(Duty.CHANGE_ENVIRONMENT)))["ChangeEnvironment"]

    assert changes["Condition"] == {"Null": {"lambda:Layer": "true"}}


def bootstrap_roles(template: Template) -> list[str]:
    """Their ARNs, without what only the deployment knows."""
    (statement,) = policies(template)["Deploy"]
    return ["".join(part for part in arn["Fn::Join"][1] if isinstance(part, str)) for arn in statement["Resource"]]


@pytest.mark.parametrize(
    ("options", "qualifier"),
    [({}, "hnb659fds"), ({"bootstrap_qualifier": None}, "hnb659fds"), ({"bootstrap_qualifier": "a-B_1"}, "a-B_1")],
)
def test_deploying_is_by_the_bootstrap_roles(options: dict[str, Any], qualifier: str) -> None:
    names = bootstrap_roles(synthesize(of_duty(Duty.DEPLOY, **options)))

    assert [name.partition(f"role/cdk-{qualifier}-")[2].partition("-role-")[0] for name in names] == [
        "deploy",
        "file-publishing",
        "image-publishing",
        "lookup",
    ]


def test_deploying_is_by_the_roles_of_the_app_s_own_bootstrap_stack() -> None:
    context = {"@aws-cdk/core:bootstrapQualifier": "apps"}

    (name, *_) = bootstrap_roles(synthesize(of_duty(Duty.DEPLOY), context=context))
    (other, *_) = bootstrap_roles(synthesize(of_duty(Duty.DEPLOY, bootstrap_qualifier="given"), context=context))

    assert "role/cdk-apps-deploy-role-" in name
    assert "role/cdk-given-deploy-role-" in other


@pytest.mark.parametrize("qualifier", ["", "a b/c", "*", "elevenchars", 5, ["ours"]])
def test_fails_when_no_bootstrap_stack_has_the_qualifier(stack: cdk.Stack, qualifier: object) -> None:
    refusal(
        lambda: access(stack, bootstrap_qualifier=qualifier),
        "BootstrapQualifierInvalid",
        repr(qualifier),
        path="Stack/Access",
    )


@pytest.mark.parametrize("nobody", [None, "arn:aws:iam::111111111111:root"])
def test_fails_when_nobody_may_take_a_role_on(stack: cdk.Stack, nobody: Any) -> None:  # noqa: ANN401
    given = access(stack)

    refusal(
        lambda: given.role("OnCall", Duty.INVOKE, assumed_by=nobody),
        "TypeMismatch",
        type_name(nobody),
        path="Stack/Access/OnCall",
    )


def test_fails_when_duties_come_as_a_list(stack: cdk.Stack) -> None:
    given, duties = access(stack), cast("Duty", [Duty.INVOKE])

    refusal(lambda: given.role("A", duties, assumed_by=iam.AccountRootPrincipal()), "DutyUnknown", repr(duties))
    refusal(lambda: given.policy(duties), "DutyUnknown", repr(duties))


@pytest.mark.parametrize(
    ("construct_id", "code", "got"),
    [
        ("", "ConstructIdMissing", "''"),
        ("Taken", "ConstructIdTaken", "'Taken' a second time"),
        ("Guardrail", "ConstructIdTaken", "'Guardrail'"),
        ("Deploy", "ConstructIdTaken", "'Deploy'"),
    ],
)
def test_fails_when_a_role_has_no_name_of_its_own(stack: cdk.Stack, construct_id: str, code: str, got: str) -> None:
    given = access(stack)
    given.role("Taken", Duty.INVOKE, assumed_by=iam.AccountRootPrincipal())

    refusal(lambda: given.role(construct_id, Duty.INVOKE, assumed_by=iam.AccountRootPrincipal()), code, got)


def test_rolling_back_stops_a_release_too() -> None:
    statements = policies(synthesize(of_duty(Duty.ROLL_BACK, released=True)))["RollBack"]

    assert statements[1]["Action"] == [
        "codedeploy:GetDeployment",
        "codedeploy:ListDeployments",
        "codedeploy:StopDeployment",
    ]


def test_a_role_has_its_duties_and_the_guardrail() -> None:
    template = synthesize(
        lambda stack: access(stack).role("OnCall", Duty.INVOKE, Duty.PUBLISH, assumed_by=iam.AccountRootPrincipal())
    )

    role = next(role for name, role in resources(template, "AWS::IAM::Role").items() if name.startswith("Access"))
    attached = [arn["Ref"].removeprefix("Access")[:-8] for arn in role["ManagedPolicyArns"]]
    assert attached == ["Invoke", "Publish", "Guardrail"]
    assert role["Description"] == "May: Invoke, Publish"


def test_a_group_that_is_there_gets_them_too() -> None:
    template = synthesize(lambda stack: access(stack).grant(iam.Group(stack, "People"), Duty.INVOKE))

    ((group),) = resources(template, "AWS::IAM::Group").values()
    assert len(group["ManagedPolicyArns"]) == 2


def attached(template: Template, kind: str) -> dict[str, object]:
    """Whom the policies are attached to from their side, by the id each has in its construct."""
    return {
        logical_id.removeprefix("Access")[:-8]: properties.get(kind)
        for logical_id, properties in resources(template, POLICY).items()
    }


def test_an_imported_group_gets_them_too(stack: cdk.Stack) -> None:
    group = iam.Group.from_group_name(stack, "People", "people")

    given = access(stack)
    given.grant(group, Duty.INVOKE)
    given.grant(group, Duty.INVOKE, Duty.PUBLISH)

    assert attached(synthesize(stack), "Groups") == {
        "Guardrail": ["people"],
        "Invoke": ["people"],
        "Publish": ["people"],
    }


@pytest.mark.parametrize("account", ["111111111111", None])
def test_an_imported_role_gets_them_too(app: cdk.App, account: str | None) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=account))
    role = iam.Role.from_role_arn(stack, "Admin", "arn:aws:iam::111111111111:role/people/Admin")

    given = access(stack)
    given.grant(role, Duty.INVOKE)
    given.grant(role, Duty.INVOKE)

    assert attached(synthesize(stack), "Roles") == {"Guardrail": ["Admin"], "Invoke": ["Admin"]}


def test_a_role_that_is_defined_when_it_is_needed_gets_them_too(stack: cdk.Stack) -> None:
    role = iam.LazyRole(stack, "Admin", assumed_by=cast("iam.IPrincipal", iam.AccountRootPrincipal()))

    access(stack).grant(cast("iam.IRole", role), Duty.INVOKE)
    assert role.role_arn

    (attached_to,) = [
        properties["ManagedPolicyArns"]
        for name, properties in resources(synthesize(stack), "AWS::IAM::Role").items()
        if name.startswith("Admin")
    ]
    assert len(attached_to) == 2


def test_a_user_gets_them_too(stack: cdk.Stack) -> None:
    user: Any = iam.User(stack, "Person")

    access(stack).grant(user, Duty.INVOKE)

    ((_, properties),) = resources(synthesize(stack), "AWS::IAM::User").items()
    assert len(properties["ManagedPolicyArns"]) == 2


def test_fails_when_a_role_was_imported_to_stay_as_it_is(stack: cdk.Stack) -> None:
    arn = "arn:aws:iam::111111111111:role/Admin"
    role = iam.Role.from_role_arn(stack, "Admin", arn, mutable=False)

    refusal(
        lambda: access(stack).grant(role, Duty.INVOKE),
        "GranteeImmutable",
        "Stack/Admin, which is imported to stay as it is",
        path="Stack/Access",
    )


def test_fails_when_a_role_of_the_app_shall_stay_as_it_is(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Admin", assumed_by=cast("iam.IPrincipal", iam.AccountRootPrincipal()))
    given = access(stack)

    with pytest.raises(ValidationError, match="GranteeImmutable"):
        given.grant(role.without_policy_updates())


@pytest.mark.parametrize("imported", [True, False])
def test_fails_when_a_role_or_group_is_of_another_account(app: cdk.App, *, imported: bool) -> None:
    here, there = (cdk.Stack(app, f"In{n}", env=cdk.Environment(account=n * 12, region="eu-west-1")) for n in "12")
    role: Any = (
        iam.Group.from_group_arn(here, "People", "arn:aws:iam::222222222222:group/people")
        if imported
        else iam.Role(there, "Admin", assumed_by=cast("iam.IPrincipal", iam.AccountRootPrincipal()))
    )

    refusal(lambda: access(here).grant(role, Duty.INVOKE), "GranteeInOtherAccount", "one of account 222222222222")


@pytest.mark.parametrize("grantee", [None, "arn:aws:iam::111111111111:role/Admin"])
def test_fails_when_nobody_is_granted_anything(stack: cdk.Stack, grantee: Any) -> None:  # noqa: ANN401
    refusal(lambda: access(stack).grant(grantee, Duty.INVOKE), "TypeMismatch", type_name(grantee))


def test_it_covers_functions_that_a_generator_names() -> None:
    def build(stack: cdk.Stack) -> None:
        functions: Any = (define(stack, name) for name in ("One", "Two"))
        DeploymentAccess(stack, "Access", functions=functions).policy(Duty.INVOKE)

    (statement,) = policies(synthesize(build))["Invoke"]
    assert len(statement["Resource"]) == 2


def test_it_does_not_cover_what_is_put_into_the_list_later(stack: cdk.Stack) -> None:
    functions = [define(stack, "One")]

    given = DeploymentAccess(stack, "Access", functions=functions)
    functions.append(define(stack, "Two"))
    given.policy(Duty.INVOKE)

    (statement,) = policies(synthesize(stack))["Invoke"]
    assert "One" in str(statement["Resource"])
    assert "Two" not in str(statement["Resource"])


def test_fails_when_functions_are_no_list(stack: cdk.Stack) -> None:
    one: Any = define(stack)

    refusal(lambda: DeploymentAccess(stack, "Access", functions=one), "ListExpected", "WellArchitectedFunction")


def test_fails_when_there_are_no_functions_at_all(stack: cdk.Stack) -> None:
    nothing: Any = None

    refusal(lambda: DeploymentAccess(stack, "Access", functions=nothing), "AccessFunctions", "0")


def test_it_covers_every_function_named() -> None:
    template = synthesize(lambda stack: access(stack, define(stack, "One"), define(stack, "Two")).policy(Duty.INVOKE))

    (statement,) = policies(template)["Invoke"]
    assert len(statement["Resource"]) == 2


def test_rolling_back_is_of_the_stack_that_a_nested_one_is_in() -> None:
    template = synthesize(
        lambda stack: access(stack, define(cdk.NestedStack(stack, "Nested"))).policy(Duty.ROLL_BACK),
    )

    (statement,) = policies(template)["RollBack"]
    assert statement["Resource"]["Fn::Join"][1][-1] == ":stack/Stack/*"


def test_functions_may_be_of_several_stacks(app: cdk.App) -> None:
    stacks = [cdk.Stack(app, name) for name in ("Orders", "Prices", "Access")]
    functions = [define(stack) for stack in stacks[:2]]
    for stack, function in zip(stacks, functions, strict=False):
        GradualRelease(stack, "Release", function=function)

    given = access(stacks[2], *functions)
    for duty in Duty:
        given.policy(duty)

    found = policies(synthesize(stacks[2]))
    stacks_rolled_back = [arn["Fn::Join"][1][-1] for arn in found["RollBack"][0]["Resource"]]
    assert stacks_rolled_back == [":stack/Orders/*", ":stack/Prices/*"]
    assert len(found["ShiftTraffic"][1]["Resource"]) == 2  # an application each


def test_policies_hold_as_many_functions_as_they_may_name() -> None:
    """IAM counts the characters of a managed policy, without spaces, up to 6,144."""

    def build(stack: cdk.Stack) -> None:
        functions = [define(stack, f"F{number}") for number in range(20)]
        for function in functions:
            GradualRelease(function, "Release", function=function)
        given = access(stack, *functions)
        for duty in Duty:
            given.policy(duty)

    template = synthesize(build)
    known = {"AWS::Partition": "aws", "AWS::Region": "ap-southeast-1", "AWS::AccountId": "1" * 12}
    arn = f"arn:aws:lambda:ap-southeast-1:{'1' * 12}:function:{'f' * 64}"
    longest = {"AWS::Lambda::Function": arn, "AWS::Lambda::Alias": f"{arn}:live"}
    known |= {name: longest.get(resource["Type"], "n" * 100) for name, resource in template["Resources"].items()}
    for name, policy in resources(template, POLICY).items():
        written = json.dumps(resolved(policy["PolicyDocument"], known), separators=(",", ":"))
        assert len(written) <= 6_144, name


def resolved(value: Any, known: dict[str, str]) -> Any:  # noqa: ANN401
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
            return known[name]
        case {"Fn::Join": ["", parts]}:
            return "".join(resolved(part, known) for part in parts)
        case dict():
            return {key: resolved(item, known) for key, item in value.items()}
        case list():
            return [resolved(item, known) for item in value]
    return value


@pytest.mark.parametrize(("count", "got"), [(0, "got 0"), (21, "got 21")])
def test_fails_with_no_function_and_with_more_than_a_policy_names(stack: cdk.Stack, count: int, got: str) -> None:
    functions = [define(stack, f"F{number}") for number in range(count)]

    with pytest.raises(ValidationError, match=rf"{got};.*\[Stack/Access\] \(AccessFunctions\)"):
        DeploymentAccess(stack, "Access", functions=functions)


def test_fails_when_a_function_is_of_another_region(app: cdk.App) -> None:
    stacks = [cdk.Stack(app, region, env=cdk.Environment(region=region)) for region in ("eu-west-1", "us-east-1")]

    with pytest.raises(ValidationError, match=r"got eu-west-1/Function;.*\(FunctionInOtherEnvironment\)"):
        access(stacks[1], define(stacks[0]))


def test_fails_when_it_is_no_function_of_ours() -> None:
    with pytest.raises(ValidationError, match=r"WellArchitectedFunction, got str"):
        synthesize(lambda stack: access(stack, cast("WellArchitectedFunction", "price")))


def test_fails_when_there_is_no_release_to_shift() -> None:
    with pytest.raises(ValidationError, match=r"got Stack/Function without one.*AccessWithoutRelease"):
        synthesize(of_duty(Duty.SHIFT_TRAFFIC))


def test_fails_when_a_release_comes_after_the_right_to_stop_it(stack: cdk.Stack) -> None:
    early, late, never = (define(stack, name) for name in ("Early", "Late", "Never"))
    GradualRelease(stack, "EarlyRelease", function=early)
    access(stack, early, late, never).policy(Duty.ROLL_BACK)
    GradualRelease(stack, "LateRelease", function=late)

    with pytest.raises(
        RuntimeError, match=r"got Stack/LateRelease after it; .* \[Stack/Access\] \(AccessBeforeRelease\)"
    ) as refused:
        synthesize(stack)
    assert str(refused.value).count("AccessBeforeRelease") == 1


def test_fails_when_it_is_no_duty() -> None:
    with pytest.raises(ValidationError, match=r"must be a Duty: DEPLOY, .*, got 'invoke'.*\(DutyUnknown\)"):
        synthesize(of_duty(cast("Duty", "invoke")))
