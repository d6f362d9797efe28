"""A deployment, as it runs: hooks, traffic, alarms, rollback.

Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html,
https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import string
import time
import uuid
from dataclasses import dataclass
from http import HTTPStatus

from ..support import delivery
from ..support.emulator import Record, module, part, parts
from .app_spec import AppSpec
from .store import CodeDeployError, store
from .traffic import steps

_MINUTE_SECONDS = float(os.environ.get("LOCAL_CLOUD_RELEASE_MINUTE_SECONDS", "60"))
_HOOK_MINUTES = 60
_POLL_SECONDS = 0.1

_BEFORE, _ALLOW, _AFTER = "BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"
_ID_CHARACTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Failure:
    """Why a deployment ended before its time."""

    status: str
    """`Failed` or `Stopped`."""
    trigger: str
    """What a group that rolls back on it names, for example `DEPLOYMENT_FAILURE`."""
    code: str
    message: str


class _EndedError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass
class LifecycleEvent:
    """A part of a deployment."""

    name: str
    status: str = "Pending"
    started: float | None = None
    ended: float | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status not in {"Pending", "InProgress"}

    def begin(self) -> None:
        """Note that it runs."""
        self.status, self.started = "InProgress", time.time()

    def end(self, status: str) -> None:
        """Note how it ended."""
        self.status, self.ended = status, time.time()


class Deployment:
    """A release of one version of a function under an alias."""

    def __init__(
        self,
        group: Record,
        routing: Record,
        content: str,
        *,
        settings: Record | None = None,
        rolls_back: Deployment | None = None,
    ) -> None:
        """Prepare a deployment.

        Args:
            group: The deployment group.
            routing: How traffic shifts.
            content: The AppSpec.
            settings: What the request says: a description, and what takes the place of the group's settings.
                Default: - nothing.
            rolls_back: The deployment that this one takes back.
                Default: - none.

        Raises:
            InvalidAppSpecError: The content is no AppSpec of a function.
        """
        self.id = "d-" + "".join(random.choices(_ID_CHARACTERS, k=9))  # noqa: S311 - a name, not a secret
        self.spec = AppSpec.parse(content)
        self.content = content
        self.application: str = group["applicationName"]
        self.group_name: str = group["deploymentGroupName"]
        self.settings = {**group, **{key: value for key, value in part(settings).items() if value is not None}}
        self.events = {name: LifecycleEvent(name) for name in (_BEFORE, _ALLOW, _AFTER)}
        self.status = "Created"
        self.share = 0.0
        """Of the invocations that go to the new version, 0 to 1."""
        self.failure: Failure | None = None
        self.rolls_back = rolls_back
        self.rolled_back_by: Deployment | None = None
        self.created = time.time()
        self.completed: float | None = None
        """When it ended, in seconds since 1970; None while it runs."""
        self.over = False
        """Whether it has ended, and its rollback too."""
        self._routing = routing
        self._hooks: dict[str, LifecycleEvent] = {}
        self._stopped: Failure | None = None

    def run(self) -> None:
        """Shift the traffic and return when it is over: the status then says how it went."""
        self.status = "InProgress"
        try:
            self._require_versions()
            self._evaluate_alarms()
            self._watch()
            self._run_hook(_BEFORE, self.spec.before)
            self._allow_traffic()
            self._run_hook(_AFTER, self.spec.after)
        except _EndedError as ended:
            self._fail(ended.failure)
        else:
            self._complete("Succeeded")
        finally:
            self.over = True

    def stop(self, *, roll_back: bool | None = None) -> None:
        """End it early.

        Args:
            roll_back: Whether the alias goes back. Default: - as the group says.

        Raises:
            CodeDeployError: It is over.
        """
        if self.completed is not None:
            raise CodeDeployError(
                "DeploymentAlreadyCompletedException", f"The deployment {self.id} is already completed"
            )
        if roll_back is not None:
            events = ["DEPLOYMENT_STOP_ON_REQUEST"] if roll_back else []
            self.settings["autoRollbackConfiguration"] = {"enabled": roll_back, "events": events}
        message = "The deployment was stopped on request."
        self._stopped = Failure("Stopped", "DEPLOYMENT_STOP_ON_REQUEST", "MANUAL_STOP", message)

    def abandon(self) -> None:
        """End it early and leave everything as it is."""
        self.settings["autoRollbackConfiguration"] = {"enabled": False}
        self._stopped = Failure("Stopped", "", "INTERNAL_ERROR", "The local cloud was reset.")

    def report(self, execution_id: str, status: str) -> None:
        """Take what a hook says.

        Args:
            execution_id: Which one says it, by what it was given.
            status: `Succeeded` or `Failed`.

        Raises:
            CodeDeployError: It says something else, is not one of this deployment's, or has said it already.
        """
        event = self._hooks.get(execution_id)
        if event is None:
            raise CodeDeployError(
                "InvalidLifecycleEventHookExecutionIdException",
                "A lifecycle event hook is invalid. Review the hooks section in your AppSpec file to ensure the "
                "lifecycle events and hooks functions are valid.",
            )
        if status not in {"Succeeded", "Failed"}:
            raise CodeDeployError(
                "InvalidLifecycleEventHookExecutionStatusException",
                "The result of a Lambda validation function that verifies a lifecycle event is invalid. It should "
                "return Succeeded or Failed.",
            )
        if event.over:
            raise CodeDeployError(
                "LifecycleEventAlreadyCompletedException",
                "An attempt to return the status of an already completed lifecycle event occurred.",
            )
        event.end(status)

    @property
    def target_id(self) -> str:
        """What it is done to."""
        return f"{self.spec.function}:{self.spec.alias}"

    @property
    def sha256(self) -> str:
        """By which the content of its AppSpec is asked for."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    def _require_versions(self) -> None:
        function = module("services.lambda_svc")._functions.get(self.spec.function)
        if self.spec.target not in part(function, "versions"):
            message = f"The deployment failed because the function has no version {self.spec.target}."
            raise _EndedError(_failed("INVALID_LAMBDA_FUNCTION", message))
        if part(function, "aliases", self.spec.alias).get("FunctionVersion") != self.spec.current:
            raise _EndedError(
                _failed(
                    "INVALID_LAMBDA_CONFIGURATION",
                    "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment "
                    "configuration is missing or has an invalid configuration. The Lambda function alias version does "
                    "not match the current version in AppSpec file.",
                )
            )

    def _run_hook(self, name: str, function: str | None) -> None:
        event = self.events[name]
        event.begin()
        if function is None:
            event.end("Succeeded")
            return
        execution_id = base64.b64encode(json.dumps({"encryptedData": str(uuid.uuid4())}).encode()).decode()
        self._hooks[execution_id] = event
        try:
            delivery.invoke_asynchronously(
                function, {"DeploymentId": self.id, "LifecycleEventHookExecutionId": execution_id}
            )
        except LookupError as error:
            message = f"The deployment failed because the function of a lifecycle event is not there: {function}."
            raise _EndedError(_failed("INVALID_LAMBDA_FUNCTION", message)) from error
        deadline = time.monotonic() + _HOOK_MINUTES * _MINUTE_SECONDS
        while not event.over and time.monotonic() < deadline:
            self._wait(_POLL_SECONDS)
        if event.status == "Failed":
            message = "The deployment failed because one or more of the lifecycle event validation functions failed."
            raise _EndedError(_failed("HOOK_EXECUTION_FAILURE", message))
        if not event.over:
            message = (
                "The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback "
                "within one hour after a deployment hook is invoked."
            )
            raise _EndedError(_failed("TIMEOUT", message))

    def _allow_traffic(self) -> None:
        event = self.events[_ALLOW]
        event.begin()
        for share, minutes in steps(self._routing):
            if share < 1:
                self._update_alias({"RoutingConfig": {"AdditionalVersionWeights": {self.spec.target: share}}})
            else:
                self._update_alias({"FunctionVersion": self.spec.target, "RoutingConfig": None})
            self.share = share
            self._wait(minutes * _MINUTE_SECONDS)
        event.end("Succeeded")

    def _wait(self, seconds: float) -> None:
        """Let time pass, unless something ends the deployment."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, _POLL_SECONDS))
            self._watch()

    def _watch(self) -> None:
        if self._stopped is not None:
            raise _EndedError(self._stopped)
        active = self._active_alarms()
        if active:
            names = " ".join(f"<{name}>" for name in active)
            message = (
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and "
                f"the affected deployments have been stopped. Activated alarms: {names}"
            )
            raise _EndedError(Failure("Stopped", "DEPLOYMENT_STOP_ON_ALARM", "ALARM_ACTIVE", message))

    def _evaluate_alarms(self) -> None:
        """The same update may have changed what an alarm is about: what it said of another version does not count."""
        cloudwatch = module("services.cloudwatch")
        for alarm in filter(None, map(cloudwatch._alarms.get, self._alarms())):
            cloudwatch._evaluate_alarm(alarm)

    def _active_alarms(self) -> list[str]:
        cloudwatch = module("services.cloudwatch")
        alarms = {
            name: cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name) for name in self._alarms()
        }
        return [name for name, alarm in alarms.items() if part(alarm).get("StateValue") == "ALARM"]

    def _alarms(self) -> list[str]:
        override = part(self.settings, "overrideAlarmConfiguration")
        watched = override or part(self.settings, "alarmConfiguration")
        return [alarm["name"] for alarm in parts(watched, "alarms")] if watched.get("enabled") else []

    def _update_alias(self, changes: Record) -> None:
        status, _headers, body = module("services.lambda_svc")._update_alias(
            self.spec.function, self.spec.alias, changes
        )
        if status != HTTPStatus.OK:
            said = json.loads(body).get("message", "")
            raise _EndedError(_failed("INVALID_LAMBDA_FUNCTION", f"The deployment failed: {said}"))

    def _fail(self, failure: Failure) -> None:
        self.failure = failure
        for event in self.events.values():
            if event.status == "InProgress":
                event.end("Failed")
            elif event.status == "Pending":
                event.status = "Skipped"
        self._complete(failure.status)
        rollback = part(self.settings, "autoRollbackConfiguration")
        if rollback.get("enabled") and failure.trigger in (rollback.get("events") or []):
            self.rolled_back_by = Deployment(self.settings, self._routing, self.content, rolls_back=self)
            store().deployments[self.rolled_back_by.id] = self.rolled_back_by
            self.rolled_back_by.put_back()

    def put_back(self) -> None:
        """Give the alias its old version again, at once and without hooks."""
        self.status = "InProgress"
        try:
            self._update_alias({"FunctionVersion": self.spec.current, "RoutingConfig": None})
        except _EndedError as ended:
            self.failure = ended.failure
        outcome = "Succeeded" if self.failure is None else "Failed"
        for event in self.events.values():
            event.begin()
            event.end(outcome)
        self._complete(outcome)
        self.over = True

    def _complete(self, status: str) -> None:
        self.status, self.completed = status, time.time()


def _failed(code: str, message: str) -> Failure:
    return Failure("Failed", "DEPLOYMENT_FAILURE", code, message)
