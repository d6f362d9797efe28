"""Templates deploy whole, also with resources that the emulator does not know.

What the published emulator does: a template with one type that it does not know is refused whole, before anything is
created; so are alarms over metric math. It drops properties that it does not emulate without a word.

What AWS does: it creates the resource. Here it is created as a record: it has a physical id and any attribute, changes
and goes as the template says, and does nothing. Each is written down, with what does not happen, so that a green
deployment is not mistaken for a proof. The template stays the one that AWS gets.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING, Any

from .support import recorded
from .support.emulator import Record, around, as_record, module, part

if TYPE_CHECKING:
    from collections.abc import Callable

_WHY = {
    "AWS::ApplicationAutoScaling": "nothing is scaled",
    "AWS::EC2": "there is no network, and functions reach everything that this machine reaches",
    "AWS::WAFv2": "no request is filtered",
}
_NOTHING_HAPPENS = "created as a record; it does nothing"

_EMULATED_RUNTIMES = ("python", "nodejs", "provided")


class RecordedAttributes(dict[str, str]):
    """Whatever attribute a template asks a recorded resource for, with a value of the form that its name suggests."""

    def __contains__(self, name: object) -> bool:
        """Every attribute is there."""
        return True

    def __missing__(self, name: str) -> str:
        """A value from what is known: the type, the physical id, the account and the Region."""
        if name.endswith("Arn"):
            return self["arn"]
        if name.endswith(("Url", "Endpoint")):
            return f"https://{self['id'].lower()}.{self['service']}.amazonaws.com"
        return self["id"] if name in {"Id", "Name", "Ref"} else f"{self['id']}-{name.replace('.', '-')}"


def apply() -> None:
    """Have a handler for each type that a template brings, and write down what is not emulated."""
    provisioners = module("services.cloudformation.provisioners")
    handlers = provisioners._RESOURCE_HANDLERS

    for importer in ("handlers", "changesets", "engine"):

        @around(
            module(f"services.cloudformation.{importer}"), "validate_template_support", "template, conditions, params"
        )
        def _validate(
            original: Callable[..., None], template: Record, conditions: Record, params: Record | None = None
        ) -> None:
            for resource in part(template, "Resources").values():
                type_ = str(part(as_record(resource)).get("Type", ""))
                if type_.startswith("AWS::") and type_ not in handlers:
                    handlers[type_] = _recording(type_)
            original(template, conditions, params)

    @around(
        module("services.cloudformation.stacks"),
        "_fail_property_validation",
        "stack, stack_id, stack_name, resources_defs, ordered, param_values, conditions, mappings, disable_rollback, "
        "previous_stack",
    )
    def _about_to_deploy(
        original: Callable[..., object],
        stack: Record,
        stack_id: str,
        stack_name: str,
        resources_defs: Record,
        ordered: list[str],
        *args: Any,  # noqa: ANN401 - passed on
        **kwargs: Any,  # noqa: ANN401 - passed on
    ) -> object:
        for logical_id in ordered:
            if resources_defs[logical_id].get("Type") == "AWS::Lambda::Function":
                _note_runtime(stack_name, logical_id, part(resources_defs, logical_id, "Properties"))
        return original(stack, stack_id, stack_name, resources_defs, ordered, *args, **kwargs)


def _recording(type_: str) -> Record:
    """What the emulator calls for resources of a type that it does not know."""
    reason = next((why for prefix, why in _WHY.items() if type_.startswith(f"{prefix}::")), _NOTHING_HAPPENS)

    def create(logical_id: str, props: Record, stack_name: str) -> tuple[str, RecordedAttributes]:
        recorded.note(stack_name, logical_id, type_, reason)
        physical_id = _name_in(props, type_) or f"{stack_name}-{logical_id}-{_suffix(stack_name, logical_id)}"
        return physical_id, _attributes(type_, physical_id)

    def update(physical_id: str, *_: object) -> tuple[str, RecordedAttributes]:
        return physical_id, _attributes(type_, physical_id)

    def delete(*_: object) -> None:
        """Nothing was made."""

    return {"create": create, "update": update, "delete": delete}


def _name_in(properties: Record, type_: str) -> str | None:
    """The name that the template gives, by which most types are referred to."""
    kind = type_.rpartition("::")[2]
    name = properties.get(f"{kind}Name") or properties.get("Name")
    return name if isinstance(name, str) else None


def _suffix(stack_name: str, logical_id: str) -> str:
    return hashlib.sha256(f"{stack_name}/{logical_id}".encode()).hexdigest()[:12].upper()


def _attributes(type_: str, physical_id: str) -> RecordedAttributes:
    responses = module("core.responses")
    _aws, service, kind = type_.split("::", 2)
    service = service.lower()
    arn = f"arn:aws:{service}:{responses.get_region()}:{responses.get_account_id()}:{kind.lower()}/{physical_id}"
    return RecordedAttributes(id=physical_id, service=service, arn=arn)


def _note_runtime(stack_name: str, logical_id: str, properties: Record) -> None:
    runtime = properties.get("Runtime")
    if properties.get("PackageType") == "Image":
        recorded.note(stack_name, logical_id, "AWS::Lambda::Function.PackageType", "container images are not run")
    elif not isinstance(runtime, str) or runtime.startswith("python"):
        own = f"python{sys.version_info.major}.{sys.version_info.minor}"
        named = f"{runtime}=" in os.environ.get("LOCAL_CLOUD_PYTHONS", "")
        if isinstance(runtime, str) and runtime != own and not named:
            recorded.note(stack_name, logical_id, "AWS::Lambda::Function.Runtime", f"{runtime} runs as {own}")
    elif not runtime.startswith(_EMULATED_RUNTIMES):
        recorded.note(stack_name, logical_id, "AWS::Lambda::Function.Runtime", f"{runtime} is not run")
