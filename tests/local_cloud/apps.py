"""Small apps of plain CDK constructs, which the tests of the local cloud deploy."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import (
    aws_cloudwatch as cloudwatch,
    aws_dynamodb as dynamodb,
    aws_events as events,
    aws_events_targets as targets,
    aws_kinesis as kinesis,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
    aws_s3 as s3,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions,
    aws_sqs as sqs,
)
from constructs import Construct

RUNTIME = lambda_.Runtime.PYTHON_3_13

WORK = """
import boto3, json, os

def handler(event, context):
    print("got", json.dumps(event))
    for record in event.get("Records", [event]):
        order = json.loads(record["body"]) if "body" in record else record
        if order.get("fail"):
            raise ValueError(order["fail"])
        if "bucket" in order:
            boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=order["bucket"], Body=b"done")
    return {"environment": dict(os.environ), "version": context.function_version}
"""


class Work(Construct):
    """A queue, the function that reads it, and the dead-letter queue behind them."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: dict[str, str] | None = None) -> None:
        super().__init__(scope, construct_id)
        self.dead_letter_queue = sqs.Queue(self, "DeadLetterQueue")
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=cdk.Duration.minutes(3),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=2),
        )
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIME,
            handler="index.handler",
            code=lambda_.Code.from_inline(WORK),
            environment=environment,
        )
        self.function.add_event_source(event_sources.SqsEventSource(self.queue, batch_size=1))


class Orders(cdk.Stack):
    """One of everything that a test can drive."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        bucket = s3.Bucket(self, "Results")
        work = Work(self, "Orders", environment={"BUCKET": bucket.bucket_name})
        bucket.grant_write(work.function)
        self.inbox = sqs.Queue(self, "Inbox")
        topic = sns.Topic(self, "Topic")
        topic.add_subscription(subscriptions.SqsSubscription(self.inbox, raw_message_delivery=True))
        bus = events.EventBus(self, "Bus")
        pattern = events.EventPattern(source=["orders"])
        events.Rule(self, "Rule", event_bus=bus, event_pattern=pattern, targets=[targets.SqsQueue(self.inbox)])
        pattern = events.EventPattern(source=["elsewhere"])
        events.Rule(self, "DefaultBusRule", event_pattern=pattern, targets=[targets.SqsQueue(self.inbox)])
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        dynamodb.TableV2(self, "Table", partition_key=key)
        kinesis.Stream(self, "Stream", shard_count=1)
        sqs.Queue(self, "Ordered", fifo=True)
        cloudwatch.Alarm(
            self,
            "Failures",
            metric=work.function.metric_errors(period=cdk.Duration.minutes(1)),
            threshold=1,
            evaluation_periods=1,
        )
        cdk.CfnOutput(self, "InboxUrl", value=self.inbox.queue_url)


class OneQueue(cdk.Stack):
    """As little as can be deployed."""

    def __init__(
        self, scope: Construct, construct_id: str, *, synthesizer: cdk.IStackSynthesizer | None = None
    ) -> None:
        super().__init__(scope, construct_id, synthesizer=synthesizer)
        queue = sqs.Queue(self, "Queue")
        cdk.CfnOutput(self, "Url", value=queue.queue_url)


def never_answering(stack: cdk.Stack) -> None:
    """A custom resource whose function does not answer CloudFormation."""
    function = lambda_.Function(
        stack,
        "Silent",
        runtime=RUNTIME,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context):\n    print('not answering')\n"),
    )
    cdk.CustomResource(stack, "Awaited", service_token=function.function_arn)


def failing(stack: cdk.Stack) -> None:
    """A custom resource whose function tells CloudFormation that it failed."""
    code = (
        "import json, urllib.request\n"
        "def handler(event, context):\n"
        "    answer = {key: event[key] for key in ('StackId', 'RequestId', 'LogicalResourceId')}\n"
        "    answer |= {'Status': 'FAILED', 'Reason': 'the licence has run out', 'PhysicalResourceId': 'none'}\n"
        "    body = json.dumps(answer).encode()\n"
        "    urllib.request.urlopen(urllib.request.Request(event['ResponseURL'], data=body, method='PUT'))\n"
    )
    function = lambda_.Function(
        stack, "Refusing", runtime=RUNTIME, handler="index.handler", code=lambda_.Code.from_inline(code)
    )
    cdk.CustomResource(stack, "Refused", service_token=function.function_arn)
