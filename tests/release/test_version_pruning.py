from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_sns as sns
from botocore.exceptions import ClientError

import cdk_lambda_patterns.release
from cdk_lambda_patterns import VersionPruning
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import define, only, resources, stacks_in
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from cdk_lambda_patterns.testing import Template

HANDLER = Path(cdk_lambda_patterns.release.__file__).parent / "version_pruning_handler" / "version_pruning.py"


def pruning(stack: cdk.Stack, **options: Any) -> VersionPruning:  # noqa: ANN401
    return VersionPruning(stack, "Pruning", **options)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: pruning(stack, **options), code, got, path="Stack/Pruning")


def logical_id(stack: cdk.Stack, function: lambda_.Function) -> str:
    found: str = stack.resolve(function.function_arn)["Fn::GetAtt"][0]
    return found


def rights(template: Template, of: str) -> list[tuple[Any, Any]]:
    """The rights on Lambda of the roles whose logical ids begin so."""
    return [
        (statement["Action"], statement["Resource"])
        for name, policy in resources(template, "AWS::IAM::Policy").items()
        if name.startswith(of)
        for statement in policy["PolicyDocument"]["Statement"]
        if "lambda:" in str(statement["Action"])
    ]


def durable(stack: cdk.Stack, construct_id: str) -> lambda_.Function:
    return define(stack, construct_id, durable_config=lambda_.DurableConfig(execution_timeout=cdk.Duration.days(2)))


class TestVersions:
    def test_of_all_functions_stay_whatever_names_them(self, stack: cdk.Stack) -> None:
        functions: Any = (define(stack, name) for name in ("Orders", "Other"))

        schedule = pruning(stack, functions=functions).schedule

        input_ = json.dumps(stack.resolve(schedule.target))
        assert "Orders" in input_
        assert "Other" in input_
        assert json.dumps(rights(synthesize(stack), "PruningFunction")).count("lambda:DeleteFunction") == 1

    def test_fail_when_they_are_of_one_function_without_a_list(self, stack: cdk.Stack) -> None:
        refused(stack, "ListExpected", "WellArchitectedFunction", functions=define(stack))

    @pytest.mark.parametrize("destroyed", [False, True], ids=["", "in a stage that is to go"])
    def test_stay_when_cloudformation_is_done_with_them(self, stack: cdk.Stack, *, destroyed: bool) -> None:
        orders, other = define(stack, "Orders"), define(stack, "Other")

        pruning(stack, functions=[orders])
        if destroyed:
            cdk.RemovalPolicies.of(stack.node.root).destroy()

        policies = {
            name: (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
            for name, resource in synthesize(stack)["Resources"].items()
            if resource["Type"] == "AWS::Lambda::Version"
        }
        retained = {name for name, policy in policies.items() if policy == ("RetainExceptOnCreate", "Retain")}
        assert len(retained) == 1
        assert retained.pop().startswith(logical_id(stack, orders)[:6])
        assert len(policies) == 3, "and those of others go"
        assert other.live_version is not orders.live_version


class TestRights:
    def test_are_on_versions_of_these_functions_only(self, stack: cdk.Stack) -> None:
        orders = define(stack, "Orders")
        define(stack, "Other")

        pruning(stack, functions=[orders])

        arn = {"Fn::GetAtt": [logical_id(stack, orders), "Arn"]}
        assert rights(synthesize(stack), of="Pruning") == [
            (["lambda:ListAliases", "lambda:ListVersionsByFunction"], arn),
            ("lambda:DeleteFunction", {"Fn::Join": ["", [arn, ":*"]]}),
        ]

    def test_let_it_see_durable_executions(self, stack: cdk.Stack) -> None:
        flow = durable(stack, "Flow")

        pruning(stack, functions=[define(stack, "Orders"), flow])

        arn = {"Fn::GetAtt": [logical_id(stack, flow), "Arn"]}
        assert rights(synthesize(stack), of="Pruning")[2] == (
            "lambda:ListDurableExecutionsByFunction",
            {"Fn::Join": ["", [arn, ":*"]]},
        )


class TestSchedule:
    def asked(self, template: Template) -> Any:  # noqa: ANN401
        """What the function gets, with logical ids for names."""
        parts = only(template, "AWS::Scheduler::Schedule")["Target"]["Input"]["Fn::Join"][1]
        return json.loads("".join(part if isinstance(part, str) else part["Ref"] for part in parts))

    def test_names_the_functions_and_how_many_stay(self, stack: cdk.Stack) -> None:
        orders, flow = define(stack, "Orders"), durable(stack, "Flow")

        pruning(stack, functions=[orders, flow], keep=2)

        assert self.asked(synthesize(stack)) == {
            "keep": 2,
            "functions": [
                {"name": logical_id(stack, orders), "durable": False},
                {"name": logical_id(stack, flow), "durable": True},
            ],
        }

    def test_keeps_five_every_day(self, stack: cdk.Stack) -> None:
        pruning(stack, functions=[define(stack)])

        template = synthesize(stack)
        schedule = only(template, "AWS::Scheduler::Schedule")
        assert self.asked(template)["keep"] == 5
        assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == ("rate(1 day)", "UTC")

    def test_starts_it_with_a_role_that_may_do_nothing_else(self, stack: cdk.Stack) -> None:
        defined = pruning(stack, functions=[define(stack)])

        template = synthesize(stack)
        target = only(template, "AWS::Scheduler::Schedule")["Target"]
        role = template["Resources"][target["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
        (inline,) = role["Policies"]
        queue = target["DeadLetterConfig"]["Arn"]
        assert target["Arn"] == stack.resolve(defined.function.live.function_arn)
        assert queue == stack.resolve(defined.function.failure_queue.queue_arn)  # type: ignore[union-attr]
        assert [(s["Action"], s["Resource"]) for s in inline["PolicyDocument"]["Statement"]] == [
            ("lambda:InvokeFunction", target["Arn"]),
            ("sqs:SendMessage", queue),
        ]

    def test_may_be_chosen(self, stack: cdk.Stack) -> None:
        pruning(stack, functions=[define(stack)], schedule="cron(0 3 * * ? *)", time_zone="Europe/Zurich")

        schedule = only(synthesize(stack), "AWS::Scheduler::Schedule")
        assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
        assert schedule["ScheduleExpressionTimezone"] == "Europe/Zurich"

    def test_fails_when_there_is_no_such_time(self, stack: cdk.Stack) -> None:
        refused(stack, "ScheduleInvalid", "rate(1 days)", functions=[define(stack)], schedule="rate(1 days)")

    def test_fails_when_there_is_no_such_time_zone(self, stack: cdk.Stack) -> None:
        refused(stack, "TimeZoneUnknown", "'CEST'", functions=[define(stack)], time_zone="CEST")


def test_alarms_publish_to_the_topic(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Topic")

    defined = pruning(stack, functions=[define(stack)], notify=topic)

    assert set(defined.function.alarms) == {"Errors", "Throttles", "FailureQueue", "DeliveryFailures"}
    assert defined.function.alarm_actions == [topic.topic_arn]


@pytest.mark.parametrize(
    ("keep", "got"), [(0, "0"), (-1, "-1"), (1.5, "1.5"), ("5", "'5'"), (True, "True"), (float("inf"), "inf")]
)
def test_fails_when_no_version_would_be_kept(stack: cdk.Stack, keep: float, got: str) -> None:
    refused(stack, "VersionsKeptOutOfRange", got, functions=[define(stack)], keep=keep)


def test_one_version_may_be_kept(stack: cdk.Stack) -> None:
    pruning(stack, functions=[define(stack)], keep=1)


def test_fails_when_there_are_no_functions(stack: cdk.Stack) -> None:
    refused(stack, "FunctionsMissing", "none", functions=[])


def test_fails_when_a_function_is_a_name(stack: cdk.Stack) -> None:
    refused(stack, "TypeMismatch", "str", functions=["orders"])


def test_fails_when_a_function_is_pruned_already(stack: cdk.Stack) -> None:
    orders, other = define(stack, "Orders"), define(stack, "Other")
    VersionPruning(stack, "Nightly", functions=[other])

    refused(stack, "PrunedTwice", "Stack/Other, which Stack/Nightly prunes", functions=[orders, other], keep=2)


def test_fails_when_a_function_is_there_twice(stack: cdk.Stack) -> None:
    orders = define(stack, "Orders")

    refused(stack, "PrunedTwice", "Stack/Orders, which Stack/Pruning prunes", functions=[orders, orders])


class Lambda:
    """As much of the service as the handler asks for. It refuses to delete what an alias leads to, as AWS does."""

    def __init__(self) -> None:
        self.versions: dict[str, list[str]] = {}
        self.aliases: dict[str, list[dict[str, Any]]] = {}
        self.running: set[tuple[str, str]] = set()
        self.refusing: dict[str, str] = {}
        self.deleted: list[tuple[str, str]] = []

    def get_paginator(self, operation: str) -> Pages:
        return Pages(self, operation)

    def delete_function(self, *, FunctionName: str, Qualifier: str) -> None:  # noqa: N803 - AWS's names
        if Qualifier in self.refusing:
            error = {"Error": {"Code": self.refusing[Qualifier], "Message": "no"}}
            raise ClientError(error, "DeleteFunction")  # type: ignore[arg-type]
        self.deleted.append((FunctionName, Qualifier))


class Pages:
    """A paginator with two entries a page."""

    def __init__(self, service: Lambda, operation: str) -> None:
        self.service = service
        self.operation = operation

    def paginate(self, *, FunctionName: str, **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401, N803 - AWS's names
        if FunctionName not in self.service.versions:
            error = {"Error": {"Code": "ResourceNotFoundException", "Message": f"no {FunctionName}"}}
            raise ClientError(error, self.operation)  # type: ignore[arg-type]
        if self.operation == "list_durable_executions_by_function":
            assert request["Statuses"] == ["RUNNING", "PAUSING", "PAUSED"]
            running = (FunctionName, request["Qualifier"]) in self.service.running
            yield {"DurableExecutions": []}
            yield {"DurableExecutions": [{"DurableExecutionName": "order-1"}] * running}
            return
        if self.operation == "list_aliases":
            yield {"Aliases": self.service.aliases.get(FunctionName, [])}
            return
        numbers = ["$LATEST", *self.service.versions[FunctionName]]
        for start in range(0, len(numbers), 2):
            yield {"Versions": [{"Version": number} for number in numbers[start : start + 2]]}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Lambda:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    fake = Lambda()
    fake.versions["orders"] = ["1", "2", "9", "10", "11"]
    fake.aliases["orders"] = [{"Name": "live", "FunctionVersion": "11"}]
    return fake


@pytest.fixture
def handler(service: Lambda) -> ModuleType:
    spec = importlib.util.spec_from_file_location("version_pruning", HANDLER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.lambda_ = service  # type: ignore[attr-defined]
    return module


def ask(handler: ModuleType, keep: int, *names: str, durable: bool = False) -> Any:  # noqa: ANN401
    functions = [{"name": name, "durable": durable} for name in names or ("orders",)]
    return handler.handler({"keep": keep, "functions": functions}, None)


class TestHandler:
    def test_keeps_the_newest_by_number(self, handler: ModuleType, service: Lambda) -> None:
        done = ask(handler, 2)

        assert service.deleted == [("orders", "9"), ("orders", "2"), ("orders", "1")]
        assert done == {"orders": {"deleted": ["9", "2", "1"], "kept": ["11", "10"]}}

    def test_keeps_all_where_there_are_fewer(self, handler: ModuleType, service: Lambda) -> None:
        ask(handler, 5)

        assert service.deleted == []

    def test_keeps_what_an_alias_leads_to(self, handler: ModuleType, service: Lambda) -> None:
        service.aliases["orders"].append({"Name": "before", "FunctionVersion": "2"})

        assert ask(handler, 1)["orders"]["kept"] == ["11", "2"]

    def test_keeps_what_gets_a_part_of_the_traffic(self, handler: ModuleType, service: Lambda) -> None:
        service.aliases["orders"] = [
            {"Name": "live", "FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"9": 0.1}}}
        ]

        assert ask(handler, 1)["orders"]["kept"] == ["11", "9", "1"]

    def test_keeps_versions_with_durable_executions_that_run(self, handler: ModuleType, service: Lambda) -> None:
        service.running = {("orders", "2")}

        assert ask(handler, 1, durable=True)["orders"]["kept"] == ["11", "2"]

    @pytest.mark.parametrize("error", ["ResourceConflictException", "InvalidParameterValueException"])
    def test_keeps_what_lambda_says_is_in_use_after_all(self, handler: ModuleType, service: Lambda, error: str) -> None:
        service.refusing["9"] = error

        assert ask(handler, 1)["orders"] == {"deleted": ["10", "2", "1"], "kept": ["11", "9"]}

    def test_prunes_the_others_and_fails_when_one_cannot_be(self, handler: ModuleType, service: Lambda) -> None:
        with pytest.raises(RuntimeError, match=r"gone.*ResourceNotFoundException"):
            ask(handler, 4, "gone", "orders")

        assert service.deleted == [("orders", "1")]

    def test_fails_when_it_may_not(self, handler: ModuleType, service: Lambda) -> None:
        service.refusing["1"] = "AccessDeniedException"

        with pytest.raises(RuntimeError, match="AccessDeniedException"):
            ask(handler, 4)

    @pytest.mark.parametrize("version", ["", "$LATEST", "live"])
    def test_never_deletes_a_function(self, handler: ModuleType, service: Lambda, version: str) -> None:
        with pytest.raises(ValueError, match="no version"):
            handler.delete("orders", version)

        assert service.deleted == []


@pytest.mark.parametrize("other", [{"region": "us-east-1"}, {"account": "222222222222"}])
def test_fails_when_a_function_is_of_another_environment(app: cdk.App, other: dict[str, str]) -> None:
    here, elsewhere = stacks_in(app, **other)

    refusal(
        lambda: pruning(elsewhere, functions=[define(here, "Orders")]),
        "FunctionInOtherEnvironment",
        "In0/Orders",
        path="In1/Pruning",
    )
