"""The emulator's process: up in a moment, gone without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns.local_cloud import LocalCloud, LocalCloudError, process
from cdk_lambda_patterns.local_cloud.process import EmulatorProcess, started_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.local_cloud


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud.start() as cloud:
        yield cloud


def members_of_group(group: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    fields = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, of, state in fields if int(of) == group and not state.startswith("Z")]


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def make_function(cloud: LocalCloud, code: str) -> None:
    """A function without the CDK: `index.handler` with this code."""
    import io  # noqa: PLC0415
    import zipfile  # noqa: PLC0415

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", code)
    cloud.client("lambda").create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/probe",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
    )


def invoke(cloud: LocalCloud) -> object:
    return json.loads(cloud.client("lambda").invoke(FunctionName="probe")["Payload"].read())


def test_it_answers_on_this_machine_only(cloud: LocalCloud) -> None:
    queues = cloud.client("sqs").list_queues()

    assert queues["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert cloud.endpoint == f"http://127.0.0.1:{cloud.process.port}"
    others = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(1)
            assert probe.connect_ex((str(address), cloud.process.port)) != 0


def test_stopping_leaves_no_process_and_no_folder_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cloud = LocalCloud.start()
    make_function(cloud, "import os\ndef handler(event, context): return os.getpid()")
    worker = invoke(cloud)
    group = members_of_group(cloud.process.pid)

    cloud.stop()

    assert worker in group, "the function's own process is stopped with the group"
    assert len(group) >= 2
    assert members_of_group(cloud.process.pid) == []
    assert list(tmp_path.iterdir()) == []
    assert not cloud.running
    cloud.stop()  # a second time does nothing


def test_stopping_works_while_a_custom_resource_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE_SECONDS", 1.0)
    with LocalCloud.start() as cloud:
        make_function(cloud, "def handler(event, context): pass")
        template = {
            "Resources": {
                "Awaited": {
                    "Type": "AWS::CloudFormation::CustomResource",
                    "Properties": {"ServiceToken": f"arn:aws:lambda:us-east-1:{cloud.account}:function:probe"},
                }
            }
        }
        cloudformation = cloud.client("cloudformation")
        cloudformation.create_stack(StackName="Waiting", TemplateBody=json.dumps(template))
        time.sleep(0.3)
        assert cloudformation.describe_stacks(StackName="Waiting")["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"

        begin = time.monotonic()
        cloud.stop()

    assert time.monotonic() - begin < 4
    assert members_of_group(cloud.process.pid) == []


@pytest.mark.parametrize("real_waits", [False, True])
def test_a_failed_message_is_tried_again_soon_unless_waits_are_real(*, real_waits: bool) -> None:
    with LocalCloud.start(real_waits=real_waits) as cloud:
        make_function(cloud, "def handler(event, context): raise ValueError")
        sqs = cloud.client("sqs")
        queue = sqs.create_queue(QueueName="queue", Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        cloud.client("lambda").create_event_source_mapping(FunctionName="probe", EventSourceArn=arn)
        sqs.send_message(QueueUrl=queue, MessageBody="{}")

        def tries() -> int:
            logs = cloud.client("logs")
            try:
                events = logs.filter_log_events(logGroupName="/aws/lambda/probe")["events"]
            except logs.exceptions.ResourceNotFoundException:
                return 0
            return sum("START RequestId" in event["message"] for event in events)

        if real_waits:
            time.sleep(3)
            assert tries() == 1
        else:
            wait_until(lambda: tries() > 1)


def test_two_clouds_know_nothing_of_each_other(cloud: LocalCloud) -> None:
    with LocalCloud.start() as other:
        cloud.client("sqs").create_queue(QueueName="mine")

        assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1
        assert not other.client("sqs").list_queues().get("QueueUrls")


def test_reset_deletes_everything(cloud: LocalCloud) -> None:
    cloud.client("sqs").create_queue(QueueName="mine")
    cloud.client("s3").create_bucket(Bucket="mine")

    cloud.reset()

    assert not cloud.client("sqs").list_queues().get("QueueUrls")
    assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_fails_when_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(LocalCloudError, match=f"port {port} is taken"):
            LocalCloud.start(port=port)


@pytest.mark.parametrize("port", [-1, 70_000, "4566"])
def test_fails_when_the_port_is_none(port: Any) -> None:  # noqa: ANN401 - what is refused
    with pytest.raises(LocalCloudError, match=rf"a port is a number from 1 to 65535, got {port!r}; "):
        LocalCloud.start(port=port)


@pytest.mark.parametrize("account", ["1", "00000000000x", "1234567890123"])
def test_fails_when_the_account_is_none(account: str) -> None:
    with pytest.raises(LocalCloudError, match=rf"an account has 12 digits, got '{account}'"):
        LocalCloud.start(account=account)


def test_a_single_behaviour_can_be_left_out_by_its_name_alone() -> None:
    with pytest.raises(LocalCloudError, match="no behaviour is called nonsense"):
        LocalCloud.start(without="nonsense")


def test_a_free_port_that_another_took_first_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    really_free = process._free_port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        offers = iter([taken.getsockname()[1]])
        monkeypatch.setattr(process, "_free_port", lambda: next(offers, None) or really_free())

        with LocalCloud.start() as cloud:
            assert cloud.process.port != taken.getsockname()[1]


def test_a_start_that_fails_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(LocalCloudError, match=r"(?s)ended with 1 before it answered:.*no behaviour is called nonsense"):
        LocalCloud.start(without=["nonsense"])

    assert list(tmp_path.iterdir()) == []


def test_a_start_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    launcher = tmp_path / "launch.py"
    launcher.write_text("import time\nprint('still busy', flush=True)\ntime.sleep(60)")
    monkeypatch.setattr(process, "LAUNCHER", launcher)

    with pytest.raises(LocalCloudError, match=r"(?s)did not answer within 1 s:.*still busy"):
        LocalCloud.start(timeout=1)


def test_a_process_that_died_is_noticed(cloud: LocalCloud) -> None:
    make_function(cloud, "def handler(event, context): return 1")
    invoke(cloud)

    os.kill(cloud.process.pid, signal.SIGKILL)
    wait_until(lambda: not cloud.running)

    with pytest.raises(LocalCloudError, match="is not running any more"):
        cloud.reset()
    cloud.stop()
    assert members_of_group(cloud.process.pid) == [], "the functions that outlived the emulator"
    assert not cloud.process.folder.exists()


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, signal; from cdk_lambda_patterns.local_cloud import LocalCloud; cloud = LocalCloud.start();"
        "print(cloud.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    started = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    emulator = int(started.stdout)

    wait_until(lambda: members_of_group(emulator) == [])
    assert list(tmp_path.iterdir()) == []


def test_another_process_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as innocent:
        stale = EmulatorProcess(pid=innocent.pid, started="1", port=1, folder=tmp_path / "gone")

        assert not stale.alive
        stale.stop()

        assert innocent.poll() is None
        innocent.kill()


def test_the_start_of_a_process_is_told_with_and_without_proc() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        alive = [started_at(child.pid), process._started_at_without_proc(child.pid)]
        child.kill()
    gone = [started_at(child.pid), process._started_at_without_proc(child.pid)]

    assert all(alive)
    assert gone == [None, None]


def test_what_this_process_is_set_to_does_not_reach_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OF_THE_TOOL", "secret")
    with LocalCloud.start() as cloud:
        make_function(
            cloud,
            "import boto3, os, sys\n"
            "def handler(event, context):\n"
            "    boto3.client('sqs').create_queue(QueueName='by-the-function')\n"
            "    return {'path': sys.path, **os.environ}",
        )

        seen = invoke(cloud)

        assert isinstance(seen, dict)
        assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_SQS", "AWS_CA_BUNDLE", "HTTP_PROXY", "OF_THE_TOOL"} & seen.keys()
        assert not [place for place in seen["path"] if place.startswith(sys.prefix)]
        assert "by-the-function" in cloud.client("sqs").list_queues()["QueueUrls"][0]


def test_clouds_can_be_started_from_threads() -> None:
    clouds: list[LocalCloud] = []
    threads = [threading.Thread(target=lambda: clouds.append(LocalCloud.start())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [cloud.running for cloud in clouds] == [True, True]
    for cloud in clouds:
        cloud.stop()
    assert [cloud.running for cloud in clouds] == [False, False]
