"""The API as a user types it: mypy --strict and pyright strict have nothing to say.

What is wrong is at the end, each with the complaint that is expected: a complaint that is missing is an error too. The
functions are run as well, see test_api.py.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import (
    aws_cloudfront as cloudfront,
    aws_cloudfront_origins as origins,
    aws_codedeploy as codedeploy,
    aws_codepipeline as codepipeline,
    aws_codepipeline_actions as actions,
    aws_cognito as cognito,
    aws_dynamodb as dynamodb,
    aws_ec2 as ec2,
    aws_events as events,
    aws_iam as iam,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_lambda_destinations as destinations,
    aws_logs as logs,
    aws_s3 as s3,
    aws_secretsmanager as secretsmanager,
    aws_ses as ses,
    aws_sns as sns,
    aws_sqs as sqs,
    aws_ssm as ssm,
)
from constructs import Construct

from cdk_lambda_patterns import (
    CodePipelineAction,
    CognitoTrigger,
    ConcurrencyBudget,
    CustomResourceTrigger,
    DeploymentAccess,
    Duty,
    EdgeFunction,
    EventBridgeTrigger,
    FirehoseTransformation,
    FunctionFileSystem,
    FunctionVpc,
    GradualRelease,
    IdempotencyTable,
    IotTrigger,
    KinesisTrigger,
    LogsTrigger,
    ManagedInstances,
    ProvisionedConcurrency,
    PythonCode,
    ReleasePlan,
    S3BatchOperations,
    S3Trigger,
    ScheduleTrigger,
    Season,
    ServiceCaller,
    ServiceTrigger,
    SesTrigger,
    SmokeTestHook,
    SnsTrigger,
    SqsTrigger,
    ValidationError,
    VersionPruning,
    ViewerFunction,
    WellArchitectedFunction,
    WellArchitectedImageFunction,
    Workload,
    event_patterns,
)
from cdk_lambda_patterns.settings import FunctionSettings, Parameter, ReadsAndWrites, Secret, Sends
from cdk_lambda_patterns.testing import fast_app, normalized, synthesize

CODE = lambda_.Code.from_inline("def handler(event, context): ...")


def as_principal(service: str) -> iam.IPrincipal:
    return cast("iam.IPrincipal", iam.ServicePrincipal(service))  # aws/jsii#4541


def the_least(stack: cdk.Stack) -> None:
    WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")


def python_code(folder: str) -> PythonCode:
    return PythonCode.from_folder(folder, include=[f"{folder}/../common"], exclude=["*.md"])


def every_kind_of_option(stack: cdk.Stack) -> None:
    table = dynamodb.TableV2(
        stack, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    )
    function = WellArchitectedFunction(
        stack,
        "Function",
        code=CODE,
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        role=iam.Role(stack, "Role", assumed_by=as_principal("lambda.amazonaws.com")),
        architecture=lambda_.Architecture.X86_64,
        memory_size=1024,
        timeout=cdk.Duration.minutes(1),
        ephemeral_storage_size=cdk.Size.gibibytes(1),
        environment={"TABLE": table.table_name},
        environment_encryption=kms.Key(stack, "Key"),
        tracing=lambda_.Tracing.DISABLED,
        logging_format=lambda_.LoggingFormat.JSON,
        log_retention=logs.RetentionDays.ONE_WEEK,
        log_removal_policy=cdk.RemovalPolicy.DESTROY,
        vpc=ec2.Vpc(stack, "Vpc"),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        reserved_concurrent_executions=5,
        retry_attempts=1,
        max_event_age=cdk.Duration.hours(1),
        notify=sns.Topic(stack, "Team"),
        description=None,
    )
    table.grants.read_data(function)
    function.secret("DB_PASSWORD", secretsmanager.Secret(stack, "Password"))
    function.parameter("RATES", ssm.StringParameter(stack, "Rates", string_value="3.5"))


def every_kind_of_destination(stack: cdk.Stack) -> None:
    queue = sqs.Queue(stack, "Queue")
    WellArchitectedFunction(stack, "ToQueue", code=CODE, handler="index.handler", on_failure=queue)
    WellArchitectedFunction(stack, "ToTopic", code=CODE, handler="index.handler", on_failure=sns.Topic(stack, "Topic"))
    WellArchitectedFunction(
        stack, "ToBus", code=CODE, handler="index.handler", on_failure=events.EventBus(stack, "Bus")
    )
    wrapped = destinations.SqsDestination(queue)
    WellArchitectedFunction(stack, "ToWrapped", code=CODE, handler="index.handler", on_failure=wrapped)
    failed = WellArchitectedFunction(
        stack, "Failed", code=CODE, handler="index.handler", on_failure=s3.Bucket(stack, "Bucket"), on_success=queue
    )
    WellArchitectedFunction(stack, "ToFunction", code=CODE, handler="index.handler", on_failure=failed)


def what_a_function_has(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    plain: lambda_.Function = function
    live: lambda_.Alias = function.live
    log_group: logs.ILogGroup = function.log_group
    cdk.CfnOutput(stack, "Names", value=f"{plain.function_name} {live.alias_name} {log_group.log_group_name}")
    function.invoked_asynchronously()
    if function.failure_queue is not None:
        cdk.CfnOutput(stack, "Failures", value=function.failure_queue.queue_url)
    function.alarms["Errors"].alarm_description = "Call somebody."


def triggers(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    key = kms.Key(stack, "Key")
    orders = SqsTrigger(
        stack, "Orders", function=function, fifo=True, content_based_deduplication=True, encryption_key=key
    )
    cdk.CfnOutput(stack, "Queue", value=orders.queue.queue_url)
    KinesisTrigger(stack, "Readings", function=function, encryption_key=key)
    SnsTrigger(stack, "Encrypted", function=function, encryption_key=key)
    files = S3Trigger(
        stack,
        "Files",
        function=function,
        suffix=".csv",
        event_types=[s3.EventType.OBJECT_CREATED_PUT],
        retry_attempts=3,
        max_event_age=cdk.Duration.hours(1),
        dead_letter_queue=sqs.Queue(stack, "Undelivered"),
        enabled=False,
    )
    cdk.CfnOutput(stack, "Bucket", value=files.bucket.bucket_name)


def releases(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    alarm = function.metric_duration().create_alarm(stack, "Slow", threshold=2_000, evaluation_periods=2)
    release = GradualRelease(
        stack,
        "Release",
        function=function,
        plan=ReleasePlan.linear(percent=25, interval=cdk.Duration.minutes(3)),
        smoke_test=SmokeTestHook(
            stack, "SmokeTest", payloads=[{"payload": {"id": 1}, "expect": {"status": 200}}], memory_size=256
        ),
        post_hook=WellArchitectedFunction(stack, "After", code=CODE, handler="index.handler"),
        error_threshold=5,
        alarms=[alarm, function.alarms["Throttles"]],
    )
    group: codedeploy.LambdaDeploymentGroup = release
    cdk.CfnOutput(stack, "Group", value=f"{group.deployment_group_name} {release.alarms['ReleaseErrors'].ref}")
    other = WellArchitectedFunction(stack, "Other", code=CODE, handler="index.handler")
    GradualRelease(stack, "OtherRelease", function=other, without_alarms="a tool of ours", plan=ReleasePlan.canary())


def more_triggers(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    EventBridgeTrigger(stack, "Placed", function=function, pattern={"source": ["shop"], "detail-type": ["Placed"]})
    ScheduleTrigger(
        stack,
        "Nightly",
        function=function,
        schedule="cron(0 3 * * ? *)",
        time_zone="Europe/Zurich",
        flexible_window=cdk.Duration.minutes(15),
        payload={"full": True},
    )
    SnsTrigger(stack, "News", function=function, topic=sns.Topic(stack, "Topic"), filter_policy={"kind": ["order"]})
    LogsTrigger(stack, "Errors", function=function, log_group=logs.LogGroup(stack, "Other"), filter_pattern="ERROR")
    undelivered = sqs.Queue(stack, "Undelivered")
    EventBridgeTrigger(
        stack,
        "FailedPipelines",
        function=function,
        pattern=event_patterns.codepipeline_state_change(states=["FAILED"]),
        event_bus=events.EventBus(stack, "Audit"),
        target_input=events.RuleTargetInput.from_text(events.EventField.from_path("$.detail.pipeline")),
        dead_letter_queue=undelivered,
    )
    by_level = logs.FilterPattern.string_value("$.level", "=", "ERROR")
    LogsTrigger(
        stack, "OtherErrors", function=function, log_group=logs.LogGroup(stack, "Third"), filter_pattern=by_level
    )
    ServiceTrigger(stack, "Bot", function=function, caller=ServiceCaller.service("mediaconvert.amazonaws.com"))


def done_once(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    done = IdempotencyTable(stack, "Done", function=function, encryption_key=kms.Key(stack, "Key"))
    plain = lambda_.Function(stack, "Plain", code=CODE, handler="index.handler", runtime=lambda_.Runtime.PYTHON_3_13)
    done.use_in(plain)
    cdk.CfnOutput(stack, "Table", value=done.table.table_name)


def callers(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    bucket = s3.Bucket(stack, "Bucket")
    jobs = S3BatchOperations(
        stack, "Jobs", function=function, manifests=bucket, schema_version="2.0", user_arguments={"owner": "shop"}
    )
    cdk.CfnOutput(stack, "Job", value=jobs.job_as_text())
    asked = ServiceTrigger(stack, "Asked", function=function, caller=ServiceCaller.config_rules())
    permission: lambda_.CfnPermission = asked.permission
    sources = codepipeline.Artifact()
    pipeline = codepipeline.Pipeline(stack, "Pipeline", artifact_bucket=bucket)
    source = actions.S3SourceAction(action_name="Get", bucket=bucket, bucket_key="pages.zip", output=sources)
    pipeline.add_stage(stage_name="Source", actions=[source])
    look = CodePipelineAction(function=function, action_name="Look", user_parameters={"deep": [1]}, inputs=[sources])
    pipeline.add_stage(stage_name="Release", actions=[look])
    pipeline.node.add_dependency(permission)


def devices_mail_and_streams(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    failures = sqs.Queue(stack, "Failures")
    IotTrigger(stack, "Readings", function=function, sql="SELECT * FROM 'a'", dead_letter_queue=failures)
    bucket, rules = s3.Bucket(stack, "Bucket"), ses.ReceiptRuleSet(stack, "Rules")
    first = SesTrigger(stack, "Help", function=function, rule_set=rules, recipients=("example.com",), bucket=bucket)
    SesTrigger(stack, "Rest", function=function, rule_set=rules, after=first)
    views = FirehoseTransformation(
        stack,
        "Views",
        function=function,
        bucket=bucket,
        buffer_size=cdk.Size.mebibytes(1),
        delivery_interval=cdk.Duration.minutes(1),
        encryption_key=kms.Key(stack, "Key"),
    )
    views.grant_put_records(function)


def sign_up_and_deployments(stack: cdk.Stack) -> None:
    five = cdk.Duration.seconds(5)
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler", timeout=five)
    key = kms.Key(stack, "Key")
    pool = cognito.UserPool(stack, "Pool", custom_sender_kms_key=key)
    operation = cognito.UserPoolOperation
    hooks = CognitoTrigger(
        stack,
        "Hooks",
        function=function,
        user_pool=pool,
        operations=[operation.CUSTOM_EMAIL_SENDER, operation.PRE_TOKEN_GENERATION_CONFIG],
        lambda_version=cognito.LambdaVersion.V2_0,
        custom_sender_key=key,
    )
    hooks.grant("cognito-idp:AdminGetUser").node.add_dependency(hooks.permission)
    seed = CustomResourceTrigger(stack, "Seed", function=function, properties={"Plans": ["free"]})
    cdk.CfnOutput(stack, "Count", value=seed.resource.get_att_string("Count"))


def kept_ready(stack: cdk.Stack) -> None:
    fixed = WellArchitectedFunction(stack, "Fixed", code=CODE, handler="index.handler")
    scaled = WellArchitectedFunction(stack, "Scaled", code=CODE, handler="index.handler", memory_size=4_096)
    warm = ProvisionedConcurrency(stack, "FixedWarm", function=fixed, concurrency=2)
    ProvisionedConcurrency(
        stack,
        "ScaledWarm",
        function=scaled,
        minimum=2,
        maximum=20,
        target_utilization=0.7,
        seasons=[Season(schedule="cron(45 7 ? * MON-FRI *)", minimum=10, maximum=50)],
        time_zone="Europe/Zurich",
    )
    peak = Workload(requests_per_second=10, duration=cdk.Duration.millis(200))
    budget = ConcurrencyBudget(stack, "Budget", workloads={fixed: peak, scaled: peak}, account_limit=2_000)
    pruning = VersionPruning(stack, "Pruning", functions=[fixed, scaled], keep=3)
    cdk.CfnOutput(stack, "Alarm", value=warm.alarms["Spillover"].ref)
    cdk.CfnOutput(stack, "Needed", value=str(budget.required[fixed]))
    cdk.CfnOutput(stack, "Pruner", value=pruning.function.live.function_name)


def on_instances(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc")
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    provider = lambda_.CapacityProvider(
        stack,
        "Provider",
        subnets=vpc.private_subnets,
        security_groups=[group],
        architectures=[lambda_.Architecture.ARM_64],
    )
    function = WellArchitectedFunction(stack, "F", code=CODE, handler="index.handler", memory_size=4_096)
    function.run_on(ManagedInstances(capacity_provider=provider, minimum=3, maximum=9))
    other = WellArchitectedFunction(stack, "G", code=CODE, handler="index.handler", memory_size=4_096)
    shared = lambda_.CapacityProvider.from_capacity_provider_name(stack, "Shared", "shared")
    other.run_on(ManagedInstances(capacity_provider=shared, timeout=cdk.Duration.minutes(90)))


def in_a_network(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    vpc = FunctionVpc(
        stack,
        "Vpc",
        endpoints=["sqs", ec2.InterfaceVpcEndpointAwsService.KMS],
        nat_gateways=1,
        flow_log_retention=logs.RetentionDays.ONE_WEEK,
        flow_log_encryption_key=key,
    )
    plain: ec2.IVpc = vpc
    files = FunctionFileSystem(stack, "Files", vpc=vpc, encryption_key=key)
    mounted: lambda_.FileSystem = files.mounted_at("/mnt/files", read_only=True)
    function = WellArchitectedFunction(
        stack, "Function", code=CODE, handler="index.handler", vpc=vpc, filesystem=mounted
    )
    secretsmanager.Secret(stack, "Secret").grant_read(function)
    vpc.add_endpoints("events")
    vpc.add_endpoints_for(function)
    function.connections.allow_to(ec2.SecurityGroup(stack, "Database", vpc=plain), ec2.Port.tcp(5432))
    cdk.CfnOutput(stack, "Endpoint", value=vpc.endpoints["sqs"].vpc_endpoint_id)


def at_the_edge(stack: cdk.Stack) -> None:
    shop = cdk.Stack(cdk.Stage.of(stack), "Shop", env=cdk.Environment(region="eu-central-1"))
    edge = EdgeFunction(
        shop,
        "Rewrite",
        code=CODE,
        handler="index.handler",
        timeout=cdk.Duration.seconds(3),
        log_retention=logs.RetentionDays.ONE_WEEK,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    javascript = cloudfront.FunctionCode.from_inline("function handler(event) { return event.request; }")
    viewer = ViewerFunction(stack, "Redirect", code=javascript, key_values={"/old": "/new"})
    other = ViewerFunction(shop, "Other", code=javascript, notify=sns.Topic(shop, "Topic"))
    plain: cloudfront.Function = viewer
    cloudfront.Distribution(
        shop,
        "Site",
        default_behavior=cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin("example.com"),
            edge_lambdas=[edge.at(cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST, include_body=True)],
            function_associations=[other.at(cloudfront.FunctionEventType.VIEWER_REQUEST)],
        ),
    )
    version: lambda_.Version = edge.version
    version.node.add_dependency(edge.role)
    cdk.CfnOutput(stack, "Name", value=plain.function_name)


def who_may_deploy(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    access = DeploymentAccess(stack, "Access", functions=[function], bootstrap_qualifier="ours")
    on_call = access.role("OnCall", Duty.ROLL_BACK, Duty.INVOKE, assumed_by=iam.AccountRootPrincipal())
    access.grant(iam.Group(stack, "People"), Duty.PUBLISH)
    policy: iam.ManagedPolicy = access.policy(Duty.CHANGE_ENVIRONMENT)
    cdk.CfnOutput(stack, "Arns", value=f"{on_call.role_arn} {policy.managed_policy_arn}")


class Settings(FunctionSettings):
    orders: ReadsAndWrites
    api_key: Secret
    rates: Parameter | None = None
    failed: Sends | None = None
    limit: int = 100


def told_once(stack: cdk.Stack) -> None:
    function = WellArchitectedFunction(stack, "Function", code=CODE, handler="index.handler")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    table = dynamodb.TableV2(stack, "Table", partition_key=key)
    function.configure(Settings, orders=table, api_key=secretsmanager.Secret(stack, "Key"), limit=10)


def what_a_handler_is_told() -> str:
    settings = Settings.load({"ORDERS": "Orders-1", "API_KEY": "arn:key"})
    orders: str = settings.orders
    limit: int = settings.limit
    return f"{orders} {limit} {settings.rates.value() if settings.rates else settings.api_key.reference}"


class OfATeam(Construct):
    """What a team builds on top, with options that pass through."""

    function: WellArchitectedFunction

    def __init__(self, scope: Construct, construct_id: str, *, memory_size: int = 2048) -> None:
        super().__init__(scope, construct_id)
        self.function = WellArchitectedFunction(
            self, "Function", code=CODE, handler="index.handler", memory_size=memory_size
        )


class Orders(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str, *, stage: str, env: cdk.Environment | None = None) -> None:
        super().__init__(scope, construct_id, env=env)
        cdk.CfnOutput(self, "Stage", value=stage)


def in_tests() -> dict[str, Any]:
    app = fast_app(context={"stage": "prod"})
    synthesize(Orders(app, "Orders", stage="prod"))
    synthesize(app)
    synthesize(lambda stack: sqs.Queue(stack, "Queue"), env=cdk.Environment(region="eu-central-1"))
    return normalized(synthesize(Orders, stage="prod", recommended_flags=True))


def errors() -> str | None:
    try:
        return None
    except ValidationError as error:
        return f"{error.code} at {error.path}"


def misspelt(stack: cdk.Stack) -> None:
    WellArchitectedFunction(stack, "F", code=CODE, handler="index.handler", memroy_size=512)  # type: ignore[call-arg]


def mistyped(stack: cdk.Stack) -> None:
    WellArchitectedFunction(stack, "F", code=CODE, handler="index.handler", timeout=30)  # type: ignore[arg-type]


def missing(stack: cdk.Stack) -> None:
    WellArchitectedFunction(stack, "F", code=CODE)  # type: ignore[call-arg]


def done_in_another_way(stack: cdk.Stack) -> None:
    WellArchitectedFunction(stack, "F", code=CODE, handler="index.handler", dead_letter_queue_enabled=True)  # type: ignore[call-arg]


def of_an_image(stack: cdk.Stack) -> None:
    WellArchitectedImageFunction(stack, "F", image="nginx")  # type: ignore[arg-type]


def a_function_that_is_not_ours(stack: cdk.Stack, function: lambda_.Function) -> None:
    S3Trigger(stack, "T", function=function)  # type: ignore[arg-type]


def a_setting_that_there_is_not() -> object:
    return Settings.load().ordres  # type: ignore[attr-defined]


def a_duty_that_there_is_not(stack: cdk.Stack, access: DeploymentAccess) -> None:
    access.grant(iam.Group(stack, "People"), "PUBLISH")  # type: ignore[arg-type]


def positional(stack: cdk.Stack) -> None:
    WellArchitectedFunction(stack, "F", CODE, "index.handler")  # type: ignore[call-arg]
