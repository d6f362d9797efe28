"""Records on their way through Firehose."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

SHOUTS = """
import base64, json
def handler(event, context):
    print(json.dumps({"records": len(event["records"])}))
    def answer(record):
        text = base64.b64decode(record["data"]).decode()
        if text == "unanswered":
            return None
        data = base64.b64encode(text.upper().encode()).decode()
        if text == "no base64":
            data = "?"
        result = {"drop": "Dropped", "refuse": "ProcessingFailed", "odd": "Odd"}.get(text, "Ok")
        return {"recordId": record["recordId"], "result": result, "data": data}
    return {"records": [found for found in map(answer, event["records"]) if found]}
"""


class Stream:
    """A stream of one test, with its bucket and its function."""

    def __init__(self, lab: Lab, source: str, **settings: Any) -> None:  # noqa: ANN401 - any of the API's
        self.lab, self.name = lab, lab.name()
        self.function = lab.function(source)
        self.s3, self.firehose = lab.client("s3"), lab.client("firehose")
        self.s3.create_bucket(Bucket=self.name)
        parameters = {"LambdaArn": lab.function_arn(self.function), "NumberOfRetries": "1"}
        lambda_ = {
            "Type": "Lambda",
            "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()],
        }
        self.destination: dict[str, Any] = {
            "RoleARN": f"arn:aws:iam::{lab.account}:role/x",
            "BucketARN": f"arn:aws:s3:::{self.name}",
            "Prefix": "good/",
            "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
            "ProcessingConfiguration": {"Enabled": True, "Processors": [lambda_]},
            **settings,
        }
        self.firehose.create_delivery_stream(
            DeliveryStreamName=self.name, ExtendedS3DestinationConfiguration=self.destination
        )

    def put(self, *records: str) -> None:
        data = [{"Data": record.encode()} for record in records]
        self.firehose.put_record_batch(DeliveryStreamName=self.name, Records=data)

    def objects(self, prefix: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return [self.s3.get_object(Bucket=self.name, Key=entry["Key"])["Body"].read().decode() for entry in found]

    def failed(self) -> dict[str, str]:
        """The codes of what failed, by the record."""
        (lines,) = eventually(lambda: self.objects("failed/processing-failed/"))
        entries = [json.loads(line) for line in lines.splitlines()]
        return {base64.b64decode(entry["rawData"]).decode(): entry["errorCode"] for entry in entries}


def test_records_are_gathered_transformed_and_put_into_one_object(faithful: Lab) -> None:
    stream = Stream(faithful, SHOUTS)

    stream.put("one", "two", "drop")

    assert eventually(lambda: stream.objects("good/")) == ["ONETWO"]
    assert faithful.printed(stream.function) == [{"records": 3}]
    assert stream.objects("failed/") == []


def test_the_published_emulator_transforms_each_alone(stock: Lab) -> None:
    stream = Stream(stock, SHOUTS)

    stream.put("one", "two")

    assert sorted(eventually(lambda: stream.objects("good/"))) == ["ONE", "TWO"]
    assert stock.printed(stream.function, 2) == 2 * [{"records": 1}]


def test_what_an_answer_refuses_or_lacks_is_kept_with_the_reason(faithful: Lab) -> None:
    stream = Stream(faithful, SHOUTS)

    stream.put("one", "refuse", "unanswered", "odd", "no base64")

    assert stream.failed() == {
        "refuse": "Lambda.ProcessingFailedStatus",
        "unanswered": "Lambda.MissingRecordId",
        "odd": "Lambda.InvalidReturnFormat",
        "no base64": "Lambda.InvalidReturnFormat",
    }
    assert stream.objects("good/") == ["ONE"]


def test_the_published_emulator_loses_what_an_answer_refuses(stock: Lab) -> None:
    stream = Stream(stock, SHOUTS)

    stream.put("refuse", "one")

    assert eventually(lambda: stream.objects("")) == ["ONE"]


@pytest.mark.parametrize(
    ("source", "code", "tries"),
    [
        ("def handler(event, context):\n    print('{}')\n    raise ValueError", "Lambda.FunctionError", 2),
        ("def handler(event, context):\n    print('{}')\n    return []", "Lambda.JsonProcessingException", 1),
        ("def handler(event, context):\n    print('{}')\n    return {}", "Lambda.JsonProcessingException", 1),
    ],
    ids=["raises", "list", "no records"],
)
def test_all_records_of_a_failed_invocation_are_kept(faithful: Lab, source: str, code: str, tries: int) -> None:
    stream = Stream(faithful, source)

    stream.put("one", "two")

    assert stream.failed() == {"one": code, "two": code}
    assert faithful.printed(stream.function, tries) == tries * [{}]
    assert stream.objects("good/") == []


def test_the_published_emulator_passes_on_what_the_function_fails_on(stock: Lab) -> None:
    stream = Stream(stock, "def handler(event, context): raise ValueError")

    stream.put("one")

    assert eventually(lambda: stream.objects("")) == ["one"]


def test_all_records_are_kept_where_there_is_no_function(faithful: Lab) -> None:
    stream = Stream(faithful, SHOUTS)
    faithful.client("lambda").delete_function(FunctionName=stream.function)

    stream.put("one")

    assert stream.failed() == {"one": "Lambda.MissingFunction"}


def test_the_reason_is_logged_and_counted(faithful: Lab) -> None:
    logs, group = faithful.client("logs"), faithful.name()
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="errors")
    options = {"Enabled": True, "LogGroupName": group, "LogStreamName": "errors"}
    stream = Stream(faithful, SHOUTS, CloudWatchLoggingOptions=options)

    stream.put("refuse", "unanswered")

    (event,) = eventually(lambda: logs.filter_log_events(logGroupName=group)["events"])
    message = json.loads(event["message"])
    assert message["errorCode"] == "Lambda.MissingRecordId", "what the function refuses is its own to log"
    assert message["deliveryStreamARN"].endswith(f":deliverystream/{stream.name}")
    metrics = faithful.client("cloudwatch").list_metrics(
        Namespace="AWS/Logs", MetricName="IncomingLogEvents", Dimensions=[{"Name": "LogGroupName", "Value": group}]
    )
    assert len(metrics["Metrics"]) == 1


def test_source_records_are_kept_too_where_that_is_asked_for(faithful: Lab) -> None:
    name = faithful.name()
    faithful.client("s3").create_bucket(Bucket=name)
    backup = {"RoleARN": f"arn:aws:iam::{faithful.account}:role/x", "BucketARN": f"arn:aws:s3:::{name}"}
    stream = Stream(faithful, SHOUTS, S3BackupMode="Enabled", S3BackupConfiguration={**backup, "Prefix": "source/"})

    stream.put("one", "refuse")

    (entry,) = eventually(lambda: stream.s3.list_objects_v2(Bucket=name).get("Contents", []))
    assert entry["Key"].startswith("source/")
    assert stream.s3.get_object(Bucket=name, Key=entry["Key"])["Body"].read() == b"onerefuse"


def test_streams_without_a_function_gather_too(faithful: Lab) -> None:
    stream = Stream(faithful, SHOUTS, ProcessingConfiguration={"Enabled": False})

    stream.put("one", "two")

    assert eventually(lambda: stream.objects("good/")) == ["onetwo"]
