"""Invocations through an alias: the alias stays visible, and its weights count.

What the published emulator does: it looks up the alias's version once and forgets the alias, so that the function sees
the version's ARN; additional version weights are stored and never used, whichever versions they name.

What AWS does: `context.invoked_function_arn` ends in the alias, and an alias with weights sends each invocation to one
of two versions at random. `X-Amz-Executed-Version` names the one that ran. The two must be published, and have the same
role and the same dead-letter queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html,
https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

import random
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias

from .support.emulator import Record, around, module, part
from .support.functions import Invoked, config_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_Response: TypeAlias = tuple[int, Record, bytes]

_executed: ContextVar[list[str] | None] = ContextVar("executed", default=None)
"""Where the version that ran is noted, for the response to the invoker."""


def apply() -> None:
    """Keep the alias in the invoked ARN, and choose a version by weight at each invocation."""
    lambda_svc = module("services.lambda_svc")

    @around(lambda_svc, "_effective_func_record_for_qualifier", "func, qualifier")
    def _resolve(
        original: Callable[..., tuple[Record | None, Record | None]], func: Record | None, qualifier: str | None
    ) -> tuple[Record | None, Record | None]:
        record, config = original(func, qualifier)
        if func is None or record is None or config is None or qualifier not in func.get("aliases", {}):
            return record, config
        invoked = {**config, "FunctionArn": f"{func['config']['FunctionArn']}:{qualifier}"}
        return {**record, "config": invoked}, invoked

    @around(lambda_svc, "_create_alias", "func_name, data")
    def _create(original: Callable[..., _Response], func_name: str, data: Record) -> _Response:
        return _refusal(func_name, data.get("FunctionVersion"), data) or original(func_name, data)

    @around(lambda_svc, "_update_alias", "func_name, alias_name, data")
    def _update(original: Callable[..., _Response], func_name: str, alias_name: str, data: Record) -> _Response:
        alias = part(lambda_svc._functions.get(func_name), "aliases", alias_name)
        version = data.get("FunctionVersion") or alias.get("FunctionVersion")
        return _refusal(func_name, version, data) or original(func_name, alias_name, data)

    @around(lambda_svc, "_execute_function", "func, event")
    def _execute(original: Callable[..., Record], func: Record, event: object) -> Record:
        config = config_of(func)
        if lambda_svc._function_config_scope_mismatch(config):
            return original(func, event)
        func = _by_weight(func, config)
        version = str(config_of(func).get("Version", "$LATEST"))
        noted = _executed.get()
        if noted is not None:
            noted.append(version)
        return {**original(func, event), "executed_version": version}

    @around(lambda_svc, "_invoke", "name, event, headers, path_qualifier, query_params")
    async def _invoke(
        original: Callable[..., Awaitable[tuple[int, Record, bytes]]], *args: object
    ) -> tuple[int, Record, bytes]:
        noted: list[str] = []
        token = _executed.set(noted)
        try:
            status, headers, body = await original(*args)
        finally:
            _executed.reset(token)
        if noted:
            headers = {**headers, "X-Amz-Executed-Version": noted[-1]}
        return status, headers, body


def _refusal(function: str, version: str | None, request: Record) -> _Response | None:
    """The answer to a request that shares traffic between versions that cannot share it."""
    others = part(request, "RoutingConfig", "AdditionalVersionWeights")
    published = part(module("services.lambda_svc")._functions.get(function), "versions")
    configs = [part(published, str(number), "config") for number in (version, *others)]
    if not others or not published:
        return None
    if not all(configs):
        problem = "must be published"
    elif len({config.get("Role") for config in configs}) > 1:
        problem = "must have the same execution role"
    elif len({part(config, "DeadLetterConfig").get("TargetArn") for config in configs}) > 1:
        problem = "must have the same dead-letter queue"
    else:
        return None
    message = f"The versions that an alias shares traffic between {problem}."
    refusal: _Response = module("core.responses").error_response_json("InvalidParameterValueException", message)
    return refusal


def _by_weight(func: Record, config: Record) -> Record:
    """The record of the version that this invocation goes to."""
    invoked = Invoked.of(config)
    function = invoked.function() if invoked.is_alias else None
    if function is None:
        return func
    weights = part(function, "aliases", str(invoked.qualifier), "RoutingConfig", "AdditionalVersionWeights")
    drawn = random.random()  # noqa: S311 - traffic, not a secret
    for version, weight in weights.items():
        if drawn < weight and version in function["versions"]:
            chosen: Record = function["versions"][version]
            return {**chosen, "config": {**chosen["config"], "FunctionArn": config["FunctionArn"]}}
        drawn -= weight
    return func
