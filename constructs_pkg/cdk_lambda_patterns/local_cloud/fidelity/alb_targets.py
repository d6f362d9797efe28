"""Targets of load balancers that templates name.

What the published emulator does: it drops the `Targets` of a target group in a template, so that the load balancer
answers 503.

What AWS does: it registers them.

Source:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .support.emulator import Record, around, module, parts

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Register what a template names when it is created, and again when it changes."""
    handler = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS[
        "AWS::ElasticLoadBalancingV2::TargetGroup"
    ]

    @around(handler, "create", "logical_id, props, stack_name")
    def _create(
        original: Callable[..., tuple[str, Record]], logical_id: str, props: Record, stack_name: str
    ) -> tuple[str, Record]:
        created = original(logical_id, props, stack_name)
        _register(created[0], props)
        return created

    @around(handler, "update", "physical_id, old_props, new_props, stack_name, logical_id")
    def _update(
        original: Callable[..., tuple[str, Record]], physical_id: str, old_props: Record, new_props: Record, *args: str
    ) -> tuple[str, Record]:
        updated = original(physical_id, old_props, new_props, *args)
        if new_props.get("Targets") != old_props.get("Targets"):
            _register(updated[0], new_props)
        return updated


def _register(target_group_arn: str, properties: Record) -> None:
    targets = [{"Id": target["Id"], "Port": target.get("Port")} for target in parts(properties, "Targets")]
    module("services.alb")._targets[target_group_arn] = [
        {name: value for name, value in target.items() if value is not None} for target in targets
    ]
