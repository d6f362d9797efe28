from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb, aws_kms as kms, aws_lambda as lambda_, aws_sqs as sqs

from cdk_lambda_patterns import DynamoDbTrigger, ValidationError
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only
from tests.refusals import refusal
from tests.triggers.polling import granted, logical_id, the_mapping, warnings
from tests.triggers.sources import KEY

if TYPE_CHECKING:
    from cdk_lambda_patterns.testing import Template

OUTSIDE = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
STREAM = f"{OUTSIDE}/stream/2026-11-21T00:00:00.000"
READ = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
GLOBAL = "AWS::DynamoDB::GlobalTable"
TABLE = "AWS::DynamoDB::Table"


def trigger(stack: cdk.Stack, construct_id: str = "Changes", **options: Any) -> DynamoDbTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"function": define(stack, f"{construct_id}Function"), **options}
    return DynamoDbTrigger(stack, construct_id, **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got)


def view(template: Template, kind: str) -> object:
    return only(template, kind)["StreamSpecification"]["StreamViewType"]


class TestStream:
    def test_is_switched_on(self, stack: cdk.Stack) -> None:
        table = dynamodb.TableV2(stack, "Table", partition_key=KEY)

        defined = trigger(stack, table=table)

        template = synthesize(stack)
        assert view(template, GLOBAL) == "NEW_AND_OLD_IMAGES"
        assert granted(template)[logical_id(table)] == READ
        assert the_mapping(template)["EventSourceArn"] == {"Fn::GetAtt": [logical_id(table), "StreamArn"]}
        assert defined.table is table
        assert stack.resolve(defined.stream_arn) == {"Fn::GetAtt": [logical_id(table), "StreamArn"]}

    def test_of_a_table_of_the_first_kind_is_switched_on(self, stack: cdk.Stack) -> None:
        table = dynamodb.Table(stack, "Table", partition_key=KEY)

        trigger(stack, table=table)

        template = synthesize(stack)
        assert view(template, TABLE) == "NEW_AND_OLD_IMAGES"
        assert the_mapping(template)["EventSourceArn"] == {"Fn::GetAtt": [logical_id(table), "StreamArn"]}
        assert table.table_stream_arn is not None, "others may use it now"

    def test_stays_as_it_is(self, stack: cdk.Stack) -> None:
        view_type = dynamodb.StreamViewType.KEYS_ONLY
        first = dynamodb.Table(stack, "First", partition_key=KEY, stream=view_type)
        second = dynamodb.TableV2(stack, "Second", partition_key=KEY, dynamo_stream=view_type)

        trigger(stack, "OfFirst", table=first)
        trigger(stack, "OfSecond", table=second)

        template = synthesize(stack)
        assert (view(template, TABLE), view(template, GLOBAL)) == ("KEYS_ONLY", "KEYS_ONLY")

    def test_of_a_table_from_outside_is_read(self, stack: cdk.Stack) -> None:
        table = dynamodb.TableV2.from_table_attributes(stack, "Table", table_arn=OUTSIDE, table_stream_arn=STREAM)

        trigger(stack, table=table)

        template = synthesize(stack)
        assert the_mapping(template)["EventSourceArn"] == STREAM
        assert granted(template)[STREAM] == READ

    def test_fails_when_that_of_a_table_from_outside_is_not_known(self, stack: cdk.Stack) -> None:
        table = dynamodb.Table.from_table_arn(stack, "Table", OUTSIDE)

        error = refused(stack, "TableStreamUnknown", "a table without one", table=table)

        assert "from_table_attributes(table_stream_arn=...)" in str(error)

    def test_is_decrypted_with_the_tables_key(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="us-east-1"))
        key = kms.Key(stack, "Key")
        encryption = dynamodb.TableEncryptionV2.customer_managed_key(key)

        trigger(stack, table=dynamodb.TableV2(stack, "Table", partition_key=KEY, encryption=encryption))

        assert "kms:Decrypt" in granted(synthesize(stack))[logical_id(key)]

    def test_of_a_table_in_another_stack_is_switched_on(self, app: cdk.App) -> None:
        data, stack = cdk.Stack(app, "Data"), cdk.Stack(app, "Stack")
        table = dynamodb.TableV2(data, "Table", partition_key=KEY)

        trigger(stack, table=table)

        app.synth()
        assert view(synthesize(data), GLOBAL) == "NEW_AND_OLD_IMAGES"
        assert "Fn::ImportValue" in the_mapping(synthesize(stack))["EventSourceArn"]

    def test_fails_when_the_table_is_an_address(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", table=OUTSIDE)


class TestReaders:
    def test_the_third_on_one_table_is_warned_of(self, stack: cdk.Stack) -> None:
        table = dynamodb.TableV2(stack, "Table", partition_key=KEY)

        for number in range(2):
            trigger(stack, f"Reader{number}", table=table)
        assert warnings(stack) == []
        trigger(stack, "Reader2", table=table)

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Reader2"
        assert "3 triggers read this stream, and more than 2" in text

    def test_the_second_on_a_global_table_is_warned_of(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="us-east-1"))
        replicas = [dynamodb.ReplicaTableProps(region="eu-west-1")]
        table = dynamodb.TableV2(stack, "Table", partition_key=KEY, replicas=replicas)

        trigger(stack, "Reader0", table=table)
        assert warnings(stack) == []
        trigger(stack, "Reader1", table=table)

        ((_, text),) = warnings(stack)
        assert "2 triggers read this stream, and more than 1" in text

    def test_a_warning_can_be_acknowledged(self, stack: cdk.Stack) -> None:
        table = dynamodb.TableV2(stack, "Table", partition_key=KEY)

        for number in range(3):
            defined = trigger(stack, f"Reader{number}", table=table)
        cdk.Annotations.of(defined).acknowledge_warning("cdk-lambda-patterns:streamReaders", "one of them is rare")

        assert warnings(stack) == []


def test_fails_when_reading_should_begin_at_a_moment(stack: cdk.Stack) -> None:
    table = dynamodb.TableV2(stack, "Table", partition_key=KEY)

    refused(
        stack,
        "StartingPositionUnsupported",
        "AT_TIMESTAMP",
        table=table,
        starting_position=lambda_.StartingPosition.AT_TIMESTAMP,
    )


def test_fails_when_a_key_has_nothing_to_encrypt(stack: cdk.Stack) -> None:
    table = dynamodb.TableV2(stack, "Table", partition_key=KEY)
    options = {"encryption_key": kms.Key(stack, "Key"), "on_failure": sqs.Queue(stack, "Queue")}

    refused(stack, "EncryptionKeyUnused", "aws_kms.Key", table=table, **options)


def test_records_are_filtered(stack: cdk.Stack) -> None:
    table = dynamodb.TableV2(stack, "Table", partition_key=KEY)

    trigger(stack, table=table, filters=[{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"S": ["b"]}}}}])

    (found,) = the_mapping(synthesize(stack))["FilterCriteria"]["Filters"]
    assert found == {"Pattern": '{"eventName":["INSERT"],"dynamodb":{"NewImage":{"a":{"S":["b"]}}}}'}


def test_fails_when_a_filter_would_pass_over_every_record(stack: cdk.Stack) -> None:
    table = dynamodb.TableV2(stack, "Table", partition_key=KEY)

    refused(stack, "FilterFieldUnknown", "'NewImage'", table=table, filters=[{"NewImage": {"a": {"S": ["b"]}}}])
