"""One policy refuses plain connections to all queues of a stack; queues with rights in them have their own."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import (
    aws_events as events,
    aws_events_targets as targets,
    aws_iam as iam,
    aws_lambda as lambda_,
    aws_s3 as s3,
    aws_s3_notifications as notifications,
    aws_sns as sns,
    aws_sns_subscriptions as subscriptions,
    aws_sqs as sqs,
)

from cdk_lambda_patterns.function.queues import define_dead_letter_queue
from cdk_lambda_patterns.testing import synthesize
from tests.bench.jsii_messages import counted
from tests.function.support import define

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import IConstruct

    from cdk_lambda_patterns.testing import Template

SHARED = "QueuesTlsOnly"
SERVICE = iam.ServicePrincipal("events.amazonaws.com")


def policies(template: Template) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == "AWS::SQS::QueuePolicy"}


def queues(policy: dict[str, Any]) -> list[str]:
    return [url["Ref"] for url in policy["Properties"]["Queues"]]


def refusal(resource: object) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sqs:*",
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def name_of(queue: sqs.Queue) -> str:
    return str(cdk.Stack.of(queue).resolve(queue.queue_url)["Ref"])


def test_all_queues_of_a_stack_share_a_policy(stack: cdk.Stack) -> None:
    first, second = (define_dead_letter_queue(stack, construct_id=name) for name in ("First", "Second"))

    ((name, policy),) = policies(synthesize(stack)).items()
    assert name == SHARED
    assert queues(policy) == [name_of(first), name_of(second)]
    assert policy["Properties"]["PolicyDocument"] == {"Version": "2012-10-17", "Statement": [refusal("*")]}


def test_each_stack_has_its_own(app: cdk.App) -> None:
    stacks = [cdk.Stack(app, name) for name in ("One", "Two")]
    nested = cdk.NestedStack(stacks[0], "Nested")

    made = [define_dead_letter_queue(each) for each in (*stacks, nested)]

    for queue in made:
        template = synthesize(cdk.Stack.of(queue))
        assert queues(policies(template)[SHARED]) == [name_of(queue)]


def let_a_topic_send(stack: cdk.Stack, queue: sqs.Queue) -> None:
    sns.Topic(stack, "Topic").add_subscription(subscriptions.SqsSubscription(queue))


def keep_what_a_rule_lost(stack: cdk.Stack, queue: sqs.Queue) -> None:
    function = lambda_.Function.from_function_name(stack, "Other", "other")
    rule = events.Rule(stack, "Rule", schedule=events.Schedule.rate(cdk.Duration.days(1)))
    rule.add_target(targets.LambdaFunction(function, dead_letter_queue=queue))


RIGHTS: dict[str, Callable[[cdk.Stack, sqs.Queue], object]] = {
    "the user's": lambda _, queue: queue.add_to_resource_policy(
        iam.PolicyStatement(actions=["sqs:SendMessage"], principals=[SERVICE], resources=[queue.queue_arn])
    ),
    "granted": lambda _, queue: queue.grant_send_messages(SERVICE),
    "granted by the newer way": lambda _, queue: queue.grants.send_messages(SERVICE),
    "granted to another account": lambda _, queue: queue.grant_consume_messages(iam.AccountPrincipal("111122223333")),
    "a topic's": let_a_topic_send,
    "a bucket's": lambda stack, queue: s3.Bucket(stack, "Bucket").add_object_created_notification(
        notifications.SqsDestination(queue)
    ),
    "a rule's": keep_what_a_rule_lost,
}


@pytest.mark.parametrize("give_rights", RIGHTS.values(), ids=RIGHTS)
def test_a_queue_with_rights_in_it_has_a_policy_of_its_own(
    give_rights: Callable[[cdk.Stack, sqs.Queue], object], stack: cdk.Stack
) -> None:
    """SQS keeps one policy for each queue: the last one that a deployment writes."""
    queue, other = (define_dead_letter_queue(stack, construct_id=name) for name in ("Queue", "Spare"))

    give_rights(stack, queue)

    found = policies(synthesize(stack))
    shared = found.pop(SHARED)
    ((_, own),) = found.items()
    assert queues(shared) == [name_of(other)]
    assert queues(own) == [name_of(queue)]
    first, *rights = own["Properties"]["PolicyDocument"]["Statement"]
    assert first == refusal({"Fn::GetAtt": [name_of(queue), "Arn"]})
    assert [statement["Effect"] for statement in rights] == ["Allow"]


def test_a_policy_of_its_own_comes_after_the_shared_one_and_neither_goes(stack: cdk.Stack) -> None:
    """A queue changes from one to the other in one deployment: what is deleted last would delete the queue's policy."""
    queue, _ = (define_dead_letter_queue(stack, construct_id=name) for name in ("Queue", "Other"))

    queue.grant_send_messages(SERVICE)

    found = policies(synthesize(stack))
    assert {policy["DeletionPolicy"] for policy in found.values()} == {"Retain"}
    assert {policy["UpdateReplacePolicy"] for policy in found.values()} == {"Retain"}
    assert found.pop(SHARED).get("DependsOn") is None
    ((_, own),) = found.items()
    assert own["DependsOn"] == [SHARED]


def test_they_stay_also_where_all_is_to_be_removed_with_the_app(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Stack")
    queue, _ = (define_dead_letter_queue(stack, construct_id=name) for name in ("Queue", "Other"))
    queue.grant_send_messages(SERVICE)

    cdk.RemovalPolicies.of(app).destroy()

    template = synthesize(stack)
    assert [policy["DeletionPolicy"] for policy in policies(template).values()] == ["Retain", "Retain"]
    assert template["Resources"][name_of(queue)]["DeletionPolicy"] == "Delete"


def test_tools_that_look_at_constructs_see_the_queues(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """cdk-nag 2 is an aspect: it looks for the policy when it comes to the queue, before it comes to the policy."""
    monkeypatch.setitem(sys.modules, "cdk_nag", ModuleType("cdk_nag"))
    made = [define_dead_letter_queue(stack, construct_id=name) for name in ("First", "Second")]

    policy: Any = stack.node.find_child(SHARED)

    assert policy.queues == [queue.queue_url for queue in made]


def test_there_is_no_shared_policy_where_every_queue_has_its_own(stack: cdk.Stack) -> None:
    define_dead_letter_queue(stack).grant_send_messages(SERVICE)

    ((name, policy),) = policies(synthesize(stack)).items()
    assert name != SHARED
    assert "DependsOn" not in policy


def test_rights_of_roles_leave_the_shared_policy(stack: cdk.Stack) -> None:
    queue = define_dead_letter_queue(stack)

    queue.grant_consume_messages(iam.Role(stack, "Role", assumed_by=SERVICE))

    assert list(policies(synthesize(stack))) == [SHARED]


def test_a_queue_costs_one_message_where_the_stack_is_known(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cdk_nag", raising=False)  # another test may have imported it
    define_dead_letter_queue(stack, construct_id="First", stack=stack)

    with counted() as messages:
        define_dead_letter_queue(stack, construct_id="Second", stack=stack)

    assert messages.sent == ["Create aws_sqs.Queue"]


def test_a_functions_failure_queue_shares_it(stack: cdk.Stack) -> None:
    for name in ("First", "Second"):
        define(stack, name).invoked_asynchronously()

    ((_, policy),) = policies(synthesize(stack)).items()
    assert len(queues(policy)) == 2


def events_may_send(queue: sqs.IQueue) -> iam.PolicyDocument:
    statement = iam.PolicyStatement(actions=["sqs:SendMessage"], principals=[SERVICE], resources=[queue.queue_arn])
    return iam.PolicyDocument(statements=[statement])


POLICIES: dict[str, Callable[[cdk.Stack, sqs.Queue], object]] = {
    "a policy": lambda stack, queue: sqs.QueuePolicy(stack, "Second", queues=[queue]).document.add_statements(
        iam.PolicyStatement(actions=["sqs:SendMessage"], principals=[SERVICE], resources=[queue.queue_arn])
    ),
    "the resource itself": lambda stack, queue: sqs.CfnQueuePolicy(
        stack, "Second", queues=[queue.queue_url], policy_document=events_may_send(queue)
    ),
    "the resource for one queue": lambda stack, queue: sqs.CfnQueueInlinePolicy(
        stack, "Second", queue=queue.queue_url, policy_document=events_may_send(queue)
    ),
    "a grant on the resource": lambda _, queue: sqs.QueueGrants.from_queue(
        cast("sqs.CfnQueue", queue.node.default_child)
    ).send_messages(SERVICE),
}


class TestASecondPolicy:
    """Which of the two a queue has depends on the order of each deployment: the other's rights are lost in silence."""

    @pytest.mark.parametrize("has_own", [False, True], ids=["beside the shared one", "beside its own"])
    @pytest.mark.parametrize("define_policy", POLICIES.values(), ids=POLICIES)
    def test_of_a_queue_fails(
        self,
        define_policy: Callable[[cdk.Stack, sqs.Queue], object],
        has_own: bool,  # noqa: FBT001
        app: cdk.App,
    ) -> None:
        stack = cdk.Stack(app, "Stack")
        queue = define_dead_letter_queue(stack, construct_id="Queue")
        if has_own:
            queue.grant_send_messages(SERVICE)

        define_policy(stack, queue)

        with pytest.raises(RuntimeError, match=r"got one for Stack/Queue; .* \[Stack/.*\] \(QueuePolicyTwice\)"):
            app.synth()

    def test_in_another_stack_fails(self, app: cdk.App) -> None:
        stage = cdk.Stage(app, "Stage")
        stack, other = cdk.Stack(stage, "Stack"), cdk.Stack(stage, "Other")
        queue = define_dead_letter_queue(stack, construct_id="Queue")

        POLICIES["the resource itself"](other, queue)

        with pytest.raises(RuntimeError, match=r"got one for Stage/Stack/Queue; .* \[Stage/Other/Second\]"):
            app.synth()

    def test_of_another_queue_is_let_be(self, stack: cdk.Stack) -> None:
        define_dead_letter_queue(stack, construct_id="Queue")
        mine = sqs.Queue(stack, "Mine")

        POLICIES["a policy"](stack, mine)

        assert len(policies(synthesize(stack))) == 2


@jsii.implements(cdk.IAspect)
class LetAServiceSend:
    def visit(self, node: IConstruct) -> None:
        if isinstance(node, sqs.Queue):
            node.grant_send_messages(SERVICE)


@pytest.mark.parametrize("priority", [100, 300], ids=["before the list is made", "after it"])
def test_rights_that_an_aspect_gives_count_too(priority: float, stack: cdk.Stack) -> None:
    queue = define_dead_letter_queue(stack, construct_id="Queue")
    other = define_dead_letter_queue(stack, construct_id="Spare")

    cdk.Aspects.of(queue).add(LetAServiceSend(), priority=priority)

    found = policies(synthesize(stack))
    assert queues(found.pop(SHARED)) == [name_of(other)]
    ((_, own),) = found.items()
    assert queues(own) == [name_of(queue)]
