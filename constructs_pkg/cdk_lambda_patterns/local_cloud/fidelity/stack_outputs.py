"""Outputs of stacks in other Regions.

What the published emulator does: `Fn::GetStackOutput` looks for the stack in the Region of the one that asks, whichever
Region it names.

What AWS does: it reads the output of the stack in the Region that is named.

Source: https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk/Fn.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .support.emulator import Record, around, as_record, module, parts

if TYPE_CHECKING:
    from collections.abc import Callable

_GET = "Fn::GetStackOutput"


def apply() -> None:
    """Look where the output is."""
    engine = module("services.cloudformation.engine")
    stacks = module("services.cloudformation")._stacks
    account_id = module("core.responses").get_account_id

    @around(engine, "_resolve_refs", "value, resources, params, conditions, mappings, stack_name, stack_id")
    def _resolve(original: Callable[..., object], value: object, *args: object) -> object:
        asked = as_record((as_record(value) or {}).get(_GET))
        if asked is None or "Region" not in asked:
            return original(value, *args)
        region, name, key = (str(original(asked[part], *args)) for part in ("Region", "StackName", "OutputName"))
        stack: Record | None = stacks.get_scoped(account_id(), region, name)
        for output in parts(stack, "Outputs"):
            if output["OutputKey"] == key:
                return output["OutputValue"]
        raise ValueError(f"Output '{key}' not found in stack '{name}' of {region}")
