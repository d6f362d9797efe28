"""Starts a function from an SNS topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_lambda_patterns.triggers.filter_patterns import Pattern, check_subscription_filter
from cdk_lambda_patterns.triggers.rule_target import dead_letter_queue_for
from cdk_lambda_patterns.triggers.senders import let_send
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_SNS = "sns.amazonaws.com"


class SnsTrigger(Construct):
    """Starts a function's `live` alias for each message of a topic.

    Defines the topic (TLS only) unless one is given, and the subscription. A message that does not reach the function
    ends in the function's failure queue, as does one that it fails to process. The function gets SNS's record, not the
    bare message: raw delivery does not exist for functions.
    """

    topic: sns.ITopic | sns.Topic
    """The topic whose messages start the function."""

    subscription: sns.CfnSubscription
    """The function's subscription."""

    dead_letter_queue: sqs.IQueue
    """Where messages go that did not reach the function: its failure queue, or where that cannot be, an own one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        topic: sns.ITopic | sns.TopicBase | None = None,
        filter_policy: Pattern | None = None,
        filter_policy_scope: Literal["MessageAttributes", "MessageBody"] = "MessageAttributes",
        encryption_key: kms.IKey | None = None,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            topic: The topic, a standard one.
                Default: - one is defined.
            filter_policy: Which messages, as JSON: `{"kind": ["order"], "total": [{"numeric": [">", 100]}]}`.
                Default: - all.
                Source: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
            filter_policy_scope: Whether the policy looks at the message's attributes or at its JSON body.
                Default: MessageAttributes
            encryption_key: A customer's key for the defined topic. Publishers need rights on it too.
                Default: - messages are not encrypted at rest by SNS.

        Raises:
            ValidationError: A FIFO topic, not a filter policy, or options for a topic that is given.
        """
        # 1 validate
        where = Where(scope, construct_id)
        if topic is not None and topic.fifo is True:
            where.refuse(
                "topic",
                "must be a standard topic: FIFO topics deliver to queues only",
                got=topic.node.path,
                fix="subscribe a FIFO queue to it and use SqsTrigger",
                code="TopicFifo",
            )
        if topic is not None and encryption_key is not None:
            where.refuse(
                "encryption_key",
                "must be left out where 'topic' is given",
                got="a key",
                fix="set it on the topic",
                code="TopicOptionsConflict",
            )
        if filter_policy is not None:
            check_subscription_filter(where, filter_policy, nested=filter_policy_scope == "MessageBody")
        super().__init__(scope, construct_id)

        # 2 define
        self.topic = cast("sns.ITopic", topic or sns.Topic(self, "Topic", enforce_ssl=True, master_key=encryption_key))
        self.dead_letter_queue = dead_letter_queue_for(self, function)

        # 3 connect
        topic_arn = self.topic.topic_arn
        function.callers.allow(self, "Permission", principal=_SNS, source_arn=topic_arn)
        self.subscription = sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=topic_arn,
            protocol="lambda",
            endpoint=function.live.function_arn,
            filter_policy=filter_policy,
            filter_policy_scope=None if filter_policy is None else filter_policy_scope,
            redrive_policy={"deadLetterTargetArn": self.dead_letter_queue.queue_arn},
        )
        let_send(self.dead_letter_queue, _SNS, topic_arn)
