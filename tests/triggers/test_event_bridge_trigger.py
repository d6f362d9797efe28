from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events, aws_events_targets as targets, aws_lambda as lambda_, aws_sqs as sqs

from cdk_lambda_patterns import EventBridgeTrigger
from cdk_lambda_patterns.testing import synthesize
from tests.function.support import CODE, define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import alarm, logical_id
from tests.triggers.undelivered import line, senders

PATTERN = {"source": ["shop"], "detail-type": ["Order Placed"]}
ROOT = "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule"


def trigger(stack: cdk.Stack, **options: Any) -> EventBridgeTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"pattern": PATTERN, **options}
    given.setdefault("function", None)
    given["function"] = given["function"] or define(stack)
    return EventBridgeTrigger(stack, "Orders", **given)


def the_rule(stack: cdk.Stack) -> dict[str, Any]:
    return only(synthesize(stack), "AWS::Events::Rule")


def the_target(stack: cdk.Stack) -> dict[str, Any]:
    (target,) = the_rule(stack)["Targets"]
    return dict(target)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> str:  # noqa: ANN401
    return str(refusal(lambda: trigger(stack, **options), code, got, path="Stack/Orders"))


class TestRule:
    def test_starts_live_and_keeps_what_is_not_delivered(self, stack: cdk.Stack) -> None:
        function = define(stack)

        defined = trigger(stack, function=function)

        assert the_rule(stack) == {
            "EventPattern": PATTERN,
            "State": "ENABLED",
            "Targets": [
                {
                    "Arn": {"Ref": logical_id(function.live)},
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [logical_id(defined.dead_letter_queue), "Arn"]}},
                    "Id": "Target0",
                }
            ],
        }

    def test_may_start_live_on_behalf_of_the_stacks_rules(self, stack: cdk.Stack) -> None:
        function = define(stack)

        trigger(stack, function=function)

        permission = only(synthesize(stack), "AWS::Lambda::Permission")
        assert line(permission.pop("SourceArn")) == f"{ROOT}/Stack-*"
        assert permission == {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": logical_id(function.live)},
            "Principal": "events.amazonaws.com",
        }

    def test_may_send_what_it_cannot_deliver(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        assert senders(synthesize(stack)) == [
            (logical_id(defined.dead_letter_queue), "events.amazonaws.com", f"{ROOT}/Stack-*")
        ]

    def test_what_is_lost_is_told(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        found = alarm(synthesize(stack), "InvocationsFailedToBeSentToDlq")
        assert found["Namespace"] == "AWS/Events"
        assert found["Dimensions"] == [{"Name": "RuleName", "Value": {"Ref": logical_id(defined.rule)}}]
        assert (found["Statistic"], found["Threshold"]) == ("Sum", 1)

    @pytest.mark.parametrize(("enabled", "state"), [(True, "ENABLED"), (False, "DISABLED")])
    def test_may_wait(self, stack: cdk.Stack, state: str, *, enabled: bool) -> None:
        trigger(stack, enabled=enabled)

        assert the_rule(stack)["State"] == state

    def test_takes_other_targets_too(self, stack: cdk.Stack) -> None:
        copies = sqs.Queue(stack, "Copies")

        trigger(stack).rule.add_target(targets.SqsQueue(copies))

        first, second = the_rule(stack)["Targets"]
        assert first["Id"] != second["Id"]
        assert second["Arn"] == {"Fn::GetAtt": [logical_id(copies), "Arn"]}

    def test_of_the_same_events_may_start_several_functions(self, stack: cdk.Stack) -> None:
        for name in ("One", "Two"):
            EventBridgeTrigger(stack, f"{name}Trigger", function=define(stack, name), pattern=PATTERN)

        template = synthesize(stack)
        arns = {
            str(rule["Targets"][0]["DeadLetterConfig"]) for rule in resources(template, "AWS::Events::Rule").values()
        }
        assert len(arns) == 2, "each function has its own failures"


class TestBus:
    def test_may_be_one_of_the_users(self, stack: cdk.Stack) -> None:
        bus = events.EventBus(stack, "Bus")

        defined = trigger(stack, event_bus=bus)

        template = synthesize(stack)
        reference = {"Ref": logical_id(bus)}
        assert only(template, "AWS::Events::Rule")["EventBusName"] == reference
        source = f"{ROOT}/<{logical_id(bus)}>/Stack-*"
        assert line(only(template, "AWS::Lambda::Permission")["SourceArn"]) == source
        assert [sender.source for sender in senders(template)] == [source]
        arn = {"Fn::GetAtt": [logical_id(defined.rule), "Arn"]}
        assert alarm(template, "InvocationsFailedToBeSentToDlq")["Dimensions"] == [
            {"Name": "EventBusName", "Value": reference},
            {"Name": "RuleName", "Value": {"Fn::Select": [2, {"Fn::Split": ["/", arn]}]}},
        ]

    @pytest.mark.parametrize(
        ("name", "position"), [("orders", 2), ("aws.partner/example.com/shop", 4)], ids=["own", "partner"]
    )
    def test_may_be_one_from_outside(self, stack: cdk.Stack, name: str, position: int) -> None:
        trigger(stack, event_bus=events.EventBus.from_event_bus_name(stack, "Bus", name))

        template = synthesize(stack)
        assert only(template, "AWS::Events::Rule")["EventBusName"] == name
        assert line(only(template, "AWS::Lambda::Permission")["SourceArn"]) == f"{ROOT}/{name}/Stack-*"
        bus, rule = alarm(template, "InvocationsFailedToBeSentToDlq")["Dimensions"]
        assert bus["Value"] == name
        assert rule["Value"]["Fn::Select"][0] == position

    def test_may_be_the_default_one_by_its_name(self, stack: cdk.Stack) -> None:
        """In ARNs and metrics the rules of the default bus stand without it."""
        trigger(stack, event_bus=events.EventBus.from_event_bus_name(stack, "Bus", "default"))

        template = synthesize(stack)
        assert line(only(template, "AWS::Lambda::Permission")["SourceArn"]) == f"{ROOT}/Stack-*"
        (dimension,) = alarm(template, "InvocationsFailedToBeSentToDlq")["Dimensions"]
        assert dimension["Name"] == "RuleName"

    def test_fails_when_a_name_stands_for_it(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", event_bus="orders")


PATTERNS: list[dict[str, Any]] = [
    {"source": [{"prefix": "shop."}]},
    {"source": ["shop", {"prefix": "shop."}], "detail-type": [{"anything-but": ["Order Placed"]}]},
    {"account": ["123456789012"], "region": ["eu-west-1"], "resources": [{"wildcard": "*/orders"}]},
    {"detail": {"total": [{"numeric": [">", 100]}], "$or": [{"paid": [True]}, {"free": [{"exists": True}]}]}},
    {
        "version": ["0"],
        "id": ["7"],
        "time": [{"prefix": "2026-"}],
        "source": ["shop"],
        "detail": {"ip": [{"cidr": "10.0.0.0/8"}], "name": [{"prefix": {"equals-ignore-case": "a"}}, 7, True]},
    },
]


class TestPattern:
    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_is_the_rules(self, stack: cdk.Stack, pattern: dict[str, Any]) -> None:
        trigger(stack, pattern=pattern)

        assert the_rule(stack)["EventPattern"] == pattern

    def test_may_be_known_at_deployment_only(self, stack: cdk.Stack) -> None:
        trigger(stack, pattern={"account": [cdk.Aws.ACCOUNT_ID], "detail": {"id": events.Match.prefix("7")}})

        assert the_rule(stack)["EventPattern"] == {
            "account": [{"Ref": "AWS::AccountId"}],
            "detail": {"id": [{"prefix": "7"}]},
        }

    def test_fails_when_it_is_an_object_of_the_cdk(self, stack: cdk.Stack) -> None:
        pattern = events.EventPattern(source=["shop"])

        message = refused(stack, "FilterPatternInvalid", "aws_events.EventPattern", pattern=pattern)

        assert '; write a dict, as {"source": ["shop"]} [' in message

    @pytest.mark.parametrize(
        ("pattern", "code", "got"),
        [
            ({}, "FilterPatternInvalid", "{}"),
            ({"source": "shop"}, "FilterPatternInvalid", '"shop"'),
            ({"source": []}, "FilterPatternInvalid", "[]"),
            ({"detail": {"paid": ["no", None]}}, "FilterPatternInvalid", "None"),
            ({"source": [{"starts-with": "shop"}]}, "FilterPatternInvalid", '"starts-with"'),
            ({"kind": ["order"], "source": ["shop"]}, "EventPatternField", "kind"),
            ({"detailType": ["Order Placed"]}, "EventPatternField", "detailType"),
            ({"$or": [{"source": ["shop"]}]}, "EventPatternField", "$or"),
            ({"source": {"name": ["shop"]}}, "EventPatternField", "dict below 'source'"),
            ({"detail": ["order"]}, "EventPatternField", "list below 'detail'"),
            ({"account": [123456789012]}, "EventPatternField", "[123456789012]"),
            ({"source": ["shop", True]}, "EventPatternField", "['shop', True]"),
            ({"region": ["eu-west-1"]}, "EventPatternTooWide", "{'region': ['eu-west-1']}"),
            ({"source": ["x" * (2_049 - len('{"source":[""]}'))]}, "EventPatternTooLong", "2,049"),
        ],
    )
    def test_fails_when_it_is_none(self, stack: cdk.Stack, pattern: dict[str, Any], code: str, got: str) -> None:
        refused(stack, code, got, pattern=pattern)

    def test_may_be_as_long_as_event_bridge_takes(self, stack: cdk.Stack) -> None:
        longest = "x" * (2_048 - len('{"source":[""]}'))

        trigger(stack, pattern={"source": [longest]})

        assert the_rule(stack)["EventPattern"] == {"source": [longest]}


class TestDelivery:
    def test_gives_the_whole_event_with_awss_own_retries(self, stack: cdk.Stack) -> None:
        trigger(stack)

        assert the_target(stack).keys() == {"Arn", "DeadLetterConfig", "Id"}

    def test_may_give_something_else(self, stack: cdk.Stack) -> None:
        trigger(
            stack,
            target_input=events.RuleTargetInput.from_object({"id": events.EventField.from_path("$.detail.id"), "n": 7}),
        )

        assert the_target(stack)["InputTransformer"] == {
            "InputPathsMap": {"detail-id": "$.detail.id"},
            "InputTemplate": '{"id":<detail-id>,"n":7}',
        }

    def test_fails_when_what_it_gives_is_no_input(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "dict", target_input={"id": 7})

    def test_fails_when_the_function_is_a_plain_one(self, stack: cdk.Stack) -> None:
        plain = lambda_.Function(
            stack,
            "Plain",
            code=lambda_.Code.from_inline(CODE),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )

        assert "'function'" in refused(stack, "TypeMismatch", "aws_lambda.Function", function=plain)


def test_rules_of_a_nested_stack_share_a_permission_by_the_name_of_the_stack_around_it(stack: cdk.Stack) -> None:
    """The names of nested stacks are made at deployment, and begin with that of the stack around them."""
    nested = cdk.NestedStack(cdk.NestedStack(stack, "Outer"), "Inner")
    function = define(nested)

    for name in ("One", "Two"):
        EventBridgeTrigger(nested, name, function=function, pattern=PATTERN)

    synthesize(stack)
    (permission,) = [each for each in nested.node.find_all() if isinstance(each, lambda_.CfnPermission)]
    assert line(nested.resolve(permission.source_arn)) == f"{ROOT}/Stack-*"


def test_a_queue_of_another_stack_takes_what_the_stacks_rules_on_any_bus_send(app: cdk.App, stack: cdk.Stack) -> None:
    """The rule names the queue: if the queue's policy named the bus beside the rule, neither could come first."""
    queues = cdk.Stack(app, "Queues")
    options = {"dead_letter_queue": sqs.Queue(queues, "Failures"), "event_bus": events.EventBus(stack, "Bus")}

    trigger(stack, **options)

    assert [sender.source for sender in senders(synthesize(queues))] == [f"{ROOT}/*/Stack-*"]
    assert "<Bus" in line(only(synthesize(stack), "AWS::Lambda::Permission")["SourceArn"]), "the function knows its bus"
