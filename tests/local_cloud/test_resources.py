"""Deployed resources are driven as a test would drive them, and what must follow is waited for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber

from cdk_lambda_patterns.local_cloud import Depth, Invocation, LocalCloudError
from cdk_lambda_patterns.local_cloud.resources import _error_in, _is_own
from tests.local_cloud.apps import Orders

if TYPE_CHECKING:
    from cdk_lambda_patterns.local_cloud import Deployment, LocalCloud

pytestmark = pytest.mark.local_cloud


@pytest.fixture(scope="module")
def orders(shared_local_cloud: LocalCloud) -> Deployment:
    return shared_local_cloud.deploy(Orders)


def test_a_message_is_worked_off_and_its_result_waited_for(orders: Deployment) -> None:
    orders.queue("Orders").send({"bucket": "result.txt"})

    assert orders.bucket("Results").get("result.txt", within=20) == b"done"
    assert orders.bucket("Results").keys("res") == ["result.txt"]
    assert any('"body": "{\\"bucket\\"' in line or "result.txt" in line for line in orders.function("Orders").logs())


def test_a_message_that_fails_lands_in_the_dead_letter_queue(orders: Deployment) -> None:
    orders.queue("Orders").send({"fail": "no id"}, attributes={"tenant": "acme"})

    message = orders.queue("Orders/DeadLetterQueue").receive(within=20)

    assert message.body == {"fail": "no id"}
    assert message.message_attributes == {"tenant": "acme"}
    assert int(message.attributes["ApproximateReceiveCount"]) >= 1
    assert orders.queue("Orders/DeadLetterQueue").depth() == Depth(visible=0, in_flight=0, delayed=0)
    assert orders.function("Orders").last_error == "ValueError: no id"
    assert orders.function("Orders").activity().errors >= 1
    orders.alarm("Failures").wait_for("ALARM", within=20)
    assert "hreshold" in orders.alarm("Failures").reason


def test_fails_with_what_went_wrong_when_nothing_comes(orders: Deployment) -> None:
    orders.function("Orders").invoke({"fail": "no wares"})

    with pytest.raises(TimeoutError) as caught:
        orders.queue("Inbox").receive(within=0.2)

    assert str(caught.value).startswith("no message in Orders/Inbox within 0.2 s: 0 visible, 0 in flight, 0 delayed")
    assert "Orders/Orders/Function failed: ValueError: no wares" in str(caught.value)


def test_an_invocation_answers_with_its_result(orders: Deployment) -> None:
    answer = orders.function("Orders").invoke({"id": 1})

    assert answer.error is None
    assert answer.version == "$LATEST"
    assert answer.payload["environment"]["BUCKET"] == orders.bucket("Results").physical_id
    assert "got" in answer.log


def test_an_invocation_that_fails_answers_with_the_error(orders: Deployment) -> None:
    answer = orders.function("Orders").invoke({"fail": "no id"})

    assert isinstance(answer, Invocation)
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "ValueError"
    assert answer.payload["errorMessage"] == "no id"


def test_an_asynchronous_invocation_is_carried_out(orders: Deployment) -> None:
    orders.function("Orders").invoke_asynchronously({"bucket": "later.txt"})

    assert orders.bucket("Results").get("later.txt", within=20) == b"done"


def test_a_message_published_to_a_topic_arrives(orders: Deployment) -> None:
    orders.topic("Topic").publish({"news": 1}, attributes={"kind": "a"})

    message = orders.queue("Inbox").receive(within=10)

    assert message.body == {"news": 1}
    assert message.message_attributes == {"kind": "a"}


def test_an_event_put_on_a_bus_arrives(orders: Deployment) -> None:
    orders.event_bus("Bus").put(source="orders", detail_type="OrderPlaced", detail={"id": 7})

    event = orders.queue("Inbox").receive(within=10).body

    assert (event["source"], event["detail-type"], event["detail"]) == ("orders", "OrderPlaced", {"id": 7})


def test_an_event_can_be_put_on_the_bus_that_every_account_has(orders: Deployment) -> None:
    orders.event_bus().put(source="elsewhere", detail_type="OrderPlaced", detail={"id": 8})

    assert orders.queue("Inbox").receive(within=10).body["detail"] == {"id": 8}


def test_fails_when_a_bus_refuses_an_event(orders: Deployment) -> None:
    with pytest.raises(
        LocalCloudError,
        match=r"^Orders/Bus did not take what was put: NotAuthorizedForSourceException: Not authorized for the source",
    ):
        orders.event_bus("Bus").put({"id": 7}, source="aws.orders", detail_type="OrderPlaced")


def test_fails_when_a_stream_refuses_a_record(orders: Deployment) -> None:
    refusal = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"}
    stream = orders.stream("Stream")
    kinesis = orders.cloud.client("kinesis")
    with Stubber(kinesis) as stubber:
        stubber.add_response("put_records", {"FailedRecordCount": 1, "Records": [{"ShardId": "shard-0"}, refusal]})

        with pytest.raises(LocalCloudError, match=r"Orders/Stream did not take .*Exceeded\w+: slow down"):
            stream.put("first", "second")


def test_an_item_is_written_and_read(orders: Deployment) -> None:
    table = orders.table("Table")
    table.put(id="1", total=7, lines=["a"])

    assert table.get(id="1") == {"id": "1", "total": Decimal(7), "lines": ["a"]}
    assert [item for item in table.items() if item["id"] == "1"] == [table.get(id="1")]
    with pytest.raises(TimeoutError, match=r"no item \{'id': '2'\} in Orders/Table within 0.2 s"):
        table.get(id="2", within=0.2)


def test_an_item_whose_attributes_are_no_words_of_python_is_written_and_read(orders: Deployment) -> None:
    table = orders.table("Table")
    table.put({"id": "within", "order-id": 7}, paid=True)

    assert table.get({"id": "within"}) == {"id": "within", "order-id": Decimal(7), "paid": True}


def test_records_are_written_to_a_stream(orders: Deployment) -> None:
    stream = orders.stream("Stream")
    stream.put({"id": 1}, "text")

    kinesis = orders.cloud.client("kinesis")
    shard = kinesis.list_shards(StreamName=stream.physical_id)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream.physical_id, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    records = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [record["Data"] for record in records] == [b'{"id": 1}', b"text"]


def test_messages_of_a_fifo_queue_keep_their_order(orders: Deployment) -> None:
    queue = orders.queue("Ordered")
    for number in range(3):
        queue.send({"number": number})
    queue.send({"number": 2}, deduplication_id="same", group="other")
    queue.send({"number": 2}, deduplication_id="same", group="other")

    received = [queue.receive(within=2) for _ in range(4)]

    assert [m.body["number"] for m in received if m.attributes["MessageGroupId"] == "default"] == [0, 1, 2]
    assert [m.body["number"] for m in received if m.attributes["MessageGroupId"] == "other"] == [2]


def test_an_object_is_put_and_one_that_is_not_there_is_missed(orders: Deployment) -> None:
    orders.bucket("Results").put("in/a.txt", "text")

    assert orders.bucket("Results").get("in/a.txt") == b"text"
    with pytest.raises(
        TimeoutError, match=r"no object 'in/b.txt' in Orders/Results within 0 s; there are: .*in/a\.txt"
    ):
        orders.bucket("Results").get("in/b.txt")


def test_a_message_that_is_not_json_is_text(orders: Deployment) -> None:
    orders.queue("Inbox").send("not {json")

    message = orders.queue("Inbox").receive(within=5)

    assert message.body == message.text == "not {json"


def test_fails_when_an_alarm_does_not_get_there(orders: Deployment) -> None:
    with pytest.raises(TimeoutError, match=r"Orders/Failures is not in NOWHERE within 0 s, but in \w+"):
        orders.alarm("Failures").wait_for("NOWHERE", within=0)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("[ERROR] ValueError: no id", "ValueError: no id"),
        ("[ERROR]\t2026-11-21T10:00:00.000Z\t6f7f961f14d1\tValueError: no id", "ValueError: no id"),
        ('{"level": "ERROR", "errorType": "KeyError", "errorMessage": "\'id\'"}', "KeyError: 'id'"),
        ("[ERROR]\t2026-11-21T10:00:00.000Z\t6f7f961f14d1\tsomething was logged", ""),
        ('{"level": "ERROR", "message": "something was logged"}', ""),
        ("REPORT RequestId: 1", ""),
    ],
)
def test_the_error_that_made_a_function_fail_is_read_from_its_log(line: str, error: str) -> None:
    assert _error_in(line) == error


@pytest.mark.parametrize(
    "line",
    [
        "stored",
        '{"level": "INFO", "message": "stored", "logger": "orders"}',
        '{"level": "INFO", "message": "stored", "service": "orders"}',
        '{"level": "WARN", "message": "trying again", "logger": "botocore.retries"}',
    ],
)
def test_a_function_logged_itself(line: str) -> None:
    assert _is_own(line)


@pytest.mark.parametrize(
    "line",
    [
        "END RequestId: 1",
        '{"time": "2026-11-21T10:00:00Z", "type": "platform.report", "record": {}}',
        '{"level": "INFO", "message": "Found credentials in environment", "logger": "botocore.credentials"}',
    ],
)
def test_was_logged_around_it(line: str) -> None:
    assert not _is_own(line)
