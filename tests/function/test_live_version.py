"""A version has one identity: the same while nothing of it changes, another as soon as something does.

Lambda publishes no version of what has not changed: a new one in the template would fail the deployment. One that is
missing would leave `live` on what was before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_sqs as sqs

from cdk_lambda_patterns import (
    ProvisionedConcurrency,
    PythonCode,
    SqsTrigger,
    VersionPruning,
    WellArchitectedFunction,
)
from cdk_lambda_patterns.testing import fast_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[cdk.Stack, WellArchitectedFunction], object]


@pytest.fixture(params=[False, True], ids=["no flags", "recommended flags"])
def flags(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A function's folder, and beside it a layer's."""
    for folder in ("code", "layer/python"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "code/index.py").write_text("def handler(event, context): ...")
    (tmp_path / "layer/python/shared.py").write_text("RATE = 1")
    return tmp_path


def version(flags: bool, sources: Path, change: Change | None = None, /, **options: Any) -> str:  # noqa: ANN401, FBT001
    """The logical id of the version behind `live`, after a change."""
    app = fast_app(recommended_flags=flags)
    stack = cdk.Stack(app, "Stack")
    code = PythonCode.from_folder(sources / "code")
    function = WellArchitectedFunction(stack, "Function", code=code, handler="index.handler", **options)
    if change is not None:
        change(stack, function)
    template = app.synth().get_stack_by_name("Stack").template
    alias = next(
        resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Alias" and name.startswith("FunctionAliaslive")
    )
    found: str = alias["FunctionVersion"]["Fn::GetAtt"][0]
    assert template["Resources"][found]["Type"] == "AWS::Lambda::Version"
    return found


def test_it_is_the_same_where_nothing_changes(flags: bool, sources: Path) -> None:  # noqa: FBT001
    assert version(flags, sources) == version(flags, sources)


BESIDE_THE_VERSION: dict[str, Change] = {
    "tags of the function": lambda _, function: cdk.Tags.of(function).add("team", "orders"),
    "tags of the stack": lambda stack, _: cdk.Tags.of(stack).add("team", "orders"),
    "rights": lambda stack, function: sqs.Queue(stack, "Queue").grants.send_messages(function),
    "a caller": lambda stack, function: function.callers.allow(stack, "Permission", principal="111111111111"),
    "a trigger": lambda stack, function: SqsTrigger(stack, "Trigger", function=function),
    "a failure path": lambda _, function: function.invoked_asynchronously(),
    "a dependency": lambda stack, function: function.node.add_dependency(sqs.Queue(stack, "Queue")),
    "ready environments": lambda stack, function: ProvisionedConcurrency(
        stack, "Warm", function=function, concurrency=1
    ),
    "versions that stay": lambda stack, function: VersionPruning(stack, "Pruning", functions=[function]),
}


@pytest.mark.parametrize("change", BESIDE_THE_VERSION)
def test_it_is_the_same_when_something_beside_it_changes(flags: bool, sources: Path, change: str) -> None:  # noqa: FBT001
    assert version(flags, sources, BESIDE_THE_VERSION[change]) == version(flags, sources)


def test_it_is_the_same_when_concurrency_is_reserved(flags: bool, sources: Path) -> None:  # noqa: FBT001
    assert version(flags, sources, reserved_concurrent_executions=5) == version(flags, sources)


CONFIGURATION: dict[str, dict[str, Any]] = {
    "memory": {"memory_size": 1_024},
    "timeout": {"timeout": cdk.Duration.seconds(31)},
    "environment": {"environment": {"KIND": "order"}},
    "description": {"description": "Takes orders"},
    "architecture": {"architecture": lambda_.Architecture.X86_64},
    "runtime": {"runtime": lambda_.Runtime.PYTHON_3_13},
    "storage": {"ephemeral_storage_size": cdk.Size.mebibytes(1_024)},
    "tracing": {"tracing": lambda_.Tracing.DISABLED},
    "log level": {"application_log_level_v2": lambda_.ApplicationLogLevel.DEBUG},
    "snapshots": {"snap_start": lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS},
}


@pytest.mark.parametrize("option", CONFIGURATION)
def test_it_is_another_when_the_configuration_changes(flags: bool, sources: Path, option: str) -> None:  # noqa: FBT001
    assert version(flags, sources, **CONFIGURATION[option]) != version(flags, sources)


def test_it_is_another_when_a_variable_is_added(flags: bool, sources: Path) -> None:  # noqa: FBT001
    def add(_: cdk.Stack, function: WellArchitectedFunction) -> None:
        function.add_environment("KIND", "order")

    assert version(flags, sources, add) != version(flags, sources)


def test_it_is_another_when_the_code_changes(flags: bool, sources: Path) -> None:  # noqa: FBT001
    before = version(flags, sources)

    (sources / "code/index.py").write_text("def handler(event, context): return 1")

    assert version(flags, sources) != before


def with_layer(flags: bool, sources: Path, **options: Any) -> str:  # noqa: ANN401, FBT001
    app = fast_app(recommended_flags=flags)
    stack = cdk.Stack(app, "Stack")
    layer = lambda_.LayerVersion(stack, "Layer", code=lambda_.Code.from_asset(str(sources / "layer")), **options)
    code = PythonCode.from_folder(sources / "code")
    WellArchitectedFunction(stack, "Function", code=code, handler="index.handler", layers=[layer])
    resources = app.synth().get_stack_by_name("Stack").template["Resources"]
    (found,) = [name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"]
    return str(found)


def test_it_is_the_same_while_a_layer_is(flags: bool, sources: Path) -> None:  # noqa: FBT001
    assert with_layer(flags, sources) == with_layer(flags, sources)


def test_it_is_another_when_a_layer_has_other_content(flags: bool, sources: Path) -> None:  # noqa: FBT001
    before = with_layer(flags, sources)

    (sources / "layer/python/shared.py").write_text("RATE = 2")

    assert with_layer(flags, sources) != before


def test_a_layer_from_outside_is_named_by_its_version(flags: bool, sources: Path) -> None:  # noqa: FBT001
    def of(number: int) -> str:
        app = fast_app(recommended_flags=flags)
        stack = cdk.Stack(app, "Stack")
        arn = f"arn:aws:lambda:eu-west-1:111111111111:layer:shared:{number}"
        layer = lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", arn)
        code = PythonCode.from_folder(sources / "code")
        WellArchitectedFunction(stack, "Function", code=code, handler="index.handler", layers=[layer])
        resources = app.synth().get_stack_by_name("Stack").template["Resources"]
        return str(next(name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"))

    assert of(1) == of(1)
    assert of(1) != of(2)
