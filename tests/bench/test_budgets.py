"""Budgets: what can be counted may not grow by accident. Times are only reported, by `python -m tests.bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import WellArchitectedFunction, quotas
from cdk_lambda_patterns.testing import synthesize
from tests.bench.alarms import alarm_constructs, included_alarms
from tests.bench.contenders import (
    CODE,
    by_hand,
    released_by_hand,
    released_with_the_library,
    with_the_library,
)
from tests.bench.content import content, size, types
from tests.bench.measurements import cost, import_cost, template_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.bench.jsii_messages import Messages

MESSAGES_OF_A_FUNCTION = 23
"""With failure path and alarms, after the first one of a stack."""

RESOURCES_OF_A_FUNCTION = 11

MESSAGES_AGAINST_BY_HAND = 0.77
"""Times as many as the same definition with L2 constructs."""

MESSAGES_OF_A_RELEASED_FUNCTION = 26
"""With its release too, after the first one of a stack."""

RESOURCES_OF_A_RELEASED_FUNCTION = 13

RELEASED_FUNCTIONS_OF_A_STACK = 38

ALARMS = (alarm_constructs, included_alarms)


@pytest.fixture(scope="module")
def templates() -> tuple[dict[str, object], dict[str, object]]:
    return template_of(with_the_library), template_of(by_hand)


def test_both_contenders_define_the_same(templates: tuple[dict[str, object], dict[str, object]]) -> None:
    """The comparison is fair: equal resources, equal properties, no right less than Lambda needs."""
    ours, theirs = (content(template) for template in templates)

    assert ours["resources"] == theirs["resources"]
    assert ours["queues"] == theirs["queues"]
    spare = [right for right in theirs["roles"] if right not in ours["roles"]]
    assert sorted([*ours["roles"], *spare]) == theirs["roles"]
    # Lambda's documentation asks for sqs:SendMessage alone.
    assert [action for action, _ in spare] == ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]


def test_rights_need_no_resource_of_their_own(templates: tuple[dict[str, object], dict[str, object]]) -> None:
    ours, theirs = templates

    assert types(theirs) - types(ours) == {"AWS::IAM::Policy": 1}
    assert types(ours) < types(theirs)


def test_the_comparison_sees_a_difference() -> None:
    def with_more_memory(stack: cdk.Stack, construct_id: str) -> None:
        by_hand(stack, construct_id)
        (function,) = [part for part in stack.node.find_all() if isinstance(part, lambda_.CfnFunction)]
        function.memory_size = 1024

    assert content(template_of(with_more_memory)) != content(template_of(by_hand))


def test_the_library_sends_fewer_messages_than_are_sent_by_hand() -> None:
    ours, theirs = cost(with_the_library).messages, cost(by_hand).messages

    assert len(ours) <= MESSAGES_AGAINST_BY_HAND * len(theirs), ours


def test_the_template_is_no_larger(templates: tuple[dict[str, object], dict[str, object]]) -> None:
    ours, theirs = templates

    assert size(ours) <= size(theirs)


def test_a_function_keeps_to_its_budget_of_messages(
    stack: cdk.Stack, jsii_messages: Callable[[], AbstractContextManager[Messages]]
) -> None:
    with_the_library(stack, "First")

    with jsii_messages() as messages:
        with_the_library(stack, "Second")

    assert len(messages) <= MESSAGES_OF_A_FUNCTION, messages


def test_a_function_keeps_to_its_budget_of_resources() -> None:
    assert cost(with_the_library).resources == RESOURCES_OF_A_FUNCTION


def test_a_released_function_keeps_to_its_budget() -> None:
    ours, theirs = cost(released_with_the_library), cost(released_by_hand)

    assert len(ours.messages) <= MESSAGES_OF_A_RELEASED_FUNCTION, ours.messages
    assert len(ours.messages) <= MESSAGES_AGAINST_BY_HAND * len(theirs.messages)
    assert ours.resources == RESOURCES_OF_A_RELEASED_FUNCTION


@pytest.mark.parametrize(
    ("ours", "theirs"), [(with_the_library, by_hand), (released_with_the_library, released_by_hand)]
)
def test_what_is_looked_at_in_the_end_does_not_eat_up_the_difference(
    ours: Callable[[cdk.Stack, str], object], theirs: Callable[[cdk.Stack, str], object]
) -> None:
    library, hand = cost(ours), cost(theirs)

    assert len(library.messages) + library.messages_at_synthesis < len(hand.messages) + hand.messages_at_synthesis


def test_the_messages_are_those_that_the_decision_counts() -> None:
    """In docs/decisions/0016-messages-are-counted.md."""
    sent = cost(released_with_the_library).messages.sent

    made = [
        message for message in sent if message.startswith("Create ") or message.endswith(("fromInline", "addAlias"))
    ]
    names = [message for message in sent if message.startswith("Get ") and not message.endswith(".node")]
    assert (len(made), len(names), len(sent) - len(made) - len(names)) == (12, 6, 8)


def test_the_alarms_that_are_compared_are_the_same() -> None:
    constructs, included = map(template_of, ALARMS)

    properties = [resource["Properties"] for resource in constructs["Resources"].values()]
    assert properties == [resource["Properties"] for resource in included["Resources"].values()]
    assert [len(cost(build).messages) for build in ALARMS] == [3, 1]


def test_many_released_functions_fit_a_stack() -> None:
    def define(stack: cdk.Stack) -> None:
        for number in range(RELEASED_FUNCTIONS_OF_A_STACK):
            released_with_the_library(stack, f"Function{number}")

    assert types(synthesize(define)).total() <= quotas.STACK_RESOURCES.maximum


def test_looking_at_options_costs_no_messages(
    stack: cdk.Stack, jsii_messages: Callable[[], AbstractContextManager[Messages]]
) -> None:
    """Texts and numbers are compared in Python."""
    code = lambda_.Code.from_inline(CODE)
    WellArchitectedFunction(stack, "First", code=code, handler="index.handler")

    with jsii_messages() as plain:
        WellArchitectedFunction(stack, "Plain", code=code, handler="index.handler")
    with jsii_messages() as with_options:
        WellArchitectedFunction(
            stack,
            "WithOptions",
            code=code,
            handler="index.handler",
            function_name="orders",
            description="Takes orders",
            memory_size=1024,
            reserved_concurrent_executions=5,
            environment={f"SETTING_{number}": "value" for number in range(50)},
        )

    assert with_options.sent == plain.sent


def test_messages_are_counted(stack: cdk.Stack, jsii_messages: Callable[[], AbstractContextManager[Messages]]) -> None:
    with jsii_messages() as messages:
        queue = cdk.aws_sqs.Queue(stack, "Queue")
        _ = queue.queue_name
        cdk.Duration.seconds(1)
    cdk.aws_sqs.Queue(stack, "Uncounted")

    assert messages.sent == ["Create aws_sqs.Queue", "Get aws_sqs.Queue.queueName", "StaticInvoke Duration.seconds"]
    assert str(messages).startswith("3 messages\n")


def test_answers_of_python_are_messages_too(
    stack: cdk.Stack, jsii_messages: Callable[[], AbstractContextManager[Messages]]
) -> None:
    text = cdk.Lazy.string(cast("cdk.IStableStringProducer", Later()))

    with jsii_messages() as messages:
        assert stack.resolve(text) == "later"

    assert "Complete" in messages.sent


@jsii.implements(cdk.IStableStringProducer)
class Later:
    def produce(self) -> str:
        return "later"


@pytest.mark.slow
def test_importing_the_package_starts_no_node() -> None:
    imported = import_cost(runs=1)

    assert imported.modules == [], "without jsii there is nobody to send a message"
    assert imported.processes == 0
