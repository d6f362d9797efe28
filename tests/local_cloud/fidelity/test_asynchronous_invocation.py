"""Asynchronous invocations."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

# Says its request id, then does what the event says.
WORKS = """
import json
def handler(event, context):
    print(json.dumps(context.aws_request_id))
    if "fail" in json.dumps(event):
        raise ValueError("as told")
    return "done"
"""


def configure(lab: Lab, name: str, qualifier: str | None = None, **settings: Any) -> None:  # noqa: ANN401 - any of the API's
    qualified = {"Qualifier": qualifier} if qualifier else {}
    lab.client("lambda").put_function_event_invoke_config(FunctionName=name, **qualified, **settings)


def on(outcome: str, arn: str) -> dict[str, Any]:
    return {"DestinationConfig": {outcome: {"Destination": arn}}}


def test_the_record_of_a_failure_is_as_documented(faithful: Lab) -> None:
    queue, name = faithful.queue(), faithful.function(WORKS)
    configure(faithful, name, MaximumRetryAttempts=1, **on("OnFailure", queue.arn))

    faithful.send(name, {"order": 7, "fail": True})

    record = queue.body()
    request_id = record["requestContext"]["requestId"]
    assert record["timestamp"].endswith("Z")
    assert record["responsePayload"].pop("stackTrace")
    assert record == {
        "version": "1.0",
        "timestamp": record["timestamp"],
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{faithful.function_arn(name)}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "requestPayload": {"order": 7, "fail": True},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "as told", "errorType": "ValueError", "requestId": request_id},
    }


def test_the_published_emulator_counts_wrong_and_leaves_fields_out(stock: Lab) -> None:
    queue, name = stock.queue(), stock.function(WORKS)
    configure(stock, name, MaximumRetryAttempts=1, **on("OnFailure", queue.arn))

    stock.send(name, {"fail": True})

    record = queue.body()
    assert "timestamp" not in record
    assert record["requestContext"]["approximateInvokeCount"] == 3


def test_a_success_is_recorded_too(faithful: Lab) -> None:
    queue, name = faithful.queue(), faithful.function(WORKS)
    configure(faithful, name, **on("OnSuccess", queue.arn))

    faithful.send(name, {"order": 7})

    record = queue.body()
    assert record["requestContext"]["condition"] == "Success"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert record["responsePayload"] == "done"


def test_the_published_emulator_records_no_success(stock: Lab) -> None:
    queue, name = stock.queue(), stock.function(WORKS)
    configure(stock, name, **on("OnSuccess", queue.arn))

    stock.send(name, {})

    assert queue.messages(within=1) == []


@pytest.mark.parametrize("outcome", ["OnSuccess", "OnFailure"])
def test_a_topic_a_function_and_a_bus_can_be_destinations(faithful: Lab, outcome: str) -> None:
    event = {"fail": True} if outcome == "OnFailure" else {}
    queue, topic, receiver = faithful.queue(), faithful.topic(), faithful.function(PRINTS)
    faithful.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    bus = bus_to(faithful, queue.arn)
    for destination in (topic, faithful.function_arn(receiver), bus):
        name = faithful.function(WORKS)
        configure(faithful, name, MaximumRetryAttempts=0, **on(outcome, destination))
        faithful.send(name, event)

    through_topic, on_bus = sorted(queue.bodies(2), key=lambda body: "detail" in body)
    (to_function,) = faithful.printed(receiver)

    condition = "Success" if outcome == "OnSuccess" else "RetriesExhausted"
    records = (json.loads(through_topic["Message"]), to_function, on_bus["detail"])
    assert [record["requestContext"]["condition"] for record in records] == [condition] * 3
    assert on_bus["source"] == "lambda"
    assert on_bus["detail-type"] == f"Lambda Function Invocation Result - {outcome.removeprefix('On')}"
    assert on_bus["resources"] == [bus, on_bus["detail"]["requestContext"]["functionArn"]]


PRINTS = "import json\ndef handler(event, context): print(json.dumps(event))"


def bus_to(lab: Lab, queue_arn: str) -> str:
    events, bus = lab.client("events"), lab.name()
    events.create_event_bus(Name=bus)
    events.put_rule(Name=bus, EventBusName=bus, EventPattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(Rule=bus, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue_arn}])
    return lab.arn("events", f"event-bus/{bus}")


def test_a_bucket_can_be_the_destination_of_failures(faithful: Lab) -> None:
    bucket, name = faithful.bucket(), faithful.function(WORKS)
    configure(faithful, name, MaximumRetryAttempts=0, **on("OnFailure", f"arn:aws:s3:::{bucket}"))

    faithful.send(name, {"fail": True})

    s3 = faithful.client("s3")
    (written,) = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    assert written["Key"].startswith(time.strftime(f"aws/lambda/async/{name}/%Y/%m/%d/%Y-%m-%dT", time.gmtime()))
    record = json.loads(s3.get_object(Bucket=bucket, Key=written["Key"])["Body"].read())
    assert record["requestContext"]["condition"] == "RetriesExhausted"


def request_ids(lab: Lab) -> list[str]:
    """The request ids of an event that is tried three times."""
    name = lab.function(WORKS)
    lab.send(name, {"fail": True})
    return lab.printed(name, 3)


def test_an_event_keeps_its_request_id_over_its_retries(faithful: Lab) -> None:
    ids = request_ids(faithful)

    assert len(ids) == 3
    assert len(set(ids)) == 1


def test_the_published_emulator_gives_each_try_another_id(stock: Lab) -> None:
    assert len(set(request_ids(stock))) == 3


@pytest.mark.parametrize("retries", [0, 2])
def test_an_event_is_tried_as_often_as_the_alias_says(faithful: Lab, retries: int) -> None:
    failed, name = faithful.queue(), faithful.function(WORKS)
    live = faithful.alias(name, faithful.publish(name))
    configure(faithful, name, "live", MaximumRetryAttempts=retries, **on("OnFailure", failed.arn))

    faithful.send(live, {"fail": True})

    record = failed.body()
    assert record["requestContext"]["approximateInvokeCount"] == retries + 1
    assert record["requestContext"]["functionArn"] == faithful.function_arn(live)
    assert record["responseContext"]["executedVersion"] == "1"
    assert len(faithful.printed(name, retries + 2, within=0.5)) == retries + 1


def test_the_published_emulator_ignores_what_an_alias_says(stock: Lab) -> None:
    failed, name = stock.queue(), stock.function(WORKS)
    live = stock.alias(name, stock.publish(name))
    configure(stock, name, "live", MaximumRetryAttempts=0, **on("OnFailure", failed.arn))

    stock.send(live, {"fail": True})

    assert failed.messages(within=1) == []


def test_the_dead_letter_queue_of_a_function_gets_the_event_itself(faithful: Lab) -> None:
    queue = faithful.queue()
    name = faithful.function(WORKS, DeadLetterConfig={"TargetArn": queue.arn})
    configure(faithful, name, MaximumRetryAttempts=0)

    faithful.send(name, {"order": 7, "fail": True})

    (message,) = queue.messages()
    assert json.loads(message["Body"]) == {"order": 7, "fail": True}
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": attributes["RequestID"], "ErrorCode": "200", "ErrorMessage": "as told"}


def test_the_published_emulator_sends_a_record_to_the_dead_letter_queue(stock: Lab) -> None:
    queue = stock.queue()
    name = stock.function(WORKS, DeadLetterConfig={"TargetArn": queue.arn})
    configure(stock, name, MaximumRetryAttempts=0)

    stock.send(name, {"fail": True})

    assert "requestContext" in queue.body()


@pytest.mark.parametrize(("age", "condition", "tries"), [(60, "EventAgeExceeded", 1), (200, "RetriesExhausted", 3)])
def test_an_event_gets_as_old_as_it_would_on_aws(faithful: Lab, age: int, condition: str, tries: int) -> None:
    queue, name = faithful.queue(), faithful.function(WORKS)
    configure(faithful, name, MaximumEventAgeInSeconds=age, **on("OnFailure", queue.arn))

    faithful.send(name, {"fail": True})

    context = queue.body()["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == (condition, tries)


def test_a_throttled_event_waits_for_its_turn_and_is_not_counted_as_tried(faithful: Lab) -> None:
    queue = faithful.queue()
    name = faithful.function("import time\ndef handler(event, context): time.sleep(0.5)")
    faithful.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    configure(faithful, name, MaximumRetryAttempts=0, **on("OnSuccess", queue.arn))

    for _ in range(2):
        faithful.send(name, {})

    counts = [record["requestContext"]["approximateInvokeCount"] for record in queue.bodies(2)]
    assert counts == [1, 1]
    assert faithful.metric("AWS/Lambda", "Throttles", {"FunctionName": name})


def test_an_event_for_a_function_that_may_not_run_fails_at_once(faithful: Lab) -> None:
    queue, name = faithful.queue(), faithful.function(WORKS)
    faithful.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    configure(faithful, name, **on("OnFailure", queue.arn))

    faithful.send(name, {})

    assert queue.body()["requestContext"]["condition"] == "ZeroReservedConcurrency"


def invoked_by(lab: Lab, source: str) -> int:
    """How often a failing function is tried that a topic, a rule or a bucket invokes."""
    name = lab.function(WORKS)
    live = lab.alias(name, lab.publish(name))
    configure(lab, name, "live", MaximumRetryAttempts=1)
    events = lab.client("events")
    if source == "topic":
        topic = lab.topic()
        lab.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=lab.permit(live, "sns"))
        lab.client("sns").publish(TopicArn=topic, Message="fail")
    elif source == "rule":
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": lab.permit(live, "events")}])
        events.put_events(Entries=[{"Source": name, "DetailType": "fail", "Detail": "{}"}])
    else:
        bucket = lab.bucket()
        configured = {"LambdaFunctionArn": lab.permit(live, "s3"), "Events": ["s3:ObjectCreated:*"]}
        lab.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [configured]}
        )
        lab.client("s3").put_object(Bucket=bucket, Key="fail", Body=b"")
    assert lab.printed(name)
    return len(lab.printed(name, 3, within=1))


@pytest.mark.parametrize("source", ["topic", "rule", "bucket"])
def test_services_invoke_asynchronously_with_the_retries_of_the_alias(faithful: Lab, source: str) -> None:
    assert invoked_by(faithful, source) == 2


@pytest.mark.parametrize("source", ["topic", "rule"])
def test_the_published_emulator_does_not_try_again_for_services(stock: Lab, source: str) -> None:
    assert invoked_by(stock, source) == 1


def test_a_destination_that_is_not_there_shows_as_a_metric(faithful: Lab) -> None:
    name = faithful.function(WORKS)
    configure(faithful, name, **on("OnSuccess", faithful.arn("sqs", "gone")))

    faithful.send(name, {})

    assert faithful.metric("AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": name}) == 1
    assert faithful.metric("AWS/Lambda", "AsyncEventsReceived", {"FunctionName": name}) == 1


def message_of_topic(lab: Lab) -> dict[str, Any]:
    """What a function gets of a message."""
    topic, name = lab.topic(), lab.function(PRINTS)
    lab.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=lab.permit(name, "sns"))
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}}
    lab.client("sns").publish(TopicArn=topic, Message="7", MessageAttributes=attributes)
    (event,) = lab.printed(name)
    (record,) = event["Records"]
    return dict(record["Sns"])


def test_a_message_of_a_topic_is_as_documented(faithful: Lab) -> None:
    message = message_of_topic(faithful)

    assert message["MessageAttributes"] == {"kind": {"Type": "String", "Value": "order"}}
    assert (message["Message"], message["Subject"]) == ("7", None)
    assert {"SigningCertUrl", "UnsubscribeUrl", "SignatureVersion", "Timestamp", "TopicArn"} < message.keys()


def test_the_published_emulator_names_fields_of_messages_as_queues_get_them(stock: Lab) -> None:
    assert "SigningCertURL" in message_of_topic(stock)
