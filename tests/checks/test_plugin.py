"""The checks as a validation plugin of the CDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_lambda_event_sources as sources, aws_sqs as sqs

from cdk_lambda_patterns.checks import LambdaChecks, UnknownRuleError

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct

RULES = ["QueueVisibilityTimeout", "FunctionActiveTracing", "DeprecatedRuntime"]


def define(scope: Construct, *, visible_after: int = 10) -> lambda_.Function:
    function = lambda_.Function(
        scope,
        "Process",
        handler="i.h",
        runtime=lambda_.Runtime.PYTHON_3_14,
        code=lambda_.Code.from_inline("x"),
        timeout=cdk.Duration.seconds(60),
    )
    queue = sqs.Queue(scope, "Orders", visibility_timeout=cdk.Duration.seconds(visible_after))
    function.add_event_source(sources.SqsEventSource(queue))
    return function


def app_in(folder: Path) -> cdk.App:
    return cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False, analytics_reporting=False)


def found(folder: Path, key: str = "violations") -> set[tuple[str, str, str]]:
    reports: list[dict[str, Any]] = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    return {
        (violation["ruleName"], violation["severity"], construct["constructPath"])
        for report in reports
        for violation in report.get(key, [])
        for construct in violation["violatingConstructs"]
    }


def test_an_error_fails_the_synthesis_with_the_constructs_path(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks(select=RULES, repeat_built_in=True))
    define(cdk.Stack(app, "Shop"))

    with pytest.raises(RuntimeError, match="queue Orders hides a message for 10 s; function Process may run 60 s"):
        app.synth()

    assert found(tmp_path) == {
        ("QueueVisibilityTimeout", "error", "Shop/Orders/Resource"),
        ("FunctionActiveTracing", "warning", "Shop/Process/Resource"),
    }


def test_warnings_do_not_fail_the_synthesis(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks(select=RULES))
    define(cdk.Stack(app, "Shop"), visible_after=60)

    app.synth()

    assert found(tmp_path) >= {("QueueVisibilityTimeout", "warning", "Shop/Orders/Resource")}


def test_nested_stacks_and_stages_are_checked_too(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks(select=["FunctionActiveTracing"]))
    define(cdk.NestedStack(cdk.Stack(app, "Shop"), "Nested"))
    define(cdk.Stack(cdk.Stage(app, "Prod"), "Shop"))

    app.synth()

    assert found(tmp_path) == {
        ("FunctionActiveTracing", "warning", "Shop/Nested/Process/Resource"),
        ("FunctionActiveTracing", "warning", "Prod/Shop/Process/Resource"),
    }


def test_a_stage_with_the_plugin_is_checked_alone(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    stage = cdk.Stage(app, "Prod")
    cdk.Validations.of(stage).add_plugins(LambdaChecks(select=["FunctionActiveTracing"]))
    define(cdk.Stack(app, "Shop"))
    define(cdk.Stack(stage, "Shop"))

    app.synth()

    assert found(tmp_path) == {("FunctionActiveTracing", "warning", "Prod/Shop/Process/Resource")}


def test_an_acknowledged_finding_is_suppressed_with_its_reason(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks(select=["FunctionActiveTracing"]))
    function = define(cdk.Stack(app, "Shop"))
    acknowledgment = cdk.Acknowledgment(id="LambdaChecks::FunctionActiveTracing", reason="traced upstream")
    cdk.Validations.of(function).acknowledge(acknowledgment)

    app.synth()

    assert found(tmp_path) == set()
    assert "traced upstream" in (tmp_path / "validation-report.json").read_text()


def test_an_acknowledged_id_that_is_none_fails_and_names_the_nearest(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks(select=["FunctionActiveTracing"]))
    stack = cdk.Stack(app, "Shop")
    define(stack)
    cdk.Validations.of(stack).acknowledge(cdk.Acknowledgment(id="LambdaChecks::FunctionTracing", reason="-"))

    with pytest.raises(RuntimeError, match=r"no rule 'FunctionTracing'; did you mean FunctionActiveTracing\?"):
        app.synth()


def test_what_the_cdk_reports_itself_is_not_repeated(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks(select=["QueueVisibilityTimeout"]))
    stack = cdk.Stack(app, "Shop")
    define(stack)
    define(cdk.NestedStack(stack, "Nested"))

    # Of nested stacks the CDK's own validation sees nothing.
    with pytest.raises(RuntimeError, match="Shop/Nested/Orders"):
        app.synth()

    assert found(tmp_path) == {("QueueVisibilityTimeout", "error", "Shop/Nested/Orders/Resource")}


def test_an_app_without_functions_passes(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks())
    cdk.Stack(app, "Empty")
    sqs.Queue(cdk.Stack(app, "Shop"), "Queue")

    app.synth()


def test_fails_when_a_rule_is_unknown() -> None:
    with pytest.raises(UnknownRuleError, match=r"did you mean FunctionActiveTracing\?"):
        LambdaChecks(ignore=["FunctionActiveTracin"])


def test_an_error_inside_shows_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cdk_lambda_patterns.checks import plugin  # noqa: PLC0415

    def crash(*_: object, **__: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr(plugin, "evaluate", crash)
    app = app_in(tmp_path)
    cdk.Validations.of(app).add_plugins(LambdaChecks())
    define(cdk.Stack(app, "Shop"))

    with pytest.raises(RuntimeError, match=r"(?s)Traceback .*plugin.py.*KeyError: 'broken'"):
        app.synth()
