from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_docdb as docdb, aws_ec2 as ec2, aws_lambda as lambda_, aws_secretsmanager as secretsmanager

from cdk_lambda_patterns import DocumentDbTrigger, ValidationError, practices
from cdk_lambda_patterns.testing import synthesize
from tests.findings import cfn_lint_findings
from tests.function.support import define, only, resources, statements
from tests.refusals import refusal
from tests.triggers.polling import alarm, logical_id, the_mapping


def outside(stack: cdk.Stack) -> docdb.IDatabaseCluster:
    return docdb.DatabaseCluster.from_database_cluster_attributes(stack, "Cluster", cluster_identifier="orders")


def own(stack: cdk.Stack) -> docdb.DatabaseCluster:
    return docdb.DatabaseCluster(
        stack,
        "Cluster",
        master_user=docdb.Login(username="me"),
        instance_type=ec2.InstanceType("r5.large"),
        vpc=ec2.Vpc(stack, "Vpc"),
    )


def trigger(stack: cdk.Stack, construct_id: str = "Changes", **options: Any) -> DocumentDbTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"database": "shop", **options}
    if "function" not in given:
        given["function"] = define(stack, f"{construct_id}Function")
    if "cluster" not in given:
        given["cluster"] = outside(stack)
        given.setdefault("secret", secretsmanager.Secret(stack, "User"))
    return DocumentDbTrigger(stack, construct_id, **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got, path="Stack/Changes")


def arn(kind: str, name: object) -> dict[str, Any]:
    parts = ["arn:", {"Ref": "AWS::Partition"}, ":rds:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    end = [f":{kind}:{name}"] if isinstance(name, str) else [f":{kind}:", name]
    return {"Fn::Join": ["", [*parts, *end]]}


def test_a_mapping_is_as_aws_documents_it(stack: cdk.Stack) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html#docdb-api."""
    function, user = define(stack), secretsmanager.Secret(stack, "User")

    trigger(
        stack,
        function=function,
        secret=user,
        cluster=outside(stack),
        batch_size=500,
        starting_position_timestamp=datetime(2018, 11, 2, 6, 11, 49, tzinfo=UTC),
        database="test_database",
        collection="test_collection",
    )

    assert the_mapping(synthesize(stack)) == {
        "BatchSize": 500,
        "DocumentDBEventSourceConfig": {
            "CollectionName": "test_collection",
            "DatabaseName": "test_database",
            "FullDocument": "Default",
        },
        "Enabled": True,
        "EventSourceArn": arn("cluster", "orders"),
        "FunctionName": {"Ref": logical_id(function.live)},
        "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": {"Ref": logical_id(user)}}],
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": 1_541_139_109,
    }


def test_rights_are_those_that_aws_documents(stack: cdk.Stack) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html#docdb-prereqs."""
    user = secretsmanager.Secret(stack, "User")

    trigger(stack, cluster=outside(stack), secret=user)

    found = {
        action: statement["Resource"]
        for statement in statements(synthesize(stack))
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if not action.startswith(("logs:", "xray:"))
    }
    assert found == {
        "rds:DescribeDBClusters": arn("cluster", "orders"),
        "rds:DescribeDBClusterParameters": arn("cluster-pg", "*"),
        "rds:DescribeDBSubnetGroups": arn("subgrp", "*"),
        "secretsmanager:GetSecretValue": {"Ref": logical_id(user)},
        "secretsmanager:DescribeSecret": {"Ref": logical_id(user)},
        "ec2:CreateNetworkInterface": "*",
        "ec2:DescribeNetworkInterfaces": "*",
        "ec2:DescribeVpcs": "*",
        "ec2:DeleteNetworkInterface": "*",
        "ec2:DescribeSubnets": "*",
        "ec2:DescribeSecurityGroups": "*",
    }


def test_everything_may_be_said_otherwise(stack: cdk.Stack) -> None:
    trigger(
        stack,
        full_document="UpdateLookup",
        starting_position=lambda_.StartingPosition.LATEST,
        batch_size=10_000,
        max_batching_window=cdk.Duration.seconds(300),
        enabled=False,
    )

    mapping = the_mapping(synthesize(stack))
    assert mapping["DocumentDBEventSourceConfig"] == {"DatabaseName": "shop", "FullDocument": "UpdateLookup"}
    names = ("StartingPosition", "BatchSize", "MaximumBatchingWindowInSeconds", "Enabled")
    assert [mapping[name] for name in names] == ["LATEST", 10_000, 300, False]


class TestClusterOfTheApp:
    def test_shows_its_own_secret_and_lets_its_own_group_in(self, stack: cdk.Stack) -> None:
        cluster = own(stack)

        trigger(stack, cluster=cluster)

        template = synthesize(stack)
        assert cluster.secret is not None
        assert the_mapping(template)["SourceAccessConfigurations"] == [
            {"Type": "BASIC_AUTH", "URI": stack.resolve(cluster.secret.secret_arn)}
        ]
        ingress = only(template, "AWS::EC2::SecurityGroupIngress")
        assert ingress["SourceSecurityGroupId"] == ingress["GroupId"]
        assert ingress["FromPort"] == ingress["ToPort"] == {"Fn::GetAtt": [logical_id(cluster), "Port"]}

    def test_is_there_before_it_is_read(self, stack: cdk.Stack) -> None:
        trigger(stack, cluster=own(stack))

        template = synthesize(stack)
        (mapping,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::EventSourceMapping"]
        assert set(resources(template, "AWS::DocDB::DBInstance")) <= set(mapping["DependsOn"])

    def test_may_be_read_by_another_user(self, stack: cdk.Stack) -> None:
        user = secretsmanager.Secret(stack, "Reader")

        trigger(stack, cluster=own(stack), secret=user)

        (access,) = the_mapping(synthesize(stack))["SourceAccessConfigurations"]
        assert access["URI"] == {"Ref": logical_id(user)}


def test_fails_when_there_is_no_secret(stack: cdk.Stack) -> None:
    refused(stack, "SecretMissing", "nothing", cluster=outside(stack))


class TestAlarms:
    def test_tell_of_changes_that_wait_and_of_large_ones(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        function = {"Ref": logical_id(stack.node.find_child("ChangesFunction"))}
        waiting, dropped = alarm(template, "IteratorAge"), alarm(template, "OversizedRecordCount")
        assert list(defined.alarms) == ["IteratorAge", "OversizedRecords"]
        assert waiting["Threshold"] == 1.5 * 3_600 * 1_000, "half of DocumentDB's three hours"
        assert waiting["Dimensions"][1] == {"Name": "Resource", "Value": {"Fn::Join": ["", [function, ":live"]]}}
        assert (dropped["Threshold"], dropped["Statistic"]) == (1, "Sum")
        assert dropped["Dimensions"] == [{"Name": "FunctionName", "Value": function}]

    @pytest.mark.parametrize("hours", [1, 168])
    def test_go_by_the_retention(self, stack: cdk.Stack, hours: int) -> None:
        trigger(stack, change_stream_retention=cdk.Duration.hours(hours))

        assert alarm(synthesize(stack), "IteratorAge")["Threshold"] == hours * 1_800 * 1_000


@pytest.mark.parametrize(
    ("options", "code", "got"),
    [
        ({"batch_size": 0}, "BatchSizeOutOfRange", "0"),
        ({"batch_size": 10_001}, "BatchSizeOutOfRange", "10,001"),
        ({"max_batching_window": cdk.Duration.seconds(301)}, "BatchingWindowOutOfRange", "301"),
        ({"database": ""}, "DatabaseNameLength", "0"),
        ({"database": "d" * 64}, "DatabaseNameLength", "64"),
        ({"database": "our shop"}, "DatabaseNameInvalid", "'our shop'"),
        ({"collection": ""}, "CollectionNameLength", "0"),
        ({"collection": "c" * 58}, "CollectionNameLength", "58"),
        ({"collection": "system.users"}, "CollectionNameInvalid", "'system.users'"),
        ({"full_document": "Whole"}, "FullDocumentUnknown", "'Whole'"),
        ({"change_stream_retention": cdk.Duration.seconds(3_599)}, "ChangeStreamRetentionOutOfRange", "3,599"),
        ({"change_stream_retention": cdk.Duration.seconds(604_801)}, "ChangeStreamRetentionOutOfRange", "604,801"),
        ({"starting_position": lambda_.StartingPosition.AT_TIMESTAMP}, "TimestampMissing", "AT_TIMESTAMP alone"),
        ({"secret": "me"}, "TypeMismatch", "str"),
        ({"cluster": "orders"}, "TypeMismatch", "str"),
        ({"function": "ship"}, "TypeMismatch", "str"),
    ],
)
def test_fails_when_a_value_is_out_of_range(stack: cdk.Stack, options: dict[str, Any], code: str, got: str) -> None:
    refused(stack, code, got, **options)


@pytest.mark.parametrize(("database", "collection"), [("d", "c"), ("d" * 63, "c" * 57)])
def test_names_may_be_as_short_and_as_long_as_documentdb_has_them(
    stack: cdk.Stack, database: str, collection: str
) -> None:
    trigger(stack, database=database, collection=collection)

    config = the_mapping(synthesize(stack))["DocumentDBEventSourceConfig"]
    assert (config["DatabaseName"], config["CollectionName"]) == (database, collection)


def test_fails_when_the_function_runs_longer_than_lambda_lets_it(stack: cdk.Stack) -> None:
    function = define(stack, timeout=cdk.Duration.minutes(15))

    refused(stack, "BrokerFunctionTimeout", "900", function=function)


@pytest.mark.slow
def test_mappings_keep_to_cloudformations_schema(stack: cdk.Stack) -> None:
    trigger(stack, collection="orders", max_batching_window=cdk.Duration.seconds(5))

    assert cfn_lint_findings(synthesize(stack)) == []
    assert the_mapping(synthesize(stack))["StartingPosition"] == practices.STREAM_STARTING_POSITION
