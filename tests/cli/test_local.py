"""`cdk-lambda-patterns local`, as one types it: each command a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns.local_cloud.environment import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local_cloud

COMMAND = Path(sys.executable).with_name("cdk-lambda-patterns")
ROOT = Path(__file__).parents[2]

APP = """
import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch, aws_lambda as lambda_, aws_sqs as sqs

app = cdk.App()
stack = cdk.Stack(app, "Shop")
queue = sqs.Queue(stack, "Queue")
function = lambda_.Function(
    stack,
    "Process",
    runtime=lambda_.Runtime.PYTHON_3_13,
    handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context):\\n    print('got it')\\n    raise ValueError('no id')"),
)
cloudwatch.Alarm(stack, "Failures", metric=function.metric_errors(), threshold=1, evaluation_periods=1)
cdk.CfnOutput(stack, "Colour", value=app.node.try_get_context("colour") or "none")
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
stack.export_value(queue.queue_arn)  # as for another stack: an output that nobody asked for
app.synth()
"""


class Project:
    """A project in a folder of its own, and the command run in it."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        # Without the CDK's own validation, which takes seconds.
        self.env = {**os.environ, "XDG_CACHE_HOME": str(cache), "CDK_VALIDATION": "false"}
        self.env["PATH"] = os.pathsep.join([str(ROOT / "node_modules" / ".bin"), self.env["PATH"]])

    def local(self, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, "local", *arguments],
            cwd=folder or self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def process(self) -> int:
        found = re.search(r"process (\d+)", self.local("status").stdout)
        assert found is not None
        return int(found[1])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = environment().python.parents[1]
    cache = tmp_path / "cache" / "cdk-lambda-patterns"
    cache.mkdir(parents=True)
    (cache / made.name).symlink_to(made)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    (folder / "app.py").write_text(APP)
    project = Project(folder, tmp_path / "cache")
    yield project
    project.local("down")


def is_alive(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(listed.strip()) and not listed.strip().startswith("Z")


def test_an_app_is_deployed_driven_and_gone(project: Project) -> None:
    deployed = project.local("deploy", "-c", "colour=red")

    assert deployed.returncode == 0, deployed.stderr
    assert "✅  Shop" in deployed.stderr, "what takes long is told as it happens"
    said = re.fullmatch(
        textwrap.dedent(r"""
            Deployed Shop to (?P<endpoint>http://127\.0\.0\.1:\d+) in \d+\.\d s
              output +value
              Colour +red
              FunctionName +(?P<function>\S+)
            This does not show
            (?P<notes>(  \S.*\n)+)""").lstrip("\n"),
        deployed.stdout,
    )
    assert said is not None, deployed.stdout
    assert "  memory limits and a /tmp of one's own: " in said["notes"]
    assert not (project.folder / "cdk.out").exists()

    exported = project.local("up", "--export")
    variables = dict(line.removeprefix("export ").split("=", 1) for line in exported.stdout.splitlines()[1:])
    assert exported.stderr == ""
    assert variables["AWS_ENDPOINT_URL"] == said["endpoint"]
    invoke = "import boto3, sys; print(boto3.client('lambda').invoke(FunctionName=sys.argv[1])['FunctionError'])"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    invoked = subprocess.run(
        [sys.executable, "-c", invoke, said["function"]],
        env={**clean, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert invoked.stdout == "Unhandled\n"

    status = project.local("status")
    rows = [re.split(r" {2,}", line.strip()) for line in status.stdout.splitlines()]
    assert status.returncode == 0
    assert ["Shop/Process", "1", "1", "0"] in [row[:4] for row in rows]
    assert ["Shop/Queue", "0", "0", "0"] in rows
    assert ["Shop/Failures"] in [row[:1] for row in rows]
    logged = project.local("logs", "Process").stdout
    assert "got it" in logged
    assert "ValueError: no id" in logged

    pid = project.process
    down = project.local("down")
    assert (down.returncode, down.stdout) == (0, "The local cloud is stopped.\n")
    assert not is_alive(pid)


def test_it_is_started_once_and_found_from_folders_below(project: Project) -> None:
    below = project.folder / "handlers" / "process"
    below.mkdir(parents=True)

    first = project.local("up", "--region", "eu-central-1")
    pid = project.process
    again = project.local("up", folder=below)

    assert first.returncode == again.returncode == 0
    assert first.stdout == again.stdout
    assert "eu-central-1" in first.stdout
    assert project.process == pid
    assert "Nothing is deployed" in project.local("status", folder=below).stdout
    other = project.local("up", "--region", "us-east-1")
    assert other.returncode == 1
    assert other.stderr == (
        "error: the local cloud runs already, with region eu-central-1, got us-east-1; "
        "stop it first: cdk-lambda-patterns local down\n"
    )


def test_one_that_died_is_noticed_and_replaced(project: Project) -> None:
    project.local("up")
    pid = project.process

    os.kill(pid, signal.SIGKILL)

    status = project.local("status")
    assert status.returncode == 3
    assert "has ended by itself" in status.stderr
    assert project.local("up").returncode == 0
    assert project.process != pid


def test_without_one_every_command_says_so(project: Project) -> None:
    status, logs, down = project.local("status"), project.local("logs", "Process"), project.local("down")

    assert status.returncode == 3
    assert status.stderr.startswith("No local cloud runs for ")
    assert (logs.returncode, logs.stderr) == (3, status.stderr)
    assert (down.returncode, down.stdout) == (0, "No local cloud was running.\n")


def test_fails_with_the_apps_own_words_when_it_cannot_be_synthesized(project: Project) -> None:
    (project.folder / "app.py").write_text("raise SystemExit('sold out')")

    deployed = project.local("deploy")

    assert deployed.returncode == 1
    assert deployed.stderr.endswith("\nerror: cdk synth ended with 1, see above\n")
    assert deployed.stderr.count("sold out") == 1
    assert "Traceback" not in deployed.stderr


def test_fails_with_cloudformations_reason_once(project: Project) -> None:
    refused = 'cdk.CfnOutput(stack, "Word", value=cdk.Fn.select(6, cdk.Fn.split(":", queue.queue_name)))\napp.synth()'
    (project.folder / "app.py").write_text(APP.replace("app.synth()", refused))

    deployed = project.local("deploy")

    assert deployed.returncode == 1
    assert deployed.stderr.endswith("\nerror: cdk deploy ended with 1, see above\n")
    assert deployed.stderr.count("Fn::Select cannot select nonexistent value at index 6") == 1
    assert deployed.stderr.count("❌") == 1


def test_fails_without_boto3_before_it_starts_a_cloud(project: Project, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['boto3'] = None")
    with_boto3 = dict(project.env)
    project.env["PYTHONPATH"] = str(tmp_path)

    deployed = project.local("deploy")

    project.env = with_boto3
    assert deployed.returncode == 1
    assert re.fullmatch(r"error: .* needs boto3; .*'\./cdk-lambda-patterns\[local\]'.*\n", deployed.stderr)
    assert project.local("status").returncode == 3, "no cloud was left running"


def test_fails_without_the_cdk_cli_before_it_starts_a_cloud(project: Project, tmp_path: Path) -> None:
    with_cli = dict(project.env)
    node = shutil.which(os.environ.get("JSII_NODE", "node"))
    assert node is not None
    (tmp_path / "bin").mkdir()
    project.env |= {"PATH": str(tmp_path / "bin"), "JSII_NODE": node}

    deployed = project.local("deploy")

    project.env = with_cli
    assert deployed.returncode == 1
    assert re.fullmatch(r"error: the CDK CLI was not found.*; npm install aws-cdk@2\n", deployed.stderr)
    assert project.local("status").returncode == 3, "no cloud was left running"


def test_fails_outside_of_an_app_before_it_starts_a_cloud(project: Project) -> None:
    (project.folder / "cdk.json").unlink()

    deployed = project.local("deploy")

    assert deployed.returncode == 1
    assert deployed.stderr == (
        f"error: there is no cdk.json in {project.folder} or above; go to the folder of the app\n"
    )
    assert project.local("status").returncode == 3, "no cloud was left running"


def test_fails_when_context_is_no_pair(project: Project) -> None:
    deployed = project.local("deploy", "--context", "colour")

    assert deployed.returncode == 1
    assert deployed.stderr == "error: '--context' takes KEY=VALUE, got colour\n"
