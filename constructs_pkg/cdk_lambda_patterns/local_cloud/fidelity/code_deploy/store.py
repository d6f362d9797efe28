"""What an account has of CodeDeploy in a Region: applications, deployment groups and configurations, deployments."""

from __future__ import annotations

import functools
import threading
import time
import uuid
from typing import TYPE_CHECKING

from ..support.emulator import Emulated, Record, around, module, part, parts
from .traffic import PREDEFINED

if TYPE_CHECKING:
    from .deployments import Deployment

_MOST_ALARMS = 10


class CodeDeployError(Exception):
    """CodeDeploy refuses a request."""

    def __init__(self, code: str, message: str) -> None:
        """Name the error.

        Args:
            code: As CodeDeploy's API calls it, for example `ApplicationDoesNotExistException`.
            message: For people.
        """
        super().__init__(message)
        self.code = code


class Store:
    """Everything there is, for the account and the Region that the current thread acts in."""

    def __init__(self) -> None:
        """Begin with nothing."""
        responses = module("core.responses")
        self.applications: Emulated = responses.AccountRegionScopedDict()
        self.groups: Emulated = responses.AccountRegionScopedDict()
        """By the names of the application and the group."""
        self.configs: Emulated = responses.AccountRegionScopedDict()
        self.deployments: Emulated = responses.AccountRegionScopedDict()
        self._starting = threading.Lock()

    def forget(self) -> None:
        """Abandon every deployment, in every account, and forget everything."""
        for deployment in list(self.deployments._data.values()):
            deployment.abandon()
        for kept in (self.applications, self.groups, self.configs, self.deployments):
            kept.clear()

    def put_application(self, name: str, compute_platform: str) -> None:
        """Create an application.

        Raises:
            CodeDeployError: There is one of that name.
        """
        if name in self.applications:
            raise CodeDeployError("ApplicationAlreadyExistsException", f"Application {name} already exists.")
        self.applications[name] = {
            "applicationId": str(uuid.uuid4()),
            "applicationName": name,
            "createTime": time.time(),
            "computePlatform": compute_platform,
            "linkedToGitHub": False,
        }

    def application(self, name: str) -> Record:
        """An application.

        Raises:
            CodeDeployError: There is none of that name.
        """
        found: Record | None = self.applications.get(name)
        if found is None:
            raise CodeDeployError("ApplicationDoesNotExistException", f"No application found for name: {name}")
        return found

    def put_group(self, settings: Record) -> None:
        """Create a deployment group, or change it.

        Args:
            settings: As the API has them.

        Raises:
            CodeDeployError: Its application or deployment configuration is not there, or it has too many alarms.
        """
        application = self.application(settings["applicationName"])
        released = application["computePlatform"] == "Lambda"
        config = settings.get("deploymentConfigName") or f"CodeDeployDefault.{'Lambda' if released else ''}AllAtOnce"
        if released:
            self.routing(config)
        if len(parts(settings, "alarmConfiguration", "alarms")) > _MOST_ALARMS:
            raise CodeDeployError(
                "AlarmsLimitExceededException", f"A deployment group has at most {_MOST_ALARMS} alarms."
            )
        key = (settings["applicationName"], settings["deploymentGroupName"])
        self.groups[key] = {
            "deploymentGroupId": str(uuid.uuid4()),
            **part(self.groups.get(key)),
            **settings,
            "deploymentConfigName": config,
            "computePlatform": application["computePlatform"],
        }

    def group(self, application: str, name: str) -> Record:
        """A deployment group.

        Raises:
            CodeDeployError: There is no such application, or no such group in it.
        """
        self.application(application)
        found: Record | None = self.groups.get((application, name))
        if found is None:
            raise CodeDeployError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
        return found

    def routing(self, config: str) -> Record:
        """How a deployment configuration routes traffic.

        Raises:
            CodeDeployError: There is none of that name.
        """
        found: Record | None = PREDEFINED.get(config) or self.configs.get(config)
        if found is None:
            raise CodeDeployError(
                "DeploymentConfigDoesNotExistException", f"No Deployment Configuration found for name: {config}"
            )
        return found

    def start(self, deployment: Deployment) -> None:
        """Take a deployment in that is about to run.

        Raises:
            CodeDeployError: Another one of its group is under way.
        """
        with self._starting:
            for other in self.of_group(deployment.application, deployment.group_name):
                if not other.over:
                    raise CodeDeployError(
                        "DeploymentLimitExceededException",
                        f"The Deployment Group '{deployment.group_name}' already has an active Deployment '{other.id}'",
                    )
            self.deployments[deployment.id] = deployment

    def deployment(self, deployment_id: str | None) -> Deployment:
        """A deployment.

        Raises:
            CodeDeployError: There is none of that id.
        """
        if not deployment_id:
            raise CodeDeployError("DeploymentIdRequiredException", "The deployment ID is required.")
        if not deployment_id.startswith("d-"):
            raise CodeDeployError(
                "InvalidDeploymentIdException", f"Specified DeploymentId is not valid: {deployment_id}"
            )
        found: Deployment | None = self.deployments.get(deployment_id)
        if found is None:
            raise CodeDeployError(
                "DeploymentDoesNotExistException", f"The deployment {deployment_id} could not be found"
            )
        return found

    def of_group(self, application: str, group: str) -> list[Deployment]:
        """The deployments of a group, the newest first."""
        found: list[Deployment] = [
            deployment
            for deployment in self.deployments.values()
            if (deployment.application, deployment.group_name) == (application, group)
        ]
        return found[::-1]


@functools.cache
def store() -> Store:
    """What the emulator has, emptied when the emulator is."""
    kept = Store()

    @around(module("app"), "_reset_all_state", "")
    def _reset(original: Emulated) -> None:
        kept.forget()
        original()

    return kept
