"""The event flow: who starts, feeds and fails to whom, in every form that a template may say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
import yaml
from aws_cdk import (
    aws_apigateway as apigateway,
    aws_apigatewayv2 as apigatewayv2,
    aws_cloudfront as cloudfront,
    aws_cloudfront_origins as origins,
    aws_dynamodb as dynamodb,
    aws_events as events,
    aws_events_targets as targets,
    aws_kinesis as kinesis,
    aws_lambda as lambda_,
    aws_lambda_destinations as destinations,
    aws_lambda_event_sources as sources,
    aws_logs as logs,
    aws_logs_destinations as logs_destinations,
    aws_s3 as s3,
    aws_s3_notifications as notifications,
    aws_scheduler as scheduler,
    aws_scheduler_targets as scheduler_targets,
    aws_secretsmanager as secretsmanager,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions,
    aws_sqs as sqs,
    aws_stepfunctions as stepfunctions,
    aws_stepfunctions_tasks as tasks,
    custom_resources,
)
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration

from cdk_lambda_patterns.checks.event_flow import EventFlow
from cdk_lambda_patterns.checks.graph import Kind, Mode, label
from cdk_lambda_patterns.checks.reading import read

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct


def flow_of(text: str) -> EventFlow:
    class Tags(yaml.SafeLoader):
        pass

    def tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> object:
        value: object = loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None
        if isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}

    Tags.add_multi_constructor("!", tag)
    return EventFlow(read([yaml.load(text, Tags)]).templates)  # noqa: S506 - a safe loader with tags


def told(flow: EventFlow, *kinds: Kind) -> set[str]:
    return {str(edge) for edge in flow.edges if edge.kind in (kinds or tuple(Kind))}


def function(scope: Construct, construct_id: str, **options: object) -> lambda_.Function:
    return lambda_.Function(
        scope,
        construct_id,
        handler="i.h",
        runtime=lambda_.Runtime.PYTHON_3_14,
        code=lambda_.Code.from_inline("x"),
        **options,  # type: ignore[arg-type]
    )


class Everything(cdk.Stack):
    """What the CDK's own constructs make of each trigger."""

    def __init__(self, scope: Construct, construct_id: str, **options: object) -> None:
        super().__init__(scope, construct_id, **options)  # type: ignore[arg-type]
        work = function(self, "Work")
        failures = sqs.Queue(self, "Failures")
        live = lambda_.Alias(
            self,
            "Live",
            alias_name="live",
            version=work.current_version,
            on_failure=destinations.SqsDestination(failures),
        )
        bucket = s3.Bucket(self, "Bucket", auto_delete_objects=True, removal_policy=cdk.RemovalPolicy.DESTROY)
        bucket.add_event_notification(s3.EventType.OBJECT_CREATED, notifications.LambdaDestination(live))
        bucket.grant_write(work, "out/*")
        told_by_bus = s3.Bucket(self, "ToldByBus", event_bridge_enabled=True)
        pattern = events.EventPattern(
            source=["aws.s3"], detail_type=["Object Created"], detail={"bucket": {"name": [told_by_bus.bucket_name]}}
        )
        events.Rule(self, "OnObject", event_pattern=pattern, targets=[targets.LambdaFunction(live)])
        topic = sns.Topic(self, "Topic")
        topic.add_subscription(subscriptions.LambdaSubscription(live))
        orders = sqs.Queue(self, "Orders", dead_letter_queue=sqs.DeadLetterQueue(queue=failures, max_receive_count=5))
        topic.add_subscription(subscriptions.SqsSubscription(orders))
        live.add_event_source(sources.SqsEventSource(orders))
        table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE,
        )
        live.add_event_source(sources.DynamoEventSource(table, starting_position=lambda_.StartingPosition.LATEST))
        stream = kinesis.Stream(self, "Stream")
        live.add_event_source(sources.KinesisEventSource(stream, starting_position=lambda_.StartingPosition.LATEST))
        scheduler.Schedule(
            self,
            "Schedule",
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.hours(1)),
            target=scheduler_targets.LambdaInvoke(live),
        )
        logs.LogGroup(self, "Logs").add_subscription_filter(
            "Filter",
            destination=logs_destinations.LambdaDestination(live),
            filter_pattern=logs.FilterPattern.all_events(),
        )
        apigateway.LambdaRestApi(self, "Rest", handler=live)
        apigatewayv2.HttpApi(self, "Http", default_integration=HttpLambdaIntegration("Integration", live))
        live.add_function_url()
        task = tasks.LambdaInvoke(self, "Task", lambda_function=live)
        machine = stepfunctions.StateMachine(
            self, "Machine", definition_body=stepfunctions.DefinitionBody.from_chainable(task)
        )
        machine.grant_start_execution(work)
        secretsmanager.Secret(self, "Secret").grant_read(work)
        edge = function(self, "Edge")
        cloudfront.Distribution(
            self,
            "Site",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin("example.com"),
                edge_lambdas=[
                    cloudfront.EdgeLambda(
                        event_type=cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST, function_version=edge.current_version
                    )
                ],
            ),
        )
        provider = custom_resources.Provider(self, "Provider", on_event_handler=function(self, "OnEvent"))
        cdk.CustomResource(self, "Thing", service_token=provider.service_token)


@pytest.fixture(scope="module", params=[{}, {"@aws-cdk/core:defaultCrossStackReferences": "weak"}], ids=["", "weak"])
def everything(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EventFlow:
    folder: Path = tmp_path_factory.mktemp("cdk")
    app = cdk.App(
        outdir=str(folder),
        builtin_cloud_formation_validation=False,
        analytics_reporting=False,
        context=request.param,
    )
    environment = cdk.Environment(account="111111111111", region="us-east-1")
    Everything(app, "All", env=environment)
    first, second = (cdk.Stack(app, name, env=environment) for name in ("First", "Second"))
    queue = sqs.Queue(first, "Queue")
    nested = cdk.NestedStack(second, "Nested")
    consumer = function(nested, "Consumer")
    consumer.add_event_source(sources.SqsEventSource(queue))
    queue.grant_send_messages(consumer)
    app.synth()
    return EventFlow(read([folder]).templates)


def test_every_trigger_of_the_cdk_is_found(everything: EventFlow) -> None:
    assert told(everything, Kind.INVOKES, Kind.POLLS, Kind.SENDS) >= {
        "Bucket invokes Work",
        "ToldByBus sends to OnObject",
        "OnObject invokes Work",
        "Topic invokes Work",
        "Topic sends to Orders",
        "Orders is polled by Work",
        "Table is polled by Work",
        "Stream is polled by Work",
        "Schedule invokes Work",
        "Logs invokes Work",
        "Rest invokes Work",
        "Http invokes Work",
        "Live/FunctionUrl invokes Work",
        "Machine invokes Work",
        "Site invokes Edge",
        "Queue is polled by Consumer",
    }


def test_grants_and_failures_are_found(everything: EventFlow) -> None:
    others = told(everything, Kind.MAY_WRITE, Kind.FAILS_TO, Kind.DEAD_LETTERS_TO, Kind.READS_SECRET, Kind.ASSUMES)

    assert others >= {
        "Work may write to Bucket",
        "Work may write to Machine",
        "Work fails to Failures",
        "Orders has as its dead-letter queue Failures",
        "Work reads secret Secret",
        "Work assumes Work/ServiceRole",
        "Consumer may write to Queue",
    }


def test_every_trigger_says_how_it_starts_the_function_and_by_which_alias(everything: EventFlow) -> None:
    work = next(f for f in everything.functions if f.name == "Work")
    modes = {label(edge.source): edge.mode for edge in everything.triggers(work)}

    assert modes == {
        "Bucket": Mode.ASYNCHRONOUS,
        "OnObject": Mode.ASYNCHRONOUS,
        "Topic": Mode.ASYNCHRONOUS,
        "Orders": Mode.POLLED,
        "Table": Mode.POLLED,
        "Stream": Mode.POLLED,
        "Schedule": Mode.ASYNCHRONOUS,
        "Logs": Mode.ASYNCHRONOUS,
        "Rest": Mode.SYNCHRONOUS,
        "Http": Mode.SYNCHRONOUS,
        "Live/FunctionUrl": Mode.SYNCHRONOUS,
        "Machine": Mode.SYNCHRONOUS,
    }
    assert {getattr(edge.qualifier, "name", edge.qualifier) for edge in everything.triggers(work)} == {"Live"}


def test_functions_are_taken_for_what_they_are(everything: EventFlow) -> None:
    assert {f.name for f in everything.functions if everything.at_edge(f)} == {"Edge"}
    assert {f.name for f in everything.applications} == {"Work", "Consumer"}
    assert {f.name for f in everything.functions if everything.serves_deployment(f)} >= {
        "OnEvent",
        "Provider/framework-onEvent",
    }


def test_a_loop_across_stacks_and_nested_stacks_is_found(everything: EventFlow) -> None:
    assert [[f.name for f in loop.functions] for loop in everything.loops.found if loop.medium == "sqs"] == [
        ["Consumer"]
    ]


@pytest.mark.parametrize(
    "function_name",
    [
        "!Ref Live",
        "!GetAtt Live.AliasArn",
        '!Sub "${Process.Arn}:live"',
        '!Join [":", [!GetAtt Process.Arn, live]]',
        '!Sub "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:process:live"',
        '!Sub "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${Process}:live"',
        "!ImportValue live",
    ],
)
def test_an_alias_is_followed_however_it_is_named(function_name: str) -> None:
    flow = flow_of(
        f"""
        Resources:
          Orders: {{Type: AWS::SQS::Queue}}
          Process: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: process}}}}
          Live: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: process, FunctionVersion: "1", Name: live}}}}
          Mapping:
            Type: AWS::Lambda::EventSourceMapping
            Properties: {{EventSourceArn: !GetAtt Orders.Arn, FunctionName: {function_name}}}
        Outputs: {{Live: {{Value: !Ref Live, Export: {{Name: live}}}}}}
        """
    )

    (edge,) = flow.triggers(flow.functions[0])

    assert label(edge.source) == "Orders"
    assert getattr(edge.qualifier, "logical_id", None) == "Live"


def test_both_branches_of_a_condition_are_followed() -> None:
    flow = flow_of(
        """
        Parameters: {Stage: {Type: String}}
        Conditions: {IsProd: !Equals [!Ref Stage, prod]}
        Resources:
          Fast: {Type: AWS::SQS::Queue}
          Slow: {Type: AWS::SQS::Queue}
          Process: {Type: AWS::Lambda::Function, Properties: {Timeout: 3}}
          Mapping:
            Type: AWS::Lambda::EventSourceMapping
            Properties: {EventSourceArn: !If [IsProd, !GetAtt Fast.Arn, !GetAtt Slow.Arn], FunctionName: !Ref Process}
        """
    )

    assert told(flow, Kind.POLLS) == {"Fast is polled by Process", "Slow is polled by Process"}


def test_what_cannot_be_known_says_so() -> None:
    flow = flow_of(
        """
        Parameters: {QueueArn: {Type: String}}
        Resources:
          Process: {Type: AWS::Lambda::Function, Properties: {Role: !ImportValue role}}
          Mapping:
            Type: AWS::Lambda::EventSourceMapping
            Properties: {EventSourceArn: !Ref QueueArn, FunctionName: !Ref Process}
        """
    )

    assert told(flow) == {"<parameter QueueArn> is polled by Process", "Process assumes <import of role>"}


def test_what_lies_outside_is_called_by_its_name() -> None:
    flow = flow_of(
        """
        Resources:
          Role:
            Type: AWS::IAM::Role
            Properties:
              ManagedPolicyArns: [arn:aws:iam::aws:policy/AWSLambdaRole]
              Policies:
                - PolicyDocument:
                    Statement:
                      - {Effect: Allow, Action: "sqs:*", Resource: "arn:aws:sqs:eu-central-1:111111111111:orders"}
                      - {Effect: Allow, Action: "events:PutEvents", Resource: "arn:aws:events:x:1:event-bus/default"}
          Process: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
          Other: {Type: AWS::Lambda::Function, Properties: {Timeout: 3}}
          Mapping:
            Type: AWS::Lambda::EventSourceMapping
            Properties: {EventSourceArn: "arn:aws:sqs:eu-central-1:111111111111:orders", FunctionName: !Ref Process}
        """
    )

    assert told(flow) == {
        "Process assumes Role",
        "orders is polled by Process",
        "Process may write to orders",
        "Process may write to default",
        "Process may write to Process",
        "Process may write to Other",
    }
    assert {str(edge) for edge in flow.edges if edge.broad} == {
        "Process may write to Process",
        "Process may write to Other",
    }


def test_a_permission_for_all_rules_is_no_trigger_beside_them() -> None:
    flow = flow_of(
        """
        Resources:
          Process: {Type: AWS::Lambda::Function, Properties: {Timeout: 3}}
          Nightly:
            Type: AWS::Events::Rule
            Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: P, Arn: !GetAtt Process.Arn}]}
          Rules:
            Type: AWS::Lambda::Permission
            Properties:
              FunctionName: !Ref Process
              Principal: events.amazonaws.com
              SourceArn: !Sub "arn:aws:events:${AWS::Region}:${AWS::AccountId}:rule/Shop-*"
          Topic:
            Type: AWS::Lambda::Permission
            Properties: {FunctionName: !Ref Process, Principal: sns.amazonaws.com, SourceArn: "arn:aws:sns:x:1:news"}
        """
    )

    assert told(flow, Kind.INVOKES) == {"Nightly invokes Process", "news invokes Process"}


@pytest.mark.parametrize("bus_name", ["${Shop}", "${Shop.Name}", "shop"])
@pytest.mark.parametrize(("state", "triggers"), [("ENABLED", {"Orders invokes Process"}), ("DISABLED", set[str]())])
def test_a_permission_for_the_rules_of_a_bus_does_not_lead_past_them(
    bus_name: str, state: str, triggers: set[str]
) -> None:
    flow = flow_of(
        f"""
        Resources:
          Process: {{Type: AWS::Lambda::Function, Properties: {{Timeout: 3}}}}
          Shop: {{Type: AWS::Events::EventBus, Properties: {{Name: shop}}}}
          Orders:
            Type: AWS::Events::Rule
            Properties:
              EventBusName: !Ref Shop
              EventPattern: {{source: [shop.orders]}}
              State: {state}
              Targets: [{{Id: P, Arn: !GetAtt Process.Arn}}]
          Rules:
            Type: AWS::Lambda::Permission
            Properties:
              FunctionName: !Ref Process
              Principal: events.amazonaws.com
              SourceArn: !Sub "arn:aws:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{bus_name}/Shipping-*"
        """
    )

    assert told(flow, Kind.INVOKES) == triggers


@pytest.mark.parametrize(
    ("arn", "named"),
    [
        ("event-bus/${Shop}", "Shop"),
        ("rule/${Orders}", "Orders"),
        ("rule/shop/${Orders}", "Orders"),
        ("rule/${Shop}/orders", "<a name made with Shop>"),
    ],
)
def test_an_arn_of_a_rule_with_the_name_of_its_bus_in_it_is_not_the_bus(arn: str, named: str) -> None:
    flow = flow_of(
        """
        Resources:
          Shop: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
          Orders: {Type: AWS::Events::Rule, Properties: {EventBusName: !Ref Shop}}
        """
    )

    (template,) = flow.templates.templates
    value = {"Fn::Sub": f"arn:aws:events:${{AWS::Region}}:${{AWS::AccountId}}:{arn}"}
    (address,) = flow.addresses.of(template, value)

    assert label(address.node) == named


def test_a_schedule_that_moves_messages_back_leads_from_the_dead_letter_queue_to_the_queue() -> None:
    flow = flow_of(
        """
        Parameters: {Move: {Type: String}}
        Resources:
          Failed: {Type: AWS::SQS::Queue}
          Orders:
            Type: AWS::SQS::Queue
            Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 5}}
          Back:
            Type: AWS::Scheduler::Schedule
            Properties:
              Target:
                Arn: !Sub "arn:${AWS::Partition}:scheduler:::aws-sdk:sqs:startMessageMoveTask"
                Input: !Sub '{"SourceArn": "${Failed.Arn}", "DestinationArn": "${Orders.Arn}"}'
          OfTheirs:
            Type: AWS::Scheduler::Schedule
            Properties: {Target: {Arn: "arn:aws:scheduler:::aws-sdk:sqs:startMessageMoveTask", Input: !Ref Move}}
          Other:
            Type: AWS::Scheduler::Schedule
            Properties:
              Target:
                Arn: arn:aws:scheduler:::aws-sdk:sqs:sendMessage
                Input: !Sub '{"SourceArn": "${Failed.Arn}", "DestinationArn": "${Orders.Arn}"}'
        """
    )

    assert told(flow, Kind.REDRIVES_TO) == {"Failed is sent back to Orders"}


def test_what_stacks_pass_to_nested_ones_and_back_is_followed(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False, analytics_reporting=False)
    shop = cdk.Stack(app, "Shop")
    nested = cdk.NestedStack(shop, "Nested")
    inner = cdk.NestedStack(nested, "Inner")
    outside, inside = sqs.Queue(shop, "Outside"), sqs.Queue(inner, "Inside")
    function(inner, "In").add_event_source(sources.SqsEventSource(outside))
    function(shop, "Out").add_event_source(sources.SqsEventSource(inside))
    app.synth()

    flow = EventFlow(read([tmp_path]).templates)

    assert {f"{e.source!r} {e.target!r}" for e in flow.edges if e.kind is Kind.POLLS} == {
        "<AWS::SQS::Queue Shop/Outside> <AWS::Lambda::Function Shop/Nested/Inner/In>",
        "<AWS::SQS::Queue Shop/Nested/Inner/Inside> <AWS::Lambda::Function Shop/Out>",
    }


def test_devices_mail_and_firehose_lead_to_what_they_deliver_to_and_what_keeps_failures() -> None:
    flow = flow_of(
        """
        Resources:
          Process: {Type: AWS::Lambda::Function, Properties: {Timeout: 3}}
          Bucket: {Type: AWS::S3::Bucket}
          Failures: {Type: AWS::SQS::Queue}
          Readings:
            Type: AWS::IoT::TopicRule
            Properties:
              TopicRulePayload:
                Sql: SELECT * FROM 'readings'
                Actions: [{Lambda: {FunctionArn: !GetAtt Process.Arn}}]
                ErrorAction: {Sqs: {QueueUrl: !Ref Failures, RoleArn: "arn:aws:iam::1:role/x"}}
          Set: {Type: AWS::SES::ReceiptRuleSet}
          Help:
            Type: AWS::SES::ReceiptRule
            Properties:
              RuleSetName: !Ref Set
              Rule:
                Actions:
                  - {S3Action: {BucketName: !Ref Bucket}}
                  - {LambdaAction: {FunctionArn: !GetAtt Process.Arn}}
          Mail:
            Type: AWS::Lambda::Permission
            Properties:
              FunctionName: !Ref Process
              Principal: ses.amazonaws.com
              SourceArn: !Sub "arn:aws:ses:${AWS::Region}:1:receipt-rule-set/${Set}:receipt-rule/*"
          Views:
            Type: AWS::KinesisFirehose::DeliveryStream
            Properties:
              ExtendedS3DestinationConfiguration:
                BucketARN: !GetAtt Bucket.Arn
                ProcessingConfiguration:
                  Processors:
                    - Type: Lambda
                      Parameters:
                        - {ParameterName: NumberOfRetries, ParameterValue: "3"}
                        - {ParameterName: LambdaArn, ParameterValue: !GetAtt Process.Arn}
        """
    )

    assert told(flow, Kind.INVOKES) == {
        "Readings invokes Process",
        "Help invokes Process",
        "Views invokes Process",
    }
    assert told(flow, Kind.SENDS) == {"Help sends to Bucket", "Views sends to Bucket"}
    assert told(flow, Kind.FAILS_TO) == {"Readings fails to Failures"}


def test_a_trigger_that_is_disabled_starts_nothing() -> None:
    flow = flow_of(
        """
        Resources:
          Process: {Type: AWS::Lambda::Function, Properties: {Timeout: 3}}
          Nightly:
            Type: AWS::Events::Rule
            Properties: {State: DISABLED, ScheduleExpression: rate(1 day), Targets: [{Id: P, Arn: !GetAtt Process.Arn}]}
        """
    )

    assert not list(flow.triggers(flow.functions[0]))


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::BedrockAgentCore::Gateway", "InterceptorConfigurations: [{Interceptor: {Lambda: {Arn: !Ref Live}}}]"),
        ("AWS::BedrockAgentCore::GatewayTarget", "TargetConfiguration: {Mcp: {Lambda: {LambdaArn: !Ref Live}}}"),
        ("AWS::IoT::Authorizer", "AuthorizerFunctionArn: !Ref Live"),
        ("AWS::Transfer::Server", "IdentityProviderDetails: {Function: !Ref Live}"),
    ],
)
def test_a_caller_that_waits_is_found(kind: str, properties: str) -> None:
    flow = flow_of(
        f"""
        Resources:
          Process: {{Type: AWS::Lambda::Function, Properties: {{Timeout: 3}}}}
          Live: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Process, Name: live}}}}
          Caller: {{Type: {kind}, Properties: {{{properties}}}}}
        """
    )

    (edge,) = flow.starts(flow.functions[0], Mode.SYNCHRONOUS)
    assert (label(edge.source), edge.qualifier) == ("Caller", flow.templates.templates[0].resources["Live"])
