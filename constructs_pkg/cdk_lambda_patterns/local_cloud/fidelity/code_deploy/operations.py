"""CodeDeploy's API, as far as releases of functions need it.

Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from ..support.emulator import Record, module, part
from .app_spec import InvalidAppSpecError
from .deployments import Deployment
from .descriptions import deployment_info, deployment_target
from .store import CodeDeployError, store
from .traffic import PREDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable

_Response: TypeAlias = tuple[int, Record, bytes]

_TARGET = "CodeDeploy_20141006"
_JSON = "application/x-amz-json-1.1"


def serve() -> None:
    """Answer requests to CodeDeploy."""
    module("core.router").SERVICE_PATTERNS["codedeploy"] = {"target_prefixes": [_TARGET]}
    module("app").SERVICE_HANDLERS["codedeploy"] = _answer
    store()


async def _answer(_method: str, _path: str, headers: Record, body: bytes, _query: Record) -> _Response:
    responses = module("core.responses")
    name = str(headers.get("x-amz-target", "")).removeprefix(f"{_TARGET}.")
    operation = _OPERATIONS.get(name)
    answer: _Response
    if operation is None:
        message = f"The local cloud does not know CodeDeploy's {name}."
        answer = responses.error_response_json("UnknownOperationException", message, content_type=_JSON)
        return answer
    try:
        answer = responses.json_response(operation(json.loads(body or b"{}")), content_type=_JSON)
    except CodeDeployError as error:
        answer = responses.error_response_json(error.code, str(error), content_type=_JSON)
    return answer


def _get_application(request: Record) -> Record:
    return {"application": store().application(request["applicationName"])}


def _list_applications(_request: Record) -> Record:
    return {"applications": list(store().applications.keys())}


def _get_deployment_group(request: Record) -> Record:
    application, name = request["applicationName"], request["deploymentGroupName"]
    group = store().group(application, name)
    over = [deployment for deployment in store().of_group(application, name) if deployment.over]
    succeeded = [deployment for deployment in over if deployment.status == "Succeeded"]
    last = {"lastAttemptedDeployment": over[:1], "lastSuccessfulDeployment": succeeded[:1]}
    return {"deploymentGroupInfo": {**group, **{key: _summary(found[0]) for key, found in last.items() if found}}}


def _summary(deployment: Deployment) -> Record:
    return {
        "deploymentId": deployment.id,
        "status": deployment.status,
        "endTime": deployment.completed,
        "createTime": deployment.created,
    }


def _list_deployment_groups(request: Record) -> Record:
    application = store().application(request["applicationName"])["applicationName"]
    names = [name for owner, name in store().groups.keys() if owner == application]  # noqa: SIM118 - no dictionary
    return {"applicationName": application, "deploymentGroups": names}


def _get_deployment_config(request: Record) -> Record:
    name = request["deploymentConfigName"]
    routing = store().routing(name)
    config = {"deploymentConfigName": name, "computePlatform": "Lambda", "trafficRoutingConfig": routing}
    return {"deploymentConfigInfo": config}


def _list_deployment_configs(_request: Record) -> Record:
    return {"deploymentConfigsList": [*PREDEFINED, *store().configs.keys()]}


def _create_deployment(request: Record) -> Record:
    group = store().group(request["applicationName"], request["deploymentGroupName"])
    revision = part(request, "revision")
    content = part(revision, "string").get("content") or part(revision, "appSpecContent").get("content")
    if not content:
        raise CodeDeployError("RevisionRequiredException", "The local cloud needs the AppSpec in the request itself.")
    names = ("deploymentConfigName", "description", "autoRollbackConfiguration", "overrideAlarmConfiguration")
    settings = {name: request.get(name) for name in names}
    routing = store().routing(settings["deploymentConfigName"] or group["deploymentConfigName"])
    try:
        deployment = Deployment(group, routing, content, settings=settings)
    except InvalidAppSpecError as error:
        raise CodeDeployError("InvalidRevisionException", f"The AppSpec is invalid: {error}") from error
    store().start(deployment)
    module("core.concurrency").spawn_background(deployment.run, thread_name="deployment")
    return {"deploymentId": deployment.id}


def _get_deployment(request: Record) -> Record:
    return {"deploymentInfo": deployment_info(store().deployment(request.get("deploymentId")))}


def _batch_get_deployments(request: Record) -> Record:
    return {"deploymentsInfo": [deployment_info(store().deployment(id_)) for id_ in request["deploymentIds"]]}


def _list_deployments(request: Record) -> Record:
    application, group = request.get("applicationName"), request.get("deploymentGroupName")
    if application and group:
        store().group(application, group)
    statuses = request.get("includeOnlyStatuses")
    found = [
        deployment.id
        for deployment in reversed(store().deployments.values())
        if application in (None, deployment.application)
        and group in (None, deployment.group_name)
        and (not statuses or deployment.status in statuses)
    ]
    return {"deployments": found}


def _stop_deployment(request: Record) -> Record:
    deployment = store().deployment(request.get("deploymentId"))
    deployment.stop(roll_back=request.get("autoRollbackEnabled"))
    return {"status": "Pending", "statusMessage": "The deployment is being stopped."}


def _put_hook_status(request: Record) -> Record:
    execution_id = str(request.get("lifecycleEventHookExecutionId", ""))
    store().deployment(request.get("deploymentId")).report(execution_id, str(request.get("status", "")))
    return {"lifecycleEventHookExecutionId": execution_id}


def _list_deployment_targets(request: Record) -> Record:
    return {"targetIds": [store().deployment(request.get("deploymentId")).target_id]}


def _get_deployment_target(request: Record) -> Record:
    deployment = store().deployment(request.get("deploymentId"))
    if request.get("targetId") != deployment.target_id:
        raise CodeDeployError("DeploymentTargetDoesNotExistException", f"No target {request.get('targetId')}.")
    return {"deploymentTarget": deployment_target(deployment)}


def _batch_get_deployment_targets(request: Record) -> Record:
    deployment = store().deployment(request.get("deploymentId"))
    asked = request.get("targetIds") or [deployment.target_id]
    return {"deploymentTargets": [deployment_target(deployment) for id_ in asked if id_ == deployment.target_id]}


def _get_application_revision(request: Record) -> Record:
    name, sha256 = request["applicationName"], part(request, "revision", "string").get("sha256")
    store().application(name)
    for deployment in store().deployments.values():
        if deployment.application == name and deployment.sha256 == sha256:
            text = {"content": deployment.content, "sha256": sha256}
            return {"applicationName": name, "revision": {"revisionType": "String", "string": text}}
    raise CodeDeployError("RevisionDoesNotExistException", "The named revision does not exist with the application.")


_OPERATIONS: dict[str, Callable[[Record], Record]] = {
    "BatchGetDeployments": _batch_get_deployments,
    "BatchGetDeploymentTargets": _batch_get_deployment_targets,
    "CreateDeployment": _create_deployment,
    "GetApplication": _get_application,
    "GetApplicationRevision": _get_application_revision,
    "GetDeployment": _get_deployment,
    "GetDeploymentConfig": _get_deployment_config,
    "GetDeploymentGroup": _get_deployment_group,
    "GetDeploymentTarget": _get_deployment_target,
    "ListApplications": _list_applications,
    "ListDeploymentConfigs": _list_deployment_configs,
    "ListDeploymentGroups": _list_deployment_groups,
    "ListDeployments": _list_deployments,
    "ListDeploymentTargets": _list_deployment_targets,
    "PutLifecycleEventHookExecutionStatus": _put_hook_status,
    "StopDeployment": _stop_deployment,
}
