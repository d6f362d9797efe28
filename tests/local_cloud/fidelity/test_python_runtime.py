"""Python functions run as they do in Lambda."""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns.local_cloud import LocalCloud
from tests.local_cloud.fidelity.lab import Lab, archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.local_cloud

RAISES = "class Unpaid(Exception): pass\ndef handler(event, context):\n    raise Unpaid(event)\n"
COUNTS = """
import sys
count = 0
def handler(event, context):
    global count
    count += 1
    if event == "raise":
        raise ValueError(event)
    if event == "exit":
        sys.exit(3)
    return count
"""


def test_an_error_has_its_type_its_stack_trace_and_the_request_id(faithful: Lab) -> None:
    name = faithful.function(RAISES)

    answer = faithful.invoke(name, "order 7")

    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "Unpaid"
    assert answer.payload["errorMessage"] == "order 7"
    assert answer.payload["stackTrace"] == [
        '  File "/var/task/index.py", line 3, in handler\n    raise Unpaid(event)\n'
    ]
    assert len(answer.payload["requestId"]) == 36


def test_the_published_emulator_hides_the_type_of_an_error(stock: Lab) -> None:
    assert stock.invoke(stock.function(RAISES), "order 7").payload["errorType"] == "Runtime.HandlerError"


SLOW = """
import time
def handler(event, context):
    print("begun")
    time.sleep(1.5)
    print("over")
    return event
"""


def change(lab: Lab, name: str) -> None:
    code = archive({"index.py": "def handler(event, context): return -event"})
    lab.client("lambda").update_function_code(FunctionName=name, ZipFile=code)


def remove_version(lab: Lab, name: str) -> None:
    lab.client("lambda").delete_function(FunctionName=name, Qualifier="1")


@pytest.mark.parametrize(
    ("qualifier", "interrupt"), [("$LATEST", change), ("1", remove_version)], ids=["changed", "removed"]
)
def test_an_invocation_that_has_begun_ends_whatever_becomes_of_the_function(
    faithful: Lab, qualifier: str, interrupt: Callable[[Lab, str], None]
) -> None:
    name = faithful.function(SLOW)
    faithful.publish(name)
    with ThreadPoolExecutor(max_workers=1) as pool:
        answer = pool.submit(faithful.invoke, f"{name}:{qualifier}", 7)
        time.sleep(0.7)
        assert not answer.done()
        interrupt(faithful, name)

        assert answer.result(timeout=10).payload == 7
    assert "over" in answer.result().log
    if qualifier == "$LATEST":
        assert faithful.invoke(name, 8).payload == -8, "in another environment"


def test_the_published_emulator_ends_invocations_of_a_version_that_is_removed(stock: Lab) -> None:
    name = stock.function(SLOW)
    stock.publish(name)
    with ThreadPoolExecutor(max_workers=1) as pool:
        answer = pool.submit(stock.invoke, f"{name}:1", 7)
        time.sleep(0.7)
        remove_version(stock, name)

        assert answer.result(timeout=10).error == "Unhandled"


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import nothing_of_that_name", "Runtime.ImportModuleError", "No module named 'nothing_of_that_name'"),
        ("handler = (", "Runtime.UserCodeSyntaxError", "'(' was never closed"),
        ("other = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("def handler(event, context): return {1}", "Runtime.MarshalError", "set is not JSON serializable"),
        ("import os\ndef handler(event, context): os._exit(7)", "Runtime.ExitError", "exit status 7"),
        ("def handler(event, context): return 'x' * 7_000_000", "Function.ResponseSizeTooLarge", "6291556 bytes"),
    ],
    ids=lambda value: value if value.startswith(("Runtime.", "Function.")) else "",
)
def test_every_failure_has_the_type_that_aws_gives_it(
    faithful: Lab, source: str, error_type: str, message: str
) -> None:
    payload = faithful.invoke(faithful.function(source)).payload

    assert payload["errorType"] == error_type
    assert message in payload["errorMessage"]


def test_the_published_emulator_gives_an_import_error_another_type(stock: Lab) -> None:
    payload = stock.invoke(stock.function("import nothing_of_that_name")).payload

    assert payload["errorType"] != "Runtime.ImportModuleError"


def test_a_timeout_ends_the_environment_and_the_next_event_gets_another(faithful: Lab) -> None:
    name = faithful.function(
        "import time\nstarted = time.time()\ndef handler(event, context):\n    time.sleep(event)\n    return started",
        Timeout=1,
    )
    first = faithful.invoke(name, 0).payload

    timed_out = faithful.invoke(name, 5).payload

    assert timed_out["errorType"] == "Sandbox.Timedout"
    assert timed_out["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert faithful.invoke(name, 0).payload > first


def test_an_environment_stays_warm_after_an_error_but_not_after_an_exit(faithful: Lab) -> None:
    name = faithful.function(COUNTS)

    assert [faithful.invoke(name, event).payload for event in ("", "raise", "")][::2] == [1, 3]
    assert faithful.invoke(name, "exit").payload["errorType"] == "Runtime.ExitError"
    assert faithful.invoke(name).payload == 1


def test_the_published_emulator_starts_again_after_an_error(stock: Lab) -> None:
    name = stock.function(COUNTS)

    assert [stock.invoke(name, event).payload for event in ("", "raise", "")][::2] == [1, 1]


WRITES_TO_STDOUT = """
import os
def handler(event, context):
    os.write(1, b'{"status": "ok", "result": "hijacked"}\\n')
    return event
"""


def test_what_a_handler_writes_to_stdout_is_log_and_not_its_result(faithful: Lab) -> None:
    name = faithful.function(WRITES_TO_STDOUT)

    answers = [faithful.invoke(name, number) for number in (1, 2)]

    assert [answer.payload for answer in answers] == [1, 2]
    assert '"hijacked"' in answers[0].log


def test_the_published_emulator_takes_stdout_for_the_result(stock: Lab) -> None:
    assert stock.invoke(stock.function(WRITES_TO_STDOUT), 1).payload == "hijacked"


SEES = """
import importlib.util, os, sys
def handler(event, context):
    return {
        "modules": [name for name in event if importlib.util.find_spec(name)],
        "variables": dict(os.environ),
        "first": sys.path[0],
    }
"""


def test_a_function_can_import_boto3_and_nothing_of_the_emulator(faithful: Lab) -> None:
    own = ["ministack", "hypercorn", "yaml", "pip", "fidelity", "launch", "cdk_lambda_patterns"]

    seen = faithful.invoke(faithful.function(SEES), ["boto3", "botocore", "awslambdaric", *own]).payload

    assert seen["modules"] == ["boto3", "botocore", "awslambdaric"]


def test_the_published_emulator_lets_functions_import_what_it_is_made_of(stock: Lab) -> None:
    assert "ministack" in stock.invoke(stock.function(SEES), ["ministack"]).payload["modules"]


def test_a_function_has_the_variables_of_lambda_and_none_of_the_emulator(faithful: Lab) -> None:
    name = faithful.function(
        SEES,
        Environment={"Variables": {"STAGE": "test", "AWS_LAMBDA_FUNCTION_NAME": "mine"}},
        MemorySize=256,
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/orders", "ApplicationLogLevel": "DEBUG"},
    )

    seen = faithful.invoke(name, []).payload

    variables = seen["variables"]
    expected = {
        "_HANDLER": "index.handler",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/orders",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "AWS_REGION": faithful.region,
        "LAMBDA_TASK_ROOT": seen["first"],
        "STAGE": "test",
        "TZ": ":UTC",
    }
    assert {key: variables.get(key) for key in expected} == expected
    assert variables["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert not [key for key in variables if key.startswith(("LOCAL_CLOUD", "GATEWAY", "MINISTACK", "BIND"))]


def test_the_published_emulator_shows_its_own_variables_to_functions(stock: Lab) -> None:
    variables = stock.invoke(stock.function(SEES), []).payload["variables"]

    assert "GATEWAY_PORT" in variables
    assert "AWS_EXECUTION_ENV" not in variables


def test_layers_are_imported_and_a_later_one_wins(faithful: Lab) -> None:
    functions = faithful.client("lambda")
    layers = [
        functions.publish_layer_version(LayerName=faithful.name(), Content={"ZipFile": archive(files)})[
            "LayerVersionArn"
        ]
        for files in (
            {"python/shared.py": "VALUE = 'first'", "python/lib/python3.13/site-packages/deep.py": "VALUE = 'deep'"},
            {"python/shared.py": "VALUE = 'second'"},
        )
    ]

    name = faithful.function(
        "import shared, deep\ndef handler(event, context): return [shared.VALUE, deep.VALUE]", Layers=layers
    )

    assert faithful.invoke(name).payload == ["second", "deep"]


def test_the_context_is_that_of_lambda(faithful: Lab) -> None:
    name = faithful.function(
        "def handler(event, context):\n"
        "    return [context.function_name, context.memory_limit_in_mb, context.function_version,\n"
        "            context.aws_request_id, context.log_group_name, context.get_remaining_time_in_millis()]\n"
    )

    *known, request_id, log_group, left = faithful.invoke(name).payload

    assert known == [name, "128", "$LATEST"]
    assert len(request_id) == 36
    assert log_group == f"/aws/lambda/{name}"
    assert 3000 < left <= 5000


def test_logs_in_the_json_format_are_json_with_their_level(faithful: Lab) -> None:
    name = faithful.function(
        "import logging\nlogger = logging.getLogger()\n"
        "def handler(event, context):\n    logger.debug('no')\n    logger.warning('took %s', event)\n",
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/x"},
    )

    (record,) = [json.loads(line) for line in faithful.invoke(name, "7 s").log.splitlines()]

    assert (record["level"], record["message"]) == ("WARNING", "took 7 s")
    assert record["requestId"]


def test_files_of_one_environment_are_not_those_of_another(faithful: Lab) -> None:
    source = "import tempfile\ndef handler(event, context): return tempfile.gettempdir()"

    folders = [faithful.invoke(faithful.function(source)).payload for _ in range(2)]

    assert folders[0] != folders[1]
    assert folders[0] != os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - what it is not


def test_what_a_function_calls_knows_how_deep_it_is_in_a_loop(faithful: Lab) -> None:
    inner = faithful.function("import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']")
    outer = faithful.function(
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('lambda').invoke(FunctionName=event)['Payload'].read().decode()\n"
    )

    assert ";Lineage=1:" in faithful.invoke(inner).payload
    assert faithful.invoke(inner).payload.endswith(":1")
    assert json.loads(faithful.invoke(outer, inner).payload).endswith(":2")


@pytest.mark.parametrize(("depth", "status"), [(15, 200), (16, 400)])
def test_the_seventeenth_call_of_a_loop_is_refused(faithful: Lab, depth: int, status: int) -> None:
    name = faithful.function("def handler(event, context): return 1")

    response = faithful.cloud.request(
        f"/2015-03-31/functions/{name}/invocations",
        method="POST",
        body="{}",
        headers={"X-Amzn-Trace-Id": f"Root=1-0-0;Lineage=1:abc:{depth}"},
    )

    assert response.status == status


def test_a_runtime_can_have_an_interpreter_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text(f'#!/bin/sh\nNAMED=yes exec "{sys.executable}" "$@"\n')
    interpreter.chmod(0o755)
    monkeypatch.setenv("LOCAL_CLOUD_PYTHONS", f"python3.14={interpreter}")
    source = "import boto3, os\ndef handler(event, context): return os.environ.get('NAMED')"

    with LocalCloud.start() as cloud:
        lab = Lab(cloud)
        ran = {name: lab.invoke(lab.function(source, Runtime=name)).payload for name in ("python3.13", "python3.14")}

    assert ran == {"python3.13": None, "python3.14": "yes"}


def test_a_version_with_snapstart_starts_when_it_is_published_and_runs_its_hooks(faithful: Lab) -> None:
    name = faithful.function(
        "import os\n"
        "from snapshot_restore_py import register_after_restore, register_before_snapshot\n"
        "seen = []\n"
        "register_before_snapshot(lambda: seen.append('before'))\n"
        "register_after_restore(lambda: seen.append('after'))\n"
        "def handler(event, context): return [os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], seen]\n",
        SnapStart={"ApplyOn": "PublishedVersions"},
    )
    version = faithful.publish(name)
    faithful.client("lambda").get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 1}
    )

    assert faithful.invoke(f"{name}:{version}").payload == ["snap-start", ["before", "after"]]
    assert faithful.invoke(name).payload == ["on-demand", []]


def test_a_client_logs_what_it_logs_on_aws_and_nothing_of_its_endpoint(faithful: Lab) -> None:
    source = "import boto3\ndef handler(event, context): boto3.client('sqs').list_queues()"
    name = faithful.function(source, LoggingConfig={"LogFormat": "JSON"})

    assert faithful.invoke(name).error is None

    logged = [entry["message"] for entry in faithful.printed(name, 3) if "message" in entry]
    assert logged == ["Found credentials in environment variables."]
