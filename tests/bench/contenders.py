"""The same function twice: with the library, and by hand with the CDK's L2 constructs.

By hand as a careful user writes it: a role of its own whose inline policy stands before the function does and that has
no managed policies (AWS Solutions Constructs write it the same way), a log group, a version and an alias, a failure
queue, and the four alarms. The resources and their properties are equal; `test_budgets.py` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aws_cdk import (
    Duration,
    RemovalPolicy,
    aws_cloudwatch as cloudwatch,
    aws_codedeploy as codedeploy,
    aws_iam as iam,
    aws_lambda as lambda_,
    aws_lambda_destinations as destinations,
    aws_logs as logs,
    aws_sqs as sqs,
)
from constructs import Construct

from cdk_lambda_patterns import GradualRelease, WellArchitectedFunction

if TYPE_CHECKING:
    import aws_cdk as cdk

CODE = "def handler(event, context): ..."


def with_the_library(stack: cdk.Stack, construct_id: str) -> None:
    process = WellArchitectedFunction(stack, construct_id, code=lambda_.Code.from_inline(CODE), handler="index.handler")
    process.invoked_asynchronously()


def released_with_the_library(stack: cdk.Stack, construct_id: str) -> None:
    """The same, and each new version gets its traffic gradually."""
    process = WellArchitectedFunction(stack, construct_id, code=lambda_.Code.from_inline(CODE), handler="index.handler")
    process.invoked_asynchronously()
    GradualRelease(stack, f"{construct_id}Release", function=process)


def released_by_hand(stack: cdk.Stack, construct_id: str) -> None:
    """As a careful user writes it: one application and one role for all groups, an alarm on the new version alone."""
    live, version = by_hand(stack, construct_id)
    if stack not in _shared:
        role = iam.Role(stack, "ReleaseRole", assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"))
        _shared[stack] = codedeploy.LambdaApplication(stack, "Releases"), role
    application, role = _shared[stack]
    errors = cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name="Errors",
        statistic="Sum",
        period=Duration.minutes(1),
        dimensions_map={
            "FunctionName": version.lambda_.function_name,
            "Resource": f"{version.lambda_.function_name}:live",
            "ExecutedVersion": version.version,
        },
    ).create_alarm(
        stack,
        f"{construct_id}ReleaseErrors",
        alarm_description="The new version failed.",
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    codedeploy.LambdaDeploymentGroup(
        stack,
        f"{construct_id}Release",
        alias=live,
        application=application,
        role=role,
        deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
        alarms=[errors],
        auto_rollback=codedeploy.AutoRollbackConfig(stopped_deployment=True),
    )


_shared: WeakKeyDictionary[cdk.Stack, tuple[codedeploy.LambdaApplication, iam.Role]] = WeakKeyDictionary()


def by_hand(stack: cdk.Stack, construct_id: str) -> tuple[lambda_.Alias, lambda_.Version]:
    scope = Construct(stack, construct_id)
    log_group = logs.LogGroup(
        scope, "LogGroup", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.RETAIN
    )
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={
            "Baseline": iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
                    )
                ]
            )
        },
    )
    function = lambda_.Function(
        scope,
        "Function",
        code=lambda_.Code.from_inline(CODE),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_14,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=512,
        timeout=Duration.seconds(30),
        tracing=lambda_.Tracing.ACTIVE,
        recursive_loop=lambda_.RecursiveLoop.TERMINATE,
        role=role,
        log_group=log_group,
        logging_format=lambda_.LoggingFormat.JSON,
        application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
        system_log_level_v2=lambda_.SystemLogLevel.INFO,
    )
    failure_queue = sqs.Queue(
        scope,
        "FailureQueue",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    version = function.current_version
    live = lambda_.Alias(
        scope,
        "Live",
        alias_name="live",
        version=version,
        on_failure=destinations.SqsDestination(failure_queue),
        retry_attempts=2,
        max_event_age=Duration.hours(6),
    )
    live.metric_errors(period=Duration.minutes(1)).create_alarm(
        scope,
        "ErrorsAlarm",
        alarm_description="The function failed.",
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    live.metric_throttles(period=Duration.minutes(1)).create_alarm(
        scope,
        "ThrottlesAlarm",
        alarm_description="Invocations are refused.",
        threshold=1,
        evaluation_periods=5,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    live.metric("DestinationDeliveryFailures", period=Duration.minutes(1), statistic="Sum").create_alarm(
        scope,
        "DeliveryFailuresAlarm",
        alarm_description="A record is lost.",
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    failure_queue.metric_approximate_number_of_messages_visible(
        period=Duration.minutes(1), statistic="Maximum"
    ).create_alarm(
        scope,
        "FailureQueueAlarm",
        alarm_description="Work was left undone.",
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    return live, version
