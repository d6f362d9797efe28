"""Sends records to queues, topics, functions, event buses and buckets, as a client of the emulator."""

from __future__ import annotations

import functools
import os

from .emulator import Emulated, Record, module


@functools.cache
def _client(service: str, account: str, region: str) -> Emulated:
    import botocore.session  # noqa: PLC0415 - takes a while, and is seldom needed

    return botocore.session.Session().create_client(
        service,
        endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
    )


def client(service: str) -> Emulated:
    """A client of the emulator, in the account and Region that the current thread acts in."""
    responses = module("core.responses")
    return _client(service, responses.get_account_id(), responses.get_region())


def send_to_queue(arn: str, body: str, attributes: Record | None = None) -> None:
    """Send a message to a queue.

    Args:
        arn: The queue's.
        body: The message.
        attributes: Its message attributes.
    """
    sqs = client("sqs")
    *_, account, name = arn.split(":")
    url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes or {})


def publish(arn: str, message: str, attributes: Record | None = None) -> None:
    """Publish a message to a topic."""
    client("sns").publish(TopicArn=arn, Message=message, MessageAttributes=attributes or {})


def invoke_asynchronously(arn: str, event: object) -> None:
    """Invoke a function and do not wait for it, as AWS's own services do.

    Raises:
        LookupError: There is no such function, alias or version.
    """
    lambda_svc = module("services.lambda_svc")
    record, config, _name = lambda_svc._get_func_record_for_ref(arn)
    if record is None or config is None:
        raise LookupError(f"function not found: {arn}")
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(record, config), event)


def put_event(bus_arn: str, *, source: str, detail_type: str, detail: str, resources: list[str]) -> None:
    """Put an event on a bus.

    Raises:
        RuntimeError: The bus refuses it.
    """
    entry = {
        "EventBusName": bus_arn,
        "Source": source,
        "DetailType": detail_type,
        "Detail": detail,
        "Resources": resources,
    }
    answer = client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(str(answer["Entries"]))


def put_object(bucket_arn: str, key: str, body: str) -> None:
    """Write an object."""
    client("s3").put_object(Bucket=bucket_arn.rsplit(":", maxsplit=1)[-1], Key=key, Body=body.encode())
