"""Aliases that CloudFormation lets CodeDeploy update.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html
"""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING

from ..support.emulator import Emulated, Record, around, module, part
from .app_spec import AppSpec
from .deployments import Deployment
from .store import store

if TYPE_CHECKING:
    from collections.abc import Callable

_ALIAS = "AWS::Lambda::Alias"


def route() -> None:
    """Have a deployment where the version of an alias changes, and CloudFormation wait for it."""
    stacks = module("services.cloudformation.stacks")
    engine = module("services.cloudformation.engine")
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS

    @around(engine, "_extract_deps", "resource_def, all_resource_names")
    def _depends_on(original: Callable[..., set[str]], resource_def: Record, all_resource_names: set[str]) -> set[str]:
        policy = part(resource_def, "UpdatePolicy")
        named = {name for name, _attribute in engine._intrinsic_references(policy)}
        return original(resource_def, all_resource_names) | (named & all_resource_names)

    @around(stacks, "_runs_on_worker_thread", "resource_type")
    def _takes_time(original: Callable[..., bool], resource_type: str) -> bool:
        return resource_type == _ALIAS or original(resource_type)

    @around(stacks, "_sends_back_failed_update", "resource_type")
    def _is_sent_back(original: Callable[..., bool], resource_type: str) -> bool:
        return resource_type == _ALIAS or original(resource_type)

    @around(handlers[_ALIAS], "update", "physical_id, old_props, new_props, stack_name, logical_id")
    def _update(
        original: Callable[..., tuple[str, Record]],
        physical_id: str,
        old: Record,
        new: Record,
        stack_name: str,
        logical_id: str,
    ) -> tuple[str, Record]:
        stack = module("services.cloudformation")._stacks[stack_name]
        if "ROLLBACK" in stack["StackStatus"]:
            _forget_weights(physical_id)
        else:
            policy = _policy(stack, logical_id)
            if policy and _another_version(old, new):
                _deploy(stack, logical_id, physical_id, policy, old, new)
        return original(physical_id, old, new, stack_name, logical_id)


def _policy(stack: Record, logical_id: str) -> Record:
    """The update policy of an alias, with names in place of references; empty where there is none."""
    definition = module("services.cloudformation.provisioners")._cfn_wait_condition_definition
    policy = part(definition(stack["StackName"], logical_id), "UpdatePolicy", "CodeDeployLambdaAliasUpdate")
    parameters = {given["ParameterKey"]: {"Value": given["ParameterValue"]} for given in stack["Parameters"]}
    resolved: Record = module("services.cloudformation.engine")._resolve_refs(
        copy.deepcopy(policy),
        stack["_resources"],
        parameters,
        stack["_conditions"],
        {},
        stack["StackName"],
        stack["StackId"],
    )
    return resolved


def _another_version(old: Record, new: Record) -> bool:
    """Whether it is the same alias, with another version."""
    same = all(old.get(name) == new.get(name) for name in ("FunctionName", "Name"))
    return same and str(old.get("FunctionVersion")) != str(new.get("FunctionVersion"))


def _deploy(stack: Record, logical_id: str, alias_arn: str, policy: Record, old: Record, new: Record) -> None:
    """Run a deployment to its end.

    Raises:
        CodeDeployError: It could not be started.
        RuntimeError: It failed.
    """
    group = store().group(policy["ApplicationName"], policy["DeploymentGroupName"])
    *_, function, alias = alias_arn.split(":")
    spec = AppSpec(
        function=function,
        alias=alias,
        current=str(old["FunctionVersion"]),
        target=str(new["FunctionVersion"]),
        before=policy.get("BeforeAllowTrafficHook"),
        after=policy.get("AfterAllowTrafficHook"),
    )
    deployment = Deployment(group, store().routing(group["deploymentConfigName"]), spec.content)
    store().start(deployment)

    def tell(what: str) -> None:
        add_event: Emulated = module("services.cloudformation.stacks")._add_event
        add_event(stack["StackId"], stack["StackName"], logical_id, _ALIAS, "UPDATE_IN_PROGRESS", what, alias_arn)

    tell(f"CodeDeploy deployment started: {deployment.id}")
    deployment.run()
    if deployment.rolled_back_by is not None:
        tell(f"CodeDeploy rollback deployment started: {deployment.rolled_back_by.id}")
    if deployment.failure is not None:
        raise RuntimeError(
            f'Resource handler returned message: "{deployment.id} failed. {deployment.failure.message}" '
            f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: InternalFailure)"
        )


def _forget_weights(alias_arn: str) -> None:
    """A rollback leaves no traffic with the version that failed."""
    *_, function, alias = alias_arn.split(":")
    module("services.lambda_svc")._update_alias(function, alias, {"RoutingConfig": None})
