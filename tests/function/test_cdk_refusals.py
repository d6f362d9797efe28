from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.validation import Where
from tests.function.support import CODE, define
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

WHERE = Where(cast("Any", SimpleNamespace(node=SimpleNamespace(path="Stack"))), "Function")


def missing_subnets(stack: cdk.Stack) -> dict[str, Any]:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], public_subnet_ids=["subnet-1"]
    )
    return {"vpc": vpc, "vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)}


def older_layer(stack: cdk.Stack) -> dict[str, Any]:
    bucket = cdk.aws_s3.Bucket.from_bucket_name(stack, "Artifacts", "artifacts")
    layer = lambda_.LayerVersion(
        stack,
        "Layer",
        code=lambda_.Code.from_bucket(bucket, "layer.zip"),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_11],
    )
    return {"layers": [layer]}


REFUSED: dict[str, Callable[[cdk.Stack], dict[str, Any]]] = {
    "ThereSubnetGroups": missing_subnets,
    "IncompatibleLayerRuntime": older_layer,
    "JsonLoggingFormatRequired": lambda _: {
        "logging_format": lambda_.LoggingFormat.TEXT,
        "application_log_level_v2": lambda_.ApplicationLogLevel.DEBUG,
    },
}


@pytest.mark.parametrize("code", REFUSED)
def test_fails_with_the_cdks_text_and_code_when_the_cdk_refuses(code: str, stack: cdk.Stack) -> None:
    options = REFUSED[code](stack)

    with pytest.raises(ValidationError) as caught:
        define(stack, **options)

    text = str(caught.value)
    assert caught.value.code == code
    assert text.endswith(f" [Stack/Function] ({code})")
    assert "\n" not in text
    assert text[0].islower() or text[0] == "'"
    assert caught.value.__suppress_context__, "JavaScript's stack would be shown"


def test_fails_when_the_name_is_taken(stack: cdk.Stack) -> None:
    define(stack)

    refusal(lambda: define(stack), "ConstructIdTaken", "'Function' a second time", path="Stack/Function")


def test_names_that_the_user_did_not_choose_are_told_as_the_cdk_tells_them(stack: cdk.Stack) -> None:
    Construct(stack, "Inner")

    with (
        pytest.raises(ValidationError, match=r"there is already a Construct with name 'Inner' in .*ConstructIdTaken"),
        cdk_refusals(WHERE),
    ):
        Construct(stack, "Inner")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("vpc", "vpc-1", "'vpc' must be of type aws_ec2.IVpc, got str; "),
        ("layers", ["arn"], "'layers' must be of type aws_lambda.ILayerVersion, got str; "),
        ("layers", [None], "'layers' must be of type aws_lambda.ILayerVersion, got None; "),
        ("layers", "arn", "'layers' must be of type aws_lambda.ILayerVersion, got str; "),
        ("environment_encryption", 5, "'environment_encryption' must be of type aws_kms.IKey, got int; "),
        (
            "code_signing_config",
            "arn",
            "'code_signing_config' must be of type aws_lambda.ICodeSigningConfig, got str; ",
        ),
        ("events", ["queue"], "'source' must be of type aws_lambda.IEventSource, got a string; "),
        ("events", [None], "'source' must be of type aws_lambda.IEventSource, got None; "),
    ],
)
def test_fails_when_a_name_stands_for_an_object(option: str, value: object, message: str, stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError) as caught:
        define(stack, **{option: value})

    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("[Stack/Function] (TypeMismatch)")


@pytest.mark.parametrize("option", ["vpc", "environment_encryption", "code_signing_config", "layers"])
def test_fails_when_an_object_of_the_cdk_stands_for_another(option: str, stack: cdk.Stack) -> None:
    """Node would look for a method that it does not have."""
    topic: Any = cdk.aws_sns.Topic(stack, "Topic")

    with pytest.raises(
        ValidationError, match=rf"'{option}' must be of type aws_.*, got aws_sns.Topic; give one .*\(TypeMismatch\)"
    ):
        define(stack, **{option: [topic] if option == "layers" else topic})


def test_fails_when_the_name_is_empty(stack: cdk.Stack) -> None:
    refusal(lambda: define(stack, ""), "ConstructIdMissing", "''")


def test_a_tuple_is_a_list(stack: cdk.Stack) -> None:
    layer = lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", "arn:aws:lambda:eu-west-1:1:layer:own:1")

    define(stack, layers=(layer,))


@pytest.mark.parametrize("option", ["role", "notify", "log_group"])
def test_fails_when_a_name_stands_for_an_object_of_ours(option: str, stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError, match=rf"'{option}' must be of type aws_.*, got str; .*\(TypeMismatch\)"):
        define(stack, **{option: "orders"})


@pytest.mark.parametrize("text", ["Cannot read properties of undefined", "TypeError: fn is not a function"])
def test_what_is_no_refusal_stays_as_it_is(text: str) -> None:
    with pytest.raises(RuntimeError, match=text) as caught, cdk_refusals(WHERE):
        raise RuntimeError(text)

    assert not isinstance(caught.value, ValidationError)


def test_a_type_is_told_without_asking_node(stack: cdk.Stack) -> None:
    imported = lambda_.Function.from_function_name(stack, "Imported", "orders")
    topic = cdk.aws_sns.Topic.from_topic_arn(stack, "Topic", "arn:aws:sns:eu-west-1:111111111111:orders")
    layer = lambda_.LayerVersion.from_layer_version_arn(stack, "Layer", "arn:aws:lambda:eu-west-1:1:layer:own:1")

    expect_type(WHERE, "function", imported, "function_arn", "aws_lambda.IFunction")
    expect_type(WHERE, "notify", topic, "topic_arn", "aws_sns.ITopic")
    expect_type(WHERE, "layer", layer, "layer_version_arn", "aws_lambda.ILayerVersion")
    expect_type(WHERE, "nothing", None, "topic_arn", "aws_sns.ITopic")
    with pytest.raises(
        ValidationError, match=r"'notify' must be of type aws_sns\.ITopic, got .*Function.*TypeMismatch"
    ):
        expect_type(WHERE, "notify", imported, "topic_arn", "aws_sns.ITopic")


PYTHON = {"code": lambda_.Code.from_inline(CODE), "handler": "index.handler", "runtime": lambda_.Runtime.PYTHON_3_14}
NO_FUNCTIONS: dict[str, tuple[Callable[[cdk.Stack], object], str, str]] = {
    "none": (lambda _: None, "None", "give one"),
    "a name": (lambda _: "orders", "str", "give one"),
    "an alias": (
        lambda stack: define(stack).live,
        "aws_lambda.Alias",
        "give the function itself: its alias 'live' is bound",
    ),
    "a version": (
        lambda stack: define(stack).live_version,
        "aws_lambda.Version",
        "give the function itself: its alias 'live' is bound",
    ),
    "a plain function": (
        lambda stack: lambda_.Function(stack, "Plain", **cast("Any", PYTHON)),
        "aws_lambda.Function",
        "make it a WellArchitectedFunction",
    ),
    "an imported function": (
        lambda stack: lambda_.Function.from_function_name(stack, "Imported", "orders"),
        "aws_lambda.FunctionBase",
        "make it a WellArchitectedFunction",
    ),
    "a queue": (lambda stack: cdk.aws_sqs.Queue(stack, "Queue"), "aws_sqs.Queue", "give one"),
}


@pytest.mark.parametrize("kind", NO_FUNCTIONS)
def test_fails_when_something_stands_for_a_function_of_this_library(kind: str, stack: cdk.Stack) -> None:
    make, got, fix = NO_FUNCTIONS[kind]
    value = make(stack)

    error = refusal(lambda: require_function(WHERE, "function", value), "TypeMismatch", got, path="Stack/Function")

    assert f"; {fix} [" in str(error)


def test_a_function_of_this_library_is_accepted(stack: cdk.Stack) -> None:
    require_function(WHERE, "function", define(stack))


@pytest.mark.parametrize(
    ("expected", "value", "fix"),
    [
        ("aws_sns.ITopic", "orders", "give the CDK's object"),
        ("ManagedInstances", "orders", "write ManagedInstances(...)"),
    ],
)
def test_what_to_give_is_named(expected: str, value: object, fix: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(f"must be of type {expected}, got str; {fix} [")):
        expect_type(WHERE, "prop", value, "attribute", expected)
