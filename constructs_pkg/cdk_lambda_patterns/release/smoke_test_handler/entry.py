"""Tries a version of a function, and tells CodeDeploy or CloudFormation whether it may have traffic.

CodeDeploy asks before it shifts traffic; CloudFormation when the hook is deployed for the first time, since CodeDeploy
does not run for a first version. Anybody else gets what was found.
Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
"""

from __future__ import annotations

import json
import logging
import os
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .expectations import Reply, disappointments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Event = dict[str, Any]

TESTS = "smoke_tests.json"
"""The file with the tests, at the top of the package."""

VERSION = "SMOKE_TEST_VERSION"
"""The variable that names the version to try, by its ARN."""

RESERVE_SECONDS = 15.0
"""Kept for the answer: without one CodeDeploy waits an hour."""
_PAUSE_SECONDS = 5.0
_TRIES = 12
"""The right to call a version is made a moment before; IAM needs up to a minute to know it everywhere. Customers may
have taken all of the function's concurrency for a moment."""
_NOT_NOW = {"AccessDenied", "AccessDeniedException", "TooManyRequestsException"}
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 3
"""To connect, and again to be heard: twice both is less than what is kept."""
_REASON_LENGTH = 1_000

logger = logging.getLogger()


class NotNowError(Exception):
    """The version was not called: the right to do so is not known yet, or others call the function too much."""


class Context(Protocol):
    """What Lambda says of the invocation, as far as it is used."""

    def get_remaining_time_in_millis(self) -> int:
        """The milliseconds until Lambda ends it."""
        ...


class Clients(Protocol):
    """What calls AWS."""

    def limit(self, seconds: float) -> None:
        """Give the calls from here on so much time."""
        ...

    def invoke(self, version: str, payload: bytes) -> tuple[bytes, bool]:
        """Call a version: its reply, and whether it is an error.

        Raises:
            NotNowError: It may not be called now.
            TimeoutError: It takes longer than it may.
        """
        ...

    def answer_code_deploy(self, event: Event, status: str) -> None:
        """Tell CodeDeploy `Succeeded` or `Failed`."""
        ...

    def answer_cloud_formation(self, event: Event, status: str, reason: str) -> None:
        """Tell CloudFormation `SUCCESS` or `FAILED`."""
        ...


def handler(event: Event, context: Context) -> dict[str, Any]:
    """What Lambda calls."""
    seconds = context.get_remaining_time_in_millis() / 1000
    tests = json.loads((Path(__file__).parents[1] / TESTS).read_text(encoding="utf-8"))
    return run(event, tests, os.environ[VERSION], Aws(), seconds=seconds)


def run(
    event: Event,
    tests: Mapping[str, Event],
    version: str,
    clients: Clients,
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Try the version if somebody asks for it, and answer.

    Args:
        event: CodeDeploy's, CloudFormation's, or anybody's.
        tests: By their names: `payload` and `expect`.
        version: The version's ARN.
        clients: What calls AWS.
        seconds: The time for all of it.
        clock: Says the time in seconds.
        sleep: Waits.
    """
    request = event.get("RequestType")
    if request in {"Update", "Delete"}:
        # From the second version on CodeDeploy asks.
        clients.answer_cloud_formation(event, "SUCCESS", "nothing to try")
        return {"passed": True, "failures": []}
    trial = _Trial(version, clients, clock() + seconds - RESERVE_SECONDS, clock, sleep)
    try:
        failures = trial.failures(tests)
    except Exception as error:  # whatever it is, who waits must hear of it
        logger.exception("The version could not be tried")
        failures = [f"the version could not be tried: {error}"]
    for failure in failures:
        logger.error("%s", failure)
    if request == "Create":
        reason = "; ".join(failures)[:_REASON_LENGTH] or "all tests passed"
        clients.answer_cloud_formation(event, "FAILED" if failures else "SUCCESS", reason)
    elif "LifecycleEventHookExecutionId" in event:
        clients.answer_code_deploy(event, "Failed" if failures else "Succeeded")
    return {"passed": not failures, "failures": failures}


@dataclass(frozen=True)
class _Trial:
    """The tests of one version."""

    version: str
    clients: Clients
    until: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def failures(self, tests: Mapping[str, Event]) -> list[str]:
        """What is not as expected, by the names of the tests."""
        failures: list[str] = []
        for name, test in tests.items():
            left = self.until - self.clock()
            if left <= 0:
                failures.append(f"{name}: there was no time left to try it")
                continue
            try:
                reply = self._reply(json.dumps(test["payload"]).encode())
            except TimeoutError:
                failures.append(f"{name}: no reply came in the {left:.0f} s that were left")
                continue
            found = disappointments(reply, test.get("expect", {}))
            failures += [f"{name}: {one}" for one in found]
            if not found:
                logger.info("%s passed in %.0f ms", name, reply.milliseconds)
        return failures

    def _reply(self, payload: bytes) -> Reply:
        for left in reversed(range(_TRIES)):
            self.clients.limit(self.until - self.clock())
            began = self.clock()
            try:
                text, is_error = self.clients.invoke(self.version, payload)
            except NotNowError:
                if left == 0 or self.clock() + _PAUSE_SECONDS >= self.until:
                    raise
                self.sleep(_PAUSE_SECONDS)
            else:
                return Reply(json.loads(text or b"null"), is_error, (self.clock() - began) * 1000)
        raise AssertionError  # the last try returns or raises


class Aws:
    """Calls AWS itself."""

    def __init__(self, session: Any = None) -> None:  # noqa: ANN401 - boto3 makes its types at run time
        """Make the client that answers.

        Args:
            session: A session of boto3.
                Default: - the one of the execution environment.
        """
        import boto3  # noqa: PLC0415 - the runtime's; where the app is synthesized there may be none
        from botocore.config import Config  # noqa: PLC0415 - as above

        self._session: Any = session or boto3.Session()
        twice = Config(connect_timeout=_ANSWER_SECONDS, read_timeout=_ANSWER_SECONDS, retries={"total_max_attempts": 2})
        self._code_deploy = self._session.client("codedeploy", config=twice)

    def limit(self, seconds: float) -> None:
        """Give the calls from here on so much time.

        Args:
            seconds: The time for one. A client of boto3 keeps what it was made with, so each limit makes another.
        """
        from botocore.config import Config  # noqa: PLC0415 - as above

        # A version that takes its time is called once: a second call would be a second order.
        once = Config(read_timeout=seconds, connect_timeout=min(seconds, _CONNECT_SECONDS), retries={"max_attempts": 0})
        self._lambda = self._session.client("lambda", config=once)

    def invoke(self, version: str, payload: bytes) -> tuple[bytes, bool]:
        """Call a version: its reply, and whether it is an error.

        Args:
            version: Its ARN.
            payload: The event, as JSON.

        Raises:
            NotNowError: It may not be called now.
            TimeoutError: It takes longer than it may.
        """
        from botocore.exceptions import ClientError, ReadTimeoutError  # noqa: PLC0415 - as above

        try:
            response = self._lambda.invoke(FunctionName=version, Payload=payload)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NOT_NOW:
                raise NotNowError(str(error)) from error
            raise
        except ReadTimeoutError as error:
            raise TimeoutError(str(error)) from error
        return response["Payload"].read(), "FunctionError" in response

    def answer_code_deploy(self, event: Event, status: str) -> None:
        """Tell CodeDeploy `Succeeded` or `Failed`.

        Args:
            event: What it asked.
            status: The answer.
        """
        self._code_deploy.put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status=status,
        )

    def answer_cloud_formation(self, event: Event, status: str, reason: str) -> None:
        """Tell CloudFormation `SUCCESS` or `FAILED`.

        Args:
            event: What it asked.
            status: The answer.
            reason: Why.
        """
        answer = {
            "Status": status,
            "Reason": reason,
            "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
            **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        }
        # The address is signed for a request without a content type.
        request = urllib.request.Request(  # noqa: S310 - CloudFormation's own address
            event["ResponseURL"], data=json.dumps(answer).encode(), headers={"Content-Type": ""}, method="PUT"
        )
        with urllib.request.urlopen(request, timeout=RESERVE_SECONDS):  # noqa: S310 - as above
            pass
