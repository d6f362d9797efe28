from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam, aws_kinesis as kinesis, aws_secretsmanager as secretsmanager

from cdk_lambda_patterns import (
    DynamoDbTrigger,
    KafkaTrigger,
    KinesisTrigger,
    MskCluster,
    ProvisionedPollers,
    SelfManagedKafka,
    SqsTrigger,
    quotas,
)
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.testing import synthesize
from cdk_lambda_patterns.triggers.event_source_mappings import (
    check_batch,
    check_max_concurrency,
    define_mapping,
    reader_of,
    role_of,
)
from cdk_lambda_patterns.validation import Where
from tests.function.support import define, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, the_mapping, warnings
from tests.triggers.sources import MSK, define_trigger

if TYPE_CHECKING:
    from cdk_lambda_patterns.quotas import Quota
    from cdk_lambda_patterns.triggers.kafka_cluster import KafkaCluster

MINIMUM, MAXIMUM = quotas.SQS_POLLERS_MINIMUM, quotas.SQS_POLLERS_MAXIMUM


def batch(stack: cdk.Stack, size: float, window: cdk.Duration | None, above: int | None = None) -> float | None:
    where, quota = Where(stack, "Trigger"), quotas.STREAM_BATCH_SIZE
    return check_batch(where, batch_size=cast("int", size), batch_quota=quota, window=window, window_above=above)


class TestBatches:
    @pytest.mark.parametrize("window", [0, 1, 300])
    def test_windows_are_told_in_seconds(self, stack: cdk.Stack, window: int) -> None:
        assert batch(stack, 10, cdk.Duration.seconds(window)) == window

    def test_no_window_is_none(self, stack: cdk.Stack) -> None:
        assert batch(stack, 10, None) is None

    def test_a_window_that_only_the_deployment_knows_stays_a_token(self, stack: cdk.Stack) -> None:
        window = batch(stack, 11, cdk.Duration.seconds(NUMBER), above=10)

        assert stack.resolve(window) == {"Ref": "Number"}

    def test_large_batches_need_a_window_where_the_source_says_so(self, stack: cdk.Stack) -> None:
        assert batch(stack, 10, None, above=10) is None
        assert batch(stack, 11, cdk.Duration.seconds(1), above=10) == 1
        assert batch(stack, NUMBER, None, above=10) is None
        refusal(lambda: batch(stack, 11, cdk.Duration.seconds(0), above=10), "BatchNeedsWindow", "11")


class TestMaxConcurrency:
    @pytest.mark.parametrize("reserved", [None, NUMBER, 7], ids=["none", "token", "seven"])
    def test_is_bounded_by_what_is_reserved(self, stack: cdk.Stack, reserved: int | None) -> None:
        function = define(stack, reserved_concurrent_executions=reserved) if reserved else define(stack)

        check_max_concurrency(Where(stack, "Trigger"), function, 7, quotas.SQS_MAX_CONCURRENCY)
        check_max_concurrency(Where(stack, "Trigger"), function, None, quotas.SQS_MAX_CONCURRENCY)
        check_max_concurrency(Where(stack, "Trigger"), function, cast("int", NUMBER), quotas.SQS_MAX_CONCURRENCY)

    def test_fails_when_nothing_may_run(self, stack: cdk.Stack) -> None:
        function = define(stack, reserved_concurrent_executions=0)

        refusal(
            lambda: check_max_concurrency(Where(stack, "Trigger"), function, 2, quotas.SQS_MAX_CONCURRENCY),
            "MaxConcurrencyAboveReserved",
            "2",
        )


class TestProvisionedPollers:
    def test_may_be_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        pollers = ProvisionedPollers(minimum=200, maximum=cast("int", NUMBER))

        found = pollers.checked(Where(stack, "Trigger"), MINIMUM, MAXIMUM)

        assert (found.minimum_pollers, found.maximum_pollers) == (200, NUMBER)

    @pytest.mark.parametrize(("quota", "value"), [(MINIMUM, 1), (MINIMUM, 2.5), (MINIMUM, 201)])
    def test_fail_when_they_are_out_of_range(self, stack: cdk.Stack, quota: Quota, value: float) -> None:
        refusal(
            lambda: ProvisionedPollers(minimum=cast("int", value)).checked(Where(stack, "Trigger"), quota, MAXIMUM),
            quota.code,
            str(value),
        )


class TestReader:
    def test_is_the_function_in_its_own_stack(self, stack: cdk.Stack) -> None:
        function = define(stack)

        reader = reader_of(stack, function)

        assert reader is function
        assert reference(role_of(reader)) == reference(function.role)

    def test_is_its_role_in_another_stack(self, app: cdk.App) -> None:
        function = define(cdk.Stack(app, "Functions"))
        other = cdk.Stack(app, "Other")

        reader = reader_of(other, function)

        iam.Grant.add_to_principal(grantee=reader, actions=["sqs:ReceiveMessage"], resource_arns=["*"])
        assert role_of(reader) is reader
        policies = [r for r in synthesize(other)["Resources"].values() if r["Type"] == "AWS::IAM::Policy"]
        assert len(policies) == 1
        app.synth()

    def test_is_its_role_in_another_stack_than_the_role_of_the_user(self, app: cdk.App, stack: cdk.Stack) -> None:
        """Its policy would name what the function's stack has, and the function needs the role."""
        principal = iam.ServicePrincipal("lambda.amazonaws.com")
        role = iam.Role(cdk.Stack(app, "Roles"), "Role", assumed_by=principal)
        function = define(stack, role=role)

        SqsTrigger(stack, "Orders", function=function)

        app.synth()
        policies = resources(synthesize(stack), "AWS::IAM::Policy").values()
        assert any("sqs:ReceiveMessage" in str(policy["PolicyDocument"]) for policy in policies)


class TestFirst:
    def test_a_second_function_is_started_too(self, stack: cdk.Stack) -> None:
        stream = kinesis.Stream(stack, "Stream")

        for name in ("One", "Two"):
            KinesisTrigger(stack, f"{name}Trigger", function=define(stack, name), stream=stream)

        assert len(resources(synthesize(stack), "AWS::Lambda::EventSourceMapping")) == 2

    def test_a_second_queue_starts_the_function_too(self, stack: cdk.Stack) -> None:
        function = define(stack)

        for name in ("One", "Two"):
            SqsTrigger(stack, name, function=function)

        assert len(resources(synthesize(stack), "AWS::Lambda::EventSourceMapping")) == 2

    def test_a_second_consumer_starts_the_function_too(self, stack: cdk.Stack) -> None:
        options = {"function": define(stack), "stream": kinesis.Stream(stack, "Stream")}

        for name in ("One", "Two"):
            KinesisTrigger(stack, name, enhanced_fan_out=True, **options)  # type: ignore[arg-type]

        assert len(resources(synthesize(stack), "AWS::Lambda::EventSourceMapping")) == 2

    @pytest.mark.parametrize("source", ["queue", "stream", "table"])
    def test_fails_when_a_source_starts_the_function_already(self, stack: cdk.Stack, source: str) -> None:
        function = define(stack)
        kinds: dict[str, type[Any]] = {"queue": SqsTrigger, "stream": KinesisTrigger, "table": DynamoDbTrigger}
        kind = kinds[source]
        first = define_trigger(kind, stack, "First", function=function)

        refusal(
            lambda: define_trigger(kind, stack, "Second", function=function, **{source: getattr(first, source)}),
            "EventSourceMapped",
            "a second trigger for Stack/Function",
            path="Stack/Second",
        )

    @pytest.mark.parametrize(
        "clusters",
        [
            (MskCluster(MSK), MskCluster(MSK)),
            (SelfManagedKafka(bootstrap_servers=["a:1", "b:2"]), SelfManagedKafka(bootstrap_servers=["b:2", "a:1"])),
        ],
        ids=["msk", "self-managed"],
    )
    def test_fails_when_a_topic_starts_the_function_already(
        self, stack: cdk.Stack, clusters: tuple[KafkaCluster, KafkaCluster]
    ) -> None:
        secret, function = secretsmanager.Secret(stack, "Secret"), define(stack)
        first, second = (replace(cluster, secret=secret) for cluster in clusters)
        KafkaTrigger(stack, "First", function=function, cluster=first, topic="sales")

        KafkaTrigger(stack, "Another", function=function, cluster=first, topic="returns")
        KafkaTrigger(stack, "Elsewhere", function=define(stack, "Two"), cluster=second, topic="sales")
        refusal(
            lambda: KafkaTrigger(stack, "Second", function=function, cluster=second, topic="sales"),
            "EventSourceMapped",
            "a second trigger for Stack/Function",
            path="Stack/Second",
        )

    def test_of_a_second_function_on_a_queue_is_warned(self, stack: cdk.Stack) -> None:
        """Consumers of a queue compete for its messages, and a filter deletes what it does not match."""
        queue = SqsTrigger(stack, "First", function=define(stack, "One")).queue
        assert warnings(stack) == []

        SqsTrigger(stack, "Second", function=define(stack, "Two"), queue=queue)

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Second"
        assert text.startswith("2 triggers poll this queue")
        assert "cdk-lambda-patterns:queueReaders" in text


def test_a_mapping_takes_every_property(stack: cdk.Stack) -> None:
    function = define(stack)
    metrics: dict[str, Any] = {"metrics": ["EventCount"]}

    define_mapping(
        stack,
        function,
        function,
        report_batch_item_failures=False,
        filters=['{"body":["x"]}'],
        event_source_arn="arn:aws:sqs:us-east-1:123456789012:orders",
        metrics_config=metrics,
    )

    mapping = the_mapping(synthesize(stack))
    assert mapping["MetricsConfig"] == {"Metrics": ["EventCount"]}
    assert mapping["FilterCriteria"] == {"Filters": [{"Pattern": '{"body":["x"]}'}]}
    assert "FunctionResponseTypes" not in mapping
