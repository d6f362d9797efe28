from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_sns as sns, aws_sqs as sqs

from cdk_lambda_patterns import ProvisionedPollers, SqsTrigger, ValidationError, practices, quotas
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, alarm, granted, logical_id, the_mapping, warnings

QUEUE = "AWS::SQS::Queue"
OUTSIDE = "arn:aws:sqs:us-east-1:123456789012:orders"


def trigger(stack: cdk.Stack, **options: Any) -> SqsTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"function": None, **options}
    given["function"] = given["function"] or define(stack)
    return SqsTrigger(stack, "Orders", **given)


def queues(stack: cdk.Stack) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties of the one queue with a dead-letter queue, and of that."""
    found = resources(synthesize(stack), QUEUE)
    ((source, behind),) = [
        (properties, found[properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]])
        for properties in found.values()
        if "RedrivePolicy" in properties
    ]
    return source, behind


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: trigger(stack, **options), code, got, path="Stack/Orders")


def seconds(amount: float) -> cdk.Duration:
    return cdk.Duration.seconds(amount)


class TestOwnQueue:
    def test_is_encrypted_and_has_a_dead_letter_queue_that_keeps_messages_longest(self, stack: cdk.Stack) -> None:
        trigger(stack)

        source, behind = queues(stack)
        assert source == {
            "RedrivePolicy": source["RedrivePolicy"],
            "SqsManagedSseEnabled": True,
            "VisibilityTimeout": 6 * 30,
        }
        assert source["RedrivePolicy"]["maxReceiveCount"] == practices.MAX_RECEIVE_COUNT
        assert behind == {"MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": True}
        assert behind["MessageRetentionPeriod"] > quotas.QUEUE_DEFAULT_RETENTION_SECONDS

    def test_refuses_plain_connections(self, stack: cdk.Stack) -> None:
        trigger(stack)

        template = synthesize(stack)
        policy = only(template, "AWS::SQS::QueuePolicy")
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Action"]) == ("Deny", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert {url["Ref"] for url in policy["Queues"]} == resources(template, "AWS::SQS::Queue").keys()

    def test_hides_messages_for_six_timeouts_and_the_window(self, stack: cdk.Stack) -> None:
        trigger(stack, function=define(stack, timeout=seconds(900)), max_batching_window=seconds(300))

        assert queues(stack)[0]["VisibilityTimeout"] == 6 * 900 + 300

    def test_takes_a_visibility_timeout_from_what_is_needed_to_twelve_hours(self, stack: cdk.Stack) -> None:
        function = define(stack)

        for amount in (180, 43_200):
            SqsTrigger(stack, f"Orders{amount}", function=function, visibility_timeout=seconds(amount))

        hidden = [queue.get("VisibilityTimeout") for queue in resources(synthesize(stack), QUEUE).values()]
        assert sorted(filter(None, hidden)) == [180, 43_200]

    def test_keeps_a_visibility_timeout_that_is_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        trigger(stack, visibility_timeout=seconds(NUMBER))

        assert queues(stack)[0]["VisibilityTimeout"] == {"Ref": "Number"}

    def test_fails_when_messages_would_be_shown_again_too_early(self, stack: cdk.Stack) -> None:
        error = refused(stack, "VisibilityTimeoutTooShort", "179", visibility_timeout=seconds(179))

        assert "at least 180 seconds, 6 times the timeout of Stack/Function" in str(error)

    def test_fails_when_the_visibility_timeout_is_longer_than_sqs_knows(self, stack: cdk.Stack) -> None:
        refused(stack, "VisibilityTimeoutOutOfRange", "43,201", visibility_timeout=seconds(43_201))

    def test_fails_when_the_visibility_timeout_is_zero(self, stack: cdk.Stack) -> None:
        refused(stack, "VisibilityTimeoutTooShort", "0", visibility_timeout=seconds(0))

    def test_fails_when_the_visibility_timeout_is_a_number(self, stack: cdk.Stack) -> None:
        refused(stack, "DurationExpected", "200", visibility_timeout=200)

    @pytest.mark.parametrize("count", [1, 1_000])
    def test_gives_up_after_a_number_of_receives(self, stack: cdk.Stack, count: int) -> None:
        trigger(stack, max_receive_count=count)

        assert queues(stack)[0]["RedrivePolicy"]["maxReceiveCount"] == count

    @pytest.mark.parametrize(("count", "got"), [(0, "0"), (1_001, "1,001")])
    def test_fails_when_receives_are_out_of_range(self, stack: cdk.Stack, count: int, got: str) -> None:
        refused(stack, "MaxReceiveCountOutOfRange", got, max_receive_count=count)

    def test_is_encrypted_with_a_customers_key_which_the_function_may_use(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")

        defined = trigger(stack, encryption_key=key)

        arn = {"Fn::GetAtt": [logical_id(key), "Arn"]}
        assert [queue["KmsMasterKeyId"] for queue in queues(stack)] == [arn, arn]
        assert not any("SqsManagedSseEnabled" in queue for queue in queues(stack))
        grants = granted(synthesize(stack))
        assert grants[logical_id(key)] == ["kms:Decrypt"]
        assert "sqs:ReceiveMessage" in grants[logical_id(defined.queue)]
        assert logical_id(defined.dead_letter_queue) not in grants, "the function does not read its own failures"


class TestFifo:
    def test_both_queues_are_fifo(self, stack: cdk.Stack) -> None:
        trigger(stack, fifo=True, content_based_deduplication=True)

        source, behind = queues(stack)
        assert source["FifoQueue"] is True
        assert behind["FifoQueue"] is True
        assert source["ContentBasedDeduplication"] is True
        assert source["VisibilityTimeout"] == 180

    def test_takes_batches_of_one_to_ten(self, stack: cdk.Stack) -> None:
        function = define(stack)

        for size in (1, 10):
            SqsTrigger(stack, f"Orders{size}", function=function, fifo=True, batch_size=size)

        mappings = resources(synthesize(stack), "AWS::Lambda::EventSourceMapping").values()
        assert sorted(mapping["BatchSize"] for mapping in mappings) == [1, 10]

    @pytest.mark.parametrize("size", [0, 11])
    def test_fails_when_a_batch_is_smaller_or_larger(self, stack: cdk.Stack, size: int) -> None:
        refused(stack, "BatchSizeOutOfRange", f"{size}", fifo=True, batch_size=size)

    @pytest.mark.parametrize("amount", [0, 5])
    def test_fails_when_messages_are_gathered(self, stack: cdk.Stack, amount: int) -> None:
        refused(stack, "BatchingWindowOnFifo", f"{amount} seconds", fifo=True, max_batching_window=seconds(amount))

    def test_fails_when_a_standard_queue_is_deduplicated(self, stack: cdk.Stack) -> None:
        refused(stack, "DeduplicationOnStandardQueue", "False", content_based_deduplication=False)

    def test_a_given_queue_says_itself_that_it_is_fifo(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue", fifo=True)

        refused(stack, "BatchSizeOutOfRange", "11", queue=queue, batch_size=11)


class TestMapping:
    def test_starts_the_live_alias_with_ten_messages_and_lets_it_say_which_failed(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        assert the_mapping(synthesize(stack)) == {
            "BatchSize": practices.SQS_BATCH_SIZE,
            "Enabled": True,
            "EventSourceArn": {"Fn::GetAtt": [logical_id(defined.queue), "Arn"]},
            "FunctionName": {"Ref": logical_id(function.live)},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }

    def test_polling_and_partial_responses_can_be_off(self, stack: cdk.Stack) -> None:
        trigger(stack, enabled=False, report_batch_item_failures=False)

        mapping = the_mapping(synthesize(stack))
        assert mapping["Enabled"] is False
        assert "FunctionResponseTypes" not in mapping

    def test_may_start_with_each_message(self, stack: cdk.Stack) -> None:
        trigger(stack, batch_size=1)

        assert the_mapping(synthesize(stack))["BatchSize"] == 1

    def test_gathers_large_batches(self, stack: cdk.Stack) -> None:
        trigger(stack, batch_size=10_000, max_batching_window=seconds(300))

        mapping = the_mapping(synthesize(stack))
        assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10_000, 300)

    @pytest.mark.parametrize("window", [None, 0])
    def test_fails_when_a_large_batch_is_not_gathered(self, stack: cdk.Stack, window: int | None) -> None:
        given = None if window is None else seconds(window)

        refused(stack, "BatchNeedsWindow", "11", batch_size=11, max_batching_window=given)

    @pytest.mark.parametrize(("size", "got"), [(0, "0"), (10_001, "10,001")])
    def test_fails_when_a_batch_is_out_of_range(self, stack: cdk.Stack, size: int, got: str) -> None:
        refused(stack, "BatchSizeOutOfRange", got, batch_size=size, max_batching_window=seconds(1))

    def test_fails_when_messages_are_gathered_too_long(self, stack: cdk.Stack) -> None:
        refused(stack, "BatchingWindowOutOfRange", "301", max_batching_window=seconds(301))

    def test_fails_when_the_window_is_no_whole_number(self, stack: cdk.Stack) -> None:
        refused(stack, "BatchingWindowOutOfRange", "1.5", max_batching_window=cdk.Duration.millis(1_500))

    def test_keeps_what_is_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        trigger(stack, batch_size=NUMBER, max_batching_window=seconds(NUMBER), max_concurrency=NUMBER)

        mapping, number = the_mapping(synthesize(stack)), {"Ref": "Number"}
        assert mapping["BatchSize"] == number
        assert mapping["MaximumBatchingWindowInSeconds"] == number
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": number}

    def test_filters_on_what_is_in_the_body(self, stack: cdk.Stack) -> None:
        trigger(stack, filters=[{"body": {"total": [{"numeric": [">", 100]}]}}])

        (found,) = the_mapping(synthesize(stack))["FilterCriteria"]["Filters"]
        assert found == {"Pattern": '{"body":{"total":[{"numeric":[">",100]}]}}'}

    def test_fails_when_a_filter_would_throw_every_message_away(self, stack: cdk.Stack) -> None:
        error = refused(stack, "FilterFieldUnknown", "'total'", filters=[{"total": [7]}])

        assert "{'body': {'total': ...}}" in str(error)

    def test_fails_when_something_else_is_given_for_the_function(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", function="process")


class TestConcurrency:
    @pytest.mark.parametrize("maximum", [2, 1_000])
    def test_is_limited(self, stack: cdk.Stack, maximum: int) -> None:
        trigger(stack, max_concurrency=maximum)

        assert the_mapping(synthesize(stack))["ScalingConfig"] == {"MaximumConcurrency": maximum}

    @pytest.mark.parametrize(("maximum", "got"), [(0, "0"), (1, "1"), (1_001, "1,001")])
    def test_fails_when_the_limit_is_out_of_range(self, stack: cdk.Stack, maximum: int, got: str) -> None:
        refused(stack, "MaxConcurrencyOutOfRange", got, max_concurrency=maximum)

    def test_may_be_all_that_is_reserved_but_not_more(self, stack: cdk.Stack) -> None:
        function = define(stack, reserved_concurrent_executions=5)
        trigger(stack, function=function, max_concurrency=5)

        error = refusal(
            lambda: SqsTrigger(stack, "More", function=function, max_concurrency=6), "MaxConcurrencyAboveReserved", "6"
        )

        assert "at most 5, " in str(error)

    @pytest.mark.parametrize(("reserved", "limit"), [(1, None), (2, 2), (1_000, 1_000), (1_001, None)])
    def test_is_what_is_reserved_for_the_function(self, stack: cdk.Stack, reserved: int, limit: int | None) -> None:
        trigger(stack, function=define(stack, reserved_concurrent_executions=reserved))

        scaling = the_mapping(synthesize(stack)).get("ScalingConfig")
        assert scaling == (None if limit is None else {"MaximumConcurrency": limit})

    @pytest.mark.parametrize(
        ("first", "second", "warned"),
        [(6, 4, None), (6, 5, 11), (None, None, 20), (None, 2, 12), (NUMBER, 10, None)],
    )
    def test_of_several_queues_that_may_use_more_than_is_reserved_is_warned(
        self, stack: cdk.Stack, first: int | None, second: int | None, warned: int | None
    ) -> None:
        function = define(stack, reserved_concurrent_executions=10)

        for name, maximum in (("First", first), ("Second", second)):
            SqsTrigger(stack, name, function=function, max_concurrency=maximum)

        text = f"2 queues may use {warned} executions of Stack/Function at once, and 10 are reserved"
        found = [(path, message.startswith(text)) for path, message in warnings(stack)]
        assert found == ([] if warned is None else [("/Stack/Second", True)])

    def test_queues_of_other_functions_share_nothing(self, stack: cdk.Stack) -> None:
        for name in ("One", "Two"):
            SqsTrigger(stack, name, function=define(stack, f"{name}Function", reserved_concurrent_executions=10))

        assert warnings(stack) == []

    @pytest.mark.parametrize(("minimum", "maximum"), [(2, 2), (200, 10_000), (None, 2), (2, None)])
    def test_pollers_stand_ready(self, stack: cdk.Stack, minimum: int | None, maximum: int | None) -> None:
        function = define(stack, reserved_concurrent_executions=100)

        trigger(stack, function=function, provisioned_pollers=ProvisionedPollers(minimum=minimum, maximum=maximum))

        mapping = the_mapping(synthesize(stack))
        given = {"MinimumPollers": minimum, "MaximumPollers": maximum}
        assert mapping["ProvisionedPollerConfig"] == {key: value for key, value in given.items() if value is not None}
        assert "ScalingConfig" not in mapping, "the two exclude each other"

    @pytest.mark.parametrize(
        ("minimum", "maximum", "code", "got"),
        [
            (1, None, "PollersMinimumOutOfRange", "1"),
            (201, None, "PollersMinimumOutOfRange", "201"),
            (None, 1, "PollersMaximumOutOfRange", "1"),
            (None, 10_001, "PollersMaximumOutOfRange", "10,001"),
            (20, 10, "PollersMinimumAboveMaximum", "20"),
        ],
    )
    def test_fails_when_pollers_are_out_of_range(
        self, stack: cdk.Stack, minimum: int | None, maximum: int | None, code: str, got: str
    ) -> None:
        refused(stack, code, got, provisioned_pollers=ProvisionedPollers(minimum=minimum, maximum=maximum))

    def test_fails_when_pollers_are_limited_twice(self, stack: cdk.Stack) -> None:
        pollers = ProvisionedPollers(minimum=2)

        refused(stack, "PollersWithMaxConcurrency", str(pollers), provisioned_pollers=pollers, max_concurrency=2)

    def test_fails_when_pollers_are_shared(self, stack: cdk.Stack) -> None:
        refused(stack, "PollerGroupWithoutKafka", "'all'", provisioned_pollers=ProvisionedPollers(group="all"))


class TestGivenQueue:
    def test_gets_a_visibility_timeout_and_a_dead_letter_queue_if_it_has_none(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue", fifo=True, encryption_master_key=kms.Key(stack, "Key"))

        defined = trigger(stack, queue=queue, max_receive_count=3)

        source, behind = queues(stack)
        assert source["VisibilityTimeout"] == 180
        assert source["RedrivePolicy"]["maxReceiveCount"] == 3
        assert behind["FifoQueue"] is True
        assert behind["KmsMasterKeyId"] == source["KmsMasterKeyId"]
        assert defined.queue is queue
        assert granted(synthesize(stack))[logical_id(stack.node.find_child("Key"))] == ["kms:Decrypt"]

    def test_keeps_what_it_has(self, stack: cdk.Stack) -> None:
        behind = sqs.Queue(stack, "Failures", retention_period=cdk.Duration.days(10))
        queue = sqs.Queue(
            stack,
            "Queue",
            visibility_timeout=seconds(200),
            dead_letter_queue=sqs.DeadLetterQueue(queue=behind, max_receive_count=7),
        )

        defined = trigger(stack, queue=queue)

        source, _ = queues(stack)
        assert (source["VisibilityTimeout"], source["RedrivePolicy"]["maxReceiveCount"]) == (200, 7)
        assert defined.dead_letter_queue is behind
        assert alarm(synthesize(stack), "ApproximateAgeOfOldestMessage")["Threshold"] == 200 * 7
        assert len(resources(synthesize(stack), QUEUE)) == 2
        assert warnings(stack) == []

    def test_has_one_dead_letter_queue_for_two_triggers(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue")

        first = SqsTrigger(stack, "First", function=define(stack, "One"), queue=queue)
        second = SqsTrigger(stack, "Second", function=define(stack, "Another"), queue=queue)

        assert first.dead_letter_queue is second.dead_letter_queue is not None
        assert len(resources(synthesize(stack), QUEUE)) == 2

    def test_fails_when_it_shows_messages_again_too_early(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue", visibility_timeout=seconds(179))

        error = refused(stack, "VisibilityTimeoutTooShort", "179", queue=queue)

        assert "'queue' must hide messages for at least 180 seconds" in str(error)

    @pytest.mark.parametrize(
        ("option", "value", "got"),
        [
            ("fifo", True, "True"),
            ("content_based_deduplication", False, "False"),
            ("visibility_timeout", cdk.Duration.seconds(200), "3 minutes 20 seconds"),
        ],
    )
    def test_fails_when_an_option_of_the_own_queue_is_given(
        self, stack: cdk.Stack, option: str, value: object, got: str
    ) -> None:
        refused(stack, "QueueOptionsConflict", got, queue=sqs.Queue(stack, "Queue"), **{option: value})

    def test_fails_when_a_key_is_given(self, stack: cdk.Stack) -> None:
        given = {"queue": sqs.Queue(stack, "Queue"), "encryption_key": kms.Key(stack, "Key")}

        refused(stack, "QueueOptionsConflict", "aws_kms.Key", **given)

    def test_fails_when_receives_are_given_twice(self, stack: cdk.Stack) -> None:
        behind = sqs.DeadLetterQueue(queue=sqs.Queue(stack, "Failures"), max_receive_count=7)
        queue = sqs.Queue(stack, "Queue", dead_letter_queue=behind)

        refused(stack, "QueueOptionsConflict", "5", queue=queue, max_receive_count=5)

    def test_fails_when_it_is_an_address(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", queue=OUTSIDE)


class TestRetention:
    def test_a_queue_that_keeps_messages_as_long_as_its_dead_letter_queue_is_warned_of(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue", retention_period=cdk.Duration.days(14))

        trigger(stack, queue=queue)

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Orders"
        assert "keeps messages 1,209,600 seconds, the queue before it 1,209,600" in text
        assert "cdk-lambda-patterns:deadLetterRetention" in text

    def test_one_that_keeps_them_a_second_less_is_not(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue(stack, "Queue", retention_period=seconds(14 * 86_400 - 1))

        trigger(stack, queue=queue)

        assert warnings(stack) == []

    def test_a_given_dead_letter_queue_with_the_defaults_is_warned_of(self, stack: cdk.Stack) -> None:
        behind = sqs.DeadLetterQueue(queue=sqs.Queue(stack, "Failures"), max_receive_count=7)

        trigger(stack, queue=sqs.Queue(stack, "Queue", dead_letter_queue=behind))

        assert "keeps messages 345,600 seconds, the queue before it 345,600" in warnings(stack)[0][1]

    def test_a_fifo_queues_messages_begin_anew(self, stack: cdk.Stack) -> None:
        trigger(stack, queue=sqs.Queue(stack, "Queue", fifo=True, retention_period=cdk.Duration.days(14)))

        assert warnings(stack) == []


class TestQueueFromOutside:
    def test_must_be_told(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue.from_queue_arn(stack, "Queue", OUTSIDE)

        refused(stack, "VisibilityTimeoutUnknown", "nothing", queue=queue)

    def test_is_read_once_told(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue.from_queue_attributes(
            stack, "Queue", queue_arn=OUTSIDE, key_arn="arn:aws:kms:us-east-1:123456789012:key/orders"
        )

        defined = trigger(stack, queue=queue, visibility_timeout=seconds(180), max_receive_count=3)

        template = synthesize(stack)
        assert defined.dead_letter_queue is None
        assert list(defined.alarms) == ["MessageAge"]
        assert alarm(template, "ApproximateAgeOfOldestMessage")["Threshold"] == 180 * 3
        assert the_mapping(template)["EventSourceArn"] == OUTSIDE
        assert "sqs:ReceiveMessage" in granted(template)[OUTSIDE]
        assert granted(template)["arn:aws:kms:us-east-1:123456789012:key/orders"] == ["kms:Decrypt"]

    def test_fails_when_it_is_told_too_early_a_time(self, stack: cdk.Stack) -> None:
        queue = sqs.Queue.from_queue_arn(stack, "Queue", OUTSIDE)

        refused(stack, "VisibilityTimeoutTooShort", "30", queue=queue, visibility_timeout=seconds(30))


class TestAlarms:
    def test_tell_of_messages_given_up_and_of_messages_that_wait(self, stack: cdk.Stack) -> None:
        topic = sns.Topic(stack, "Team")

        defined = trigger(stack, function=define(stack, notify=topic), max_receive_count=4)

        template = synthesize(stack)
        given_up = alarm(template, "ApproximateNumberOfMessagesVisible")
        waiting = alarm(template, "ApproximateAgeOfOldestMessage")
        assert list(defined.alarms) == ["DeadLetterQueue", "MessageAge"]
        assert given_up["Dimensions"] == [
            {"Name": "QueueName", "Value": {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "QueueName"]}}
        ]
        assert given_up["Threshold"] == 1
        assert waiting["Dimensions"][0]["Value"] == {"Fn::GetAtt": [logical_id(defined.queue), "QueueName"]}
        assert waiting["Threshold"] == 180 * 4
        for found in (given_up, waiting):
            assert found["AlarmActions"] == [{"Ref": logical_id(topic)}]
            assert found["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"

    @pytest.mark.parametrize(
        ("retention", "threshold", "warned"),
        [
            (seconds(900), 450, True),
            (seconds(901), 450.5, False),
            (seconds(1800), 900, False),
            (seconds(1801), 900, False),
            (seconds(NUMBER), 900, False),
        ],
    )
    def test_tell_of_messages_that_their_queue_would_delete_before_they_are_given_up(
        self, stack: cdk.Stack, retention: cdk.Duration, threshold: float, *, warned: bool
    ) -> None:
        trigger(stack, queue=sqs.Queue(stack, "Queue", retention_period=retention))

        assert alarm(synthesize(stack), "ApproximateAgeOfOldestMessage")["Threshold"] == threshold
        assert any("all tries of a message take 900 seconds" in text for _, text in warnings(stack)) == warned

    def test_tell_in_time_of_messages_that_are_tried_for_days(self, stack: cdk.Stack) -> None:
        trigger(stack, function=define(stack, timeout=seconds(900)), max_receive_count=64)

        assert alarm(synthesize(stack), "ApproximateAgeOfOldestMessage")["Threshold"] == 345_600 / 2
        (warning,) = warnings(stack)
        assert "all tries of a message take 345,600 seconds, and the queue keeps it 345,600" in warning[1]

    def test_count_with_the_default_where_the_timeout_is_only_known_at_deployment(self, stack: cdk.Stack) -> None:
        trigger(stack, function=define(stack, timeout=seconds(NUMBER)))

        assert queues(stack)[0]["VisibilityTimeout"] == 6 * practices.TIMEOUT_SECONDS


class TestStacks:
    def test_a_trigger_may_stand_in_another_stack_than_its_function(self, app: cdk.App) -> None:
        functions, orders = cdk.Stack(app, "Functions"), cdk.Stack(app, "OrdersStack")
        function, key = define(functions), kms.Key(orders, "Key")

        defined = SqsTrigger(orders, "Orders", function=function, encryption_key=key)

        app.synth()
        template = synthesize(orders)
        grants = granted(template)
        assert "sqs:ReceiveMessage" in grants[logical_id(defined.queue)]
        assert grants[logical_id(key)] == ["kms:Decrypt"]
        ((mapping, policy),) = [
            (resource, resource["DependsOn"])
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::Lambda::EventSourceMapping"
        ]
        assert policy == list(resources(template, "AWS::IAM::Policy"))
        assert "Fn::ImportValue" in mapping["Properties"]["FunctionName"]

    def test_a_queue_may_stand_in_another_stack_than_its_trigger(self, app: cdk.App) -> None:
        functions, orders = cdk.Stack(app, "Functions"), cdk.Stack(app, "OrdersStack")
        queue = sqs.Queue(orders, "Queue")

        SqsTrigger(functions, "Orders", function=define(functions), queue=queue)

        app.synth()
        assert len(resources(synthesize(orders), QUEUE)) == 2, "the dead-letter queue stands beside its source"

    def test_the_role_may_read_before_the_mapping_is_made(self, stack: cdk.Stack) -> None:
        """Lambda refuses a mapping whose function may not read the source."""
        function = define(stack)

        trigger(stack, function=function)

        template = synthesize(stack)
        (policy,) = resources(template, "AWS::IAM::Policy")
        assert policy in template["Resources"][logical_id(function)]["DependsOn"]
