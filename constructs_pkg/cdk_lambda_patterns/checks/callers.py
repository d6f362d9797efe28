"""Edges from services that call functions: who waits for an answer, and who does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .edges import edge_to, is_function, named
from .graph import Edge, Kind, Mode
from .template import Resource
from .values import Case, is_mapping, is_sequence, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .addresses import Node
    from .edges import Builder
    from .event_flow import EventFlow


# Places that name the function that a resource calls. `[]` stands for each element, `*` for each entry.
_CALLERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "AWS::ApiGateway::Authorizer": (("AuthorizerUri",),),
    "AWS::ApiGateway::Method": (("Integration", "Uri"),),
    "AWS::ApiGatewayV2::Api": (("Target",),),
    "AWS::ApiGatewayV2::Authorizer": (("AuthorizerUri",),),
    "AWS::ApiGatewayV2::Integration": (("IntegrationUri",),),
    "AWS::AppSync::DataSource": (("LambdaConfig", "LambdaFunctionArn"),),
    "AWS::AppSync::GraphQLApi": (("LambdaAuthorizerConfig", "AuthorizerUri"),),
    "AWS::Bedrock::Agent": (("ActionGroups", "[]", "ActionGroupExecutor", "Lambda"),),
    "AWS::BedrockAgentCore::Gateway": (("InterceptorConfigurations", "[]", "Interceptor", "Lambda", "Arn"),),
    "AWS::BedrockAgentCore::GatewayTarget": (("TargetConfiguration", "Mcp", "Lambda", "LambdaArn"),),
    "AWS::Cognito::UserPool": (("LambdaConfig", "*"), ("LambdaConfig", "*", "LambdaArn")),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (("Targets", "[]", "Id"),),
    "AWS::IoT::Authorizer": (("AuthorizerFunctionArn",),),
    "AWS::Lambda::Url": (("TargetFunctionArn",),),
    "AWS::S3ObjectLambda::AccessPoint": (
        (
            "ObjectLambdaConfiguration", "TransformationConfigurations", "[]",
            "ContentTransformation", "AwsLambda", "FunctionArn",
        ),
    ),
    "AWS::SecretsManager::RotationSchedule": (("RotationLambdaARN",),),
    "AWS::Transfer::Server": (("IdentityProviderDetails", "Function"),),
    "AWS::VpcLattice::TargetGroup": (("Targets", "[]", "Id"),),
}  # fmt: skip
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html, "Synchronous invocation"."""

_ASYNCHRONOUS_CALLERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "AWS::CloudWatch::Alarm": (
        ("AlarmActions", "[]"), ("OKActions", "[]"), ("InsufficientDataActions", "[]"),
    ),
    "AWS::CloudWatch::CompositeAlarm": (
        ("AlarmActions", "[]"), ("OKActions", "[]"), ("InsufficientDataActions", "[]"),
    ),
    "AWS::CodeCommit::Repository": (("Triggers", "[]", "DestinationArn"),),
    "AWS::CodePipeline::Pipeline": (("Stages", "[]", "Actions", "[]", "Configuration", "FunctionName"),),
    "AWS::Config::ConfigRule": (("Source", "SourceIdentifier"),),
    "AWS::IoT::TopicRule": (
        ("TopicRulePayload", "Actions", "[]", "Lambda", "FunctionArn"),
        ("TopicRulePayload", "ErrorAction", "Lambda", "FunctionArn"),
    ),
    "AWS::Logs::SubscriptionFilter": (("DestinationArn",),),
    "AWS::SES::ReceiptRule": (("Rule", "Actions", "[]", "LambdaAction", "FunctionArn"),),
}  # fmt: skip
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html, "Asynchronous invocation"."""


def _caller(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    for path in _CALLERS[resource.type]:
        for address in named(flow, resource, path):
            if is_function(flow, address):
                if resource.type == "AWS::Lambda::Url" and isinstance(address.node, Resource):
                    qualifier = flow.templates.one(resource, "Qualifier")
                    rest = f":{qualifier}" if isinstance(qualifier, str) else ""
                    address = address._replace(rest=rest)  # noqa: PLW2901 - the same address, with its alias
                asynchronous = _asks_not_to_wait(flow, resource)
                mode = Mode.ASYNCHRONOUS if asynchronous else Mode.SYNCHRONOUS
                yield edge_to(flow, _front(flow, resource), address, Kind.INVOKES, resource, mode=mode)


def _asks_not_to_wait(flow: EventFlow, resource: Resource) -> bool:
    """Whether an integration of API Gateway invokes its function asynchronously."""
    path = _PARAMETERS_OF_INTEGRATIONS.get(resource.type)
    return path is not None and _says_event(flow.templates.cases(resource, *path))


_PARAMETERS_OF_INTEGRATIONS = {
    "AWS::ApiGateway::Method": ("Integration", "RequestParameters"),
    "AWS::ApiGatewayV2::Integration": ("RequestParameters",),
}


def _says_event(parameters: Iterable[Case]) -> bool:
    header = "integration.request.header.x-amz-invocation-type"
    given = [(name, value) for entries, _ in parameters for name, value in mapping(entries).items()]
    return any(name.lower() == header and isinstance(value, str) and "Event" in value for name, value in given)


def _front(flow: EventFlow, resource: Resource) -> Node:
    """The API that a part of one belongs to."""
    for key in ("RestApiId", "ApiId"):
        if key in resource.properties:
            for address in flow.addresses.of(resource.template, resource.properties[key]):
                if isinstance(address.node, Resource):
                    return address.node
    return resource


def _api_description(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    """The integrations that an OpenAPI document in the template names."""
    todo: list[object] = [resource.properties.get("Body")]
    seen: set[tuple[object, ...]] = set()
    while todo:
        value = todo.pop()
        if is_mapping(value):
            todo += value.values()
            for key in ("uri", "authorizerUri"):
                for address in flow.addresses.of(resource.template, value.get(key), "lambda"):
                    asynchronous = _says_event(flow.templates.inside(resource.template, value, "requestParameters"))
                    mode = Mode.ASYNCHRONOUS if asynchronous else Mode.SYNCHRONOUS
                    if is_function(flow, address) and (address.node, address.rest, mode) not in seen:
                        seen.add((address.node, address.rest, mode))
                        yield edge_to(flow, resource, address, Kind.INVOKES, resource, mode=mode)
        elif is_sequence(value):
            todo += value
    if resource.type in _CALLERS:
        yield from _caller(flow, resource)


def _asynchronous_caller(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    source: Node = resource
    if resource.type == "AWS::Logs::SubscriptionFilter":
        logs = flow.addresses.of(resource.template, resource.properties.get("LogGroupName"), "logs")
        source = next((address.node for address in logs), resource)
    for path in _ASYNCHRONOUS_CALLERS[resource.type]:
        for address in named(flow, resource, path):
            if is_function(flow, address):
                yield edge_to(flow, source, address, Kind.INVOKES, resource, mode=Mode.ASYNCHRONOUS)


def _device_rule(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    yield from _asynchronous_caller(flow, resource)
    for queue in named(flow, resource, ("TopicRulePayload", "Actions", "[]", "Sqs", "QueueUrl"), "sqs"):
        yield edge_to(flow, resource, queue, Kind.SENDS, resource)
    for queue in named(flow, resource, ("TopicRulePayload", "ErrorAction", "Sqs", "QueueUrl"), "sqs"):
        yield edge_to(flow, resource, queue, Kind.FAILS_TO, resource)


def _receipt_rule(flow: EventFlow, resource: Resource) -> Iterator[Edge]:
    yield from _asynchronous_caller(flow, resource)
    for bucket in named(flow, resource, ("Rule", "Actions", "[]", "S3Action", "BucketName"), "s3"):
        yield edge_to(flow, resource, bucket, Kind.SENDS, resource)


BUILDERS: Mapping[str, Builder] = {
    **dict.fromkeys(_CALLERS, _caller),
    **dict.fromkeys(_ASYNCHRONOUS_CALLERS, _asynchronous_caller),
    "AWS::ApiGateway::RestApi": _api_description,
    "AWS::ApiGatewayV2::Api": _api_description,
    "AWS::IoT::TopicRule": _device_rule,
    "AWS::SES::ReceiptRule": _receipt_rule,
}
