"""A cloud, and what the tests of its behaviours make in it."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import time
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdk_lambda_patterns.local_cloud import LocalCloud

_T = TypeVar("_T")


@dataclass(frozen=True)
class Answer:
    """What the Invoke API answered."""

    payload: Any
    error: str | None
    log: str
    version: str


@dataclass(frozen=True)
class Queue:
    """A queue of one test."""

    lab: Lab
    name: str
    url: str
    arn: str

    def send(self, body: str) -> None:
        self.lab.client("sqs").send_message(QueueUrl=self.url, MessageBody=body)

    def messages(self, count: int = 1, within: float = 10) -> list[dict[str, Any]]:
        """Receive until there are so many, or the time is over."""
        sqs = self.lab.client("sqs")
        received: list[dict[str, Any]] = []
        deadline = time.monotonic() + within
        while len(received) < count and time.monotonic() < deadline:
            answer = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            if "Messages" not in answer:
                time.sleep(0.05)
            for message in answer.get("Messages", []):
                received.append(message)
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return received

    def bodies(self, count: int = 1, within: float = 10) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.messages(count, within)]

    def body(self, within: float = 10) -> Any:  # noqa: ANN401 - any JSON
        (body,) = self.bodies(1, within)
        return body


class Lab:
    """A cloud, and what tests make in it: under names that no other test has."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.client = cloud.client
        self.account = cloud.account
        self.region = cloud.region

    def name(self) -> str:
        return f"t{uuid.uuid4().hex[:12]}"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def function(self, source: str, **settings: Any) -> str:  # noqa: ANN401 - any of the API's
        """Create a function of one file and return its name."""
        name = self.name()
        given = {"Runtime": "python3.13", "Handler": "index.handler", "Role": f"arn:aws:iam::{self.account}:role/x"}
        self.client("lambda").create_function(
            FunctionName=name, Code={"ZipFile": archive({"index.py": source})}, **{**given, "Timeout": 5, **settings}
        )
        return name

    def function_arn(self, reference: str) -> str:
        return self.arn("lambda", f"function:{reference}")

    def publish(self, name: str) -> str:
        """Publish another version and return its number."""
        functions = self.client("lambda")
        functions.update_function_configuration(FunctionName=name, Description=self.name())
        return str(functions.publish_version(FunctionName=name)["Version"])

    def alias(self, name: str, version: str, weights: Mapping[str, float] | None = None) -> str:
        """Make the alias `live` and return how to invoke it."""
        routing = {"RoutingConfig": {"AdditionalVersionWeights": dict(weights)}} if weights else {}
        self.client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=version, **routing)
        return f"{name}:live"

    def invoke(self, reference: str, event: object = None) -> Answer:
        answer = self.client("lambda").invoke(FunctionName=reference, Payload=json.dumps(event), LogType="Tail")
        return Answer(
            payload=json.loads(answer["Payload"].read() or b"null"),
            error=answer.get("FunctionError"),
            log=base64.b64decode(answer.get("LogResult", "")).decode(),
            version=answer["ExecutedVersion"],
        )

    def printed(self, function: str, count: int = 1, within: float = 10) -> list[Any]:
        """What a function has printed as JSON, once it is so much or the time is over."""
        logs = self.client("logs")
        deadline = time.monotonic() + within
        while True:
            found: list[Any] = []
            with contextlib.suppress(logs.exceptions.ResourceNotFoundException):
                events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
                found = [value for event in events for value in json_in(event["message"])]
            if len(found) >= count or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    def send(self, reference: str, event: object) -> None:
        """Invoke asynchronously."""
        self.client("lambda").invoke(FunctionName=reference, InvocationType="Event", Payload=json.dumps(event))

    def permit(self, reference: str, service: str) -> str:
        """Let a service invoke a function or an alias, and return its ARN."""
        self.client("lambda").add_permission(
            FunctionName=reference,
            StatementId=service,
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
        )
        return self.function_arn(reference)

    def queue(self, policy: Mapping[str, object] | None = None, **attributes: str) -> Queue:
        """A queue that everybody may send to, or whom a policy lets."""
        name = self.name()
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
        given = {"Policy": json.dumps(policy or {"Version": "2012-10-17", "Statement": [statement]}), **attributes}
        url = self.client("sqs").create_queue(QueueName=name, Attributes=given)["QueueUrl"]
        return Queue(self, name, url, self.arn("sqs", name))

    def topic(self) -> str:
        return str(self.client("sns").create_topic(Name=self.name())["TopicArn"])

    def bucket(self) -> str:
        name = self.name()
        self.client("s3").create_bucket(Bucket=name)
        return name

    def deploy(self, resources: Mapping[str, object], outputs: Mapping[str, object] | None = None) -> dict[str, str]:
        """Create a stack of these resources and return its outputs."""
        cloudformation = self.client("cloudformation")
        name = self.name()
        template = {
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
        }
        if not outputs:
            del template["Outputs"]
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))

        def done() -> dict[str, Any] | None:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else dict(stack)

        stack = eventually(done)
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def metric(
        self, namespace: str, name: str, dimensions: Mapping[str, str], *, statistic: str = "Sum", within: float = 5
    ) -> float | None:
        """A statistic of a metric once there is data, or None if there is none within the time."""

        def values() -> list[float]:
            points = self.client("cloudwatch").get_metric_statistics(
                Namespace=namespace,
                MetricName=name,
                Dimensions=[{"Name": key, "Value": text} for key, text in dimensions.items()],
                StartTime=time.time() - 600,
                EndTime=time.time() + 60,
                Period=3600,
                Statistics=[statistic],
            )["Datapoints"]
            return [point[statistic] for point in points]

        try:
            return sum(eventually(values, within=within))
        except TimeoutError:
            return None


def json_in(message: str) -> list[Any]:
    """A log event's value, if it is an object, a list or a text in JSON."""
    try:
        value = json.loads(message)
    except ValueError:
        return []
    return [value] if isinstance(value, (dict, list, str)) else []


def archive(files: Mapping[str, str]) -> bytes:
    """A zip archive of text files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, text in files.items():
            target.writestr(name, text)
    return written.getvalue()


def eventually(observe: Callable[[], _T | None], *, within: float = 10) -> _T:
    """What is observed, as soon as it is true.

    Raises:
        TimeoutError: Nothing is observed in time.
    """
    deadline = time.monotonic() + within
    while True:
        seen = observe()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)
