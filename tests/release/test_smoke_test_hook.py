from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_logs as logs

from cdk_lambda_patterns import GradualRelease, SmokeTestHook, ValidationError, WellArchitectedFunction
from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.release import smoke_tests
from cdk_lambda_patterns.release.smoke_test_handler.expectations import FORMS
from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import NUMBER, granted, logical_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdk_lambda_patterns.testing import Template

TEST: Mapping[str, Any] = {"payload": {"id": 1}, "expect": {"status": 200}}
MANY_EXPECTATIONS = {
    "error": False,
    "status": [200, 201],
    "equals": {"$.a": None},
    "matches": {"$.a['b']": "[a-z]+"},
    "exists": ["$.a[0]"],
    "absent": ["$.b"],
    "max_milliseconds": 0.5,
}


def released(
    stack: cdk.Stack,
    payloads: object = (TEST,),
    **options: Any,  # noqa: ANN401
) -> tuple[WellArchitectedFunction, SmokeTestHook]:
    """A function that is released with a smoke test."""
    given: dict[str, Any] = {"payloads": payloads, **options}
    function = define(stack, "Quote")
    hook = SmokeTestHook(stack, "Smoke", **given)
    GradualRelease(stack, "Release", function=function, smoke_test=hook)
    return function, hook


def packaged(tmp_path: Path, payloads: object) -> tuple[dict[str, Any], set[str]]:
    """The tests in the hook's package, and its files."""
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    _, hook = released(stack, payloads)
    asset: Any = hook.node.find_child("Code")
    folder = tmp_path / asset.asset_path
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    return json.loads((folder / "smoke_tests.json").read_text()), files


def refused(stack: cdk.Stack, code: str, got: str, payloads: object) -> ValidationError:
    return refusal(lambda: released(stack, payloads), code, got)


def the_hook(template: Template, hook: SmokeTestHook) -> dict[str, Any]:
    return resources(template, "AWS::Lambda::Function")[logical_id(hook)]


def version_of(template: Template, function: WellArchitectedFunction) -> str:
    """The logical id of the function's version."""
    (name,) = [
        name
        for name, version in resources(template, "AWS::Lambda::Version").items()
        if version["FunctionName"] == {"Ref": logical_id(function)}
    ]
    return name


class TestHook:
    def test_is_asked_before_traffic_is_shifted(self, stack: cdk.Stack) -> None:
        function, hook = released(stack)

        template = synthesize(stack)
        policy = template["Resources"][logical_id(function.live)]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert policy["BeforeAllowTrafficHook"] == {"Ref": logical_id(hook)}
        assert "AfterAllowTrafficHook" not in policy

    def test_knows_and_may_call_exactly_the_new_version(self, stack: cdk.Stack) -> None:
        function, hook = released(stack)

        template = synthesize(stack)
        version = version_of(template, function)
        assert the_hook(template, hook)["Environment"]["Variables"] == {"SMOKE_TEST_VERSION": {"Ref": version}}
        role: Any = hook.role
        assert granted(template, to=logical_id(role))[version] == ["lambda:InvokeFunction"]

    def test_has_five_minutes(self, stack: cdk.Stack) -> None:
        _, hook = released(stack)

        properties = the_hook(synthesize(stack), hook)
        assert properties["Timeout"] == 300
        assert properties["Description"] == "Tries new versions of a function before they get traffic"

    def test_has_its_defaults_where_none_is_given(self, stack: cdk.Stack) -> None:
        _, hook = released(stack, timeout=None, description=None)

        properties = the_hook(synthesize(stack), hook)
        assert properties["Timeout"] == 300
        assert properties["Description"] == "Tries new versions of a function before they get traffic"

    @pytest.mark.parametrize(("seconds", "fits"), [(0, False), (15, False), (19, False), (20, True)])
    def test_fails_when_there_is_no_time_to_try_anything(self, stack: cdk.Stack, seconds: int, *, fits: bool) -> None:
        if fits:
            _, hook = released(stack, timeout=cdk.Duration.seconds(seconds))
            assert the_hook(synthesize(stack), hook)["Timeout"] == seconds
            return
        refusal(
            lambda: released(stack, timeout=cdk.Duration.seconds(seconds)), "SmokeTestTimeoutTooShort", str(seconds)
        )

    def test_fails_when_its_time_is_no_duration(self, stack: cdk.Stack) -> None:
        refusal(lambda: released(stack, timeout=60), "DurationExpected", "60")

    def test_fails_when_it_is_told_another_version(self, stack: cdk.Stack) -> None:
        mine = {"SMOKE_TEST_VERSION": "7"}

        refusal(lambda: released(stack, environment=mine), "SmokeTestVersionTaken", "a value for it")

    def test_takes_the_options_of_a_function(self, stack: cdk.Stack) -> None:
        _, hook = released(
            stack,
            timeout=cdk.Duration.minutes(1),
            description="Asks for a quote",
            log_retention=logs.RetentionDays.ONE_WEEK,
            environment={"STAGE": "test"},
        )

        template = synthesize(stack)
        properties = the_hook(template, hook)
        assert (properties["Timeout"], properties["Description"]) == (60, "Asks for a quote")
        assert properties["Environment"]["Variables"].keys() == {"STAGE", "SMOKE_TEST_VERSION"}
        assert {group["RetentionInDays"] for group in resources(template, "AWS::Logs::LogGroup").values()} == {7, 30}

    def test_is_a_function_of_its_own(self, stack: cdk.Stack) -> None:
        function, hook = released(stack)

        assert isinstance(hook, WellArchitectedFunction)
        assert hook.tested is function
        assert_no_findings(stack)

    def test_fails_when_no_release_asks_it(self, stack: cdk.Stack) -> None:
        SmokeTestHook(stack, "Smoke", payloads=[TEST])

        with pytest.raises(RuntimeError, match=r"Stack/Smoke\] no release asks this hook.*SmokeTestUnused"):
            synthesize(stack)

    def test_fails_when_it_has_another_function(self, stack: cdk.Stack) -> None:
        _, hook = released(stack)

        refusal(
            lambda: GradualRelease(stack, "Other", function=define(stack, "OtherQuote"), smoke_test=hook),
            "SmokeTestTaken",
            "one that tries Stack/Quote",
        )

    def test_fails_beside_another_hook(self, stack: cdk.Stack) -> None:
        hook = SmokeTestHook(stack, "Smoke", payloads=[TEST])

        refusal(
            lambda: GradualRelease(
                stack, "Release", function=define(stack), smoke_test=hook, pre_hook=define(stack, "Other")
            ),
            "ReleaseHooksConflict",
            "both",
        )

    def test_fails_when_it_is_another_function(self, stack: cdk.Stack) -> None:
        other: Any = define(stack, "Other")

        refusal(
            lambda: GradualRelease(stack, "Release", function=define(stack), smoke_test=other),
            "TypeMismatch",
            "WellArchitectedFunction",
        )


class TestFeatures:
    def test_fails_when_each_call_must_name_a_tenant(self, stack: cdk.Stack) -> None:
        function = define(stack, tenancy_config=lambda_.TenancyConfig.PER_TENANT)

        refusal(
            lambda: GradualRelease(stack, "Release", function=function, smoke_test=unused(stack)),
            "SmokeTestTenants",
            "a hook for a function with isolated tenants",
        )

    @pytest.mark.parametrize(("seconds", "fits"), [(900, True), (901, False)])
    def test_fails_when_nobody_could_wait_for_the_reply(self, stack: cdk.Stack, seconds: int, *, fits: bool) -> None:
        durable = lambda_.DurableConfig(execution_timeout=cdk.Duration.seconds(seconds))
        function, hook = define(stack, durable_config=durable), unused(stack)

        if fits:
            GradualRelease(stack, "Release", function=function, smoke_test=hook)
            return
        refusal(
            lambda: GradualRelease(stack, "Release", function=function, smoke_test=hook),
            "SmokeTestDurable",
            "a hook for executions of 901 seconds",
        )


def unused(stack: cdk.Stack) -> SmokeTestHook:
    return SmokeTestHook(stack, "Smoke", payloads=[TEST])


class TestFirstDeployment:
    def test_is_asked_for_by_cloud_formation(self, stack: cdk.Stack) -> None:
        _, hook = released(stack)

        assert only(synthesize(stack), "Custom::SmokeTest") == {
            "ServiceToken": {"Ref": logical_id(hook.live)},
            "ServiceTimeout": "360",
        }

    def test_ends_before_there_is_an_alias_to_call(self, stack: cdk.Stack) -> None:
        function, _ = released(stack)

        template = synthesize(stack)
        ((first, _properties),) = resources(template, "Custom::SmokeTest").items()
        assert first in template["Resources"][logical_id(function.live)]["DependsOn"]

    def test_is_waited_for_as_long_as_the_hook_may_run(self, stack: cdk.Stack) -> None:
        released(stack, timeout=cdk.Duration.minutes(15))

        assert only(synthesize(stack), "Custom::SmokeTest")["ServiceTimeout"] == "960"

    def test_is_waited_for_as_long_as_any_hook_may_run_where_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        parameter = cdk.CfnParameter(stack, "Seconds", type="Number")
        released(stack, timeout=cdk.Duration.seconds(parameter.value_as_number))

        assert only(synthesize(stack), "Custom::SmokeTest")["ServiceTimeout"] == "960"


class TestPayloads:
    def test_are_packaged_beside_the_handler(self, tmp_path: Path) -> None:
        tests, files = packaged(tmp_path, {"a quote": TEST})

        assert tests == {"a quote": TEST}
        assert files == {
            "smoke_tests.json",
            *(f"smoke_test_handler/{name}.py" for name in ("__init__", "entry", "expectations", "json_path")),
        }

    def test_may_be_a_list(self, tmp_path: Path) -> None:
        assert packaged(tmp_path, [TEST, {"payload": None}])[0] == {"test 1": TEST, "test 2": {"payload": None}}

    @pytest.mark.parametrize("as_text", [True, False])
    def test_may_be_a_folder(self, tmp_path: Path, *, as_text: bool) -> None:
        folder = tmp_path / "smoke"
        folder.mkdir()
        (folder / "b.json").write_text(json.dumps(TEST))
        (folder / "a.json").write_text('{"payload": "ä"}', encoding="utf-8")
        (folder / "notes.txt").write_text("no test")

        tests, _ = packaged(tmp_path / "out", str(folder) if as_text else folder)

        assert list(tests.items()) == [("a", {"payload": "ä"}), ("b", TEST)]

    def test_that_are_other_ones_make_another_package(self) -> None:
        keys = []
        for number in (1, 1, 2):
            stack = cdk.Stack(fast_app(), "Stack")
            _, hook = released(stack, [{"payload": number}])
            keys.append(the_hook(stack_template(stack), hook)["Code"]["S3Key"])

        assert keys[0] == keys[1] != keys[2]

    def test_may_expect_everything_at_once(self, tmp_path: Path) -> None:
        test = {"payload": 1, "expect": MANY_EXPECTATIONS}

        assert packaged(tmp_path, [test])[0] == {"test 1": test}

    def test_may_expect_all_that_the_handler_looks_at(self) -> None:
        assert smoke_tests._FORMS.keys() == FORMS.keys() == MANY_EXPECTATIONS.keys()

    @pytest.mark.parametrize("wanted", [True, "OrderUnknown"])
    def test_may_expect_an_error(self, tmp_path: Path, wanted: object) -> None:
        assert packaged(tmp_path, [{"payload": 1, "expect": {"error": wanted}}])

    @pytest.mark.parametrize("payloads", [[], {}, ()])
    def test_fail_when_there_are_none(self, stack: cdk.Stack, payloads: object) -> None:
        refused(stack, "SmokeTestsMissing", "none", payloads)

    def test_fail_when_the_folder_has_none(self, stack: cdk.Stack, tmp_path: Path) -> None:
        refused(stack, "SmokeTestsMissing", "none", tmp_path)

    def test_fail_when_there_is_no_such_folder(self, stack: cdk.Stack, tmp_path: Path) -> None:
        refused(stack, "SmokeTestsMissing", str(tmp_path / "smoke"), tmp_path / "smoke")

    def test_fail_when_the_folder_has_no_name(self, stack: cdk.Stack) -> None:
        """`Path("")` is where the app runs, whose JSON files are none of the tests."""
        refused(stack, "SmokeTestsMissing", "''", "")

    def test_fail_when_a_file_is_no_json(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{payload}")

        error = refused_somehow(stack, tmp_path)

        assert error.code == "SmokeTestInvalid"
        assert "got a.json: Expecting property name" in str(error)

    @pytest.mark.parametrize("payloads", [3, None])
    def test_fail_when_they_are_something_else(self, stack: cdk.Stack, payloads: object) -> None:
        refused(stack, "TypeMismatch", type(payloads).__name__, payloads)

    @pytest.mark.parametrize(
        ("test", "got"),
        [
            ({}, "{}"),
            ("hello", "'hello'"),
            ({"id": 1}, "an object with id"),
            ({"payload": 1, "expects": {}}, "'expects'"),
            ({"payload": 1, "expect": [200]}, "[200]"),
            ({"payload": 1, "expect": {"statusCode": 200}}, "'statusCode'"),
            ({"payload": 1, "expect": {"status": "200"}}, "'200'"),
            ({"payload": 1, "expect": {"status": 99}}, "99"),
            ({"payload": 1, "expect": {"status": 600}}, "600"),
            ({"payload": 1, "expect": {"status": []}}, "[]"),
            ({"payload": 1, "expect": {"status": [200, "x"]}}, "[200, 'x']"),
            ({"payload": 1, "expect": {"error": 1}}, "1"),
            ({"payload": 1, "expect": {"error": ""}}, "''"),
            ({"payload": 1, "expect": {"equals": ["$.a"]}}, "['$.a']"),
            ({"payload": 1, "expect": {"equals": {"a": 1}}}, "a JSON path begins with $, got 'a'"),
            ({"payload": 1, "expect": {"exists": ["$.*"]}}, "a JSON path has names and indexes only, got '$.*'"),
            ({"payload": 1, "expect": {"exists": "$.a"}}, "'$.a'"),
            ({"payload": 1, "expect": {"absent": [1]}}, "[1]"),
            ({"payload": 1, "expect": {"matches": {"$.a": 1}}}, "{'$.a': 1}"),
            ({"payload": 1, "expect": {"matches": {"$.a": "("}}}, "missing ), unterminated subpattern at position 0"),
            ({"payload": 1, "expect": {"max_milliseconds": 0}}, "0"),
            ({"payload": 1, "expect": {"max_milliseconds": True}}, "True"),
            ({"payload": 1, "expect": {"max_milliseconds": "1 s"}}, "'1 s'"),
        ],
    )
    def test_fail_when_one_could_not_be_tried(self, stack: cdk.Stack, test: object, got: str) -> None:
        error = refused(stack, "SmokeTestInvalid", got, {"a quote": test})

        assert "(test 'a quote')" in str(error)

    @pytest.mark.parametrize(
        ("payload", "got"),
        [
            ({1, 2}, "Object of type set is not JSON serializable"),
            (float("nan"), "Out of range float values are not JSON compliant"),
            ("\ud800", "'utf-8' codec can't encode character '\\ud800' in position 24: surrogates not allowed"),
        ],
    )
    def test_fail_when_a_payload_is_no_json(self, stack: cdk.Stack, payload: object, got: str) -> None:
        assert got in str(refused_somehow(stack, [{"payload": payload}]))

    @pytest.mark.parametrize("value", [cdk.Aws.ACCOUNT_ID, NUMBER, [NUMBER], cdk.Token.as_list({"Ref": "Ids"})])
    def test_fail_when_a_value_is_only_known_at_deployment(self, stack: cdk.Stack, value: object) -> None:
        got = "a value that is only known at deployment"

        refused(stack, "SmokeTestUnresolved", got, [{"payload": {"account": value}}])

    @pytest.mark.parametrize("status", [100, 599, [100, 599]])
    def test_may_expect_any_status(self, stack: cdk.Stack, status: object) -> None:
        released(stack, [{"payload": 1, "expect": {"status": status}}])

    def test_may_have_any_numbers(self, stack: cdk.Stack) -> None:
        released(stack, [{"payload": [-1e200, -1e9, 0.5, 10**30]}])


def refused_somehow(stack: cdk.Stack, payloads: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        released(stack, payloads)
    return caught.value


def stack_template(stack: cdk.Stack) -> Template:
    """The template with the hashes of its assets, which `synthesize` leaves out."""
    app: Any = stack.node.root
    found: Template = app.synth().get_stack_by_name(stack.stack_name).template
    return found
