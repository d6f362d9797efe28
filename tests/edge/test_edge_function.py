from __future__ import annotations

import json
import random
import string
import zipfile
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_cloudfront as cloudfront,
    aws_cloudfront_origins as origins,
    aws_ec2 as ec2,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_logs as logs,
    aws_s3 as s3,
)

from cdk_lambda_patterns import ContainerImage, EdgeFunction, PythonCode, ValidationError, practices, quotas
from cdk_lambda_patterns.checks import assert_no_findings
from cdk_lambda_patterns.checks.evaluation import check
from cdk_lambda_patterns.edge.edge_checks import MISSING, TAKEN
from cdk_lambda_patterns.function.function_checks import REPLACED_OPTIONS
from cdk_lambda_patterns.function.function_kwargs import FunctionKwargs
from cdk_lambda_patterns.testing import fast_app, synthesize
from cdk_lambda_patterns.validation import type_name
from tests.findings import synthesis_findings
from tests.function.support import only, resources, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from constructs import Construct

Event = cloudfront.LambdaEdgeEventType
CODE = "def handler(event, context): return event['Records'][0]['cf']['request']"
FUNCTION = "AWS::Lambda::Function"
ROLE = "AWS::IAM::Role"
VERSION = "AWS::Lambda::Version"
IRELAND = cdk.Environment(region="eu-west-1")


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Shop", env=cdk.Environment(region="us-east-1"))


def define(scope: cdk.Stack, construct_id: str = "Rewrite", /, **options: Any) -> EdgeFunction:  # noqa: ANN401
    given: dict[str, Any] = {"code": lambda_.Code.from_inline(CODE), "handler": "index.handler", **options}
    return EdgeFunction(scope, construct_id, **given)


def refused(scope: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: define(scope, **options), code, got)


def distribute(scope: cdk.Stack, *edge_lambdas: cloudfront.EdgeLambda) -> None:
    behavior = cloudfront.BehaviorOptions(origin=origins.HttpOrigin("example.com"), edge_lambdas=list(edge_lambdas))
    cloudfront.Distribution(scope, "Site", default_behavior=behavior)


def associations(template: dict[str, Any]) -> list[dict[str, Any]]:
    config = only(template, "AWS::CloudFront::Distribution")["DistributionConfig"]
    found: list[dict[str, Any]] = config["DefaultCacheBehavior"]["LambdaFunctionAssociations"]
    return found


def kept(template: dict[str, Any]) -> set[str]:
    """The types of what stays when it leaves the template, or when another takes its place.

    What a deployment made that is rolled back goes: the version would be in the way of the next try.
    """
    return {
        resource["Type"]
        for resource in template["Resources"].values()
        if (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == ("RetainExceptOnCreate", "Retain")
    }


def warnings(construct: EdgeFunction) -> list[str]:
    return [entry.data for entry in construct.node.metadata if entry.type == "aws:cdk:warning"]


def all_templates(app: cdk.App) -> dict[str, dict[str, Any]]:
    return {stack.stack_name: stack.template for stack in app.synth(force=True).stacks}


class TestWhatIsDefined:
    def test_a_small_fast_python_function_that_every_event_takes(self, stack: cdk.Stack) -> None:
        define(stack)

        function = the_function(synthesize(stack))
        assert function["Runtime"] == practices.RUNTIME
        assert (function["MemorySize"], function["Timeout"]) == (128, 5)
        assert function.keys() == {"Code", "Handler", "LoggingConfig", "MemorySize", "Role", "Runtime", "Timeout"}

    def test_nothing_of_it_takes_a_custom_resource(self, stack: cdk.Stack) -> None:
        define(stack)

        types = sorted(resource["Type"] for resource in synthesize(stack)["Resources"].values())
        assert types == ["AWS::IAM::Role", FUNCTION, VERSION, "AWS::Logs::LogGroup"]

    def test_both_of_lambdas_services_and_nobody_else_may_assume_its_role(self, stack: cdk.Stack) -> None:
        define(stack)

        trust = only(synthesize(stack), "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
        assert [(s["Action"], s["Principal"]) for s in trust] == [
            ("sts:AssumeRole", {"Service": "lambda.amazonaws.com"}),
            ("sts:AssumeRole", {"Service": "edgelambda.amazonaws.com"}),
        ]

    def test_its_role_may_write_to_its_log_group_in_every_region_and_do_nothing_else(self, stack: cdk.Stack) -> None:
        define(stack)

        template = synthesize(stack)
        role = only(template, "AWS::IAM::Role")
        (group,) = resources(template, "AWS::Logs::LogGroup")
        (policy,) = role["Policies"]
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert "ManagedPolicyArns" not in role
        assert statement["Action"] == ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        texts = [resource["Fn::Join"][1] for resource in statement["Resource"]]
        assert [text[2] for text in texts] == [":logs:*:", ":logs:*:"]
        assert [text[5:] for text in texts] == [[{"Ref": group}], [{"Ref": group}, ":*"]]
        assert the_function(template)["LoggingConfig"]["LogGroup"] == {"Ref": group}

    def test_its_logs_are_json_and_kept_for_a_month(self, stack: cdk.Stack) -> None:
        define(stack)

        template = synthesize(stack)
        logging = the_function(template)["LoggingConfig"]
        assert {key: logging[key] for key in logging.keys() - {"LogGroup"}} == {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "INFO",
        }
        assert only(template, "AWS::Logs::LogGroup") == {"RetentionInDays": practices.LOG_RETENTION_DAYS}

    def test_what_replicas_may_still_use_stays_when_it_goes(self, stack: cdk.Stack) -> None:
        define(stack)

        assert kept(synthesize(stack)) == {FUNCTION, VERSION, ROLE, "AWS::Logs::LogGroup"}

    def test_what_its_role_may_do_stays_with_it(self, stack: cdk.Stack) -> None:
        edge = define(stack)
        s3.Bucket(stack, "Bucket").grant_read(edge.function)

        assert "AWS::IAM::Policy" in kept(synthesize(stack))

    def test_what_replicas_may_still_use_stays_also_where_a_stage_removes_everything(self, stack: cdk.Stack) -> None:
        define(stack)

        cdk.RemovalPolicies.of(stack).destroy()

        assert kept(synthesize(stack)) == {FUNCTION, VERSION, ROLE}

    def test_other_code_makes_another_version(self, app: cdk.App) -> None:
        env = cdk.Environment(region="us-east-1")
        one, other = cdk.Stack(app, "One", env=env), cdk.Stack(app, "Other", env=env)
        define(one)
        define(other, code=lambda_.Code.from_inline(f"{CODE}\n"))

        assert resources(synthesize(one), VERSION).keys() != resources(synthesize(other), VERSION).keys()

    def test_its_parts_can_be_reached(self, stack: cdk.Stack) -> None:
        edge = define(stack)
        bucket = s3.Bucket(stack, "Bucket")

        bucket.grant_read(edge.function)

        (policy,) = resources(synthesize(stack), "AWS::IAM::Policy").values()
        assert policy["Roles"] == [{"Ref": stack.get_logical_id(edge.role.node.default_child)}]  # type: ignore[arg-type]
        assert edge.version.node.path.startswith("Shop/Rewrite/")
        assert edge.log_group.node.path == "Shop/Rewrite/LogGroup"


class TestOptions:
    def test_those_of_the_function_pass_through(self, stack: cdk.Stack) -> None:
        define(
            stack,
            memory_size=256,
            timeout=cdk.Duration.seconds(30),
            description="Rewrites",
            function_name="rewrite",
            logging_format=lambda_.LoggingFormat.TEXT,
            runtime=lambda_.Runtime.NODEJS_24_X,
        )

        function = the_function(synthesize(stack))
        assert (function["MemorySize"], function["Timeout"], function["Runtime"]) == (256, 30, "nodejs24.x")
        assert (function["Description"], function["FunctionName"]) == ("Rewrites", "rewrite")
        assert function["LoggingConfig"].keys() == {"LogFormat", "LogGroup"}

    def test_logs_and_removal_can_be_chosen(self, stack: cdk.Stack) -> None:
        define(stack, log_retention=logs.RetentionDays.INFINITE, removal_policy=cdk.RemovalPolicy.DESTROY)

        template = synthesize(stack)
        assert only(template, "AWS::Logs::LogGroup") == {}
        for resource in template["Resources"].values():
            assert resource.get("DeletionPolicy", "Delete") == "Delete"

    def test_it_may_stay_also_where_its_creation_is_undone(self, stack: cdk.Stack) -> None:
        define(stack, removal_policy=cdk.RemovalPolicy.RETAIN)

        cdk.RemovalPolicies.of(stack).destroy(exclude_resource_types=["AWS::Logs::LogGroup"])

        policies = {resource["DeletionPolicy"] for resource in synthesize(stack)["Resources"].values()}
        assert policies == {"Retain"}

    @pytest.mark.parametrize(
        ("removal_policy", "got"),
        [(cdk.RemovalPolicy.SNAPSHOT, "SNAPSHOT"), ("destroy", "'destroy'"), (False, "False")],
    )
    def test_fails_when_it_cannot_be_removed_so(self, stack: cdk.Stack, removal_policy: object, got: str) -> None:
        refused(stack, "RemovalPolicyInvalid", got, removal_policy=removal_policy)

    def test_every_option_of_a_function_is_taken_or_refused(self) -> None:
        of_a_function = set(FunctionKwargs.__annotations__) | set(REPLACED_OPTIONS)

        assert of_a_function - TAKEN - set(MISSING) - set(REPLACED_OPTIONS) == set()
        assert set(MISSING) & TAKEN == set()
        assert (set(MISSING) | TAKEN) - of_a_function == set()

    def test_none_is_the_default_of_every_option(self) -> None:
        nothing = dict.fromkeys([*FunctionKwargs.__annotations__, "log_retention", "removal_policy", "runtime"])
        env = cdk.Environment(region="us-east-1")

        assert synthesize(lambda stack: define(stack, **nothing), env=env) == synthesize(define, env=env)

    @pytest.mark.parametrize("tracing", [lambda_.Tracing.DISABLED, lambda_.Tracing.PASS_THROUGH])
    def test_what_only_says_what_there_is_at_the_edge_passes(self, stack: cdk.Stack, tracing: lambda_.Tracing) -> None:
        define(
            stack,
            architecture=lambda_.Architecture.X86_64,
            tracing=tracing,
            runtime_management_mode=lambda_.RuntimeManagementMode.AUTO,
            ephemeral_storage_size=cdk.Size.mebibytes(512),
            environment={},
            layers=[],
            profiling=False,
        )

        other = cdk.Stack(fast_app(), "Shop", env=cdk.Environment(region="us-east-1"))
        define(other)
        assert synthesize(stack)["Resources"] == synthesize(other)["Resources"]


def vpc(stack: cdk.Stack) -> dict[str, Any]:
    return {"vpc": ec2.Vpc(stack, "Vpc", max_azs=1)}


def layer(stack: cdk.Stack) -> dict[str, Any]:
    arn = "arn:aws:lambda:us-east-1:123456789012:layer:dates:1"
    return {"layers": [lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", arn)]}


class TestWhatThereIsNotAtTheEdge:
    @pytest.mark.parametrize(
        ("option", "got"),
        [
            (lambda _: {"environment": {"STAGE": "prod", "DB_PASSWORD": "hunter2"}}, "STAGE, DB_PASSWORD"),
            (vpc, "aws_ec2.Vpc"),
            (layer, "list"),
            (lambda _: {"architecture": lambda_.Architecture.ARM_64}, "arm64"),
            (lambda _: {"tracing": lambda_.Tracing.ACTIVE}, "ACTIVE"),
            (lambda _: {"reserved_concurrent_executions": 0}, "0"),
            (lambda _: {"reserved_concurrent_executions": 10}, "10"),
            (lambda _: {"ephemeral_storage_size": cdk.Size.gibibytes(1)}, "1024 MB"),
            (lambda _: {"ephemeral_storage_size": cdk.Size.kibibytes(614_912)}, "600.5 MB"),
            (lambda _: {"snap_start": lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS}, "aws_lambda.SnapStartConf"),
            (lambda _: {"dead_letter_queue_enabled": True}, "True"),
            (
                lambda _: {"runtime_management_mode": lambda_.RuntimeManagementMode.FUNCTION_UPDATE},
                "aws_lambda.RuntimeManagementMode",
            ),
            (
                lambda _: {
                    "params_and_secrets": lambda_.ParamsAndSecretsLayerVersion.from_version(
                        lambda_.ParamsAndSecretsVersions.V1_0_103
                    )
                },
                "aws_lambda.ParamsAndSecretsLayerVersion",
            ),
            (lambda _: {"recursive_loop": lambda_.RecursiveLoop.ALLOW}, "ALLOW"),
            (lambda _: {"architecture": "x86_64"}, "'x86_64'"),
            (lambda _: {"runtime_management_mode": "AUTO"}, "'AUTO'"),
            (lambda _: {"ephemeral_storage_size": 512}, "512"),
            (
                lambda _: {"current_version_options": lambda_.VersionOptions(provisioned_concurrent_executions=1)},
                "aws_lambda.VersionOptions",
            ),
        ],
        ids=lambda value: None if callable(value) else str(value),
    )
    def test_is_refused_by_its_name(
        self, stack: cdk.Stack, option: Callable[[cdk.Stack], dict[str, Any]], got: str
    ) -> None:
        options = option(stack)

        error = refused(stack, "EdgeFeatureMissing", got, **options)

        assert str(error).startswith(f"'{next(iter(options))}' is not an option at CloudFront's edge")
        assert "hunter2" not in str(error)

    def test_is_a_container_image(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM scratch")

        refused(stack, "EdgeFeatureMissing", "a container image", code=ContainerImage.from_folder(tmp_path))
        refused(stack, "EdgeFeatureMissing", "a container image", code=lambda_.Code.from_asset_image(str(tmp_path)))

    def test_is_a_package_that_a_customers_key_encrypts(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "index.py").write_text(CODE)
        code = lambda_.Code.from_asset(str(tmp_path), source_kms_key=kms.Key(stack, "Key"))

        refused(stack, "EdgeFeatureMissing", "source_kms_key", code=code)

    @pytest.mark.parametrize(
        "runtime", [lambda_.Runtime.JAVA_21, lambda_.Runtime.PROVIDED_AL2023, lambda_.Runtime.FROM_IMAGE]
    )
    def test_is_another_runtime(self, stack: cdk.Stack, runtime: lambda_.Runtime) -> None:
        refused(stack, "EdgeRuntime", runtime.name, runtime=runtime)

    def test_are_options_that_this_library_does_in_another_way(self, stack: cdk.Stack) -> None:
        refused(stack, "OptionReplaced", "str", log_format="JSON")


class TestLimits:
    @pytest.mark.parametrize("seconds", [1, 30])
    def test_a_timeout_may_be_up_to_half_a_minute(self, stack: cdk.Stack, seconds: int) -> None:
        define(stack, timeout=cdk.Duration.seconds(seconds))

        assert the_function(synthesize(stack))["Timeout"] == seconds

    def test_fails_when_the_timeout_is_longer(self, stack: cdk.Stack) -> None:
        refused(stack, "EdgeFunctionTimeout", "31", timeout=cdk.Duration.seconds(31))

    @pytest.mark.parametrize(
        ("code", "got", "options"),
        [
            ("TimeoutOutOfRange", "0", {"timeout": cdk.Duration.seconds(0)}),
            ("MemorySizeOutOfRange", "127", {"memory_size": 127}),
            ("MemorySizeOutOfRange", "10,241", {"memory_size": 10_241}),
            ("FunctionNameInvalid", "'a b'", {"function_name": "a b"}),
            ("DescriptionLength", "257", {"description": "d" * 257}),
            ("LogRetentionInvalid", "30", {"log_retention": 30}),
            ("InlineCodeHandler", "'main.handler'", {"handler": "main.handler"}),
            ("OptionUnknown", "a value for it", {"memorysize": 128}),
            ("OptionUnknown", "a value for it", {"notify": "topic"}),
            ("TypeMismatch", "int", {"description": 3}),
            ("TypeMismatch", "str", {"runtime": "python3.14"}),
            ("TypeMismatch", "str", {"tracing": "Disabled"}),
        ],
    )
    def test_fails_beyond_those_of_every_function(
        self, stack: cdk.Stack, code: str, got: str, options: dict[str, Any]
    ) -> None:
        refused(stack, code, got, **options)

    def test_a_timeout_that_only_the_deployment_knows_is_left_alone(self, stack: cdk.Stack) -> None:
        seconds = cdk.CfnParameter(stack, "Seconds", type="Number").value_as_number

        edge = define(stack, timeout=cdk.Duration.seconds(seconds))
        edge.at(Event.VIEWER_REQUEST)

        assert the_function(synthesize(stack))["Timeout"] == {"Ref": "Seconds"}
        assert warnings(edge) == []

    def test_fails_when_the_package_is_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(quotas, "PACKAGE_ZIPPED", limited(quotas.PACKAGE_ZIPPED, 10_000))
        size = write_archive(tmp_path / "code.zip", 12_000)
        stack = cdk.Stack(cdk.App(outdir=str(tmp_path / "out")), "Shop", env=cdk.Environment(region="us-east-1"))

        refused(stack, "PackageZippedTooLarge", f"{size:,}", code=lambda_.Code.from_asset(str(tmp_path / "code.zip")))

    def test_fails_when_a_folder_is_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(quotas, "PACKAGE_ZIPPED", limited(quotas.PACKAGE_ZIPPED, 10_000))
        folder = tmp_path / "code"
        folder.mkdir()
        (folder / "index.py").write_text(CODE + f"\n# {noise(15_000)}")
        stack = cdk.Stack(cdk.App(outdir=str(tmp_path / "out")), "Shop", env=cdk.Environment(region="us-east-1"))

        with pytest.raises(ValidationError, match="PackageZippedTooLarge"):
            define(stack, "One", code=lambda_.Code.from_asset(str(folder)))
        with pytest.raises(ValidationError, match=r"index\.py .*PackageZippedTooLarge"):
            define(stack, "Two", code=PythonCode.from_folder(folder))


def limited(quota: quotas.Quota, maximum: float) -> quotas.Quota:
    return quotas.Quota(
        code=quota.code, minimum=0, maximum=maximum, unit=quota.unit, source=quota.source, fix=quota.fix
    )


def noise(length: int) -> str:
    """Text that does not become smaller."""
    return "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=length))  # noqa: S311 - no secret


def write_archive(path: Path, length: int) -> int:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.py", CODE + noise(length))
    return path.stat().st_size


class TestAt:
    @pytest.mark.parametrize("event", list(Event))
    def test_an_event_is_given_a_numbered_version(self, stack: cdk.Stack, event: Event) -> None:
        edge = define(stack)

        distribute(stack, edge.at(event))

        template = synthesize(stack)
        (version,) = resources(template, VERSION)
        assert associations(template) == [
            {"EventType": event.value.lower().replace("_", "-"), "LambdaFunctionARN": {"Ref": version}}
        ]
        assert warnings(edge) == []

    @pytest.mark.parametrize("event", [Event.VIEWER_REQUEST, Event.ORIGIN_REQUEST])
    def test_a_request_may_bring_its_body(self, stack: cdk.Stack, event: Event) -> None:
        distribute(stack, define(stack).at(event, include_body=True))

        (association,) = associations(synthesize(stack))
        assert association["IncludeBody"] is True

    @pytest.mark.parametrize("event", [Event.VIEWER_RESPONSE, Event.ORIGIN_RESPONSE])
    def test_fails_when_a_response_is_to_bring_a_body(self, stack: cdk.Stack, event: Event) -> None:
        refusal(lambda: define(stack).at(event, include_body=True), "IncludeBodyAtResponse", f"True at {event.value}")

    @pytest.mark.parametrize("include_body", ["x", 1, None])
    def test_fails_when_it_is_not_said_whether_there_is_a_body(self, stack: cdk.Stack, include_body: Any) -> None:  # noqa: ANN401
        edge = define(stack)

        refusal(lambda: edge.at(Event.ORIGIN_REQUEST, include_body=include_body), "TypeMismatch", repr(include_body))

    @pytest.mark.parametrize("event", ["origin-request", cloudfront.FunctionEventType.VIEWER_REQUEST])
    def test_fails_when_it_is_no_event_of_lambda(self, stack: cdk.Stack, event: Any) -> None:  # noqa: ANN401
        refusal(lambda: define(stack).at(event), "TypeMismatch", type_name(event))

    def test_the_checks_find_two_functions_at_an_event(self, app: cdk.App, stack: cdk.Stack) -> None:
        distribute(stack, define(stack, "One").at(Event.ORIGIN_REQUEST), define(stack, "Two").at(Event.ORIGIN_REQUEST))

        with pytest.raises(AssertionError, match="two functions at origin-request, where CloudFront takes one"):
            assert_no_findings(app, select=["EdgeEventConflict"])

    def test_one_function_serves_several_events(self, stack: cdk.Stack) -> None:
        edge = define(stack)

        distribute(stack, edge.at(Event.ORIGIN_REQUEST), edge.at(Event.ORIGIN_RESPONSE))

        assert [a["EventType"] for a in associations(synthesize(stack))] == ["origin-request", "origin-response"]


class TestViewerEvents:
    @pytest.mark.parametrize("event", [Event.VIEWER_REQUEST, Event.VIEWER_RESPONSE])
    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"timeout": cdk.Duration.seconds(6)}, "6 s of timeout instead of 5"),
            ({"memory_size": 129}, "129 MB of memory instead of 128"),
        ],
    )
    def test_warn_of_more_than_they_have_always_taken(
        self, stack: cdk.Stack, event: Event, options: dict[str, Any], says: str
    ) -> None:
        edge = define(stack, **options)

        edge.at(event)

        (warning,) = warnings(edge)
        assert says in warning
        assert "[ack: cdk-lambda-patterns:edgeViewerLimits]" in warning

    @pytest.mark.parametrize(("length", "warned"), [(1_500_000, True), (100_000, False)])
    def test_warn_of_a_large_package(self, tmp_path: Path, length: int, warned: bool) -> None:  # noqa: FBT001
        (tmp_path / "code").mkdir()
        (tmp_path / "code" / "index.py").write_text(CODE)
        (tmp_path / "code" / "data.txt").write_text(noise(length))
        stack = cdk.Stack(cdk.App(outdir=str(tmp_path / "out")), "Shop", env=cdk.Environment(region="us-east-1"))
        edge = define(stack, code=lambda_.Code.from_asset(str(tmp_path / "code")))

        edge.at(Event.VIEWER_REQUEST)

        assert ["bytes of package instead of 1,048,576" in warning for warning in warnings(edge)] == [True] * warned

    def test_are_taken_by_the_checks_as_they_are(self, app: cdk.App, stack: cdk.Stack) -> None:
        edge = define(stack)
        distribute(stack, edge.at(Event.VIEWER_REQUEST))

        assert_no_findings(app, select=["EdgeFunctionFeatures", "EdgeFunctionLimits", "RoleTrust"])

    def test_origin_events_take_more_without_a_word(self, stack: cdk.Stack) -> None:
        edge = define(stack, timeout=cdk.Duration.seconds(30), memory_size=10_240)

        edge.at(Event.ORIGIN_REQUEST)

        assert warnings(edge) == []


class TestAnotherRegion:
    @pytest.fixture
    def stack(self, app: cdk.App) -> cdk.Stack:
        return cdk.Stack(app, "Shop", env=IRELAND)

    def test_the_function_is_in_a_stack_beside(self, app: cdk.App, stack: cdk.Stack) -> None:
        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        templates = all_templates(app)
        assert {name: FUNCTION in types(template) for name, template in templates.items()} == {
            "Shop": False,
            "Shop-Edge-eu-west-1": True,
        }
        beside = next(s for s in app.synth().stacks if s.stack_name == "Shop-Edge-eu-west-1")
        assert beside.environment.region == "us-east-1"

    def test_the_arn_is_read_from_its_outputs_without_a_custom_resource(self, app: cdk.App, stack: cdk.Stack) -> None:
        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        templates = all_templates(app)
        (association,) = associations(templates["Shop"])
        reference = association["LambdaFunctionARN"]["Fn::GetStackOutput"]
        (version,) = resources(templates["Shop-Edge-eu-west-1"], VERSION)
        assert (reference["StackName"], reference["Region"]) == ("Shop-Edge-eu-west-1", "us-east-1")
        assert templates["Shop-Edge-eu-west-1"]["Outputs"][reference["OutputName"]] == {"Value": {"Ref": version}}
        for template in templates.values():
            assert not any(kind.startswith("Custom::") for kind in types(template))

    def test_another_version_is_another_reference(self, app: cdk.App) -> None:
        """Were the name the same, CloudFormation would see nothing to change in the distribution."""
        names = set()
        for name, code in (("One", CODE), ("Other", f"{CODE}\n")):
            stack = cdk.Stack(app, name, env=IRELAND)
            distribute(stack, define(stack, code=lambda_.Code.from_inline(code)).at(Event.ORIGIN_REQUEST))
            (association,) = associations(all_templates(app)[name])
            names.add(association["LambdaFunctionARN"]["Fn::GetStackOutput"]["OutputName"][-40:])

        assert len(names) == 2

    def test_several_functions_share_the_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        distribute(
            stack,
            define(stack, "One").at(Event.ORIGIN_REQUEST),
            define(stack, "Two").at(Event.ORIGIN_RESPONSE),
        )

        templates = all_templates(app)
        assert templates.keys() == {"Shop", "Shop-Edge-eu-west-1"}
        assert len(resources(templates["Shop-Edge-eu-west-1"], FUNCTION)) == 2

    def test_stacks_of_one_name_in_several_regions_have_one_each(self, app: cdk.App) -> None:
        """All of them are in us-east-1: under one name, each deployment would undo the one before."""
        for region in ("eu-west-1", "ap-southeast-2"):
            stack = cdk.Stack(app, f"Shop-{region}", stack_name="Shop", env=cdk.Environment(region=region))
            distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        names = [(stack.environment.region, stack.stack_name) for stack in app.synth().stacks]
        assert len(set(names)) == len(names) == 4

    def test_a_function_may_be_called_edge(self, app: cdk.App, stack: cdk.Stack) -> None:
        distribute(stack, define(stack, "Edge").at(Event.ORIGIN_REQUEST))

        assert all_templates(app).keys() == {"Shop", "Shop-Edge-eu-west-1"}

    def test_the_stack_has_the_name_the_account_and_the_protection_of_its_own(self) -> None:
        app = fast_app()
        stack = cdk.Stack(
            app,
            "Shop",
            stack_name="prod-shop",
            env=cdk.Environment(account="123456789012", region="eu-west-1"),
            termination_protection=True,
        )
        cdk.Tags.of(stack).add("team", "web")
        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        beside = next(s for s in app.synth().stacks if s.stack_name == "prod-shop-Edge-eu-west-1")
        assert beside.environment.account == "123456789012"
        assert beside.termination_protection
        assert beside.tags == {"team": "web"}
        assert only(beside.template, "AWS::IAM::Role")["Tags"] == [{"Key": "team", "Value": "web"}]

    def test_the_stack_has_the_tags_of_its_own_that_are_no_resources(self) -> None:
        app = fast_app()
        stack = cdk.Stack(app, "Shop", env=IRELAND, tags={"cost": "web"})
        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        assert {s.stack_name: s.tags for s in app.synth().stacks} == {
            "Shop": {"cost": "web"},
            "Shop-Edge-eu-west-1": {"cost": "web"},
        }

    @pytest.mark.parametrize(
        "synthesizer",
        [
            lambda: cdk.DefaultStackSynthesizer(qualifier="shop"),
            lambda: type("Ours", (cdk.DefaultStackSynthesizer,), {})(qualifier="shop"),
        ],
    )
    def test_the_stack_is_synthesized_as_its_own(self, synthesizer: Callable[[], cdk.DefaultStackSynthesizer]) -> None:
        app = cdk.App()
        stack = cdk.Stack(app, "Shop", env=IRELAND, synthesizer=synthesizer())
        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        for each in app.synth().stacks:
            assert each.template["Parameters"]["BootstrapVersion"]["Default"] == "/cdk-bootstrap/shop/version"
            assert f"cdk-shop-deploy-role-${{AWS::AccountId}}-{each.environment.region}" in str(each.assume_role_arn)

    @pytest.mark.parametrize("synthesizer", [cdk.CliCredentialsStackSynthesizer, cdk.BootstraplessSynthesizer])
    def test_a_stack_without_bootstrapping_has_one_without_it(self, synthesizer: type[cdk.StackSynthesizer]) -> None:
        app = cdk.App()
        stack = cdk.Stack(app, "Shop", env=IRELAND, synthesizer=synthesizer())
        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        templates = all_templates(app)
        assert templates.keys() == {"Shop", "Shop-Edge-eu-west-1"}
        assert not any("Parameters" in template for template in templates.values())

    @pytest.mark.parametrize(
        "options",
        [
            {"default_stack_synthesizer": lambda: cdk.DefaultStackSynthesizer(qualifier="shop")},
            {"context": lambda: {"@aws-cdk/core:bootstrapQualifier": "shop"}},
        ],
    )
    def test_the_app_may_say_how_it_is_synthesized(self, options: dict[str, Callable[[], Any]]) -> None:
        app = cdk.App(**{name: make() for name, make in options.items()})
        stack = cdk.Stack(app, "Shop", env=IRELAND)
        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        for template in all_templates(app).values():
            assert template["Parameters"]["BootstrapVersion"]["Default"] == "/cdk-bootstrap/shop/version"

    def test_its_logical_ids_stay_where_the_stack_moves_into_a_pipeline(self) -> None:
        def logical_ids(scope: Construct, app: cdk.App) -> list[str]:
            stage = cdk.Stage(scope, "Prod", env=IRELAND)
            shop = cdk.Stack(stage, "Shop")
            distribute(shop, define(shop).at(Event.ORIGIN_REQUEST))
            (assembly,) = app.synth().nested_assemblies
            (beside,) = (s for s in assembly.nested_assembly.stacks if s.stack_name == "Prod-Shop-Edge-eu-west-1")
            return list(beside.template["Resources"])

        app, delivered = fast_app(), fast_app()
        pipeline = cdk.Stack(delivered, "Pipeline")

        assert logical_ids(app, app) == logical_ids(pipeline, delivered)

    def test_a_nested_stack_of_a_stage_has_it_beside_the_stack_that_it_is_nested_in(self) -> None:
        app = fast_app()
        stage = cdk.Stage(app, "Prod", env=IRELAND)
        nested = cdk.NestedStack(cdk.Stack(stage, "Shop"), "Site")

        distribute(nested, define(nested).at(Event.ORIGIN_REQUEST))

        assert {s.stack_name: FUNCTION in types(s.template) for s in stage.synth().stacks} == {
            "Prod-Shop": False,
            "Prod-Shop-Edge-eu-west-1": True,
        }
        (association,) = associations(synthesize(nested))
        assert association["LambdaFunctionARN"]["Fn::GetStackOutput"]["StackName"] == "Prod-Shop-Edge-eu-west-1"

    def test_a_function_of_a_stack_of_ones_own_serves_it_as_well(self, app: cdk.App, stack: cdk.Stack) -> None:
        edge_stack = cdk.Stack(app, "MyEdge", env=cdk.Environment(region="us-east-1"))

        distribute(stack, define(edge_stack).at(Event.ORIGIN_REQUEST))

        (association,) = associations(all_templates(app)["Shop"])
        assert association["LambdaFunctionARN"]["Fn::GetStackOutput"]["StackName"] == "MyEdge"

    def test_a_stack_of_the_same_region_does_not_hold_the_next_version_up(self, app: cdk.App) -> None:
        env = cdk.Environment(region="us-east-1")
        producer, consumer = cdk.Stack(app, "Edge", env=env), cdk.Stack(app, "Site", env=env)

        distribute(consumer, define(producer).at(Event.ORIGIN_REQUEST))

        templates = all_templates(app)
        assert "Fn::GetStackOutput" in json.dumps(templates["Site"])
        assert not any("Export" in output for output in templates["Edge"]["Outputs"].values())

    def test_it_has_no_findings_of_cdk_nag_and_the_cdk(self, tmp_path: Path) -> None:
        class Shop(cdk.Stack):
            def __init__(self, scope: cdk.App, construct_id: str) -> None:
                super().__init__(scope, construct_id, env=IRELAND)
                cdk.CfnOutput(self, "Version", value=define(self).version.function_arn)
                logs.LogGroup(self, "Else")  # a template without resources is a finding

        assert synthesis_findings(Shop, tmp_path) == []

    def test_the_checks_see_through_the_reference(self, app: cdk.App, stack: cdk.Stack) -> None:
        distribute(stack, define(stack, timeout=cdk.Duration.seconds(6)).at(Event.VIEWER_REQUEST))

        with pytest.raises(AssertionError, match="EdgeFunctionLimits"):
            assert_no_findings(app, select=["EdgeFunctionLimits"])

    @pytest.mark.parametrize(
        ("account", "refused_by"), [("111111111111", []), ("222222222222", ["EdgeFunctionFeatures"])]
    )
    def test_the_checks_find_a_distribution_of_another_account(
        self, app: cdk.App, account: str, refused_by: list[str]
    ) -> None:
        producer = cdk.Stack(app, "Edge", env=cdk.Environment(account="111111111111", region="us-east-1"))
        consumer = cdk.Stack(app, "Site", env=cdk.Environment(account=account, region="us-east-1"))
        distribute(consumer, define(producer).at(Event.ORIGIN_REQUEST))

        found = check(app.synth(force=True).directory, select=["EdgeFunctionFeatures"]).findings

        assert [finding.rule.id for finding in found] == refused_by
        assert all("takes those of its own, 222222222222" in finding.message for finding in found)

    def test_fails_when_the_region_is_not_known(self, app: cdk.App) -> None:
        refused(cdk.Stack(app, "Anywhere"), "RegionUnknown", "a stack without one")

    @pytest.mark.parametrize(
        ("region", "partition"),
        [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso")],
    )
    def test_fails_when_the_partition_has_no_edge(self, app: cdk.App, region: str, partition: str) -> None:
        stack = cdk.Stack(app, "Shop", env=cdk.Environment(region=region))

        refused(stack, "EdgePartition", f"{region} in {partition!r}")

    def test_a_region_that_the_cdk_does_not_know_passes(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Shop", env=cdk.Environment(region="mars-north-1"))

        distribute(stack, define(stack).at(Event.ORIGIN_REQUEST))

        assert all_templates(app).keys() == {"Shop", "Shop-Edge-mars-north-1"}

    def test_fails_when_the_stacks_name_becomes_too_long(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "S" * 114, env=IRELAND)

        with pytest.raises(ValidationError, match=r"stack name must be <= 128 characters.* \["):
            define(stack)

    def test_fails_when_the_name_is_taken(self, stack: cdk.Stack) -> None:
        define(stack)

        with pytest.raises(ValidationError, match="ConstructIdTaken"):
            define(stack)


def types(template: dict[str, Any]) -> set[str]:
    return {resource["Type"] for resource in template["Resources"].values()}


def test_code_in_a_bucket_passes(stack: cdk.Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Code", "code")

    define(stack, code=lambda_.Code.from_bucket(bucket, "edge.zip"))

    assert the_function(synthesize(stack))["Code"] == {"S3Bucket": "code", "S3Key": "edge.zip"}
