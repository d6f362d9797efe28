"""What every trigger refuses alike: what is no function, no key or no source, and a source of another Region."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_cognito as cognito,
    aws_dynamodb as dynamodb,
    aws_events as events,
    aws_kinesis as kinesis,
    aws_lambda as lambda_,
    aws_logs as logs,
    aws_s3 as s3,
    aws_sns as sns,
    aws_sqs as sqs,
)
from constructs import Construct

from cdk_lambda_patterns import (
    CognitoTrigger,
    CustomResourceTrigger,
    DeadLetterRedrive,
    DocumentDbTrigger,
    DynamoDbTrigger,
    EventBridgeTrigger,
    FirehoseTransformation,
    IotTrigger,
    KafkaTrigger,
    KinesisTrigger,
    LogsTrigger,
    MqTrigger,
    MskCluster,
    ProvisionedPollers,
    S3BatchOperations,
    S3Trigger,
    ScheduleTrigger,
    SelfManagedKafka,
    SesTrigger,
    SnsTrigger,
    SqsTrigger,
    ValidationError,
)
from tests.function.support import CODE, define
from tests.refusals import refusal
from tests.triggers.polling import warnings
from tests.triggers.sources import BROKER, MSK, NEEDED, define_trigger

if TYPE_CHECKING:
    from collections.abc import Callable


def refused(kind: type[Any], stack: cdk.Stack, code: str, got: str, /, **options: Any) -> str:  # noqa: ANN401
    given = {"function": define(stack, timeout=cdk.Duration.seconds(5)), **options}
    return str(refusal(lambda: define_trigger(kind, stack, **given), code, got, path="Stack/Trigger"))


@pytest.mark.parametrize("kind", NEEDED)
class TestFunction:
    def test_is_needed(self, kind: type[Any], stack: cdk.Stack) -> None:
        assert "'function'" in refused(kind, stack, "TypeMismatch", "None", function=None)

    def test_must_be_of_this_library(self, kind: type[Any], stack: cdk.Stack) -> None:
        plain = lambda_.Function(
            stack,
            "Plain",
            code=lambda_.Code.from_inline(CODE),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )

        message = refused(kind, stack, "TypeMismatch", "aws_lambda.Function", function=plain)

        assert "'function' must be of type WellArchitectedFunction" in message
        assert "; make it a WellArchitectedFunction [" in message


@pytest.mark.parametrize("kind", NEEDED)
def test_fails_when_its_name_is_taken(kind: type[Any], stack: cdk.Stack) -> None:
    Construct(stack, "Trigger")

    refused(kind, stack, "ConstructIdTaken", "'Trigger' a second time")


COUNTS = [
    (kind, name)
    for kind in NEEDED
    for name, parameter in inspect.signature(kind.__init__).parameters.items()
    if parameter.annotation in {"int", "int | None"}
]
"""Every option of a trigger that is a whole number."""


@pytest.mark.parametrize(("kind", "option"), COUNTS)
def test_fails_when_a_number_is_not_whole(kind: type[Any], option: str, stack: cdk.Stack) -> None:
    pollers = {"provisioned_pollers": ProvisionedPollers(minimum=1)} if kind is KafkaTrigger else {}

    with pytest.raises(ValidationError, match=rf"'{option}' must be a whole number, .*, got 2\.5; round it"):
        define_trigger(kind, stack, function=define(stack), **pollers, **{option: 2.5})


def test_options_that_are_numbers_are_found() -> None:
    assert {(SqsTrigger, "batch_size"), (SqsTrigger, "max_concurrency"), (S3BatchOperations, "priority")} <= {*COUNTS}


@pytest.mark.parametrize(
    "kind", [SqsTrigger, KinesisTrigger, DynamoDbTrigger, KafkaTrigger, SnsTrigger, FirehoseTransformation]
)
def test_fails_when_an_arn_stands_for_a_key(kind: type[Any], stack: cdk.Stack) -> None:
    refused(kind, stack, "TypeMismatch", "str", encryption_key="arn:aws:kms:eu-west-1:123456789012:key/1")


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        (DynamoDbTrigger, "table"),
        (KafkaTrigger, "cluster"),
        (MqTrigger, "broker"),
        (MqTrigger, "secret"),
        (DocumentDbTrigger, "cluster"),
        (LogsTrigger, "log_group"),
        (SesTrigger, "rule_set"),
        (CognitoTrigger, "user_pool"),
        (S3BatchOperations, "manifests"),
    ],
)
def test_fails_when_there_is_no_source(kind: type[Any], option: str, stack: cdk.Stack) -> None:
    assert f"'{option}'" in refused(kind, stack, "TypeMismatch", "None", **{option: None})


def test_a_redrive_fails_without_a_queue(stack: cdk.Stack) -> None:
    refusal(lambda: DeadLetterRedrive(stack, "Trigger", queue=None), "TypeMismatch", "None")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "option", "value", "code", "got"),
    [
        (KinesisTrigger, "starting_position", "LATEST", "TypeMismatch", "str"),
        (KinesisTrigger, "starting_position_timestamp", "2026-01-01", "TypeMismatch", "str"),
        (KafkaTrigger, "starting_position", "LATEST", "TypeMismatch", "str"),
        (DynamoDbTrigger, "starting_position", "LATEST", "TypeMismatch", "str"),
        (SqsTrigger, "provisioned_pollers", {"minimum": 2}, "TypeMismatch", "dict"),
        (KafkaTrigger, "provisioned_pollers", {"minimum": 2}, "TypeMismatch", "dict"),
        (KafkaTrigger, "schema_registry", "registry", "TypeMismatch", "str"),
        (KafkaTrigger, "topic", None, "TextExpected", "None"),
        (KafkaTrigger, "cluster", MskCluster(5), "TypeMismatch", "int"),  # type: ignore[arg-type]
        (KafkaTrigger, "cluster", MskCluster(MSK, secret="sales"), "TypeMismatch", "str"),  # type: ignore[arg-type]
        (KafkaTrigger, "cluster", SelfManagedKafka(bootstrap_servers="b:9092"), "ListExpected", "'b:9092'"),
        (
            CognitoTrigger,
            "operations",
            cognito.UserPoolOperation.PRE_SIGN_UP,
            "ListExpected",
            "aws_cognito.UserPoolOperation",
        ),
        (CognitoTrigger, "operations", ["PreSignUp"], "TypeMismatch", "str"),
        (CognitoTrigger, "operations", None, "ListExpected", "None"),
        (SesTrigger, "recipients", "help@example.com", "ListExpected", "'help@example.com'"),
        (SesTrigger, "after", "first", "TypeMismatch", "str"),
        (CustomResourceTrigger, "properties", ["Key"], "TypeMismatch", "list"),
        (CustomResourceTrigger, "resource_type", None, "TextExpected", "None"),
        (IotTrigger, "sql", None, "TextExpected", "None"),
        (S3Trigger, "prefix", 5, "TextExpected", "5"),
        (EventBridgeTrigger, "pattern", {"detail": {"total": [float("nan")]}}, "FilterPatternInvalid", '"nan"'),
        (
            EventBridgeTrigger,
            "pattern",
            {"detail": {"total": [{"numeric": ["<", float("inf")]}]}},
            "FilterPatternInvalid",
            '["<", Infinity]',
        ),
    ],
)
def test_fails_when_a_value_is_of_another_type(  # noqa: PLR0917
    kind: type[Any], option: str, value: object, code: str, got: str, stack: cdk.Stack
) -> None:
    refused(kind, stack, code, got, **{option: value})


REGION = "us-east-1"
ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"
OUTSIDE: list[tuple[type[Any], str, Callable[[cdk.Stack], object], str]] = [
    (
        SqsTrigger,
        "queue",
        lambda s: sqs.Queue.from_queue_arn(s, "Q", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"),
        "QueueRegion",
    ),
    (
        KinesisTrigger,
        "stream",
        lambda s: kinesis.Stream.from_stream_arn(s, "S", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"),
        "StreamRegion",
    ),
    (
        DynamoDbTrigger,
        "table",
        lambda s: dynamodb.TableV2.from_table_attributes(s, "T", table_arn=TABLE, table_stream_arn=f"{TABLE}/stream/1"),
        "TableRegion",
    ),
    (
        S3Trigger,
        "bucket",
        lambda s: s3.Bucket.from_bucket_attributes(s, "B", bucket_name="uploads", region=REGION),
        "BucketRegion",
    ),
    (
        EventBridgeTrigger,
        "event_bus",
        lambda s: events.EventBus.from_event_bus_arn(s, "B", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/b"),
        "EventBusRegion",
    ),
    (
        LogsTrigger,
        "log_group",
        lambda s: logs.LogGroup.from_log_group_arn(s, "L", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:l:*"),
        "LogGroupRegion",
    ),
]


@pytest.mark.parametrize(("kind", "option", "source", "code"), OUTSIDE)
def test_fails_when_the_source_is_of_another_region(
    kind: type[Any], option: str, source: Callable[[cdk.Stack], object], code: str, app: cdk.App
) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="eu-west-1"))

    refused(kind, stack, code, "us-east-1 and not eu-west-1", **{option: source(stack)})


@pytest.mark.parametrize(
    ("kind", "option", "source", "code"),
    [
        (KafkaTrigger, "cluster", MskCluster(MSK), "SourceRegion"),
        (MqTrigger, "broker", BROKER, "SourceRegion"),
    ],
)
def test_fails_when_an_arn_is_of_another_region(
    kind: type[Any], option: str, source: object, code: str, app: cdk.App
) -> None:
    elsewhere = cdk.Stack(app, "Stack", env=cdk.Environment(region="eu-central-1"))
    here = cdk.Stack(app, "Here", env=cdk.Environment(region="eu-west-1"))

    refused(kind, elsewhere, code, "eu-west-1 and not eu-central-1", **{option: source})
    define_trigger(kind, here, function=define(here), **{option: source})


OTHERS: list[tuple[type[Any], str, Callable[[cdk.Stack], object], str]] = [
    (
        S3Trigger,
        "bucket",
        lambda s: s3.Bucket.from_bucket_attributes(s, "B", bucket_name="uploads", account=ACCOUNT),
        "BucketAccount",
    ),
    *(of for of in OUTSIDE if of[0] is EventBridgeTrigger or of[0] is LogsTrigger),
]


@pytest.mark.parametrize(("kind", "option", "source", "code"), OTHERS)
def test_fails_when_the_source_is_of_another_account(
    kind: type[Any], option: str, source: Callable[[cdk.Stack], object], code: str, app: cdk.App
) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="999999999999", region=REGION))
    code = code.replace("Region", "Account")

    refused(kind, stack, code, f"{ACCOUNT} and not 999999999999", **{option: source(stack)})


@pytest.mark.parametrize("kind", [S3Trigger, EventBridgeTrigger, SnsTrigger, ScheduleTrigger, IotTrigger])
def test_fails_when_undelivered_events_would_leave_the_region(kind: type[Any], app: cdk.App) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region="eu-west-1"))
    queue = sqs.Queue.from_queue_arn(stack, "Q", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q")

    refused(kind, stack, "DeadLetterQueueRegion", "us-east-1 and not eu-west-1", dead_letter_queue=queue)


def _queue(stack: cdk.Stack) -> dict[str, object]:
    queue = sqs.Queue.from_queue_arn(stack, "Q", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q")
    return {"queue": queue, "visibility_timeout": cdk.Duration.minutes(3)}


def _topic(stack: cdk.Stack) -> dict[str, object]:
    return {"topic": sns.Topic.from_topic_arn(stack, "T", f"arn:aws:sns:{REGION}:{ACCOUNT}:t")}


def _dead_letter_queue(stack: cdk.Stack) -> dict[str, object]:
    return {"dead_letter_queue": _queue(stack)["queue"]}


@pytest.mark.parametrize(
    ("kind", "options", "alarm"),
    [
        (SqsTrigger, _queue, "MessageAge"),
        (SnsTrigger, _topic, "EventsLost"),
        *((kind, _dead_letter_queue, "DeadLetterQueue") for kind in (S3Trigger, SnsTrigger, ScheduleTrigger)),
    ],
)
@pytest.mark.parametrize(("account", "warned"), [("999999999999", True), (ACCOUNT, False), (None, False)])
def test_an_alarm_on_metrics_of_another_account_is_warned_of(
    kind: type[Any],
    options: Callable[[cdk.Stack], dict[str, object]],
    alarm: str,
    app: cdk.App,
    account: str | None,
    *,
    warned: bool,
) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=account, region=REGION))

    define_trigger(kind, stack, function=define(stack), **options(stack))

    found = [text for _, text in warnings(stack) if "metricsElsewhere" in text]
    assert [f"the alarm {alarm} never goes off" in text and ACCOUNT in text for text in found] == [True] * warned


@pytest.mark.parametrize(("kind", "option", "source", "code"), OUTSIDE)
@pytest.mark.parametrize("region", ["us-east-1", None])
def test_takes_a_source_of_the_same_or_an_unknown_region(
    kind: type[Any], option: str, source: Callable[[cdk.Stack], object], code: str, app: cdk.App, *, region: str | None
) -> None:
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(region=region))
    beside = {"visibility_timeout": cdk.Duration.minutes(3)} if kind is SqsTrigger else {}
    beside |= {"reports_to_event_bridge": True} if kind is S3Trigger else {}  # type: ignore[dict-item]
    given = {"function": define(stack), **beside, option: source(stack)}

    assert define_trigger(kind, stack, **given).alarms, f"not {code}"


_HALF_A_CHARACTER = "str ('utf-8' codec can't encode character '\\ud800' in position 1: surrogates not allowed)"
_FLAGS = [
    (kind, name)
    for kind in NEEDED
    for name, parameter in inspect.signature(kind.__init__).parameters.items()
    if str(parameter.annotation) in {"bool", "bool | None"}
]


@pytest.mark.parametrize(("kind", "flag"), _FLAGS, ids=[f"{kind.__name__}-{flag}" for kind, flag in _FLAGS])
def test_text_is_not_true(kind: type[Any], flag: str, stack: cdk.Stack) -> None:
    assert f"'{flag}' must be True or False" in refused(kind, stack, "TypeMismatch", "'no'", **{flag: "no"})


def test_every_trigger_that_can_be_paused_is_among_them() -> None:
    assert {kind for kind, flag in _FLAGS if flag == "enabled"} == {
        SqsTrigger,
        KinesisTrigger,
        DynamoDbTrigger,
        KafkaTrigger,
        MqTrigger,
        DocumentDbTrigger,
        S3Trigger,
        EventBridgeTrigger,
        ScheduleTrigger,
        SesTrigger,
        IotTrigger,
    }


@pytest.mark.parametrize(
    ("kind", "option", "given", "code", "got"),
    [
        (LogsTrigger, "filter_pattern", None, "TypeMismatch", "None"),
        (CognitoTrigger, "lambda_version", "V2_0", "TypeMismatch", "str"),
        (FirehoseTransformation, "prefix", 1, "TextExpected", "1"),
        (FirehoseTransformation, "prefix", "\ud800", "TextExpected", "'\\ud800'"),
        (FirehoseTransformation, "retry_attempts", None, "RetryAttemptsOutOfRange", "None"),
        (S3BatchOperations, "manifest_prefix", 1, "TextExpected", "1"),
        (S3BatchOperations, "report_prefix", None, "TextExpected", "None"),
        (S3BatchOperations, "report_scope", 1, "TextExpected", "1"),
        (S3BatchOperations, "schema_version", 2.0, "TextExpected", "2.0"),
        (S3BatchOperations, "user_arguments", "x", "TypeMismatch", "str"),
        (MqTrigger, "queue", None, "TextExpected", "None"),
        (MqTrigger, "virtual_host", 1, "TextExpected", "1"),
        (DocumentDbTrigger, "database", ["shop"], "TextExpected", "['shop']"),
        (DocumentDbTrigger, "collection", ["orders"], "TextExpected", "['orders']"),
        (KafkaTrigger, "consumer_group_id", ["sales"], "TextExpected", "['sales']"),
        (SesTrigger, "recipients", [None], "TextExpected", "None"),
        (ScheduleTrigger, "payload", "\ud800", "PayloadInvalid", _HALF_A_CHARACTER),
        (ScheduleTrigger, "time_zone", ["UTC"], "TextExpected", "['UTC']"),
    ],
)
def test_what_is_of_another_type_is_refused(
    stack: cdk.Stack, kind: type[Any], option: str, given: object, *, code: str, got: str
) -> None:
    assert f"'{option}'" in refused(kind, stack, code, got, **{option: given})


@pytest.mark.parametrize("kind", [SqsTrigger, KinesisTrigger, DynamoDbTrigger, MqTrigger, DocumentDbTrigger])
def test_text_that_will_be_a_number_is_no_number(kind: type[Any], stack: cdk.Stack) -> None:
    text = cdk.Fn.import_value("Size")
    options = {"function": define(stack, timeout=cdk.Duration.seconds(5)), "batch_size": text}

    error = refusal(
        lambda: define_trigger(kind, stack, **options), "BatchSizeOutOfRange", repr(text), path="Stack/Trigger"
    )

    assert "'batch_size'" in str(error)
    assert "cdk.Token.as_number(...)" in str(error)
