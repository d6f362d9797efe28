from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudfront as cloudfront, aws_cloudfront_origins as origins, aws_sns as sns

from cdk_lambda_patterns import ValidationError, ViewerFunction, quotas
from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.function.support import only, resources
from tests.refusals import refusal

if TYPE_CHECKING:
    from pathlib import Path

Event = cloudfront.FunctionEventType
CODE = "function handler(event) { return event.request; }"
READS = "import cf from 'cloudfront';\nasync function handler(event) { await cf.kvs().get('a'); return event.request; }"
FUNCTION = "AWS::CloudFront::Function"
STORE = "AWS::CloudFront::KeyValueStore"
VIRGINIA = cdk.Environment(region="us-east-1")


def javascript(text: str = CODE) -> cloudfront.FunctionCode:
    return cloudfront.FunctionCode.from_inline(text)


def define(scope: cdk.Stack, construct_id: str = "Moved", /, **options: Any) -> ViewerFunction:  # noqa: ANN401
    return ViewerFunction(scope, construct_id, **{"code": javascript(), **options})


def refused(scope: cdk.Stack, code: str, got: str, /, **options: Any) -> ValidationError:  # noqa: ANN401
    return refusal(lambda: define(scope, **options), code, got)


class TestFunction:
    def test_is_published_for_the_newest_runtime(self, stack: cdk.Stack) -> None:
        moved = define(stack)

        function = only(synthesize(stack), FUNCTION)
        assert function["AutoPublish"] is True
        assert function["FunctionCode"] == CODE
        assert function["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
        assert "KeyValueStoreAssociations" not in function["FunctionConfig"]
        assert moved.key_value_store is None

    def test_stands_in_the_place_of_one_of_the_cdk(self, stack: cdk.Stack) -> None:
        define(stack)
        other = cdk.Stack(cdk.Stage.of(stack), "Other", stack_name="Stack")
        cloudfront.Function(other, "Moved", code=javascript())

        (ours,), (theirs,) = (resources(synthesize(each), FUNCTION) for each in (stack, other))
        assert ours == theirs

    def test_comes_from_a_file(self, stack: cdk.Stack, tmp_path: Path) -> None:
        (tmp_path / "moved.js").write_text(CODE)

        define(stack, code=cloudfront.FunctionCode.from_file(file_path=str(tmp_path / "moved.js")))

        assert only(synthesize(stack), FUNCTION)["FunctionCode"] == CODE

    def test_has_the_name_and_comment_that_it_is_given(self, stack: cdk.Stack) -> None:
        define(stack, function_name="moved", comment="c" * 128)

        function = only(synthesize(stack), FUNCTION)
        assert (function["Name"], function["FunctionConfig"]["Comment"]) == ("moved", "c" * 128)

    @pytest.mark.parametrize(
        "code", [CODE, "const handler = (event) => event.request", "async function  handler (e) {}"]
    )
    def test_has_a_handler_in_any_of_its_forms(self, stack: cdk.Stack, code: str) -> None:
        define(stack, code=javascript(code))

        assert only(synthesize(stack), FUNCTION)["FunctionCode"] == code

    @pytest.mark.parametrize("comment", ["// not cf.kvs()", "/* not\n * cf.kvs() */"])
    def test_may_speak_of_a_store_without_one(self, stack: cdk.Stack, comment: str) -> None:
        define(stack, code=javascript(f"{comment}\n{CODE}"))

        assert resources(synthesize(stack), STORE) == {}

    def test_may_have_10_kb(self, stack: cdk.Stack) -> None:
        define(stack, code=javascript(CODE + "/" * (10_240 - len(CODE))))

        assert len(only(synthesize(stack), FUNCTION)["FunctionCode"]) == quotas.VIEWER_FUNCTION_SIZE.maximum

    def test_counts_only_what_is_known_of_its_code(self, stack: cdk.Stack) -> None:
        table = cdk.CfnParameter(stack, "Table").value_as_string

        define(stack, code=javascript(f"const table = {table};\n" + CODE))

        assert "Fn::Join" in only(synthesize(stack), FUNCTION)["FunctionCode"]

    @pytest.mark.parametrize(
        ("code", "text", "got"),
        [
            ("ViewerFunctionTooLarge", CODE + "/" * (10_241 - len(CODE)), "10,241"),
            ("ViewerFunctionTooLarge", f"// {'ü' * 5_120}\n{CODE}", f"{3 + 10_240 + 1 + len(CODE):,}"),
            ("ViewerFunctionTooLarge", "", "0"),
            ("ViewerHandlerMissing", "function handle(event) {}", "none"),
            ("KeyValueStoreMissing", READS, "a function without one"),
        ],
    )
    def test_fails_when_its_code_cannot_run(self, stack: cdk.Stack, code: str, text: str, got: str) -> None:
        refused(stack, code, got, code=javascript(text))

    def test_fails_when_its_code_is_a_path(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", code="moved.js")

    @pytest.mark.parametrize(("name", "got"), [("moved.js", "ENOENT: .*moved.js'"), ("", "EISDIR: .*")])
    def test_fails_when_its_file_cannot_be_read(self, stack: cdk.Stack, tmp_path: Path, name: str, got: str) -> None:
        code = cloudfront.FunctionCode.from_file(file_path=str(tmp_path / name))

        with pytest.raises(ValidationError, match=rf"'code' must be a file that exists, got {got}; .*\(FileMissing\)$"):
            define(stack, code=code)

    @pytest.mark.parametrize("name", ["m", "Moved_pages-2", "m" * 64])
    def test_may_have_a_name(self, stack: cdk.Stack, name: str) -> None:
        define(stack, function_name=name)

        assert only(synthesize(stack), FUNCTION)["Name"] == name

    def test_may_have_a_name_that_only_the_deployment_knows(self, stack: cdk.Stack) -> None:
        define(stack, function_name=cdk.CfnParameter(stack, "Name").value_as_string)

        assert only(synthesize(stack), FUNCTION)["Name"] == {"Ref": "Name"}

    @pytest.mark.parametrize(
        ("name", "code", "got"),
        [
            ("", "ViewerFunctionNameLength", "0"),
            ("m" * 65, "ViewerFunctionNameLength", "65"),
            ("a b", "ViewerFunctionNameInvalid", "'a b'"),
            ("möved", "ViewerFunctionNameInvalid", "'möved'"),
            (7, "TextExpected", "7"),
        ],
    )
    def test_fails_when_cloudfront_does_not_take_its_name(
        self, stack: cdk.Stack, name: object, code: str, got: str
    ) -> None:
        refused(stack, code, got, function_name=name)

    def test_may_have_an_empty_comment(self, stack: cdk.Stack) -> None:
        define(stack, comment="")

        assert only(synthesize(stack), FUNCTION)["FunctionConfig"]["Comment"] == ""

    def test_fails_when_its_comment_is_too_long(self, stack: cdk.Stack) -> None:
        refused(stack, "ViewerFunctionCommentLength", "129", comment="c" * 129)

    def test_fails_when_its_id_is_taken(self, stack: cdk.Stack) -> None:
        define(stack)

        refused_again = pytest.raises(ValidationError, match="ConstructIdTaken")
        with refused_again:
            define(stack)


class TestKeyValueStore:
    def test_is_filled_when_it_is_made_and_read_by_the_function(self, stack: cdk.Stack) -> None:
        moved = define(stack, code=javascript(READS), key_values={"/old": "/new"})

        template = synthesize(stack)
        (store,) = resources(template, STORE)
        association = {"KeyValueStoreARN": {"Fn::GetAtt": [store, "Arn"]}}
        assert only(template, FUNCTION)["FunctionConfig"]["KeyValueStoreAssociations"] == [association]
        assert only(template, STORE)["ImportSource"]["SourceType"] == "S3"
        assert isinstance(moved.key_value_store, cloudfront.KeyValueStore)

    def test_is_filled_with_what_the_file_says(self, app: cdk.App, tmp_path: Path) -> None:
        (tmp_path / "moved.json").write_text('{"/old": "/new"}')
        staged = cdk.App(
            outdir=str(tmp_path / "out"), analytics_reporting=False, builtin_cloud_formation_validation=False
        )

        define(cdk.Stack(staged, "Stack"), key_values=tmp_path / "moved.json")

        staged.synth()
        (asset,) = (tmp_path / "out").glob("asset.*.json")
        assert json.loads(asset.read_text()) == {"data": [{"key": "/old", "value": "/new"}]}
        assert app is not staged

    def test_is_another_one_when_its_data_are_others(self) -> None:
        """CloudFront reads a file once: in a store of the same name the new data would never arrive."""

        def name(data: dict[str, str], **stack: Any) -> str:  # noqa: ANN401
            template = synthesize(lambda each: define(each, key_values=data), env=VIRGINIA, **stack)
            return str(only(template, STORE)["Name"])

        one = name({"/old": "/new", "/a": "/b"})
        assert one == name({"/a": "/b", "/old": "/new"})
        assert one != name({"/old": "/newer", "/a": "/b"})
        assert one != name({"/old": "/new", "/a": "/b"}, stack_name="Test")
        assert one.startswith("us-east-1-Stack-Moved-")
        assert len(one) <= 64

    @pytest.mark.parametrize("region", ["us-east-1", None])
    def test_stays_the_same_in_a_nested_stack(self, region: str | None) -> None:
        """Whose name is a token: what else an app defines before must not make another store."""

        def name(others: int, stack_name: str = "Shop") -> Any:  # noqa: ANN401
            stack = cdk.Stack(fast_app(), "Shop", stack_name=stack_name, env=cdk.Environment(region=region))
            for number in range(others):
                cdk.NestedStack(stack, f"Other{number}")
            nested = cdk.NestedStack(stack, "Site")
            define(nested, key_values={"/old": "/new"})
            return only(synthesize(nested), STORE)["Name"]

        assert name(0) == name(3) != name(0, "Test")

    def test_has_a_name_of_at_most_64_characters_everywhere(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "S" * 60, env=cdk.Environment(region="ap-southeast-2"))

        define(stack, "M" * 60, key_values={"a": "b"})

        assert len(only(synthesize(stack), STORE)["Name"]) <= 64

    def test_begins_empty(self, stack: cdk.Stack) -> None:
        define(stack, code=javascript(READS), key_values={})

        assert only(synthesize(stack), STORE).keys() == {"Name"}

    def test_may_be_one_that_exists(self, stack: cdk.Stack) -> None:
        store = cloudfront.KeyValueStore(stack, "Store")

        moved = define(stack, code=javascript(READS), key_value_store=store)

        (associated,) = only(synthesize(stack), FUNCTION)["FunctionConfig"]["KeyValueStoreAssociations"]
        assert associated == {"KeyValueStoreARN": {"Fn::GetAtt": [stack.get_logical_id(element(store)), "Arn"]}}
        assert moved.key_value_store is store

    def test_fails_when_there_would_be_two(self, stack: cdk.Stack) -> None:
        store = cloudfront.KeyValueStore(stack, "Store")

        refused(stack, "KeyValueStoresConflict", "both", key_values={}, key_value_store=store)

    def test_fails_when_it_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", key_value_store="store")

    def test_fails_when_its_data_are_too_large(self, stack: cdk.Stack) -> None:
        error = refused(stack, "KeyValueStoreValueSize", "1,025", key_values={"/old": "v" * 1025})

        assert str(error).startswith("'key_values['/old']' must be at most 1,024 bytes of UTF-8")


def element(store: cloudfront.KeyValueStore) -> cdk.CfnElement:
    resource = store.node.default_child
    assert isinstance(resource, cdk.CfnElement)
    return resource


class TestAt:
    @pytest.mark.parametrize("event", list(Event))
    def test_an_event_is_given_the_function(self, stack: cdk.Stack, event: Event) -> None:
        moved = define(stack)

        cloudfront.Distribution(
            stack,
            "Site",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin("example.com"), function_associations=[moved.at(event)]
            ),
        )

        template = synthesize(stack)
        (function,) = resources(template, FUNCTION)
        config = only(template, "AWS::CloudFront::Distribution")["DistributionConfig"]["DefaultCacheBehavior"]
        assert config["FunctionAssociations"] == [
            {
                "EventType": event.value.lower().replace("_", "-"),
                "FunctionARN": {"Fn::GetAtt": [function, "FunctionARN"]},
            }
        ]

    @pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
    def test_a_distribution_of_another_stack_is_given_it_without_a_custom_resource(
        self, app: cdk.App, region: str
    ) -> None:
        moved = define(cdk.Stack(app, "Edge", env=VIRGINIA))
        shop = cdk.Stack(app, "Shop", env=cdk.Environment(region=region))
        behavior = cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin("example.com"), function_associations=[moved.at(Event.VIEWER_REQUEST)]
        )
        cloudfront.Distribution(shop, "Site", default_behavior=behavior)

        templates = {stack.stack_name: stack.template for stack in app.synth().stacks}
        (site,) = templates["Shop"]["Resources"].values()
        (association,) = site["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]["FunctionAssociations"]
        assert association["FunctionARN"]["Fn::GetStackOutput"]["StackName"] == "Edge"
        (output,) = templates["Edge"]["Outputs"].values()
        assert output.keys() == {"Value"}

    @pytest.mark.parametrize("event", [*cloudfront.LambdaEdgeEventType, "viewer-request"])
    def test_fails_when_it_is_an_event_of_lambda(self, stack: cdk.Stack, event: Any) -> None:  # noqa: ANN401
        refusal(lambda: define(stack).at(event), "EventNotViewer", str(event))


class TestAlarms:
    def test_tell_of_failures_where_cloudfronts_metrics_are(self, app: cdk.App) -> None:
        stack = cdk.Stack(app, "Shop", env=VIRGINIA)
        topic = sns.Topic(stack, "Topic")

        moved = define(stack, notify=topic)

        template = synthesize(stack)
        alarms = list(resources(template, "AWS::CloudWatch::Alarm").values())
        name = only(template, FUNCTION)["Name"]
        assert list(moved.alarms) == ["Errors", "InvalidResults", "Throttles"]
        assert [alarm["MetricName"] for alarm in alarms] == [
            "FunctionExecutionErrors",
            "FunctionValidationErrors",
            "FunctionThrottles",
        ]
        for alarm in alarms:
            assert alarm["Namespace"] == "AWS/CloudFront"
            assert alarm["Dimensions"] == [
                {"Name": "FunctionName", "Value": name},
                {"Name": "Region", "Value": "Global"},
            ]
            assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")
            assert alarm["AlarmActions"] == [{"Ref": stack.get_logical_id(topic.node.default_child)}]  # type: ignore[arg-type]
        assert "AlarmsPublish" in json.dumps(only(template, "AWS::SNS::TopicPolicy"))

    @pytest.mark.parametrize("region", ["eu-west-1", None])
    def test_are_none_elsewhere_where_they_would_see_nothing(self, app: cdk.App, region: str | None) -> None:
        stack = cdk.Stack(app, "Shop", env=cdk.Environment(region=region))

        assert define(stack).alarms == {}
        assert resources(synthesize(stack), "AWS::CloudWatch::Alarm") == {}

    def test_fails_when_they_are_to_notify_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", notify="topic")


def test_none_is_the_default_of_every_option() -> None:
    nothing = dict.fromkeys(["key_values", "key_value_store", "function_name", "comment", "notify"])

    assert synthesize(lambda stack: define(stack, **nothing)) == synthesize(define)
