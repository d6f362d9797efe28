"""Dead-letter queues are sent back: `StartMessageMoveTask` and the actions around it.

What the published emulator does: it does not know the actions.

What AWS does: the visible messages of a queue that is the dead-letter queue of another are moved to the queue they came
from, or to one that is named, as new messages whose receives are counted again. One task runs for a queue at a time.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict

from .support.emulator import Emulated, Record, module

_FASTEST = 500
_REMEMBERED = 10


def apply() -> None:
    """Know the actions. A task is over when its start is answered: there is nothing left to cancel."""
    sqs = module("services.sqs")
    tasks: defaultdict[str, list[Record]] = defaultdict(list)

    def start(data: Record, _url: str) -> Record:
        source_arn, destination_arn = data["SourceArn"], data.get("DestinationArn")
        pace = data.get("MaxNumberOfMessagesPerSecond")
        if pace is not None and not 1 <= int(pace) <= _FASTEST:
            raise sqs._Err("InvalidParameterValue", f"MaxNumberOfMessagesPerSecond must be 1 to {_FASTEST}.")
        source = _queue(sqs, source_arn)
        if not any(_dead_letter_arn(queue) == source_arn for queue in sqs._queues.values()):
            raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        moved = _move(sqs, source, destination_arn)
        task = {
            "TaskHandle": str(uuid.uuid4()),
            "Status": "COMPLETED",
            "SourceArn": source_arn,
            **({} if destination_arn is None else {"DestinationArn": destination_arn}),
            **({} if pace is None else {"MaxNumberOfMessagesPerSecond": int(pace)}),
            "ApproximateNumberOfMessagesMoved": moved,
            "ApproximateNumberOfMessagesToMove": moved,
            "StartedTimestamp": int(time.time() * 1000),
        }
        tasks[source_arn] = [task, *tasks[source_arn]][:_REMEMBERED]
        return {"TaskHandle": task["TaskHandle"]}

    def tell(data: Record, _url: str) -> Record:
        _queue(sqs, data["SourceArn"])
        # The handle is told of running tasks only.
        told = tasks[data["SourceArn"]][: int(data.get("MaxResults") or 1)]
        return {"Results": [{name: task[name] for name in task if name != "TaskHandle"} for task in told]}

    def cancel(data: Record, _url: str) -> Record:
        if any(task["TaskHandle"] == data["TaskHandle"] for known in tasks.values() for task in known):
            raise sqs._Err("UnsupportedOperation", "The task is not running.")
        raise sqs._Err("ResourceNotFoundException", "The task does not exist.", 404)

    sqs._HANDLERS["StartMessageMoveTask"] = start
    sqs._HANDLERS["ListMessageMoveTasks"] = tell
    sqs._HANDLERS["CancelMessageMoveTask"] = cancel


def _queue(sqs: Emulated, arn: str) -> Record:
    found: Record | None = sqs._queue_by_arn(arn)
    if found is None:
        raise sqs._Err("ResourceNotFoundException", f"The queue {arn} does not exist.", 404)
    return found


def _dead_letter_arn(queue: Record) -> str:
    policy = queue["attributes"].get("RedrivePolicy")
    return str(json.loads(policy).get("deadLetterTargetArn", "")) if policy else ""


def _move(sqs: Emulated, source: Record, destination_arn: str | None) -> int:
    """Send the visible messages of a queue on as new ones, and return how many."""
    now = time.time()
    visible = [message for message in source["messages"] if message["visible_at"] <= now]
    for message in visible:
        target = _queue(sqs, destination_arn or message["sys"].get("DeadLetterQueueSourceArn", ""))
        fifo = {"MessageGroupId": message["group_id"], "MessageDeduplicationId": message["id"]}
        sqs._act_send_message(
            {
                "QueueUrl": target["url"],
                "MessageBody": message["body"],
                "MessageAttributes": message["message_attributes"],
                **(fifo if target["is_fifo"] else {}),
            },
            target["url"],
        )
    gone = {id(message) for message in visible}
    with sqs._queues_lock:
        source["messages"] = [message for message in source["messages"] if id(message) not in gone]
    return len(visible)
