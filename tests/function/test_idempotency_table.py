"""The table in which functions remember what they have done."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_lambda as lambda_

from cdk_lambda_patterns import IdempotencyTable, ValidationError
from cdk_lambda_patterns.testing import Template, synthesize
from tests.function.support import CODE, define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import granted, logical_id

TABLE = "AWS::DynamoDB::Table"
REMEMBER = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]


def remember(stack: cdk.Stack, construct_id: str = "Done", **options: Any) -> IdempotencyTable:  # noqa: ANN401
    given: dict[str, Any] = {"function": define(stack, f"{construct_id}Function"), **options}
    return IdempotencyTable(stack, construct_id, **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: remember(stack, **options), code, got, path="Stack/Done")


def environments(template: Template) -> dict[str, dict[str, Any]]:
    """The environment of each function, by the beginning of its logical id."""
    return {
        name[:-8]: properties["Environment"]["Variables"]
        for name, properties in resources(template, "AWS::Lambda::Function").items()
        if "Environment" in properties
    }


class TestTable:
    def test_is_as_powertools_writes_it(self, stack: cdk.Stack) -> None:
        remember(stack)

        found = only(synthesize(stack), TABLE)
        assert found["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
        assert found["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
        assert found["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
        assert found["BillingMode"] == "PAY_PER_REQUEST"

    def test_can_be_read_as_it_was(self, stack: cdk.Stack) -> None:
        remember(stack)

        recovery = only(synthesize(stack), TABLE)["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True}

    @pytest.mark.parametrize(
        ("options", "policy"),
        [({}, "Delete"), ({"removal_policy": cdk.RemovalPolicy.RETAIN}, "Retain")],
    )
    def test_goes_with_its_stack_unless_it_is_to_stay(
        self, stack: cdk.Stack, options: dict[str, Any], policy: str
    ) -> None:
        remember(stack, **options)

        (table,) = (found for found in synthesize(stack)["Resources"].values() if found["Type"] == TABLE)
        assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == (policy, policy)

    def test_is_encrypted_with_dynamodbs_own_key(self, stack: cdk.Stack) -> None:
        remember(stack)

        assert "SSESpecification" not in only(synthesize(stack), TABLE)

    def test_is_encrypted_with_a_customers_key_that_the_function_may_use_through_dynamodb(
        self, stack: cdk.Stack
    ) -> None:
        key = kms.Key(stack, "Key")

        remember(stack, encryption_key=key)

        template = synthesize(stack)
        arn = {"Fn::GetAtt": [logical_id(key), "Arn"]}
        encryption = only(template, TABLE)["SSESpecification"]
        assert encryption == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn}
        (statement,) = (
            statement
            for policy in resources(template, "AWS::IAM::Policy").values()
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Resource"] == arn
        )
        through = {"Fn::Join": ["", ["dynamodb.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}
        assert statement["Condition"] == {"StringEquals": {"kms:ViaService": through}}
        assert {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"} < set(statement["Action"])
        assert not [action for action in statement["Action"] if action.endswith("*")]


class TestFunction:
    def test_has_four_rights_and_the_tables_name(self, stack: cdk.Stack) -> None:
        table = remember(stack).table

        template = synthesize(stack)
        assert granted(template) == {logical_id(table): REMEMBER}
        assert environments(template) == {"DoneFunction": {"IDEMPOTENCY_TABLE": {"Ref": logical_id(table)}}}

    def test_may_be_any_of_the_cdks(self, stack: cdk.Stack) -> None:
        plain = lambda_.Function(
            stack,
            "Plain",
            runtime=lambda_.Runtime.PYTHON_3_13,
            code=lambda_.Code.from_inline(CODE),
            handler="index.handler",
        )

        remember(stack, function=plain)

        assert "IDEMPOTENCY_TABLE" in environments(synthesize(stack))["Plain"]

    def test_may_have_the_name_in_a_variable_of_its_own(self, stack: cdk.Stack) -> None:
        remember(stack, environment_variable="PAID")

        assert environments(synthesize(stack))["DoneFunction"].keys() == {"PAID"}

    def test_may_stand_in_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        function = define(cdk.Stack(app, "Other"))

        table = remember(stack, function=function).table

        other = synthesize(cdk.Stack.of(function))
        (name,) = environments(other)["Function"].values()
        assert name["Fn::ImportValue"].startswith(f"Stack:ExportsOutputRef{logical_id(table)}")
        assert list(granted(other).values()) == [REMEMBER]

    def test_may_share_the_table_with_others(self, stack: cdk.Stack) -> None:
        table, second = remember(stack), define(stack, "Second")

        table.use_in(second)
        table.use_in(second)

        template = synthesize(stack)
        names = environments(template)
        assert names["DoneFunction"] == names["Second"]
        policies = resources(template, "AWS::IAM::Policy").values()
        assert [len(policy["PolicyDocument"]["Statement"]) for policy in policies] == [1, 1]

    def test_may_use_two_tables_by_two_names(self, stack: cdk.Stack) -> None:
        function = define(stack)

        remember(stack, "Paid", function=function, environment_variable="PAID")
        remember(stack, "Sent", function=function, environment_variable="SENT")

        assert environments(synthesize(stack))["Function"].keys() == {"PAID", "SENT"}

    def test_fails_when_a_second_table_would_take_the_place_of_the_first(self, stack: cdk.Stack) -> None:
        function = define(stack)
        remember(stack, "Paid", function=function)

        error = refused(stack, "IdempotencyTableTaken", "a function with that of Stack/Paid", function=function)

        assert "'environment_variable'" in str(error)

    def test_fails_when_another_table_is_shared_with_it(self, stack: cdk.Stack) -> None:
        function = define(stack)
        remember(stack, "Paid", function=function)
        other = remember(stack)

        refusal(lambda: other.use_in(function), "IdempotencyTableTaken", "a function with that of Stack/Paid")

    def test_fails_when_none_is_given(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "None", function=None)

    def test_fails_when_the_app_does_not_define_it(self, stack: cdk.Stack) -> None:
        outside = lambda_.Function.from_function_arn(
            stack, "Outside", "arn:aws:lambda:us-east-1:123456789012:function:pay"
        )

        refused(stack, "TypeMismatch", "aws_lambda.FunctionBase", function=outside)

    @pytest.mark.parametrize(
        ("name", "code", "got"),
        [
            ("1ST", "EnvironmentNameInvalid", "'1ST'"),
            ("", "EnvironmentNameInvalid", "''"),
            ("AWS_REGION", "EnvironmentNameReserved", "'AWS_REGION'"),
        ],
    )
    def test_fails_when_lambda_refuses_the_name(self, stack: cdk.Stack, name: str, code: str, got: str) -> None:
        refused(stack, code, got, environment_variable=name)
