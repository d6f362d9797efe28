from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway, aws_lambda as lambda_

from cdk_lambda_patterns.testing import normalized, synthesize


def test_hashes_of_assets_are_replaced_wherever_they_stand() -> None:
    digest = "0123456789abcdef" * 4

    template = {"Resources": {f"Asset{digest}Bucket": {"Properties": {"Keys": [f"{digest}.zip", {"Fn::Sub": digest}]}}}}

    assert normalized(template) == {
        "Resources": {"Asset<asset>Bucket": {"Properties": {"Keys": ["<asset>.zip", {"Fn::Sub": "<asset>"}]}}}
    }


def test_the_digest_of_an_image_that_was_chosen_stays() -> None:
    template = {"Resources": {"F": {"Properties": {"Code": {"ImageUri": f"repository@sha256:{'0' * 64}"}}}}}

    assert normalized(template) == template


def test_longer_and_shorter_hexadecimal_text_stays() -> None:
    template = {"Metadata": {"Shorter": "0" * 63, "Longer": "0" * 65, "Number": 3, "Flag": True, "None": None}}

    assert normalized(template) == template


def test_a_changed_function_changes_nothing_but_what_was_changed() -> None:
    def define(stack: cdk.Stack, body: str) -> None:
        function = lambda_.Function(
            stack,
            "Function",
            code=lambda_.Code.from_inline(body),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )
        function.current_version  # noqa: B018 - reading it defines the version
        api = apigateway.RestApi(stack, "Api", cloud_watch_role=False)
        api.root.add_method("GET", apigateway.MockIntegration(request_templates={"application/json": body}))

    before = synthesize(lambda stack: define(stack, "before"))
    after = synthesize(lambda stack: define(stack, "after"))

    assert before["Resources"].keys() != after["Resources"].keys()
    before, after = normalized(before), normalized(after)
    assert before["Resources"].keys() == after["Resources"].keys()
    assert [name for name, resource in before["Resources"].items() if resource != after["Resources"][name]] == [
        "ApiGET9257B917",
        "Function76856677",
    ]


def test_the_bootstrap_version_is_left_out() -> None:
    template = synthesize(lambda stack: cdk.CfnResource(stack, "R", type="AWS::SQS::Queue"))

    assert normalized(template) == {"Resources": {"R": {"Type": "AWS::SQS::Queue"}}}


def test_other_parameters_stay() -> None:
    template = synthesize(lambda stack: cdk.CfnParameter(stack, "Stage"))

    assert normalized(template) == {"Parameters": {"Stage": {"Type": "String"}}}


def test_keys_are_sorted_and_the_order_of_lists_is_kept() -> None:
    result = normalized({"Resources": {"B": [2, 1], "A": {"d": 1, "c": 2}}})

    assert str(result) == "{'Resources': {'A': {'c': 2, 'd': 1}, 'B': [2, 1]}}"


def test_the_given_template_is_not_changed() -> None:
    template = {"Parameters": {"BootstrapVersion": {}}, "Resources": {"A": "0" * 64}}

    normalized(template)

    assert template == {"Parameters": {"BootstrapVersion": {}}, "Resources": {"A": "0" * 64}}
