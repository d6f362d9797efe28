"""CodeDeploy's resources in templates.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CodeDeploy.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..support.emulator import Emulated, Record, as_record, module, part
from .store import store

if TYPE_CHECKING:
    from collections.abc import Callable


def provide() -> None:
    """Create, change and delete them as templates say."""
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    for kind, put, delete in (
        ("Application", _put_application, _delete_application),
        ("DeploymentConfig", _put_config, _delete_config),
        ("DeploymentGroup", _put_group, _delete_group),
    ):
        handlers[f"AWS::CodeDeploy::{kind}"] = _handlers(kind, put, delete)


def _handlers(kind: str, put: Callable[[str, Record], None], delete: Callable[[str, Record], None]) -> Record:
    """What the emulator calls for a type whose resources are known by a name that never changes."""

    def name_of(logical_id: str, props: Record, stack_name: str) -> str:
        physical_name = module("services.cloudformation.provisioners")._physical_name
        return str(props.get(f"{kind}Name") or physical_name(stack_name, logical_id))

    def create(logical_id: str, props: Record, stack_name: str) -> tuple[str, Record]:
        name = name_of(logical_id, props, stack_name)
        put(name, props)
        return name, {}

    def update(physical_id: str, old: Record, new: Record, stack_name: str, logical_id: str) -> tuple[str, Record]:
        del physical_id, old
        name = name_of(logical_id, new, stack_name)
        put(name, new)
        # Another name is another resource: CloudFormation deletes the one before.
        return name, {}

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _put_application(name: str, props: Record) -> None:
    if name not in store().applications:
        store().put_application(name, str(props.get("ComputePlatform") or "Server"))


def _delete_application(name: str, _props: Record) -> None:
    store().applications.pop(name, None)


def _put_config(name: str, props: Record) -> None:
    store().configs[name] = _as_in_api(part(props, "TrafficRoutingConfig"))


def _delete_config(name: str, _props: Record) -> None:
    store().configs.pop(name, None)


def _put_group(name: str, props: Record) -> None:
    store().put_group({**_as_in_api(props), "deploymentGroupName": name})


def _delete_group(name: str, props: Record) -> None:
    store().groups.pop((props["ApplicationName"], name), None)


def _as_in_api(value: object) -> Emulated:
    """The same with the names that the API has: `AlarmConfiguration` is `alarmConfiguration`."""
    record = as_record(value)
    if record is not None:
        return {f"{name[:1].lower()}{name[1:]}": _as_in_api(inside) for name, inside in record.items()}
    if isinstance(value, list):
        return [_as_in_api(inside) for inside in cast("list[object]", value)]
    return value == "true" if value in {"true", "false"} else value
