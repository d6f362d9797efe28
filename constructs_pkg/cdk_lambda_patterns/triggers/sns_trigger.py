"""Starts a function from an SNS topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.function.policies import arn_here
from cdk_lambda_patterns.function.references import in_one_stack
from cdk_lambda_patterns.validation import Where

from .filter_patterns import Pattern, check_subscription_filter
from .rule_target import check_dead_letter_queue, dead_letter_queue_for
from .senders import events_lost_alarm, let_send
from .trigger_checks import check_key, check_region, check_unused, warn_of_metrics

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch, aws_kms as kms, aws_sqs as sqs

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_SNS = "sns.amazonaws.com"
_SCOPES = ("MessageAttributes", "MessageBody")

_subscribed: set[tuple[str, str]] = set()
"""Which functions get the messages of which topics."""


class SnsTrigger(Construct):
    """Starts a function's `live` alias for each message of a topic.

    Defines the topic (TLS only) unless one is given, and the subscription. A message that does not reach the function
    ends in the function's failure queue, as does one that it fails to process; an alarm tells if even that queue cannot
    be reached. The function gets SNS's record, not the bare message: raw delivery does not exist for functions.
    """

    topic: sns.ITopic | sns.Topic
    """The topic whose messages start the function."""

    subscription: sns.CfnSubscription
    """The function's subscription."""

    dead_letter_queue: sqs.IQueue
    """Where messages go that did not reach the function: the one given, its failure queue, or else an own one."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `EventsLost`, and `DeadLetterQueue` where that queue is not the function's own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        topic: sns.ITopic | sns.TopicBase | None = None,
        filter_policy: Pattern | None = None,
        filter_policy_scope: Literal["MessageAttributes", "MessageBody"] = "MessageAttributes",
        dead_letter_queue: sqs.IQueue | None = None,
        encryption_key: kms.IKey | kms.Key | None = None,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start. A topic starts a function once for each message: one trigger for the two.
            topic: The topic, a standard one, in the function's Region.
                Default: - one is defined.
            filter_policy: Which messages, as JSON: `{"kind": ["order"], "total": [{"numeric": [">", 100]}]}`. Up to 5
                fields, and up to 150 combinations of their values.
                Default: - all.
                Source: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
            filter_policy_scope: Whether the policy looks at the message's attributes or at its JSON body.
                Default: MessageAttributes
                Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html
            dead_letter_queue: A standard queue for what does not reach the function. Its policy, and that of its key,
                let SNS send.
                Default: - the function's failure queue.
                Source: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
            encryption_key: A customer's key for the defined topic. Publishers need rights on it too.
                Default: - messages are not encrypted at rest by SNS.

        Raises:
            ValidationError: A FIFO topic, one of another Region or one that starts the function already; not a filter
                policy; a queue that cannot keep messages; or options for a topic that is given.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        expect_type(where, "topic", topic, "topic_arn", "aws_sns.ITopic")
        check_key(where, encryption_key)
        _check_topic(where, topic, encryption_key)
        _check_filter(where, filter_policy, filter_policy_scope)
        check_dead_letter_queue(where, dead_letter_queue, service="SNS")
        function_arn = function.live.function_arn
        if topic is not None:
            _check_first(where, topic, function_arn)
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        if topic is not None:
            warn_of_metrics(self, topic, "EventsLost")
        else:
            topic = sns.Topic(self, "Topic", enforce_ssl=True, master_key=cast("kms.IKey | None", encryption_key))
        self.topic = cast("sns.ITopic", topic)
        self.alarms = {}
        self.dead_letter_queue = dead_letter_queue_for(self, function, given=dead_letter_queue, alarms=self.alarms)

        # 3 connect
        topic_arn = topic.topic_arn
        _subscribed.add((topic_arn, function_arn))
        function.callers.allow(self, "Permission", principal=_SNS, source_arn=topic_arn)
        self.subscription = sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=topic_arn,
            protocol="lambda",
            endpoint=function_arn,
            filter_policy=filter_policy,
            filter_policy_scope=None if filter_policy is None else filter_policy_scope,
            redrive_policy={"deadLetterTargetArn": self.dead_letter_queue.queue_arn},
        )
        cdk.Validations.of(self.subscription).acknowledge(
            cdk.Acknowledgment(id="CloudFormation-Validate::W3694", reason="an alias is subscribed as a function is")
        )
        let_send(self.dead_letter_queue, _SNS, _source(self, dead_letter_queue, topic_arn))
        self.alarms["EventsLost"] = events_lost_alarm(
            self,
            function,
            metric=("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq"),
            dimensions={"TopicName": topic.topic_name},
        )


def _check_topic(
    where: Where, topic: sns.ITopic | sns.TopicBase | None, encryption_key: kms.IKey | kms.Key | None
) -> None:
    if topic is None:
        return
    if topic.fifo is True:
        where.refuse(
            "topic",
            "must be a standard topic: FIFO topics deliver to queues only",
            got=topic.node.path,
            fix="subscribe a FIFO queue to it and use SqsTrigger",
            code="TopicFifo",
        )
    check_unused(
        where,
        {"encryption_key": encryption_key},
        "must be left out where 'topic' is given",
        fix="set it on the topic",
        code="TopicOptionsConflict",
    )
    check_region(
        where,
        "topic",
        topic,
        "must be of the trigger's Region: what a subscription cannot deliver stays in the topic's",
        fix="subscribe a queue of this Region to it and use SqsTrigger",
        code="TopicRegion",
    )


def _check_filter(where: Where, policy: Pattern | None, scope: str) -> None:
    if scope not in _SCOPES:
        where.refuse(
            "filter_policy_scope",
            f"must be {' or '.join(_SCOPES)}",
            got=repr(scope),
            fix="choose one of them",
            code="FilterPolicyScope",
        )
    if policy is not None:
        check_subscription_filter(where, policy, nested=scope == "MessageBody")
    elif scope == "MessageBody":
        where.refuse(
            "filter_policy_scope",
            "must be left out where there is no 'filter_policy'",
            got=repr(scope),
            fix="say which messages in 'filter_policy'",
            code="FilterPolicyMissing",
        )


def _check_first(where: Where, topic: sns.ITopic | sns.TopicBase, function_arn: str) -> None:
    if (topic.topic_arn, function_arn) in _subscribed:
        where.refuse(
            "topic",
            "must not start the same function twice: SNS knows one subscription for the two of them",
            got=topic.node.path,
            fix="put both into one filter policy, with '$or' or more values",
            code="TopicSubscribed",
        )


def _source(trigger: SnsTrigger, given: sqs.IQueue | None, topic_arn: str) -> str:
    """On whose behalf SNS sends: the topic; for a queue of another stack any of the account, else both would wait."""
    if given is None or in_one_stack(given, trigger):
        return topic_arn
    return arn_here("sns", "*")
