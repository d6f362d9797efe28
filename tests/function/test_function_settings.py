"""The stack fills in what a settings class declares."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Any, Literal

import aws_cdk as cdk
import pytest
from aws_cdk import (
    aws_cloudfront as cloudfront,
    aws_dynamodb as dynamodb,
    aws_events as events,
    aws_kinesis as kinesis,
    aws_lambda as lambda_,
    aws_s3 as s3,
    aws_secretsmanager as secretsmanager,
    aws_sns as sns,
    aws_sqs as sqs,
    aws_ssm as ssm,
    aws_stepfunctions as sfn,
)

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.settings import (
    FunctionSettings,
    Invokes,
    Parameter,
    Reads,
    ReadsAndWrites,
    Secret,
    Sends,
    Writes,
)
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import actions, define, resources, the_function
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct

    from cdk_lambda_patterns.testing import Template


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Plain(FunctionSettings):
    name: str
    count: int = 3
    share: float = 0.5
    strict: bool = False
    currency: Literal["EUR", "USD"] = "EUR"
    level: Level = Level.LOW
    factor: Literal[1, 10] = 1
    prefix: Literal["", "test-"] = "test-"


def variables_of(template: Template) -> dict[str, Any]:
    functions = resources(template, "AWS::Lambda::Function").values()
    (variables,) = (function["Environment"]["Variables"] for function in functions if "Environment" in function)
    return dict(variables)


def configured(settings: type[FunctionSettings], **values: object) -> Callable[[cdk.Stack], None]:
    return lambda stack: define(stack).configure(settings, **values)


def test_values_become_variables_and_defaults_stay_with_the_handler() -> None:
    template = synthesize(configured(Plain, name="a", count=0, share=1, strict=True, currency="USD"))

    variables = {"NAME": "a", "COUNT": "0", "SHARE": "1", "STRICT": "true", "CURRENCY": "USD"}
    assert the_function(template)["Environment"]["Variables"] == variables
    only_name = synthesize(configured(Plain, name="a", count=None))
    assert the_function(only_name)["Environment"]["Variables"] == {"NAME": "a"}


def test_numbers_and_no_text_are_choices_too() -> None:
    template = synthesize(configured(Plain, name="a", count=Level.HIGH, level=Level.HIGH, factor=10, prefix=""))

    variables = the_function(template)["Environment"]["Variables"]
    assert variables == {"NAME": "a", "COUNT": "2", "LEVEL": "2", "FACTOR": "10", "PREFIX": ""}
    loaded = Plain.load(variables)
    assert (loaded.count, loaded.level, loaded.factor, loaded.prefix) == (2, Level.HIGH, 10, "")


def test_what_is_known_at_deployment_passes() -> None:
    template = synthesize(configured(Plain, name=cdk.Aws.REGION, count=cdk.Token.as_number({"Ref": "Count"})))

    assert the_function(template)["Environment"]["Variables"]["NAME"] == {"Ref": "AWS::Region"}


def table(scope: Construct) -> dynamodb.Table:
    return dynamodb.Table(scope, "R", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))


def machine(scope: Construct) -> sfn.StateMachine:
    return sfn.StateMachine(scope, "R", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(scope, "Pass")))


class Reading(FunctionSettings):
    thing: Reads


class Writing(FunctionSettings):
    thing: Writes


class ReadingAndWriting(FunctionSettings):
    thing: ReadsAndWrites


class Sending(FunctionSettings):
    thing: Sends


class Invoking(FunctionSettings):
    thing: Invokes


class NoSecret(FunctionSettings):
    key: Secret


RESOURCES: list[tuple[type[FunctionSettings], Callable[[Construct], Any], str]] = [
    (Reading, lambda scope: s3.Bucket(scope, "R"), "s3:GetObject*"),
    (Writing, lambda scope: s3.Bucket(scope, "R"), "s3:PutObject"),
    (ReadingAndWriting, lambda scope: s3.Bucket(scope, "R"), "s3:GetBucket*"),
    (Reading, table, "dynamodb:GetItem"),
    (Writing, table, "dynamodb:PutItem"),
    (ReadingAndWriting, table, "dynamodb:Scan"),
    (Reading, lambda scope: sqs.Queue(scope, "R"), "sqs:ReceiveMessage"),
    (Sending, lambda scope: sqs.Queue(scope, "R"), "sqs:SendMessage"),
    (Sending, lambda scope: sns.Topic(scope, "R"), "sns:Publish"),
    (Sending, lambda scope: events.EventBus(scope, "R"), "events:PutEvents"),
    (Reading, lambda scope: kinesis.Stream(scope, "R"), "kinesis:GetRecords"),
    (Writing, lambda scope: kinesis.Stream(scope, "R"), "kinesis:PutRecords"),
    (Invoking, machine, "states:StartExecution"),
    (Invoking, lambda scope: define(scope, "R"), "lambda:InvokeFunction"),
]


@pytest.mark.parametrize(("settings", "resource", "action"), RESOURCES)
def test_a_resource_is_named_and_granted(
    settings: type[FunctionSettings], resource: Callable[[Construct], Any], action: str
) -> None:
    template = synthesize(lambda stack: define(stack).configure(settings, thing=resource(stack)))

    assert action in actions(template)
    assert set(variables_of(template)) == {"THING"}


ARN = "arn:aws:{}:eu-west-1:111111111111:{}"


def imported_alias(scope: Construct) -> lambda_.IAlias:
    version = lambda_.Version.from_version_arn(scope, "Version", ARN.format("lambda", "function:other:1"))
    return lambda_.Alias.from_alias_attributes(scope, "R", alias_name="live", alias_version=version)


IMPORTED: dict[str, tuple[type[FunctionSettings], Callable[[Construct], Any], str, str]] = {
    "bucket": (Reading, lambda scope: s3.Bucket.from_bucket_name(scope, "R", "bucket"), "s3:GetObject*", "bucket"),
    "table": (Writing, lambda scope: dynamodb.TableV2.from_table_name(scope, "R", "t"), "dynamodb:PutItem", "t"),
    "stream": (
        Reading,
        lambda scope: kinesis.Stream.from_stream_arn(scope, "R", ARN.format("kinesis", "stream/s")),
        "kinesis:GetRecords",
        "s",
    ),
    "topic": (
        Sending,
        lambda scope: sns.Topic.from_topic_arn(scope, "R", ARN.format("sns", "t")),
        "sns:Publish",
        ARN.format("sns", "t"),
    ),
    "bus": (
        Sending,
        lambda scope: events.EventBus.from_event_bus_arn(scope, "R", ARN.format("events", "event-bus/b")),
        "events:PutEvents",
        "b",
    ),
    "state machine": (
        Invoking,
        lambda scope: sfn.StateMachine.from_state_machine_arn(scope, "R", ARN.format("states", "stateMachine:m")),
        "states:StartExecution",
        ARN.format("states", "stateMachine:m"),
    ),
    "function": (
        Invoking,
        lambda scope: lambda_.Function.from_function_attributes(
            scope, "R", function_arn=ARN.format("lambda", "function:other"), same_environment=True
        ),
        "lambda:InvokeFunction",
        ARN.format("lambda", "function:other"),
    ),
    "alias": (Invoking, imported_alias, "lambda:InvokeFunction", ARN.format("lambda", "function:other:live")),
}


@pytest.mark.parametrize("kind", IMPORTED)
def test_what_is_imported_is_named_and_granted(kind: str) -> None:
    settings, resource, action, name = IMPORTED[kind]
    env = cdk.Environment(account="111111111111", region="eu-west-1")

    template = synthesize(lambda stack: define(stack).configure(settings, thing=resource(stack)), env=env)

    assert action in actions(template)
    assert variables_of(template) == {"THING": name}


def function_by_arn(scope: Construct) -> lambda_.IFunction:
    return lambda_.Function.from_function_arn(scope, "R", ARN.format("lambda", "function:other"))


def test_a_function_of_the_same_account_may_be_imported_by_its_arn() -> None:
    env = cdk.Environment(account="111111111111", region="eu-west-1")

    template = synthesize(lambda stack: define(stack).configure(Invoking, thing=function_by_arn(stack)), env=env)

    assert "lambda:InvokeFunction" in actions(template)


@pytest.mark.parametrize("env", [None, cdk.Environment(account="222222222222", region="eu-west-1")])
def test_fails_when_an_imported_function_may_be_of_another_account(env: cdk.Environment | None) -> None:
    def build() -> None:
        synthesize(lambda stack: define(stack).configure(Invoking, thing=function_by_arn(stack)), env=env)

    error = refusal(build, "CannotModifyLambdaPermission", "one imported by an ARN alone", path="Stack/Function")
    assert "same_environment=True" in str(error)


def test_fails_when_it_is_a_function_of_cloudfront() -> None:
    code = cloudfront.FunctionCode.from_inline("function handler(event) { return event.request; }")

    with pytest.raises(ValidationError, match=r"can invoke, .*\(SettingResource\)"):
        synthesize(lambda stack: define(stack).configure(Invoking, thing=cloudfront.Function(stack, "R", code=code)))


def test_a_function_is_invoked_through_its_alias() -> None:
    template = synthesize(lambda stack: define(stack).configure(Invoking, thing=define(stack, "Other")))

    assert "Aliaslive" in variables_of(template)["THING"]["Ref"]


def test_secrets_and_parameters_are_referred_to_through_the_extension() -> None:
    class Hidden(FunctionSettings):
        api_key: Secret
        rates: Parameter

    def hidden(stack: cdk.Stack) -> None:
        define(stack).configure(
            Hidden,
            api_key=secretsmanager.Secret(stack, "Key"),
            rates=ssm.StringParameter(stack, "Rates", string_value="3.5"),
        )

    template = synthesize(hidden)

    assert {"secretsmanager:GetSecretValue", "ssm:GetParameter"} <= actions(template)
    function = the_function(template)
    assert set(function["Environment"]["Variables"]) == {"API_KEY", "RATES"}
    assert len(function["Layers"]) == 1


@pytest.mark.parametrize(
    ("values", "code", "told"),
    [
        ({}, "SettingMissing", "'name' must have a value, as Plain declares it without a default, got none for name"),
        ({"name": None}, "SettingMissing", "got none for name"),
        ({"name": "a", "cuont": 1}, "SettingUnknown", "did you mean 'count'?"),
        (
            {"name": "a", "zzz": 1},
            "SettingUnknown",
            "it has name, count, share, strict, currency, level, factor, prefix",
        ),
        ({"name": 7}, "SettingInvalid", "'name' must be text, got 7"),
        ({"name": "a", "count": "3"}, "SettingInvalid", "'count' must be a whole number, got str"),
        ({"name": "a", "count": True}, "SettingInvalid", "'count' must be a whole number, got True"),
        ({"name": "a", "count": 1.5}, "SettingInvalid", "'count' must be a whole number, got 1.5"),
        ({"name": "a", "strict": 1}, "SettingInvalid", "'strict' must be true or false, got 1"),
        ({"name": "a", "currency": "CHF"}, "SettingInvalid", "'currency' must be one of EUR, USD, got str"),
        ({"name": "a", "level": 1}, "SettingInvalid", "'level' must be one of 1, 2, got 1; pass a member of Level"),
        ({"name": ["a", cdk.Token.as_string("b")]}, "SettingInvalid", "'name' must be text, got ['a', "),
        ({"name": "a", "factor": True}, "SettingInvalid", "'factor' must be one of 1, 10, got True"),
        ({"name": "x" * 4096}, "EnvironmentTooLarge", "bytes"),
    ],
)
def test_fails_when_a_value_does_not_fit(values: dict[str, object], code: str, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        synthesize(configured(Plain, **values))

    assert caught.value.code == code
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "value", "told"),
    [
        (Sending, "https://queue", "'thing' must be something that a function can send to, got str"),
        (Sending, 3, "got int"),
        (NoSecret, "hunter2", "must be of type aws_secretsmanager.ISecret"),
    ],
)
def test_fails_when_it_is_no_such_resource(settings: type[FunctionSettings], value: object, told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        synthesize(configured(settings, **{next(iter(settings.__annotations__)): value}))

    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_fails_when_the_resource_has_no_such_access() -> None:
    with pytest.raises(ValidationError, match=r"can send to, got aws_s3.Bucket.*\(SettingResource\)"):
        synthesize(lambda stack: define(stack).configure(Sending, thing=s3.Bucket(stack, "Bucket")))


class OtherPlain(FunctionSettings):
    name: str
    region: str = "eu"


def test_settings_may_share_a_variable_of_one_value() -> None:
    def shared(stack: cdk.Stack) -> None:
        function = define(stack, environment={"NAME": "a"})
        function.configure(Plain, name="a")
        function.configure(OtherPlain, name="a", region="us")

    assert variables_of(synthesize(shared)) == {"NAME": "a", "REGION": "us"}


@pytest.mark.parametrize("before", [{"environment": {"NAME": "b"}}, {}])
def test_fails_when_a_variable_would_lose_its_value(stack: cdk.Stack, before: dict[str, Any]) -> None:
    function = define(stack, **before)
    if not before:
        function.configure(OtherPlain, name="b")

    with pytest.raises(ValidationError, match=r"got another one for 'NAME'; .*\(EnvironmentNameTaken\)"):
        function.configure(Plain, name="a")


def test_a_secret_in_plain_text_is_refused() -> None:
    class Careless(FunctionSettings):
        db_password: str

    with pytest.raises(ValidationError, match="PlaintextSecret") as caught:
        synthesize(configured(Careless, db_password="hunter2"))

    assert "hunter2" not in str(caught.value)


class OfLists(FunctionSettings):
    names: list[str]


class OfAnotherDefault(FunctionSettings):
    name: str = "a"
    count: int = "3"  # type: ignore[assignment] # the mistake


class OfNothing(FunctionSettings):
    name: Missing  # type: ignore[name-defined]  # noqa: F821 - the mistake


@pytest.mark.parametrize(
    ("settings", "got"),
    [
        (None, "None"),
        ({"name": "a"}, "{'name': 'a'}"),
        (dict, "dict"),
        (FunctionSettings, "FunctionSettings"),
        (OfLists, "OfLists.names cannot be a variable of the environment: .*"),
        (OfAnotherDefault, "OfAnotherDefault.count must be a whole number, got str as its default"),
        (OfNothing, "name 'Missing' is not defined"),
    ],
)
def test_fails_when_settings_are_no_class_of_variables(settings: Any, got: str, stack: cdk.Stack) -> None:  # noqa: ANN401
    with pytest.raises(ValidationError, match=rf"'settings' must .*, got {got}; .*\[Stack/Function\] \(SettingsInval"):
        define(stack).configure(settings, name="a")


class OfDerived(FunctionSettings):
    name: str
    shown: str = dataclasses.field(default="", init=False)


class OfNone(FunctionSettings):
    pass


@pytest.mark.parametrize(
    ("settings", "told"),
    [(OfDerived, "'shown' must be a field of OfDerived, got a value for it; it has name"), (OfNone, "; it has none [")],
)
def test_fails_when_what_is_no_variable_is_given(settings: type[FunctionSettings], told: str, stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError) as caught:
        define(stack).configure(settings, shown="a")

    assert told in str(caught.value)


class OfSettings(FunctionSettings):
    settings: str


def test_a_field_may_have_the_name_of_the_parameter(stack: cdk.Stack) -> None:
    define(stack).configure(OfSettings, settings="a")

    assert the_function(synthesize(stack))["Environment"]["Variables"] == {"SETTINGS": "a"}


def test_settings_count_beside_the_other_variables(stack: cdk.Stack) -> None:
    function = define(stack, environment={"FIRST": "x" * 4000})

    with pytest.raises(ValidationError, match=r"must be at most 4,096 bytes .*, got 4,1[0-9][0-9]; "):
        function.configure(Plain, name="x" * 100)
    function.configure(Plain, name="x" * 10)
