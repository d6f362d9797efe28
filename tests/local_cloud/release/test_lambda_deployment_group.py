"""The CDK's own deployment groups release functions with the ordinary `cdk deploy`."""

from __future__ import annotations

import threading
import time

import aws_cdk as cdk
import pytest
from aws_cdk import aws_codedeploy as codedeploy, aws_lambda as lambda_

from cdk_lambda_patterns.local_cloud import LocalCloud, LocalCloudError
from tests.local_cloud.apps import RUNTIME

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]

ANSWERS = "def handler(event, context): return {answer!r}"
TRIES = """
import os
import boto3

def handler(event, context):
    tried = boto3.client("lambda").invoke(FunctionName=os.environ["NEW_VERSION"])["Payload"].read()
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Failed" if tried == b'"nonsense"' else "Succeeded",
    )
"""


class Greeting(cdk.Stack):
    """A function that is tried before it gets traffic, and then gets it little by little."""

    def __init__(self, scope: cdk.App, construct_id: str, *, answer: str) -> None:
        super().__init__(scope, construct_id)
        function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIME,
            handler="index.handler",
            code=lambda_.Code.from_inline(ANSWERS.format(answer=answer)),
            current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.RETAIN),
        )
        live = lambda_.Alias(self, "Live", alias_name="live", version=function.current_version)
        tries = lambda_.Function(
            self,
            "Tries",
            runtime=RUNTIME,
            handler="index.handler",
            code=lambda_.Code.from_inline(TRIES),
            timeout=cdk.Duration.seconds(10),
            environment={"NEW_VERSION": function.current_version.function_arn},
        )
        routing = codedeploy.TrafficRouting.time_based_canary(percentage=50, interval=cdk.Duration.minutes(2))
        codedeploy.LambdaDeploymentGroup(
            self,
            "Release",
            alias=live,
            pre_hook=tries,
            deployment_config=codedeploy.LambdaDeploymentConfig(self, "Canary", traffic_routing=routing),
        )


def test_a_good_version_takes_over_and_a_bad_one_fails_cdk_deploy(local_cloud: LocalCloud) -> None:
    greeting = local_cloud.deploy(Greeting, answer="hello").function("Function")
    assert greeting.invoke().payload == "hello"
    heard: list[str] = []
    over = threading.Event()

    def listen() -> None:
        while not over.wait(0.02):
            heard.append(greeting.invoke().payload)

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        begin = time.monotonic()
        deployed = local_cloud.deploy(Greeting, answer="good day")
        took = time.monotonic() - begin
    finally:
        over.set()
        listening.join(10)

    assert took > 2
    assert greeting.invoke().payload == "good day"
    both = heard[heard.index("good day") :]
    assert "hello" in both, "the alias gave both answers for a while"
    assert not [entry for entry in deployed.recorded if "CodeDeploy" in entry.type]
    assert [note for note in deployed.notes if note.startswith("how long gradual releases take: ")]

    with pytest.raises(LocalCloudError, match="lifecycle event validation functions failed"):
        local_cloud.deploy(Greeting, answer="nonsense")

    assert {greeting.invoke().payload for _ in range(5)} == {"good day"}
