"""Limits that a function meets in its first weeks: payloads, environment variables, runtimes that are not there.

What the published emulator does: it takes a payload and environment variables of any size. A function that it cannot
run, in Java or from a container image, answers 200 with a made-up result.

What AWS does: it refuses a request of more than 6 MB, an asynchronous one of more than 1 MB, and more than 4 KB of
environment variables. It runs every runtime; here, an invocation of what cannot be run is an error.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from .support.emulator import Record, around, module, part
from .support.functions import config_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_Response: TypeAlias = tuple[int, Record, bytes]

_PAYLOAD_BYTES = {"RequestResponse": 6_291_456, "Event": 1_048_576}
_ENVIRONMENT_BYTES = 4096


def apply() -> None:
    """Refuse what Lambda refuses."""
    lambda_svc = module("services.lambda_svc")
    responses = module("core.responses")

    @around(lambda_svc, "_invoke", "name, event, headers, path_qualifier, query_params")
    async def _invoke(
        original: Callable[..., Awaitable[_Response]], name: str, event: object, headers: Record, *args: object
    ) -> _Response:
        kind = headers.get("x-amz-invocation-type") or "RequestResponse"
        size, limit = int(headers.get("content-length") or 0), _PAYLOAD_BYTES.get(kind)
        if limit is not None and size > limit:
            message = f"{size} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
            refused: _Response = responses.error_response_json("RequestTooLargeException", message, 413)
            return refused
        return await original(name, event, headers, *args)

    @around(lambda_svc, "_execute_function_docker", "func, event, request_id")
    def _execute(original: object, func: Record, event: object, request_id: str) -> Record:
        del original, event
        config = config_of(func)
        what = config.get("Runtime") or "a container image"
        error = {
            "errorType": "LocalCloud.NotEmulated",
            "errorMessage": f"RequestId: {request_id} Error: the local cloud does not run {what}",
        }
        return {"body": error, "error": True, "function_error": "Unhandled", "log": error["errorMessage"]}

    _limit_environment()


def _limit_environment() -> None:
    lambda_svc = module("services.lambda_svc")
    responses = module("core.responses")
    handler = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::Lambda::Function"]

    @around(lambda_svc, "_create_function", "data")
    def _create(original: Callable[..., object], data: Record) -> object:
        message = _too_large(data)
        return original(data) if message is None else _refusal(message)

    @around(lambda_svc, "_update_config", "name, data")
    def _update(original: Callable[..., object], name: str, data: Record) -> object:
        message = _too_large(data)
        return original(name, data) if message is None else _refusal(message)

    @around(handler, "create", "logical_id, props, stack_name")
    def _from_template(original: Callable[..., object], logical_id: str, props: Record, stack_name: str) -> object:
        message = _too_large(props)
        if message is not None:
            raise ValueError(message)
        return original(logical_id, props, stack_name)

    def _refusal(message: str) -> object:
        refused: object = responses.error_response_json("InvalidParameterValueException", message, 400)
        return refused


def _too_large(properties: Record) -> str | None:
    variables = part(properties, "Environment", "Variables")
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size <= _ENVIRONMENT_BYTES:
        return None
    return (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        f"exceeded the 4KB limit: {size} bytes"
    )
