"""The function and its alias are taken wherever the CDK takes a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_apigateway as apigateway,
    aws_apigatewayv2 as apigatewayv2,
    aws_apigatewayv2_integrations as integrations,
    aws_cloudwatch as cloudwatch,
    aws_cloudwatch_actions as cloudwatch_actions,
    aws_codedeploy as codedeploy,
    aws_cognito as cognito,
    aws_dynamodb as dynamodb,
    aws_elasticloadbalancingv2 as elb,
    aws_elasticloadbalancingv2_targets as elb_targets,
    aws_events as events,
    aws_events_targets as targets,
    aws_iam as iam,
    aws_lambda as lambda_,
    aws_lambda_destinations as destinations,
    aws_lambda_event_sources as event_sources,
    aws_logs as logs,
    aws_logs_destinations as logs_destinations,
    aws_s3 as s3,
    aws_s3_notifications as s3_notifications,
    aws_scheduler as scheduler,
    aws_scheduler_targets as scheduler_targets,
    aws_secretsmanager as secretsmanager,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions,
    aws_sqs as sqs,
    aws_stepfunctions as sfn,
    aws_stepfunctions_tasks as tasks,
    custom_resources,
)

from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define

if TYPE_CHECKING:
    from collections.abc import Callable

HOURLY = cdk.Duration.hours(1)
KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)


def released(stack: cdk.Stack, hook: Any) -> object:  # noqa: ANN401 - what is taken
    return codedeploy.LambdaDeploymentGroup(stack, "Release", alias=define(stack, "Released").live, pre_hook=hook)


def rotated(stack: cdk.Stack, function: Any) -> object:  # noqa: ANN401 - as above
    return secretsmanager.Secret(stack, "Secret").add_rotation_schedule("Rotation", rotation_lambda=function)


def alarmed(stack: cdk.Stack, function: Any) -> object:  # noqa: ANN401 - as above
    metric = cloudwatch.Metric(namespace="Shop", metric_name="Orders")
    alarm = cloudwatch.Alarm(stack, "Alarm", metric=metric, threshold=1, evaluation_periods=1)
    return alarm.add_alarm_action(cloudwatch_actions.LambdaAction(function))


APIS: dict[str, Callable[[cdk.Stack, Any], object]] = {
    "grant": lambda stack, f: dynamodb.Table(stack, "Table", partition_key=KEY).grant_read_data(f),
    "event source": lambda stack, f: f.add_event_source(event_sources.SqsEventSource(sqs.Queue(stack, "Queue"))),
    "event source mapping": lambda stack, f: lambda_.EventSourceMapping(
        stack, "Mapping", target=f, event_source_arn=sqs.Queue(stack, "Queue").queue_arn
    ),
    "rule": lambda stack, f: events.Rule(
        stack, "Rule", schedule=events.Schedule.rate(HOURLY), targets=[targets.LambdaFunction(f)]
    ),
    "schedule": lambda stack, f: scheduler.Schedule(
        stack,
        "Schedule",
        schedule=scheduler.ScheduleExpression.rate(HOURLY),
        target=scheduler_targets.LambdaInvoke(f),
    ),
    "state machine": lambda stack, f: sfn.StateMachine(
        stack,
        "Machine",
        definition_body=sfn.DefinitionBody.from_chainable(tasks.LambdaInvoke(stack, "Invoke", lambda_function=f)),
    ),
    "REST API": lambda stack, f: apigateway.LambdaRestApi(stack, "Api", handler=f),
    "HTTP API": lambda stack, f: apigatewayv2.HttpApi(
        stack, "Api", default_integration=integrations.HttpLambdaIntegration("Integration", f)
    ),
    "authorizer": lambda stack, f: apigateway.RestApi(
        stack,
        "Api",
        default_method_options=apigateway.MethodOptions(
            authorizer=apigateway.TokenAuthorizer(stack, "Authorizer", handler=f)
        ),
    ).root.add_method("GET"),
    "bucket": lambda stack, f: s3.Bucket(stack, "Bucket").add_event_notification(
        s3.EventType.OBJECT_CREATED, s3_notifications.LambdaDestination(f)
    ),
    "topic": lambda stack, f: sns.Topic(stack, "Topic").add_subscription(subscriptions.LambdaSubscription(f)),
    "log group": lambda stack, f: logs.LogGroup(stack, "Logs").add_subscription_filter(
        "Errors", destination=logs_destinations.LambdaDestination(f), filter_pattern=logs.FilterPattern.all_terms("E")
    ),
    "user pool": lambda stack, f: cognito.UserPool(stack, "Pool").add_trigger(cognito.UserPoolOperation.PRE_SIGN_UP, f),
    "load balancer": lambda stack, f: elb.ApplicationTargetGroup(
        stack, "Target", targets=[elb_targets.LambdaTarget(f)]
    ),
    "destination": lambda stack, f: lambda_.EventInvokeConfig(
        stack, "Config", function=define(stack, "Other"), on_failure=destinations.LambdaDestination(f)
    ),
    "custom resource": lambda stack, f: custom_resources.Provider(stack, "Provider", on_event_handler=f),
    "permission": lambda _, f: f.grant_invoke(iam.ServicePrincipal("scheduler.amazonaws.com")),
    "address": lambda _, f: f.add_function_url(),
    "hook of a release": released,
    "rotation": rotated,
    "alarm": alarmed,
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("attribute", ["itself", "live"])
def test_it_is_taken_in_the_place_of_a_function(api: str, attribute: str, app: cdk.App) -> None:
    alone, taken = cdk.Stack(app, "Alone"), cdk.Stack(app, "Taken")
    define(alone)
    function = define(taken)

    APIS[api](taken, function if attribute == "itself" else function.live)

    assert len(synthesize(alone)["Resources"]) < len(synthesize(taken)["Resources"])
