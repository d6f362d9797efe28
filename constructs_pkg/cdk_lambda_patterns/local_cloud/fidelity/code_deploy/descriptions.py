"""Deployments as CodeDeploy's API describes them.

Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html,
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_LambdaTarget.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..support.emulator import Record, module, part

if TYPE_CHECKING:
    from .deployments import Deployment, LifecycleEvent

_TARGET_STATUSES = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")


def deployment_info(deployment: Deployment) -> Record:
    """What `GetDeployment` answers: of the AppSpec it gives the hash, and not the content."""
    failure = deployment.failure
    known: dict[str, Any] = {
        "completeTime": deployment.completed,
        "description": deployment.settings.get("description"),
        "errorInformation": {"code": failure.code, "message": failure.message} if failure else None,
        "rollbackInfo": _rollback_info(deployment),
        "overrideAlarmConfiguration": deployment.settings.get("overrideAlarmConfiguration"),
    }
    return {
        "applicationName": deployment.application,
        "deploymentGroupName": deployment.group_name,
        "deploymentConfigName": deployment.settings["deploymentConfigName"],
        "deploymentId": deployment.id,
        "revision": {"revisionType": "String", "string": {"sha256": deployment.sha256}},
        "status": deployment.status,
        "createTime": deployment.created,
        "startTime": deployment.created,
        "deploymentOverview": {status: int(status == _target_status(deployment)) for status in _TARGET_STATUSES},
        "creator": "user" if deployment.rolls_back is None else "codeDeployRollback",
        "ignoreApplicationStopFailures": False,
        "autoRollbackConfiguration": part(deployment.settings, "autoRollbackConfiguration"),
        "updateOutdatedInstancesOnly": False,
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "instanceTerminationWaitTimeStarted": False,
        "fileExistsBehavior": "DISALLOW",
        "deploymentStatusMessages": [],
        "computePlatform": "Lambda",
        **{name: value for name, value in known.items() if value is not None},
    }


def deployment_target(deployment: Deployment) -> Record:
    """What `GetDeploymentTarget` answers: the function, and how far its release has come."""
    responses = module("core.responses")
    account, region = responses.get_account_id(), responses.get_region()
    events, spec = deployment.events.values(), deployment.spec
    times = [at for event in events for at in (event.started, event.ended) if at is not None]
    return {
        "deploymentTargetType": "LambdaTarget",
        "lambdaTarget": {
            "deploymentId": deployment.id,
            "targetId": deployment.target_id,
            "targetArn": f"arn:aws:lambda:{region}:{account}:function:{deployment.target_id}",
            "status": _target_status(deployment),
            "lastUpdatedAt": max([deployment.created, *times]),
            "lifecycleEvents": [_lifecycle_event(event) for event in events],
            "lambdaFunctionInfo": {
                "functionName": spec.function,
                "functionAlias": spec.alias,
                "currentVersion": spec.current,
                "targetVersion": spec.target,
                "targetVersionWeight": deployment.share,
            },
        },
    }


def _target_status(deployment: Deployment) -> str:
    known = {"Created": "Pending", "InProgress": "InProgress", "Succeeded": "Succeeded"}
    return known.get(deployment.status, "Failed")


def _lifecycle_event(event: LifecycleEvent) -> Record:
    times = {"startTime": event.started, "endTime": event.ended}
    return {
        "lifecycleEventName": event.name,
        "status": event.status,
        **{name: value for name, value in times.items() if value is not None},
    }


def _rollback_info(deployment: Deployment) -> Record | None:
    rolls_back, rolled_back_by = deployment.rolls_back, deployment.rolled_back_by
    if rolls_back is not None:
        return {
            "rollbackTriggeringDeploymentId": rolls_back.id,
            "rollbackMessage": f"Deployment {deployment.id} is triggered to roll back deployment {rolls_back.id}.",
        }
    if rolled_back_by is not None:
        return {
            "rollbackDeploymentId": rolled_back_by.id,
            "rollbackMessage": f"Deployment {deployment.id} terminated. Automatic rollback is triggered with a "
            f"DeploymentId {rolled_back_by.id}.",
        }
    return None
