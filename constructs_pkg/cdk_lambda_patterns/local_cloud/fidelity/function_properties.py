"""Properties of functions that templates set: reserved concurrency, dead-letter queue, VPC, key.

What the published emulator does: it drops `ReservedConcurrentExecutions`, `DeadLetterConfig`, `VpcConfig` and
`KmsKeyArn` of a template. Where the API sets a reserved concurrency, invocations of an alias or a version do not count
against it.

What AWS does: it keeps them; all versions and aliases share the function's reserved concurrency.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .support.emulator import Record, around, module
from .support.functions import Invoked, reserved_concurrency

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Keep the properties, and count all invocations of a function together."""
    lambda_svc = module("services.lambda_svc")
    handler = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::Lambda::Function"]

    @around(handler, "create", "logical_id, props, stack_name")
    def _create(
        original: Callable[..., tuple[str, Record]], logical_id: str, props: Record, stack_name: str
    ) -> tuple[str, Record]:
        created = original(logical_id, props, stack_name)
        _keep(created[0], props)
        return created

    @around(handler, "update", "physical_id, old_props, new_props, stack_name, logical_id")
    def _update(
        original: Callable[..., tuple[str, Record]],
        physical_id: str,
        old_props: Record,
        new_props: Record,
        stack_name: str,
        logical_id: str | None = None,
    ) -> tuple[str, Record]:
        updated = original(physical_id, old_props, new_props, stack_name, logical_id)
        _keep(updated[0], new_props)
        return updated

    @around(lambda_svc, "_reserved_concurrency", "func, config")
    def _reserved(original: object, func: Record, config: Record) -> int | None:
        # A version's own record has no concurrency: the function's counts.
        del original
        return reserved_concurrency(Invoked.of(config).function() or func)


def _keep(name: str, properties: Record) -> None:
    lambda_svc = module("services.lambda_svc")
    function = lambda_svc._functions.get(name)
    if function is None:
        return
    config: Record = function["config"]
    config["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
    for kept, given in (("KMSKeyArn", "KmsKeyArn"), ("DeadLetterConfig", "DeadLetterConfig")):
        config.pop(kept, None)
        if properties.get(given):
            config[kept] = properties[given]
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
