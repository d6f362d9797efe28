"""Apps are deployed as they are, with the ordinary CDK CLI, and the project is left as it was."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from cdk_lambda_patterns.local_cloud import LocalCloud, LocalCloudError, process
from tests.local_cloud.apps import OneQueue, failing, never_answering

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.local_cloud

APP = """
import json, os, pathlib
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2, aws_sqs as sqs

print("the app has a word")
app = cdk.App()
account, region = os.environ["CDK_DEFAULT_ACCOUNT"], os.environ["CDK_DEFAULT_REGION"]
stack = cdk.Stack(app, "Shop", env=cdk.Environment(account=account, region=region))
sqs.Queue(stack, "Queue")
for name in ("cdk-lambda-patterns:local-cloud", "colour"):
    cdk.CfnOutput(stack, name.replace("-", "").replace(":", ""), value=app.node.try_get_context(name) or "none")
{more}
app.synth()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDK_VALIDATION", "false")  # the CDK's own, which takes seconds
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py", "profile": "no-such-profile"}))
    (tmp_path / "app.py").write_text(APP.replace("{more}", ""))
    return tmp_path


def files_of(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_class_of_stacks_is_deployed(local_cloud: LocalCloud) -> None:
    told: list[str] = []

    deployment = local_cloud.deploy(OneQueue, progress=told.append)

    assert [stack.path for stack in deployment.stacks] == ["OneQueue"]
    (queue,) = local_cloud.client("sqs").list_queues()["QueueUrls"]
    assert queue.rpartition("/")[2] == deployment.outputs["Url"].rpartition("/")[2]
    assert "✅  OneQueue" in told


def test_a_function_defines_what_is_deployed(local_cloud: LocalCloud) -> None:
    deployment = local_cloud.deploy(lambda stack: sqs.Queue(stack, "Queue", queue_name="by-name"), stack_name="Named")

    assert deployment.stacks[0].name == "Named"
    assert deployment.queue("Queue").physical_id.endswith("/by-name")


def test_an_app_is_deployed_to_every_account_and_region_that_it_names(local_cloud: LocalCloud) -> None:
    app = cdk.App(context=dict(local_cloud.context))
    OneQueue(app, "Here")
    stage = cdk.Stage(app, "Prod", env=cdk.Environment(account="123456789012", region="eu-central-1"))
    OneQueue(stage, "There")

    deployment = local_cloud.deploy(app)

    assert {stack.path: (stack.account, stack.region) for stack in deployment.stacks} == {
        "Here": ("000000000000", "us-east-1"),
        "Prod/There": ("123456789012", "eu-central-1"),
    }
    assert "/123456789012/" in deployment.stack("Prod/There").outputs["Url"]
    assert deployment.queue("Prod/There/Queue").physical_id == deployment.outputs["Prod-There.Url"]
    deployment.queue("Prod/There/Queue").send("hello")
    assert deployment.queue("Prod/There/Queue").receive(within=5).text == "hello"


def test_a_bootstrap_qualifier_of_ones_own_is_bootstrapped(local_cloud: LocalCloud) -> None:
    deployment = local_cloud.deploy(OneQueue, synthesizer=cdk.DefaultStackSynthesizer(qualifier="abc123"))

    assert deployment.queue("Queue").depth().visible == 0


def test_after_a_reset_nothing_is_there_and_one_can_deploy_again(local_cloud: LocalCloud) -> None:
    local_cloud.deploy(OneQueue)

    local_cloud.reset()

    assert local_cloud.deployed().stacks == ()
    assert not local_cloud.client("sqs").list_queues().get("QueueUrls")
    assert local_cloud.deploy(OneQueue).queue("Queue").depth().visible == 0


def test_a_second_deployment_updates_the_first(local_cloud: LocalCloud) -> None:
    before = local_cloud.deploy(lambda stack: sqs.Queue(stack, "Queue"))
    before.queue("Queue").send("kept")

    def with_another(stack: cdk.Stack) -> None:
        sqs.Queue(stack, "Queue")
        sqs.Queue(stack, "Another")

    after = local_cloud.deploy(with_another)

    assert after.queue("Queue").receive().text == "kept"
    assert after.queue("Another").depth().visible == 0
    assert [stack.path for stack in local_cloud.deployed().stacks] == ["Stack"]


def test_what_other_tools_deploy_and_delete_is_seen(local_cloud: LocalCloud) -> None:
    cloudformation = local_cloud.client("cloudformation")
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    local_cloud.deploy(OneQueue)

    cloudformation.create_stack(StackName="ByHand", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="ByHand", WaiterConfig={"Delay": 1})
    cloudformation.delete_stack(StackName="OneQueue")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="OneQueue", WaiterConfig={"Delay": 1})

    deployed = local_cloud.deployed()
    assert [stack.path for stack in deployed.stacks] == ["ByHand"]
    assert deployed.queue("Queue").path == "ByHand/Queue"


def test_only_the_stacks_that_are_named_are_deployed(local_cloud: LocalCloud) -> None:
    app = cdk.App(context=dict(local_cloud.context))
    OneQueue(app, "First")
    OneQueue(app, "Second")

    deployment = local_cloud.deploy(app, stacks=["Second"])

    assert [stack.path for stack in deployment.stacks] == ["Second"]
    assert len(local_cloud.client("sqs").list_queues()["QueueUrls"]) == 1


def test_context_and_flags_reach_the_app(local_cloud: LocalCloud) -> None:
    def tell(stack: cdk.Stack) -> None:
        for output, key in {"Colour": "colour", "Flag": "@aws-cdk/aws-lambda:recognizeLayerVersion"}.items():
            cdk.CfnOutput(stack, output, value=str(stack.node.try_get_context(key)))
        sqs.Queue(stack, "Queue")

    outputs = local_cloud.deploy(tell, context={"colour": "red"}, recommended_flags=True).outputs

    assert outputs == {"Colour": "red", "Flag": "True"}


def test_a_project_is_deployed_and_left_as_it_was(
    local_cloud: LocalCloud, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup = "cdk.CfnOutput(stack, 'VpcId', value=ec2.Vpc.from_lookup(stack, 'Vpc', is_default=True).vpc_id)"
    (project / "app.py").write_text(APP.replace("{more}", lookup))
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:1")
    before = files_of(project)
    told: list[str] = []

    deployment = local_cloud.deploy(project, context={"colour": "blue"}, progress=told.append)

    assert files_of(project) == before, "neither cdk.out nor cdk.context.json"
    assert "the app has a word" in told
    outputs = dict(deployment.outputs)
    assert outputs.pop("VpcId").startswith("vpc-")
    assert outputs == {
        "cdklambdapatternslocalcloud": local_cloud.context["cdk-lambda-patterns:local-cloud"],
        "colour": "blue",
    }
    assert deployment.queue("Shop/Queue").depth().visible == 0


def test_a_project_keeps_the_context_it_has(local_cloud: LocalCloud, project: Path) -> None:
    (project / "cdk.context.json").write_text('{"colour": "green"}')

    deployment = local_cloud.deploy(project)

    assert deployment.outputs["colour"] == "green"
    assert (project / "cdk.context.json").read_text() == '{"colour": "green"}'


def test_an_assembly_is_deployed(local_cloud: LocalCloud, tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=dict(local_cloud.context))
    OneQueue(app, "OneQueue")
    app.synth()

    assert local_cloud.deploy(tmp_path).queue("OneQueue/Queue").depth().visible == 0


def test_fails_with_the_apps_own_words_when_synthesis_fails(local_cloud: LocalCloud, project: Path) -> None:
    (project / "app.py").write_text("raise ValueError('out of orders')")

    with pytest.raises(LocalCloudError, match=r"(?s)cdk synth ended with 1:.*ValueError: out of orders"):
        local_cloud.deploy(project)


def test_fails_with_cloudformations_reason_when_a_resource_fails(local_cloud: LocalCloud) -> None:
    with pytest.raises(LocalCloudError, match=r"(?s)cdk deploy ended with 1:.*the licence has run out") as caught:
        local_cloud.deploy(failing, timeout=60)

    assert "\n    at " not in str(caught.value), "no stack frames of the CLI's"
    assert "Refusing/ServiceRole" not in str(caught.value), "nothing about what did not fail"


def test_fails_with_what_is_waited_for_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.5)
    with LocalCloud.start() as cloud, pytest.raises(LocalCloudError) as caught:
        cloud.deploy(never_answering, timeout=10)

    assert "cdk deploy took longer than 10 s" in str(caught.value)
    assert "in progress: Awaited (AWS::CloudFormation::CustomResource) of Stack" in str(caught.value)


def test_fails_when_the_app_does_not_know_where_it_will_run(local_cloud: LocalCloud) -> None:
    app = cdk.App()
    OneQueue(app, "OneQueue")

    with pytest.raises(LocalCloudError, match=r"cdk\.App\(context=cloud\.context\)"):
        local_cloud.deploy(app)


@pytest.mark.parametrize(
    ("subject", "got"), [(None, "None"), (sqs.Queue, "the class Queue"), (cdk.Stage, "the class Stage")]
)
def test_fails_when_it_is_given_something_else(local_cloud: LocalCloud, subject: Any, got: str) -> None:  # noqa: ANN401
    with pytest.raises(LocalCloudError, match=rf"a class of stacks, .* can be deployed, got {got}; "):
        local_cloud.deploy(subject)


def test_fails_when_it_is_given_a_stack(local_cloud: LocalCloud) -> None:
    stack = OneQueue(cdk.App(), "OneQueue")

    with pytest.raises(LocalCloudError, match=r"can be deployed, got OneQueue; give its class, or the app it is in"):
        local_cloud.deploy(stack)  # type: ignore[arg-type] # what is refused


@pytest.mark.parametrize("name", [".", "none"])
def test_fails_when_the_folder_has_no_app(local_cloud: LocalCloud, tmp_path: Path, name: str) -> None:
    with pytest.raises(LocalCloudError, match=rf"there is no cdk.json in {(tmp_path / name).resolve()}; "):
        local_cloud.deploy(tmp_path / name)


def test_fails_when_it_is_stopped() -> None:
    cloud = LocalCloud.start()
    cloud.stop()

    with pytest.raises(LocalCloudError, match=r"the local cloud at http://127.0.0.1:\d+ is not running any more"):
        cloud.deploy(OneQueue)


def test_fails_when_options_are_given_for_an_app_that_exists(local_cloud: LocalCloud) -> None:
    app = cdk.App(context=dict(local_cloud.context))

    with pytest.raises(LocalCloudError, match="an app that exists takes no further context"):
        local_cloud.deploy(app, context={"colour": "red"})


def test_fails_when_there_is_no_cdk_cli(
    local_cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(LocalCloudError, match=r"the CDK CLI was not found.*npm install aws-cdk@2"):
        local_cloud.deploy(OneQueue)


def test_fails_when_there_is_no_node(local_cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JSII_NODE", raising=False)

    with pytest.raises(LocalCloudError, match=r"Node\.js was not found"):
        local_cloud.deploy(tmp_path)


def test_the_cli_of_the_project_comes_before_the_one_on_path(local_cloud: LocalCloud, project: Path) -> None:
    own = project / "node_modules" / ".bin" / "cdk"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\necho this is the project\nexit 7\n")
    own.chmod(0o755)
    nested = project / "services" / "shop"
    nested.mkdir(parents=True)
    (nested / "cdk.json").write_text("{}")

    with pytest.raises(LocalCloudError, match=r"(?s)cdk synth ended with 7:.*this is the project"):
        local_cloud.deploy(nested)
