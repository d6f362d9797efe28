"""Queues that refuse plain connections, by one policy for all of a stack: one resource, where each queue had its own.

SQS keeps one policy for each queue. A queue in which somebody is given rights leaves the others, and gets a policy of
its own that refuses plain connections too. Whichever of the two policies comes later in a deployment is the queue's:
that of its own waits for the shared one, and neither takes the other's place away when it goes. A third, which somebody
else defined for the queue, would take their place or lose its own: synthesis refuses it.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_iam as iam, aws_sqs as sqs

from cdk_lambda_patterns.errors import ValidationError

from .acknowledgments import is_wanted
from .policies import policy_document
from .references import reference
from .retention import LATE, keep
from .stacks import resources_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from constructs import Construct, IConstruct

    from .policies import Statement

_ID = "QueuesTlsOnly"

_of_stack: dict[str, _SharedPolicy] = {}
_of_app: dict[str, _OnePolicy] = {}


class TlsOnlyQueue(sqs.Queue):
    """A queue that refuses plain connections."""

    own_policy: sqs.QueuePolicy | None
    """The policy of its own, where somebody was given rights in it."""

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
        self.own_policy = None
        self._shared = _SharedPolicy.of(cdk.Stack.of(scope) if stack is None else stack)
        self._shared.add(self)

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Add to the queue's policy. What the CDK grants comes here too.

        Args:
            statement: What somebody may do.
        """
        if self.own_policy is None:
            refusal = iam.PolicyStatement.from_json(_refuse_plain_connections(self.queue_arn))
            self.own_policy = cast("sqs.QueuePolicy", super().add_to_resource_policy(refusal).policy_dependable)
            self._shared.give_way_to(self.own_policy)
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
        self.members: list[TlsOnlyQueue] = []
        self._listed = False
        keep(self)
        # Not a lazy value, which other tools do not read.
        cdk.Aspects.of(self).add(cast("cdk.IAspect", _List(self)), priority=LATE)
        _OnePolicy.of(stack).shared.append(self)

    @classmethod
    def of(cls, stack: cdk.Stack) -> _SharedPolicy:
        key = reference(stack)
        if key not in _of_stack:
            _of_stack[key] = cls(stack)
        return _of_stack[key]

    def add(self, queue: TlsOnlyQueue) -> None:
        """Have a queue share the policy, until it is given one of its own."""
        self.members.append(queue)
        if self._listed or is_wanted():
            # A queue that an aspect defined; or cdk-nag 2, an aspect that looks for this from the queue.
            self.list_queues()

    def list_queues(self) -> None:
        """Name the queues that share the policy, when their rights are known."""
        self.queues = [queue.queue_url for queue in self.members if queue.own_policy is None]
        self._listed = True

    def give_way_to(self, own: sqs.QueuePolicy) -> None:
        """Let a queue's own policy take the place of this one, and keep it when it goes."""
        keep(own)
        own.node.add_dependency(self)
        if self._listed:
            self.list_queues()

    def _should_synthesize(self) -> bool:
        return any(queue.own_policy is None for queue in self.members)


@jsii.implements(cdk.IAspect)
class _List:
    """Lists the queues when the app is complete: nothing is sent to Node for each of them before."""

    def __init__(self, policy: _SharedPolicy) -> None:
        self._policy = policy

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 - it is the policy
        """List them."""
        self._policy.list_queues()


@jsii.implements(constructs.IValidation)
class _OnePolicy:
    """Finds the policies that others defined for queues of an app, which have one already.

    SQS would keep whichever a deployment wrote last: of the other, the rights or the refusal would be lost in silence,
    now or with any later deployment.
    """

    def __init__(self, app: IConstruct) -> None:
        self._app = app
        self.shared: list[_SharedPolicy] = []

    @classmethod
    def of(cls, stack: cdk.Stack) -> _OnePolicy:
        app = stack.node.root
        key = reference(app)
        if key not in _of_app:
            _of_app[key] = cls(app)
            app.node.add_validation(_of_app[key])
        return _of_app[key]

    def validate(self) -> list[str]:
        """What is wrong."""
        members = [queue for shared in self.shared for queue in shared.members]
        own = {reference(queue.own_policy) for queue in members if queue.own_policy is not None}
        ours = own | {reference(shared) for shared in self.shared}
        others = [
            (policy, urls)
            for policy, urls in _policies_in(self._app)
            if reference(policy) not in ours and reference(policy.node.scope) not in ours
        ]
        queues = {queue.queue_url: queue for queue in members} if others else {}
        return [_refusal(queues[url], policy) for policy, urls in others for url in urls if url in queues]


def _policies_in(app: IConstruct) -> Iterator[tuple[IConstruct, list[str]]]:
    """The policies of queues, with the URLs of those that each is for."""
    for resource_type in ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"):
        for policy in resources_in(app, resource_type):
            if isinstance(policy, sqs.CfnQueuePolicy):
                yield policy, policy.queues
            elif isinstance(policy, sqs.CfnQueueInlinePolicy):
                yield policy, [policy.queue]


def _refusal(queue: sqs.Queue, policy: IConstruct) -> str:
    """The text of a ValidationError, as the CDK gathers texts before it raises its own."""
    error = ValidationError(
        "'queues' must not name a queue that has a policy already: SQS keeps one of them, that of the last deployment, "
        f"got one for {queue.node.path}; give the rights by its add_to_resource_policy(...)",
        code="QueuePolicyTwice",
        path=policy.node.path,
    )
    return str(error)


def _refuse_plain_connections(resource: str) -> Statement:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sqs:*",
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
