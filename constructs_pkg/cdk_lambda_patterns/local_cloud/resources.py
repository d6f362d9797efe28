"""Resources of a deployment as a test drives them: send, put, invoke, and wait for what must follow."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, cast

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.errors import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .cloud import LocalCloud
    from .description import DeployedStack

T = TypeVar("T")

# Lambda's own lines, as text and as JSON.
_OF_LAMBDA = re.compile(r'(START|END|REPORT|INIT_START) |\{.*"type": ?"platform\.')
_ERROR_AS_TEXT = re.compile(r"\[ERROR\]\s+(?:\d{4}-\S+\s+\S+\s+)?(?P<error>\w+: .*)")
_POLL_SECONDS = 0.1
_LONGEST_LONG_POLL_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource that was deployed: of what type it is, and its names in the app and in the cloud.

    Those of the types that tests drive most are a `Queue`, a `Function` and so on, with methods of their own. To any
    other, `LocalCloud.client()` gives a client: `cloud.client("ssm").get_parameter(Name=resource.physical_id)`.
    """

    word: ClassVar[str] = "resource"
    """What messages call it."""
    types: ClassVar[tuple[str, ...]] = ()
    """Its types in templates."""

    cloud: LocalCloud
    """The cloud that it is deployed to."""
    stack: DeployedStack
    """The stack it belongs to, also if it is in a nested one."""
    stack_name: str
    """CloudFormation's name of the very stack, or nested stack, that has it."""
    path: str
    """The path of its construct, for example `Orders/Process`."""
    type: str
    """For example `AWS::SQS::Queue`."""
    logical_id: str
    """Its name in the template."""
    physical_id: str
    """What a `Ref` to it gives: a name, an URL, an ARN."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path} ({self.physical_id})>"

    @property
    def path_in_stack(self) -> str:
        """Its construct's path without its stack's."""
        return self.path.removeprefix(f"{self.stack.path}/")

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its types at run time
        return self.cloud.client(service, account=self.stack.account, region=self.stack.region)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was taken off a queue."""

    text: str
    """Its body as it came."""
    attributes: Mapping[str, str]
    """What SQS says of it: `ApproximateReceiveCount`, `MessageGroupId`, `DeadLetterQueueSourceArn` ..."""
    message_attributes: Mapping[str, str]
    """What the sender said of it, by name."""

    @property
    def body(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The body, as JSON if it is JSON, and else as text."""
        return _from_json(self.text)


class Depth(NamedTuple):
    """How many messages a queue holds."""

    visible: int
    """Those that can be received."""
    in_flight: int
    """Those received, and hidden until they are deleted or their visibility timeout is over."""
    delayed: int
    """Those that cannot be received yet."""

    def __str__(self) -> str:
        return f"{self.visible} visible, {self.in_flight} in flight, {self.delayed} delayed"


class Queue(Resource):
    """An SQS queue: `deployment.queue("Orders/DeadLetterQueue").receive(within=10).body`."""

    word = "queue"
    types = ("AWS::SQS::Queue",)

    @property
    def fifo(self) -> bool:
        """Whether it keeps the order of messages."""
        return self.physical_id.endswith(".fifo")

    def send(
        self,
        body: object,
        *,
        attributes: Mapping[str, str] | None = None,
        group: str | None = None,
        deduplication_id: str | None = None,
    ) -> str:
        """Send a message.

        Args:
            body: Text, or what is sent as JSON.
            attributes: Message attributes; all are sent as strings.
                Default: - none.
            group: The message group.
                Default: - in a FIFO queue "default", in others none.
            deduplication_id: In a FIFO queue, what makes it the same message as another.
                Default: - one of its own.

        Returns:
            The message's id.
        """
        options: dict[str, Any] = {}
        if self.fifo:
            options["MessageDeduplicationId"] = deduplication_id or f"{time.time_ns()}"
            group = group or "default"
        if group is not None:
            options["MessageGroupId"] = group
        if attributes:
            options["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            }
        sent = self._client("sqs").send_message(QueueUrl=self.physical_id, MessageBody=_to_text(body), **options)
        message_id: str = sent["MessageId"]
        return message_id

    def receive(self, *, within: float = 0) -> Message:
        """Take a message off the queue.

        Args:
            within: Seconds to wait for one.
                Default: 0

        Raises:
            TimeoutError: None came; with how many messages are hidden, and the errors that functions ended with.
        """
        sqs = self._client("sqs")
        deadline = time.monotonic() + within
        while True:
            left = deadline - time.monotonic()
            answer = sqs.receive_message(
                QueueUrl=self.physical_id,
                MaxNumberOfMessages=1,
                # Whole seconds; the last fraction is waited for below.
                WaitTimeSeconds=max(0, min(int(left), _LONGEST_LONG_POLL_SECONDS)),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            for message in answer.get("Messages", ()):
                sqs.delete_message(QueueUrl=self.physical_id, ReceiptHandle=message["ReceiptHandle"])
                return _message(message)
            if time.monotonic() >= deadline:
                why = _failures(self.cloud)
                raise TimeoutError(f"no message in {self.path} within {within:g} s: {self.depth()}{why}")
            time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))

    def depth(self) -> Depth:
        """How many messages it holds."""
        answer = self._client("sqs").get_queue_attributes(QueueUrl=self.physical_id, AttributeNames=["All"])
        counts = answer["Attributes"]
        return Depth(
            visible=int(counts.get("ApproximateNumberOfMessages", 0)),
            in_flight=int(counts.get("ApproximateNumberOfMessagesNotVisible", 0)),
            delayed=int(counts.get("ApproximateNumberOfMessagesDelayed", 0)),
        )


class Bucket(Resource):
    """An S3 bucket: `deployment.bucket("Results").get("7.csv", within=10)`."""

    word = "bucket"
    types = ("AWS::S3::Bucket",)

    def put(self, key: str, content: bytes | str) -> None:
        """Write an object.

        Args:
            key: Its key.
            content: What it holds; text is written as UTF-8.
        """
        body = content.encode() if isinstance(content, str) else content
        self._client("s3").put_object(Bucket=self.physical_id, Key=key, Body=body)

    def get(self, key: str, *, within: float = 0) -> bytes:
        """Read an object.

        Args:
            key: Its key.
            within: Seconds to wait for it to be there.
                Default: 0

        Raises:
            TimeoutError: It is not there; with the keys that are, and the errors that functions ended with.
        """
        s3 = self._client("s3")

        def read() -> bytes | None:
            try:
                content: bytes = s3.get_object(Bucket=self.physical_id, Key=key)["Body"].read()
            except s3.exceptions.NoSuchKey:
                return None
            return content

        def missing() -> str:
            there = _some(self.keys())
            return f"no object '{key}' in {self.path} within {within:g} s; there are: {there}{_failures(self.cloud)}"

        return _wait_for(read, within, missing)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of its objects, in order.

        Args:
            prefix: What they begin with.
                Default: - all.
        """
        pages = self._client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.physical_id, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


@dataclass(frozen=True, slots=True)
class Invocation:
    """How an invocation ended."""

    payload: Any
    """What the function returned, or the error: its type, message and stack trace."""
    error: str | None
    """`Handled`, `Unhandled`, or None: as Lambda says it in its answer."""
    version: str
    """The version that was executed."""
    log: str
    """The last 4 KB that it logged."""


class Activity(NamedTuple):
    """What a function did in the last hour, by its metrics."""

    invocations: int
    """How often it ran."""
    errors: int
    """How often it failed."""
    throttles: int
    """How often it was not let run."""


class Function(Resource):
    """A Lambda function: `deployment.function("Process").invoke({"id": 7}).payload`."""

    word = "function"
    types = ("AWS::Lambda::Function",)

    def invoke(self, payload: object = None, *, qualifier: str | None = None) -> Invocation:
        """Invoke it and wait for the answer. A function that fails does not raise: see `.error`.

        Args:
            payload: What is sent as JSON.
                Default: - `null`.
            qualifier: A version or an alias.
                Default: - its `live` alias if it has one, else `$LATEST`.
        """
        answer = self._client("lambda").invoke(
            FunctionName=self.physical_id,
            Payload=json.dumps(payload),
            LogType="Tail",
            **self._qualified(qualifier),
        )
        body = answer["Payload"].read()
        return Invocation(
            payload=_from_json(body.decode()) if body else None,
            error=answer.get("FunctionError"),
            version=answer.get("ExecutedVersion", ""),
            log=base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"),
        )

    def invoke_asynchronously(self, payload: object = None, *, qualifier: str | None = None) -> None:
        """Hand it an event, as S3, SNS and EventBridge do: if it fails it is tried again, and then given up.

        Args:
            payload: What is sent as JSON.
                Default: - `null`.
            qualifier: A version or an alias.
                Default: - its `live` alias if it has one, else `$LATEST`.
        """
        self._client("lambda").invoke(
            FunctionName=self.physical_id,
            InvocationType="Event",
            Payload=json.dumps(payload),
            **self._qualified(qualifier),
        )

    def logs(self) -> list[str]:
        """The lines that it logged, Lambda's own among them, in order."""
        logs = self._client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=self.log_group)
            events = [event for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []
        events.sort(key=lambda event: int(event["timestamp"]))
        return [line for event in events for line in event["message"].rstrip("\n").split("\n")]

    @property
    def last_error(self) -> str:
        """The last error that made it fail, as `ValueError: no id`; nothing if none did."""
        errors = (_error_in(line) for line in reversed(self.logs()))
        return next((error for error in errors if error), "")

    @property
    def last_logged(self) -> str:
        """The last line that it logged itself, cut to 80 characters; nothing if it did not log any.

        Lambda's own lines are left out, and in JSON logs what boto3 has to say in passing.
        """
        own = (_message_in(line) for line in reversed(self.logs()) if _is_own(line))
        return next((line for line in own if line.strip()), "")[:80]

    def activity(self) -> Activity:
        """How often it ran, failed and was throttled in the last hour, by any version."""
        return Activity(*(self._sum(metric) for metric in ("Invocations", "Errors", "Throttles")))

    @property
    def log_group(self) -> str:
        """The log group that it writes to."""
        group: str | None = self.configuration.get("LoggingConfig", {}).get("LogGroup")
        return group or f"/aws/lambda/{self.physical_id}"

    @property
    def runtime(self) -> str:
        """The runtime it names, for example `python3.14`; of one from a container image, nothing."""
        runtime: str = self.configuration.get("Runtime", "")
        return runtime

    @property
    def configuration(self) -> Mapping[str, Any]:
        """Its settings, as `GetFunctionConfiguration` answers them."""
        answer: Mapping[str, Any] = self._client("lambda").get_function_configuration(FunctionName=self.physical_id)
        return answer

    def _qualified(self, qualifier: str | None) -> dict[str, str]:
        if qualifier is None:
            aliases = self._client("lambda").list_aliases(FunctionName=self.physical_id)["Aliases"]
            qualifier = next((alias["Name"] for alias in aliases if alias["Name"] == practices.LIVE_ALIAS), None)
        return {} if qualifier is None else {"Qualifier": qualifier}

    def _sum(self, metric: str) -> int:
        now = datetime.now(tz=UTC)
        answer = self._client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": self.physical_id}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )
        return int(sum(point["Sum"] for point in answer["Datapoints"]))


class Alarm(Resource):
    """A CloudWatch alarm: `deployment.alarm("Process/ErrorsAlarm").wait_for("ALARM", within=30)`."""

    word = "alarm"
    types = ("AWS::CloudWatch::Alarm",)

    @property
    def state(self) -> str:
        """`OK`, `ALARM` or `INSUFFICIENT_DATA`; `RECORDED` of one that the local cloud only keeps a record of."""
        return self._described()[0]

    @property
    def reason(self) -> str:
        """Why it is in that state."""
        return self._described()[1]

    def wait_for(self, state: str, *, within: float) -> None:
        """Wait until it is in a state.

        Args:
            state: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
            within: Seconds to wait.

        Raises:
            TimeoutError: It is in another; with the reason.
        """

        def missing() -> str:
            now, reason = self._described()
            return f"{self.path} is not in {state} within {within:g} s, but in {now}: {reason}"

        _wait_for(lambda: True if self.state == state else None, within, missing)

    def _described(self) -> tuple[str, str]:
        found = self._client("cloudwatch").describe_alarms(AlarmNames=[self.physical_id])["MetricAlarms"]
        if not found:
            return "RECORDED", "the local cloud keeps a record of it only"
        return found[0]["StateValue"], found[0].get("StateReason", "")


class Topic(Resource):
    """An SNS topic: `deployment.topic("News").publish({"id": 7}, attributes={"kind": "new"})`."""

    word = "topic"
    types = ("AWS::SNS::Topic",)

    def publish(self, message: object, *, attributes: Mapping[str, str] | None = None, group: str = "default") -> None:
        """Publish a message.

        Args:
            message: Text, or what is sent as JSON.
            attributes: Message attributes; all are sent as strings.
                Default: - none.
            group: In a FIFO topic, the message group.
                Default: default
        """
        options: dict[str, Any] = {}
        if self.physical_id.endswith(".fifo"):
            options |= {"MessageGroupId": group, "MessageDeduplicationId": f"{time.time_ns()}"}
        if attributes:
            options["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            }
        self._client("sns").publish(TopicArn=self.physical_id, Message=_to_text(message), **options)


class Table(Resource):
    """A DynamoDB table: `deployment.table("Orders").get(id="7", within=10)`."""

    word = "table"
    types = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")

    def put(self, item: Mapping[str, object] | None = None, /, **attributes: object) -> None:
        """Write an item: `put(id="7", total=12)`, or `put({"id": "7", "total": 12})`.

        Args:
            item: Its attributes, by name.
                Default: - those that are named.
            attributes: Its attributes, where their names are words of Python; a fraction is a `Decimal`.
        """
        values = _attribute_values({**(item or {}), **attributes})
        self._client("dynamodb").put_item(TableName=self.physical_id, Item=values)

    def get(
        self, key: Mapping[str, object] | None = None, /, *, within: float = 0, **attributes: object
    ) -> dict[str, Any]:
        """Read an item: `get(id="7")`, or `get({"id": "7"})`. Its numbers are `Decimal`s.

        Args:
            key: The attributes of its key, by name.
                Default: - those that are named.
            within: Seconds to wait for it to be there.
                Default: 0
            attributes: The attributes of its key, where their names are words of Python.

        Raises:
            TimeoutError: It is not there; with the errors that functions ended with.
        """
        key = {**(key or {}), **attributes}
        values = _attribute_values(key)

        def read() -> dict[str, Any] | None:
            answer = self._client("dynamodb").get_item(TableName=self.physical_id, Key=values)
            return _plain(answer["Item"]) if "Item" in answer else None

        def missing() -> str:
            return f"no item {key} in {self.path} within {within:g} s{_failures(self.cloud)}"

        return _wait_for(read, within, missing)

    def items(self) -> list[dict[str, Any]]:
        """Every item; their numbers are `Decimal`s."""
        pages = self._client("dynamodb").get_paginator("scan").paginate(TableName=self.physical_id)
        return [_plain(item) for page in pages for item in page["Items"]]


class Stream(Resource):
    """A Kinesis stream: `deployment.stream("Readings").put({"id": 7}, {"id": 8})`."""

    word = "stream"
    types = ("AWS::Kinesis::Stream",)

    def put(self, *records: object, partition_key: str = "default") -> None:
        """Write records, in order.

        Args:
            records: Each text, or what is sent as JSON; at most 500.
            partition_key: What decides on the shard.
                Default: default

        Raises:
            LocalCloudError: Kinesis refused one; with its reason.
        """
        answer = self._client("kinesis").put_records(
            StreamName=self.physical_id,
            Records=[{"Data": _to_text(record).encode(), "PartitionKey": partition_key} for record in records],
        )
        _refuse_failures(self, answer["Records"])


class EventBus(Resource):
    """An EventBridge event bus: `deployment.event_bus("Shop").put({"id": 7}, source="shop", detail_type="Placed")`."""

    word = "event bus"
    types = ("AWS::Events::EventBus",)

    def put(self, detail: object, *, source: str, detail_type: str) -> None:
        """Put an event on it: `put({"id": 7}, source="orders", detail_type="OrderPlaced")`.

        Args:
            detail: What is sent as JSON.
            source: Who says so, for example `orders`.
            detail_type: What happened, for example `OrderPlaced`.

        Raises:
            LocalCloudError: EventBridge refused it; with its reason.
        """
        entry = {
            "Source": source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "EventBusName": self.physical_id,
        }
        _refuse_failures(self, self._client("events").put_events(Entries=[entry])["Entries"])


def _refuse_failures(resource: Resource, entries: Iterable[Mapping[str, Any]]) -> None:
    """Raise what the answer to a batch says in passing: that it took the batch does not mean that it took all of it."""
    for entry in entries:
        if "ErrorCode" in entry:
            reason = f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}"
            raise LocalCloudError(f"{resource.path} did not take what was put: {reason}")


def _wait_for(found: Callable[[], T | None], within: float, missing: Callable[[], str]) -> T:
    deadline = time.monotonic() + within
    while True:
        result = found()
        if result is not None:
            return result
        if time.monotonic() >= deadline:
            raise TimeoutError(missing())
        time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))


def _failures(cloud: LocalCloud) -> str:
    """Why something that was waited for may not have come: what functions failed with."""
    functions = [resource for resource in cloud.deployed().resources if isinstance(resource, Function)]
    errors = [(function.path, function.last_error) for function in functions]
    return "".join(f"\n  {path} failed: {error}" for path, error in errors if error)


def _error_in(line: str) -> str:
    """The error that a logged line tells of, as Lambda's runtime client logs it: as text or as JSON."""
    text = _ERROR_AS_TEXT.match(line)
    if text is not None:
        return text["error"]
    entry = _entry_in(line)
    return f"{entry['errorType']}: {entry.get('errorMessage', '')}" if "errorType" in entry else ""


def _is_own(line: str) -> bool:
    """Whether a function logged it itself. Text does not say which logger it came from."""
    entry = _entry_in(line)
    in_passing = str(entry.get("logger", "")).startswith("botocore.") and entry.get("level") in ("DEBUG", "INFO")
    return not in_passing and not _OF_LAMBDA.match(line)


def _message_in(line: str) -> str:
    """What a logged line says, without what JSON says around it."""
    return _error_in(line) or str(_entry_in(line).get("message", line))


def _entry_in(line: str) -> dict[str, Any]:
    """A line that is a JSON object; of another, nothing."""
    entry = _from_json(line) if line.startswith("{") else None
    return cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}


def _message(message: Mapping[str, Any]) -> Message:
    return Message(
        text=message["Body"],
        attributes=message.get("Attributes", {}),
        message_attributes={
            name: attribute.get("StringValue", "") for name, attribute in message.get("MessageAttributes", {}).items()
        },
    )


def _attribute_values(item: Mapping[str, object]) -> dict[str, Any]:
    from boto3.dynamodb.types import TypeSerializer  # noqa: PLC0415 - optional

    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    from boto3.dynamodb.types import TypeDeserializer  # noqa: PLC0415 - optional

    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _from_json(text: str) -> Any:  # noqa: ANN401 - whatever was sent
    try:
        return json.loads(text)
    except ValueError:
        return text


def _some(names: Iterable[str], most: int = 10) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more
