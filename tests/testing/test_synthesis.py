from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_sns as sns, aws_sqs as sqs

from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.testing import fast_app, recommended_feature_flags, synthesize
from tests.refusals import refusal

if TYPE_CHECKING:
    from constructs import Construct


class Orders(cdk.Stack):
    def __init__(
        self, scope: Construct, construct_id: str, *, delay: int = 0, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, construct_id, env=env)
        sqs.Queue(self, "Queue", delivery_delay=cdk.Duration.seconds(delay))
        cdk.CfnOutput(self, "Account", value=self.account)


def the_queue(template: dict[str, object]) -> dict[str, object]:
    resources = template["Resources"]
    assert isinstance(resources, dict)
    (queue,) = (r for r in resources.values() if r["Type"] == "AWS::SQS::Queue")
    return queue["Properties"]  # type: ignore[no-any-return]


def test_a_class_gives_its_template() -> None:
    template = synthesize(Orders)

    assert the_queue(template) == {"DelaySeconds": 0}


def test_a_class_takes_its_own_properties_and_those_of_a_stack() -> None:
    template = synthesize(Orders, delay=5, env=cdk.Environment(account="111111111111", region="eu-central-1"))

    assert the_queue(template) == {"DelaySeconds": 5}
    assert template["Outputs"]["Account"]["Value"] == "111111111111"


def test_a_function_defines_constructs_in_the_stack_it_is_given() -> None:
    template = synthesize(lambda stack: sqs.Queue(stack, "Queue", fifo=True), description="Of a function")

    assert the_queue(template) == {"FifoQueue": True}
    assert template["Description"] == "Of a function"


def test_an_existing_stack_gives_its_template_and_sees_what_is_added_afterwards(stack: cdk.Stack) -> None:
    sqs.Queue(stack, "Queue", fifo=True)
    before = synthesize(stack)

    sns.Topic(stack, "Topic")
    after = synthesize(stack)

    assert the_queue(before) == {"FifoQueue": True}
    assert {r["Type"] for r in after["Resources"].values()} == {"AWS::SQS::Queue", "AWS::SNS::Topic"}


def test_an_app_or_a_stage_with_one_stack_gives_its_template(app: cdk.App) -> None:
    stage = cdk.Stage(app, "Prod")
    Orders(stage, "Orders", delay=7)

    assert the_queue(synthesize(app)) == the_queue(synthesize(stage)) == {"DelaySeconds": 7}


def test_a_stack_in_a_stage_gives_its_template(app: cdk.App) -> None:
    stack = Orders(cdk.Stage(app, "Prod"), "Orders", delay=8)

    assert the_queue(synthesize(stack)) == {"DelaySeconds": 8}


def test_a_nested_stack_gives_its_own_template(stack: cdk.Stack) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    sqs.Queue(nested, "Queue", fifo=True)

    assert the_queue(synthesize(nested)) == {"FifoQueue": True}
    assert {r["Type"] for r in synthesize(stack)["Resources"].values()} == {"AWS::CloudFormation::Stack"}


def test_nothing_is_bundled_and_the_sources_are_not_copied(tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text("def handler(event, context): ...")
    bundling = cdk.BundlingOptions(image=cdk.DockerImage.from_registry("there-is-no-docker"), command=["false"])

    app = fast_app()
    stack = cdk.Stack(app, "Stack")
    lambda_.Function(
        stack,
        "Function",
        code=lambda_.Code.from_asset(str(tmp_path), bundling=bundling),
        handler="handler.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    template = synthesize(stack)

    (function,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function")
    assert re.fullmatch(r"[0-9a-f]{64}\.zip", function["Properties"]["Code"]["S3Key"])
    assert not list(Path(app.outdir).glob("asset.*"))


def test_context_reaches_the_app() -> None:
    template = synthesize(
        lambda stack: cdk.CfnOutput(stack, "Stage", value=stack.node.get_context("stage")), context={"stage": "prod"}
    )

    assert template["Outputs"]["Stage"]["Value"] == "prod"


def test_recommended_flags_are_those_of_the_installed_cdk() -> None:
    flags = recommended_feature_flags()

    assert flags["@aws-cdk/aws-lambda:useCdkManagedLogGroup"] is True
    assert len(flags) > 50


@pytest.mark.parametrize("recommended", [False, True])
def test_recommended_flags_are_off_unless_asked_for(*, recommended: bool) -> None:
    seen: list[object] = []

    synthesize(
        lambda stack: seen.append(stack.node.try_get_context("@aws-cdk/aws-lambda:useCdkManagedLogGroup")),
        recommended_flags=recommended,
    )

    assert seen == [True if recommended else None]


def test_context_wins_over_recommended_flags() -> None:
    flag = "@aws-cdk/aws-lambda:useCdkManagedLogGroup"
    seen: list[object] = []

    synthesize(lambda stack: seen.append(stack.node.get_context(flag)), recommended_flags=True, context={flag: False})

    assert seen == [False]


def test_folders_do_not_stay_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    synthesize(Orders)

    assert list(tmp_path.iterdir()) == []


def test_fails_when_an_app_has_no_stack_or_several(app: cdk.App) -> None:
    with pytest.raises(ValidationError, match=r"'subject' must have one stack, got 0; .* \(NotOneStack\)"):
        synthesize(app)

    other = fast_app()
    Orders(other, "A")
    Orders(other, "B")

    with pytest.raises(ValidationError, match=r"'subject' must have one stack, got 2; .* \(NotOneStack\)"):
        synthesize(other)


@pytest.mark.parametrize(
    ("subject", "got"),
    [(None, "None"), ("Orders", "str"), (sqs.Queue, "the class Queue"), (cdk.Stage, "the class Stage")],
)
def test_fails_when_it_is_given_something_else(subject: Any, got: str) -> None:  # noqa: ANN401 - what is refused
    refusal(lambda: synthesize(subject), "SubjectExpected", got)


def test_fails_when_it_is_given_a_construct(stack: cdk.Stack) -> None:
    refusal(lambda: synthesize(sqs.Queue(stack, "Queue")), "SubjectExpected", "aws_sqs.Queue")  # type: ignore[arg-type]


def test_fails_when_an_existing_stack_is_given_options(stack: cdk.Stack) -> None:
    with pytest.raises(
        ValidationError, match=r"got 'context', 'recommended_flags', 'delay'; .* \[Stack\] \(OptionsForExistingStack\)"
    ):
        synthesize(stack, context={}, recommended_flags=True, delay=5)
