"""Queues that refuse plain connections, by one policy for all of a stack: one resource, where each queue had its own.

SQS keeps one policy for each queue. A queue in which somebody is given rights leaves the others, and gets a policy of
its own that refuses plain connections too. Whichever of the two policies comes later in a deployment is the queue's:
that of its own waits for the shared one, and neither takes the other's place away when it goes.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam, aws_sqs as sqs

from .acknowledgments import is_wanted
from .policies import policy_document
from .references import reference
from .retention import LATE, keep

if TYPE_CHECKING:
    from constructs import Construct, IConstruct, IDependable

    from .policies import Statement

_ID = "QueuesTlsOnly"

_of_stack: dict[str, _SharedPolicy] = {}


class TlsOnlyQueue(sqs.Queue):
    """A queue that refuses plain connections."""

    has_own_policy: bool
    """Whether it has a policy of its own, because somebody was given rights in it."""

    def __init__(self, scope: Construct, construct_id: str, *, stack: cdk.Stack | None = None, **options: Any) -> None:  # noqa: ANN401
        """Define it.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            stack: The stack that it is in.
                Default: - that of the scope, for a message to Node.
            **options: As for `aws_sqs.Queue`.
        """
        super().__init__(scope, construct_id, **options)
        self.has_own_policy = False
        self._shared = _SharedPolicy.of(cdk.Stack.of(scope) if stack is None else stack)
        self._shared.add(self)

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Add to the queue's policy. What the CDK grants comes here too.

        Args:
            statement: What somebody may do.
        """
        if not self.has_own_policy:
            self.has_own_policy = True
            refusal = iam.PolicyStatement.from_json(_refuse_plain_connections(self.queue_arn))
            self._shared.give_way_to(super().add_to_resource_policy(refusal).policy_dependable)
        return super().add_to_resource_policy(statement)


class _SharedPolicy(sqs.CfnQueuePolicy):
    """The policy of all queues of a stack that have none of their own."""

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            _ID,
            # A policy is the queue's that has it, so that it may name all.
            # Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/quickref-iam.html
            policy_document=policy_document(_refuse_plain_connections("*")),
            queues=[],
        )
        self._members: list[TlsOnlyQueue] = []
        self._listed = False
        keep(self)
        # Not a lazy value, which other tools do not read.
        cdk.Aspects.of(self).add(cast("cdk.IAspect", _List(self)), priority=LATE)

    @classmethod
    def of(cls, stack: cdk.Stack) -> _SharedPolicy:
        key = reference(stack)
        if key not in _of_stack:
            _of_stack[key] = cls(stack)
        return _of_stack[key]

    def add(self, queue: TlsOnlyQueue) -> None:
        """Have a queue share the policy, until it is given one of its own."""
        self._members.append(queue)
        if self._listed or is_wanted():
            # A queue that an aspect defined; or cdk-nag 2, an aspect that looks for this from the queue.
            self.list_queues()

    def list_queues(self) -> None:
        """Name the queues that share the policy, when their rights are known."""
        self.queues = [queue.queue_url for queue in self._members if not queue.has_own_policy]
        self._listed = True

    def give_way_to(self, policy: IDependable | None) -> None:
        """Let a queue's own policy take the place of this one, and keep it when it goes."""
        own = cast("sqs.QueuePolicy", policy)
        keep(own)
        own.node.add_dependency(self)
        if self._listed:
            self.list_queues()

    def _should_synthesize(self) -> bool:
        return any(not queue.has_own_policy for queue in self._members)


@jsii.implements(cdk.IAspect)
class _List:
    """Lists the queues when the app is complete: nothing is sent to Node for each of them before."""

    def __init__(self, policy: _SharedPolicy) -> None:
        self._policy = policy

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 - it is the policy
        """List them."""
        self._policy.list_queues()


def _refuse_plain_connections(resource: str) -> Statement:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sqs:*",
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
