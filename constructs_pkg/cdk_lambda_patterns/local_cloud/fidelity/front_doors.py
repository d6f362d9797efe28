"""What callers of functions get over HTTP.

What the published emulator does: a caller gets the function's own error, with its type and stack trace. An HTTP API of
a template refuses every preflight request, whatever its CORS configuration. Cookies come in a header only. APIs of
other accounts than the cloud's own are not found, and the path `/health` never reaches a function.

What AWS does: a caller learns nothing of an error but that there was one: 500 of an HTTP API; 502 of a REST API, a load
balancer or a function URL. The CORS configuration counts, and the event of an HTTP API or function URL has a list of
cookies. A REST API answers 502 also to a result that is not one of a proxy integration. An API is found by its name
alone, whosever it is, and every path is its own.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html,
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from .support.emulator import Emulated, Record, around, as_record, module, part, replace_value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_HttpResponse: TypeAlias = tuple[int, Record, bytes]

_BAD_GATEWAY = 502
_INTERNAL_ERROR = 500
_ERROR = '{"message":"Internal Server Error"}'
_ERROR_OF_EMULATED_BALANCER = b'{"message": "Lambda '
_JSON = {"Content-Type": "application/json"}
_OWN_HEALTH_PATHS = ("/_ministack/health", "/_localstack/health")
_BAD_GATEWAY_PAGE = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


def apply() -> None:
    """Answer as the front doors of AWS do."""
    _hide_errors()
    _read_cors_of_templates()
    _find_apis_of_every_account(module("services.apigateway"), "_apis")
    _find_apis_of_every_account(module("services.apigateway_v1"), "_rest_apis")
    replace_value(module("app"), "_HEALTH_PATHS", _OWN_HEALTH_PATHS)
    lambda_svc = module("services.lambda_svc")

    @around(lambda_svc, "_execute_function_with_config_scope", "func, event")
    def _execute(original: Callable[..., Record], func: Record, event: object) -> Record:
        return original(func, _with_cookies(event))


def _hide_errors() -> None:
    lambda_svc = module("services.lambda_svc")
    rest_api = module("services.apigateway_v1")
    http_api = module("services.apigateway")
    alb = module("services.alb")

    @around(lambda_svc, "lambda_execute_result_to_api_proxy_response", "exec_result")
    def _response(original: Callable[..., tuple[Record, None]], exec_result: Record) -> tuple[Record, None]:
        if exec_result.get("error") and not exec_result.get("throttle"):
            return {"statusCode": _BAD_GATEWAY, "headers": _JSON, "body": _ERROR}, None
        return original(exec_result)

    @around(rest_api, "_lambda_proxy_response", "result")
    def _rest(
        original: Callable[..., tuple[Record | None, str | None]], result: Record
    ) -> tuple[Record | None, str | None]:
        answer = as_record(result.get("body"))
        if result.get("error") or answer is None or "statusCode" not in answer:
            return None, "Internal server error"
        return original(result)

    @around(
        http_api,
        "_invoke_lambda_proxy",
        "integration, api_id, stage, path, method, headers, body, query_params, route_key, path_params, "
        "authorizer_claims, authorizer_scopes, authorizer_lambda_context, authorizer_iam, owner_account_id, "
        "owner_region, raw_query_string",
    )
    async def _http(original: Callable[..., Awaitable[_HttpResponse]], *args: Any, **kwargs: Any) -> _HttpResponse:  # noqa: ANN401 - passed on
        status, headers, body = await original(*args, **kwargs)
        # A function may answer 502 itself.
        if status == _BAD_GATEWAY and body == _ERROR.encode():
            return _INTERNAL_ERROR, _JSON, body
        return status, headers, body

    @around(
        alb,
        "_invoke_lambda_target",
        "function_ref, tg_arn, method, path, headers, body, query_params, raw_query_string",
    )
    async def _alb(original: Callable[..., Awaitable[_HttpResponse]], *args: Any, **kwargs: Any) -> _HttpResponse:  # noqa: ANN401 - passed on
        status, headers, body = await original(*args, **kwargs)
        if status == _BAD_GATEWAY and body.startswith(_ERROR_OF_EMULATED_BALANCER):
            return status, {"Content-Type": "text/html"}, _BAD_GATEWAY_PAGE
        return status, headers, body


def _read_cors_of_templates() -> None:
    handler = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]

    @around(handler, "create", "logical_id, props, stack_name")
    def _create(original: Callable[..., object], logical_id: str, props: Record, stack_name: str) -> object:
        return original(logical_id, _as_the_api_takes_cors(props), stack_name)

    @around(handler, "update", "physical_id, old_props, new_props, stack_name, logical_id")
    def _update(
        original: Callable[..., object], physical_id: str, old_props: Record, new_props: Record, *args: str
    ) -> object:
        return original(physical_id, old_props, _as_the_api_takes_cors(new_props), *args)


def _find_apis_of_every_account(gateway: Emulated, name: str) -> None:
    @around(gateway, "find_api_scope", "api_id")
    def _scope(original: Callable[..., tuple[str, str] | None], api_id: str) -> tuple[str, str] | None:
        items = getattr(gateway, name).all_items
        # A caller of an API has no account that it could be looked for in.
        everywhere = ((account, region) for (account, region, found), _ in items() if found == api_id)
        return original(api_id) or next(everywhere, None)


def _as_the_api_takes_cors(properties: Record) -> Record:
    cors = part(properties, "CorsConfiguration")
    if not cors:
        return properties
    return {**properties, "CorsConfiguration": {name[0].lower() + name[1:]: value for name, value in cors.items()}}


def _with_cookies(event: object) -> object:
    """The event of an HTTP API or a function URL with its cookies in a list."""
    request = as_record(event)
    headers = part(request, "headers")
    if request is None or request.get("version") != "2.0" or "http" not in part(request, "requestContext"):
        return event
    name = next((name for name in headers if name.lower() == "cookie"), None)
    if name is None or "cookies" in request:
        return event
    cookies = [cookie.strip() for cookie in headers[name].split(";")]
    return {**request, "headers": {key: value for key, value in headers.items() if key != name}, "cookies": cookies}
