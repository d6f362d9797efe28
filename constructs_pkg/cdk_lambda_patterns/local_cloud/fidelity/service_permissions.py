"""Services need permission: the policies of functions, aliases, queues and topics count.

What the published emulator does: every service may invoke every function and send to every queue and topic, whatever
their policies say, unless the emulator checks the permissions of all callers.

What AWS does: it delivers nothing without a statement that names the service and, where it is limited, the source. A
function, its versions and its aliases have statements of their own. A rule or a subscription sends what it may not
deliver to its dead-letter queue, a rule of AWS IoT has its error action; buckets and log groups refuse the
configuration; an API answers 500.

Callers with credentials, such as handlers, may still do everything: their roles are not checked.

Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html,
https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from .support.emulator import Record, around, module, part
from .support.permissions import allows
from .support.undelivered import Undelivered, give_up, redrive

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_HttpResponse: TypeAlias = tuple[int, Record, bytes]

_INTERNAL_ERROR = (500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}')

_rule: ContextVar[str | None] = ContextVar("rule", default=None)
"""The rule whose target is invoked, if that needs the permission of the target."""


def apply() -> None:
    """Ask the policy wherever one service uses another."""
    _of_rules()
    _of_device_rules()
    _of_topics()
    _of_buckets()
    _of_log_groups()
    _of_alarms()
    _of_apis()


def _of_rules() -> None:
    eventbridge = module("services.eventbridge")

    @around(eventbridge, "_invoke_target", "target, event, rule, view")
    def _invoke(
        original: Callable[..., None], target: Record, event: Record, rule: Record, view: object = None
    ) -> None:
        # A schedule, and a target with a role, are permitted by that role.
        by_policy = event.get("Source") != "aws.scheduler" and not target.get("RoleArn")
        token = _rule.set(str(rule.get("Arn")) if by_policy else None)
        try:
            original(target, event, rule, view)
        finally:
            _rule.reset(token)

    for dispatch, parameters in (
        ("_dispatch_to_lambda", "arn, payload"),
        ("_dispatch_to_sqs", "spec, payload, sqs_parameters"),
        ("_dispatch_to_sns", "arn, payload"),
    ):

        @around(eventbridge, dispatch, parameters)
        def _dispatch(original: Callable[..., None], target: object, payload: str, *args: object) -> None:
            rule = _rule.get()
            if rule is None or allows(str(target), "events.amazonaws.com", rule):
                original(target, payload, *args)
            else:
                message = f"events.amazonaws.com may not use the target for {rule}: {target}"
                give_up(Undelivered(payload, "NO_PERMISSIONS", message))


def _of_device_rules() -> None:
    iot = module("services.iot")
    responses = module("core.responses")

    @around(iot, "_dispatch_rule_action", "account_id, region, rule_name, action, event")
    async def _dispatch(
        original: Callable[..., Awaitable[None]],
        account_id: str,
        region: str,
        rule_name: str,
        action: Record,
        event: object,
    ) -> None:
        function = str(part(action, "lambda").get("functionArn", ""))
        rule = f"arn:aws:iot:{region}:{account_id}:rule/{rule_name}"
        with responses.request_scope(account_id, region):
            permitted = not function or allows(function, "iot.amazonaws.com", rule)
        if not permitted:
            # The error action gets this text.
            raise PermissionError(
                "Failed to invoke lambda function. Received Server error from Lambda. The error code is 403"
            )
        await original(account_id, region, rule_name, action, event)


def _of_topics() -> None:
    sns = module("services.sns")
    sqs = module("services.sqs")
    service = "sns.amazonaws.com"

    @around(
        sns, "_deliver_to_lambda", "endpoint, envelope, topic_arn, sub_arn, msg_id, raw_message, message_attributes"
    )
    def _to_lambda(original: Callable[..., None], endpoint: str, envelope: str, topic_arn: str, *args: object) -> None:
        if allows(endpoint, service, topic_arn):
            original(endpoint, envelope, topic_arn, *args)
        else:
            redrive(topic_arn, endpoint, envelope)

    @around(
        sns,
        "_deliver_to_sqs",
        "endpoint, envelope, raw, raw_message, message_group_id, message_dedup_id, message_attributes, topic_arn",
    )
    def _to_sqs(original: Callable[..., None], endpoint: str, envelope: str, *args: object, **kwargs: object) -> None:
        topic_arn = str(kwargs.get("topic_arn"))
        if allows(endpoint, service, topic_arn):
            original(endpoint, envelope, *args, **kwargs)
        else:
            redrive(topic_arn, endpoint, envelope)

    @around(sqs, "queue_policy_allows", "queue_arn, service, source_arn, source_account")
    def _queue(original: object, queue_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        del original, source_account
        return allows(queue_arn, service, source_arn)

    @around(sns, "topic_policy_allows", "topic_arn, service, source_arn, source_account")
    def _topic(original: object, topic_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        del original, source_account
        return allows(topic_arn, service, source_arn)


def _of_buckets() -> None:
    s3 = module("services.s3")

    @around(s3, "_validate_notification_configs", "configs, bucket_region, bucket_name, skip_destination_validation")
    def _validate(
        original: Callable[..., object],
        configs: list[Record],
        bucket_region: str,
        bucket_name: str = "",
        skip_destination_validation: bool = False,  # noqa: FBT001, FBT002 - the emulator's interface
    ) -> object:
        refused = original(configs, bucket_region, bucket_name, skip_destination_validation)
        if refused is not None or skip_destination_validation:
            return refused
        functions = [config["arn"] for config in configs if config["type"] == "lambda"]
        bucket = f"arn:aws:s3:::{bucket_name}"
        closed = [function for function in functions if not allows(function, "s3.amazonaws.com", bucket)]
        if not closed:
            return None
        return s3._invalid_notification_config(
            f"Unable to validate the following destination configurations: {', '.join(closed)}"
        )


def _of_log_groups() -> None:
    logs = module("services.cloudwatch_logs")
    responses = module("core.responses")

    @around(logs, "_put_subscription_filter", "data")
    def _put(original: Callable[..., object], data: Record) -> object:
        function, region = str(data.get("destinationArn")), responses.get_region()
        source = f"arn:aws:logs:{region}:{responses.get_account_id()}:log-group:{data.get('logGroupName')}:*"
        services = ("logs.amazonaws.com", f"logs.{region}.amazonaws.com")
        if ":function:" not in function or any(allows(function, service, source) for service in services):
            return original(data)
        return responses.error_response_json(
            "InvalidParameterException",
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
            "your function.",
            400,
        )


def _of_alarms() -> None:
    cloudwatch = module("services.cloudwatch")

    @around(cloudwatch, "_dispatch_alarm_actions", "alarm, old_state, new_state, reason")
    def _dispatch(original: Callable[..., None], alarm: Record, *args: str) -> None:
        permitted = dict(alarm)
        for kind in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            actions: list[str] = alarm.get(kind) or []
            permitted[kind] = [
                action for action in actions if allows(action, "cloudwatch.amazonaws.com", alarm["AlarmArn"])
            ]
        original(permitted, *args)


def _of_apis() -> None:
    responses = module("core.responses")
    http_api = module("services.apigateway")
    rest_api = module("services.apigateway_v1")

    def permitted(function: str, api_id: str, stage: str, route: str) -> bool:
        source = f"arn:aws:execute-api:{responses.get_region()}:{responses.get_account_id()}:{api_id}/{stage}/{route}"
        return not function.startswith("arn:") or allows(function, "apigateway.amazonaws.com", source)

    @around(
        http_api,
        "_invoke_lambda_proxy",
        "integration, api_id, stage, path, method, headers, body, query_params, route_key, path_params, "
        "authorizer_claims, authorizer_scopes, authorizer_lambda_context, authorizer_iam, owner_account_id, "
        "owner_region, raw_query_string",
    )
    async def _http(
        original: Callable[..., Awaitable[_HttpResponse]],
        integration: Record,
        api_id: str,
        stage: str,
        path: str,
        method: str,
        headers: Record,
        body: bytes,
        query_params: Record,
        route_key: str = "$default",
        *args: Any,  # noqa: ANN401 - passed on
        **kwargs: Any,  # noqa: ANN401 - passed on
    ) -> _HttpResponse:
        function = str(http_api._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", "")))
        if not permitted(function, api_id, stage, route_key.replace(" ", "", 1)):
            return _INTERNAL_ERROR
        return await original(
            integration, api_id, stage, path, method, headers, body, query_params, route_key, *args, **kwargs
        )

    @around(
        rest_api,
        "_invoke_lambda_proxy_v1",
        "integration, api_id, stage_name, stage, resource, request_path, method, headers, body, query_params, "
        "path_params, owner_account_id, owner_region, binary_media_types, authorizer_context, caller_identity",
    )
    async def _rest(
        original: Callable[..., Awaitable[_HttpResponse]],
        integration: Record,
        api_id: str,
        stage_name: str,
        stage: Record,
        resource: Record,
        request_path: str,
        method: str,
        *args: Any,  # noqa: ANN401 - passed on
        **kwargs: Any,  # noqa: ANN401 - passed on
    ) -> _HttpResponse:
        function = str(rest_api._extract_lambda_ref_from_integration_uri(integration.get("uri", "")))
        if not permitted(function, api_id, stage_name, f"{method}{resource.get('path', '')}"):
            return _INTERNAL_ERROR
        return await original(integration, api_id, stage_name, stage, resource, request_path, method, *args, **kwargs)
