"""Whoever uses what a customer's key guards may use the key, however the app knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_iam as iam,
    aws_kinesis as kinesis,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_logs as logs,
    aws_secretsmanager as secretsmanager,
    aws_sqs as sqs,
)

from cdk_lambda_patterns import DeadLetterRedrive, IdempotencyTable, KinesisTrigger, SqsTrigger
from cdk_lambda_patterns.function.keys import let_logs_use, let_use
from cdk_lambda_patterns.settings import FunctionSettings, Sends
from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.function.support import define, only, resources, statements
from tests.triggers.polling import logical_id, warnings

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_lambda_patterns import WellArchitectedFunction
    from cdk_lambda_patterns.testing import Template

ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
KEY_ARN = "arn:aws:kms:eu-west-1:111111111111:key/1"
SERVICE = iam.ServicePrincipal("lambda.amazonaws.com")


def a_role(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Role", assumed_by=SERVICE)


def granted(template: Template) -> dict[str, Any]:
    """The one statement of the role's policy."""
    (statement,) = only(template, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    return dict(statement)


def let_in(template: Template) -> list[dict[str, Any]]:
    """What the key's policy allows beside its first statement."""
    return list(only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"][1:])


def a_key_for(*principals: iam.IPrincipal, **options: Any) -> Callable[[cdk.Stack], kms.Key]:  # noqa: ANN401
    """A key with a policy that somebody wrote."""

    def make(stack: cdk.Stack) -> kms.Key:
        given: dict[str, Any] = {"actions": ["kms:*"], **options}
        statement = iam.PolicyStatement(principals=[*principals], resources=["*"], **given)
        return kms.Key(stack, "Key", policy=iam.PolicyDocument(statements=[statement]))

    return make


ADMIN = iam.ArnPrincipal("arn:aws:iam::111111111111:role/Admin")


@pytest.mark.parametrize(
    "make",
    [
        lambda stack: kms.Key(stack, "Key"),
        a_key_for(iam.AccountRootPrincipal()),
        a_key_for(iam.AccountPrincipal("111111111111")),
        a_key_for(iam.AnyPrincipal()),
    ],
    ids=["by default", "said of this account", "said of an account", "said of everybody"],
)
def test_a_role_may_use_a_key_that_leaves_it_to_roles(make: Callable[[cdk.Stack], kms.Key], stack: cdk.Stack) -> None:
    key = make(stack)

    let_use(a_role(stack), key, *ACTIONS)

    template = synthesize(stack)
    assert granted(template) == {"Effect": "Allow", "Action": [*ACTIONS], "Resource": stack.resolve(key.key_arn)}
    assert let_in(template) == []


@pytest.mark.parametrize(
    "make",
    [
        a_key_for(ADMIN, iam.ServicePrincipal("sns.amazonaws.com")),
        a_key_for(iam.AccountRootPrincipal(), actions=["kms:Describe*", "kms:Decrypt"]),
        a_key_for(iam.AccountRootPrincipal(), conditions={"StringEquals": {"kms:ViaService": "ec2.amazonaws.com"}}),
        a_key_for(iam.AccountRootPrincipal(), effect=iam.Effect.DENY),
    ],
    ids=["others", "less", "on a condition", "nobody"],
)
def test_a_key_that_leaves_less_to_roles_names_the_role(make: Callable[[cdk.Stack], kms.Key], stack: cdk.Stack) -> None:
    role = a_role(stack)

    let_use(role, make(stack), *ACTIONS)

    template = synthesize(stack)
    assert granted(template)["Action"] == [*ACTIONS]
    assert let_in(template) == [
        {
            "Effect": "Allow",
            "Action": [*ACTIONS],
            "Principal": {"AWS": {"Fn::GetAtt": [logical_id(role), "Arn"]}},
            "Resource": "*",
        }
    ]


def test_of_such_a_key_in_another_stack_is_warned(app: cdk.App) -> None:
    other, stack = cdk.Stack(app, "Other"), cdk.Stack(app, "Stack")

    let_use(a_role(stack), a_key_for(ADMIN)(other), *ACTIONS)

    synthesize(stack)
    assert other.dependencies == []
    ((path, text),) = warnings(other)
    assert path == "/Other/Key"
    assert "see that it lets Stack/Role do kms:Decrypt and kms:GenerateDataKey" in text


def test_a_key_may_be_imported(stack: cdk.Stack) -> None:
    let_use(a_role(stack), kms.Key.from_key_arn(stack, "Key", KEY_ARN), *ACTIONS)

    assert granted(synthesize(stack))["Resource"] == KEY_ARN
    assert warnings(stack) == []


def test_an_alias_stands_for_its_key(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")

    let_use(a_role(stack), kms.Alias(stack, "Alias", alias_name="alias/orders", target_key=key), *ACTIONS)

    assert granted(synthesize(stack))["Resource"] == stack.resolve(key.key_arn)


def test_a_key_that_is_known_by_its_alias_is_named_by_it(stack: cdk.Stack) -> None:
    """In a policy the ARN of an alias stands for no key, and the CDK's grants do nothing."""
    let_use(a_role(stack), kms.Alias.from_alias_name(stack, "Alias", "alias/orders"), *ACTIONS)

    statement = granted(synthesize(stack))
    assert statement["Action"] == [*ACTIONS]
    assert str(statement["Resource"]["Fn::Join"][1][-1]).endswith(":key/*")
    assert statement["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/orders"}}


class Settings(FunctionSettings):
    orders: Sends


BY_ALIAS: dict[str, Callable[[cdk.Stack, WellArchitectedFunction, kms.IAlias], object]] = {
    "a queue that starts it": lambda stack, function, key: SqsTrigger(
        stack, "Trigger", function=function, queue=sqs.Queue(stack, "Queue", encryption_master_key=key)
    ),
    "the trigger's own queue": lambda stack, function, key: SqsTrigger(
        stack, "Trigger", function=function, encryption_key=key
    ),
    "a stream": lambda stack, function, key: KinesisTrigger(
        stack, "Trigger", function=function, stream=kinesis.Stream(stack, "Stream", encryption_key=key)
    ),
    "a table": lambda stack, function, key: IdempotencyTable(stack, "Table", function=function, encryption_key=key),
    "a secret": lambda stack, function, key: function.secret(
        "SECRET", secretsmanager.Secret(stack, "Secret", encryption_key=key)
    ),
    "what settings name": lambda stack, function, key: function.configure(
        Settings, orders=sqs.Queue(stack, "Queue", encryption_master_key=key)
    ),
    "a redrive": lambda stack, function, key: DeadLetterRedrive(
        stack, "Redrive", queue=SqsTrigger(stack, "Trigger", function=function, encryption_key=key).queue
    ).grant(function),
}


@pytest.mark.parametrize("use", BY_ALIAS.values(), ids=BY_ALIAS)
@pytest.mark.parametrize("recommended", [False, True])
def test_a_function_may_use_what_a_key_guards_that_is_known_by_its_alias(
    recommended: bool,  # noqa: FBT001
    use: Callable[[cdk.Stack, WellArchitectedFunction, kms.IAlias], object],
) -> None:
    stack = cdk.Stack(fast_app(recommended_flags=recommended), "Stack")
    key = kms.Alias.from_alias_name(stack, "Key", "alias/orders")

    use(stack, define(stack), key)

    found = [each for each in statements(synthesize(stack)) if "kms:" in str(each["Action"])]
    assert found
    for statement in found:
        assert "kms:Decrypt" in statement["Action"]
        assert statement["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/orders"}


@pytest.mark.parametrize("recommended", [False, True])
def test_grants_of_the_cdk_are_not_said_again(recommended: bool) -> None:  # noqa: FBT001
    stack = cdk.Stack(fast_app(recommended_flags=recommended), "Stack")
    function, key = define(stack), kms.Key(stack, "Key")

    SqsTrigger(stack, "Trigger", function=function, encryption_key=key)
    function.configure(Settings, orders=sqs.Queue(stack, "Queue", encryption_master_key=key))

    template = synthesize(stack)
    resources_of_keys = [each["Resource"] for each in statements(template) if "kms:" in str(each["Action"])]
    assert len(resources_of_keys) == (1 if recommended else 2), "the queue's key to read, and to send"
    assert let_in(template) == []


def test_a_closed_key_of_a_queue_names_the_function_that_reads_it(stack: cdk.Stack) -> None:
    function = define(stack)

    SqsTrigger(stack, "Trigger", function=function, encryption_key=a_key_for(ADMIN)(stack))

    (statement,) = let_in(synthesize(stack))
    assert statement["Action"] == "kms:Decrypt"


@pytest.mark.parametrize(
    ("use", "action"),
    [
        (
            lambda stack, function, key: IdempotencyTable(stack, "T", function=function, encryption_key=key),
            "kms:Encrypt",
        ),
        (
            lambda stack, function, key: function.secret(
                "SECRET", secretsmanager.Secret(stack, "Secret", encryption_key=key)
            ),
            "kms:Decrypt",
        ),
        (
            lambda stack, _, key: define(
                stack, "Other", on_failure=sqs.Queue(stack, "Queue", encryption_master_key=key)
            ),
            "kms:GenerateDataKey",
        ),
    ],
    ids=["a table", "a secret", "a destination"],
)
def test_a_closed_key_names_the_function_that_uses_what_it_guards(use: Any, action: str, stack: cdk.Stack) -> None:  # noqa: ANN401
    use(stack, define(stack), a_key_for(ADMIN)(stack))

    roles = [each for each in let_in(synthesize(stack)) if "ServiceRole" in str(each["Principal"])]
    assert action in str([each["Action"] for each in roles if "Condition" not in each])


class TestLogGroups:
    def test_under_a_customers_key_are_written_with_it(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        define(stack, log_group=logs.LogGroup(stack, "Logs", encryption_key=key))

        assert [statement["Sid"] for statement in let_in(synthesize(stack))] == ["LogsEncrypt"]

    def test_are_named_apart_from_the_role_which_the_key_may_name(self, stack: cdk.Stack) -> None:
        """The CDK's grant on a secret has its key name the role: one that names the log group would be a circle."""
        key = kms.Key(stack, "Key")
        group = logs.LogGroup(stack, "Logs", encryption_key=key)

        function = define(stack, log_group=group)
        secretsmanager.Secret(stack, "Secret", encryption_key=key).grant_read(function)

        template = synthesize(stack)
        assert logical_id(group) not in str(only(template, "AWS::IAM::Role"))
        (statement,) = [each for each in statements(template) if "logs:PutLogEvents" in each["Action"]]
        assert statement["Resource"] == stack.resolve(group.log_group_arn)

    def test_may_share_it_with_a_secret_and_the_environment(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        group = logs.LogGroup(stack, "Logs", encryption_key=key)

        define(stack, log_group=group, environment_encryption=key).secret(
            "SECRET", secretsmanager.Secret(stack, "Secret", encryption_key=key)
        )

        template = synthesize(stack)
        (role,) = resources(template, "AWS::IAM::Role")
        assert role not in str(only(template, "AWS::KMS::Key"))

    @pytest.mark.parametrize("own_role", [False, True])
    def test_are_all_that_an_untraced_function_may_write_to(self, own_role: bool, stack: cdk.Stack) -> None:  # noqa: FBT001
        group = logs.LogGroup(stack, "Logs", encryption_key=kms.Key(stack, "Key"))
        role = {"role": a_role(stack)} if own_role else {}

        define(stack, log_group=group, tracing=lambda_.Tracing.DISABLED, **role)

        template = synthesize(stack)
        (statement,) = statements(template)
        assert statement["Resource"] == stack.resolve(group.log_group_arn)
        assert "Policies" not in only(template, "AWS::IAM::Role")

    @pytest.mark.parametrize("by_alias", [False, True])
    def test_under_a_key_from_outside_are_warned_of(self, by_alias: bool, stack: cdk.Stack) -> None:  # noqa: FBT001
        key = (
            kms.Alias.from_alias_name(stack, "Key", "alias/orders")
            if by_alias
            else kms.Key.from_key_arn(stack, "Key", KEY_ARN)
        )

        define(stack, log_group=logs.LogGroup(stack, "Logs", encryption_key=key))

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Logs"
        assert "see that it lets CloudWatch Logs encrypt with it" in text

    @pytest.mark.parametrize(
        "make",
        [
            lambda stack: logs.LogGroup(stack, "Logs"),
            lambda stack: logs.LogGroup.from_log_group_name(stack, "Logs", "/x"),
        ],
    )
    def test_without_one_stand_in_the_role(self, make: Callable[[cdk.Stack], Any], stack: cdk.Stack) -> None:
        define(stack, log_group=make(stack))

        template = synthesize(stack)
        (policy,) = only(template, "AWS::IAM::Role")["Policies"]
        assert "logs:PutLogEvents" in str(policy)
        assert resources(template, "AWS::IAM::Policy") == {}
        assert warnings(stack) == []

    def test_may_stand_in_another_stack_with_their_key(self, app: cdk.App) -> None:
        other, stack = cdk.Stack(app, "Other"), cdk.Stack(app, "Stack")
        key = kms.Key(other, "Key")

        define(stack, log_group=logs.LogGroup(other, "Logs", encryption_key=key))

        assert len(let_in(synthesize(other))) == 1
        assert other.dependencies == []


class TestLogs:
    def test_encrypt_log_groups_of_the_account_alone(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        let_logs_use(stack, key)

        (statement,) = let_in(synthesize(stack))
        assert statement["Principal"] == {
            "Service": {"Fn::Join": ["", ["logs.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}
        }
        ((operator, condition),) = statement["Condition"].items()
        assert operator == "ArnLike"
        assert condition["kms:EncryptionContext:aws:logs:arn"]["Fn::Join"][1][-1] == ":log-group:*"

    def test_of_a_key_from_outside_is_warned(self, stack: cdk.Stack) -> None:
        group = logs.LogGroup(stack, "Logs")

        let_logs_use(group, kms.Key.from_key_arn(stack, "Key", KEY_ARN))

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Logs"
        assert "see that it lets CloudWatch Logs do kms:Encrypt* and" in text
        assert resources(synthesize(stack), "AWS::KMS::Key") == {}
