"""Deploys the document conversion to a local cloud and sends it two documents: `python -m sample_app.demo [--keep]`.

A real workbook becomes CSV files; a truncated one ends in the failure queue and puts an alarm into ALARM. All that is
printed of them is read from the cloud. The exit status is 0 only if all of it happened.
"""

# ruff: noqa: T201 - it is for people to read
from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cdk_lambda_patterns.errors import LocalCloudError
from cdk_lambda_patterns.local_cloud import LocalCloud, running

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType

    from cdk_lambda_patterns.local_cloud import Deployment, Function, Queue

PROJECT = Path(__file__).parents[1]
DOCUMENTS = PROJECT / "sample_app" / "documents"

_PATIENCE_SECONDS = 90.0
_POLL_SECONDS = 0.1
_LINES_SHOWN = 3
_TITLE_WIDTH = 32


class Outcome(NamedTuple):
    """What became of a document."""

    sent: str
    function: str
    landed_in: str
    seconds: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m sample_app.demo", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("--keep", action="store_true", help="leave the local cloud up, to look around")
    keep: bool = parser.parse_args(arguments).keep
    return run(lambda steps: _demonstrate(steps, keep=keep))


def run(demonstrate: Callable[[Steps], None]) -> int:
    """Run a demonstration to its end, or until it is interrupted or fails, and return the exit status."""
    for interruption in (signal.SIGINT, signal.SIGTERM):  # a shell has its background jobs ignore the first
        signal.signal(interruption, _interrupt)
    try:
        demonstrate(Steps())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (LocalCloudError, TimeoutError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    _interrupted.set()
    raise KeyboardInterrupt


_interrupted = threading.Event()


def _stop_if_interrupted() -> None:
    """Stop also where Python swallowed the interruption, as it does in callbacks of its own."""
    if _interrupted.is_set():
        raise KeyboardInterrupt


def _demonstrate(steps: Steps, *, keep: bool) -> None:
    begin = time.monotonic()
    with local_cloud(steps, keep=keep) as cloud:
        with steps.step("deploy with cdk deploy"):
            deployment = cloud.deploy(PROJECT, stacks=["DocumentConversion"])
            names = ", ".join(stack.path for stack in deployment.stacks)
            steps.say(f"{names}, {len(deployment.resources)} resources")
        # A folder for each run: a cloud that was kept up has those of others.
        folder = time.strftime("%Y-%m-%d %H%M%S")
        outcomes = [
            _converted(steps, deployment, "quarterly-orders.xlsx", f"{folder}/Zürich orders.xlsx"),
            _rejected(steps, deployment, "truncated.xlsx", f"{folder}/broken off.xlsx"),
        ]
    print_table(("sent", "function", "landed in", "seconds"), outcomes)
    print(f"\nAll of it happened, in {time.monotonic() - begin:.1f} s.")
    if keep:
        print(f"\nThe local cloud is up at {cloud.endpoint}\n{how_to_look_around()}")


def how_to_look_around() -> str:
    """The commands for a cloud that is kept up. They are in the environment that `make` alone puts on the path."""
    activate = Path(sys.prefix, "bin", "activate")
    shown = activate.relative_to(PROJECT) if activate.is_relative_to(PROJECT) else activate
    return (
        f"  {f'source {shown}':48}  put this project's commands on the path of your shell\n"
        "  cdk-lambda-patterns local status                  what is there, and what it did\n"
        "  cdk-lambda-patterns local logs Convert            what the function logged\n"
        '  eval "$(cdk-lambda-patterns local up --export)"   let the AWS CLI of this shell use it\n'
        "  cdk-lambda-patterns local down                    stop it"
    )


@contextmanager
def local_cloud(steps: Steps, *, keep: bool = False) -> Generator[LocalCloud]:
    """A cloud for this run alone, stopped however it ends; to be kept, the project's, which other commands find."""
    with steps.step("start the local cloud"):
        cloud = _project_cloud(steps) if keep else LocalCloud.start(progress=steps.tell)
        steps.say(f"{cloud.endpoint}, functions on Python {cloud.python}")
    try:
        yield cloud
    finally:
        if not keep:
            with steps.step("stop the local cloud"):
                cloud.stop()


def _project_cloud(steps: Steps) -> LocalCloud:
    with running.alone(PROJECT):
        cloud = running.find(PROJECT)
        if cloud is None or not cloud.running:
            running.stop(PROJECT)
            cloud = LocalCloud.start(outlives_this_process=True, progress=steps.tell)
            running.remember(cloud, PROJECT)
        return cloud


def _converted(steps: Steps, deployment: Deployment, document: str, key: str) -> Outcome:
    """Send a workbook, wait for its CSV files and show how the first begins."""
    csv_files = deployment.bucket("CsvFiles")
    stem = key.removesuffix(".xlsx")
    sent_at = _send(steps, deployment, document, key)
    with steps.step("wait for its CSV files"):
        csv = csv_files.get(f"{stem}.csv", within=_PATIENCE_SECONDS).decode()
        seconds = time.monotonic() - sent_at
        logged = _logged(deployment.function("Convert"), f"s3://{deployment.bucket('Documents').physical_id}/{key}")
        written = csv_files.keys(f"{stem}.")
        steps.say(f"{len(written)} in {csv_files.path}", *written)
        steps.show(csv, lines=_LINES_SHOWN)
    landed_in = f"{csv_files.path_in_stack}: {len(logged['files'])} files, {logged['rows']} rows"
    return Outcome(document, _name_of(deployment, logged["function_arn"]), landed_in, f"{seconds:.1f}")


def _rejected(steps: Steps, deployment: Deployment, document: str, key: str) -> Outcome:
    """Send what is no workbook, wait for the record of the failure and for the alarm."""
    queue, alarm = deployment.queue("FailureQueue"), deployment.alarm("FailureQueueAlarm")
    sent_at = _send(steps, deployment, document, key)
    with steps.step("wait for the failure's record"):
        record = _failure_record(queue, key)
        seconds = time.monotonic() - sent_at
        request, response = record["requestContext"], record["responsePayload"]
        function = _name_of(deployment, request["functionArn"])
        steps.say(
            f"{request['condition']} after {request['approximateInvokeCount']} invocations of {function}",
            f"{response['errorType']}: {response['errorMessage']}",
        )
    with steps.step("wait for its alarm"):
        alarm.wait_for("ALARM", within=_PATIENCE_SECONDS)
        steps.say(f"{alarm.path_in_stack} is in {alarm.state}", alarm.reason)
    return Outcome(document, function, f"{queue.path_in_stack}, its alarm in {alarm.state}", f"{seconds:.1f}")


def _send(steps: Steps, deployment: Deployment, document: str, key: str) -> float:
    """Put a document into the bucket and return when."""
    bucket, content = deployment.bucket("Documents"), (DOCUMENTS / document).read_bytes()
    with steps.step(f"send {document}"):
        sent_at = time.monotonic()
        bucket.put(key, content)
        steps.say(f"{len(content):,} bytes to {bucket.path}", key)
    return sent_at


def _logged(function: Function, document: str) -> dict[str, Any]:
    """What the function logged when it had converted a document."""

    def found() -> dict[str, Any] | None:
        lines = [json.loads(line) for line in function.logs() if line.startswith("{")]
        mine = [line for line in lines if line.get("message") == "converted" and line.get("document") == document]
        return mine[-1] if mine else None

    return _wait_for(found, f"{function.path} logged nothing about {document}")


def _failure_record(queue: Queue, key: str) -> dict[str, Any]:
    """Lambda's record of the event about an object; it stays in the queue."""
    sqs = queue.cloud.client("sqs")

    def found() -> dict[str, Any] | None:
        answer = sqs.receive_message(QueueUrl=queue.physical_id, MaxNumberOfMessages=10, VisibilityTimeout=0)
        records = [json.loads(message["Body"]) for message in answer.get("Messages", ())]
        return next((r for r in records if r["requestPayload"]["detail"]["object"]["key"] == key), None)

    return _wait_for(found, f"no record about {key} came to {queue.path}")


def _wait_for(found: Callable[[], dict[str, Any] | None], otherwise: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        result = found()
        if result is not None:
            return result
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"{otherwise}, after {_PATIENCE_SECONDS:g} s")


def _name_of(deployment: Deployment, function_arn: str) -> str:
    """A function's construct path and alias: `Convert:live`."""
    name, *qualifier = function_arn.split(":")[6:]
    return ":".join([deployment.function(name).path_in_stack, *qualifier])


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads, in columns."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    print()
    for row in (heads, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


class Steps:
    """Prints what is done and how long it took; lines are only added, so a log reads like a terminal."""

    def __init__(self) -> None:
        self._width = shutil.get_terminal_size(fallback=(120, 24)).columns
        self._said: list[str] = []
        self._begun = ""
        """What stands on the line that was begun and not ended."""
        self._printing = threading.Lock()  # what happens meanwhile may be told by another thread

    @contextmanager
    def step(self, title: str) -> Generator[None]:
        """Print the title now; the seconds, and what was said meanwhile, when it is done.

        These stand behind the title, which is repeated if something was told meanwhile.
        """
        with self._printing:
            print(title, end="", flush=True)
            self._begun = title
        begin = time.monotonic()
        try:
            yield
            _stop_if_interrupted()
        except BaseException:
            self._said = ["failed"]
            raise
        finally:
            first, *others = self._said or [""]
            line = f"{title:<{_TITLE_WIDTH}}{time.monotonic() - begin:6.1f} s  {first}".rstrip()
            with self._printing:
                print(line.removeprefix(self._begun), *others, sep="\n", flush=True)
                self._said, self._begun = [], ""

    def say(self, summary: str, *details: str) -> None:
        """Say what came of the step, in a few words, and details that may be long."""
        self._said.append(summary)
        for detail in details:
            self._said += textwrap.wrap(
                detail, self._width, initial_indent="    ", subsequent_indent="      ", break_long_words=False
            )

    def show(self, text: str, *, lines: int) -> None:
        """Show how a text begins."""
        found = text.splitlines()
        shown = [line if len(line) <= self._width - 6 else f"{line[: self._width - 7]}…" for line in found[:lines]]
        self._said += ["", *(f"      {line}" for line in shown), f"      ... {len(found)} lines", ""]

    def tell(self, line: str) -> None:
        """Print a line at once: what happens within a step that takes long."""
        with self._printing:
            print("\n" if self._begun else "", f"    {line}", sep="", flush=True)
            self._begun = ""


if __name__ == "__main__":
    sys.exit(main())
